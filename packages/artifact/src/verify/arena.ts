import { fail, type Path } from '../fault.ts';
import { fb } from '../schema.ts';
import type { Flow, PlacedStep } from './flow.ts';
import { inPlace } from './in-place.ts';
import type { PlanContext } from './steps.ts';
import { placeOf } from './tape.ts';

/** A value in the arena, from the step that first writes it to the one that last uses it. */
interface Live {
  readonly value: number;
  readonly offset: bigint;
  readonly end: bigint;
  readonly from: number;
  readonly to: number;
}

const livesOf = ({ values }: PlanContext, flow: Flow): Live[] =>
  [...flow.places.values()]
    .filter(({ storage }) => storage === fb.Storage.Arena)
    .map(({ index, firstWrite, lastUse }) => {
      const { offset, bytes } = values[index] ?? new fb.ValueT();
      return { value: index, offset, end: offset + bytes, from: firstWrite ?? 0, to: lastUse };
    })
    .filter(({ offset, end }) => end > offset)
    .sort((a, b) => a.from - b.from || a.value - b.value);

const overlaps = (a: Live, b: Live): boolean => a.offset < b.end && b.offset < a.end;

/**
 * No two values that are live at the same step share bytes. The one exception: a value that is last read by the step
 * that writes the other, from its first byte on, where that step is a Fused that works in place (`inPlace`).
 */
export const checkArena = (
  plan: PlanContext,
  flow: Flow,
  steps: readonly PlacedStep[],
  path: Path,
): void => {
  let live: Live[] = [];
  for (const born of livesOf(plan, flow)) {
    live = live.filter(({ to }) => to >= born.from);
    for (const other of live) {
      if (!overlaps(other, born)) continue;
      const step = steps[born.from]?.step;
      const dies = other.to === born.from && other.from < born.from;
      const shared =
        dies &&
        other.offset === born.offset &&
        step !== undefined &&
        inPlace(plan, step, placeOf(plan.values, other.value), placeOf(plan.values, born.value));
      if (!shared) {
        fail(
          'overlap',
          path.at('values', born.value),
          `shares bytes with values[${other.value}], which is live until step ${other.to}`,
        );
      }
    }
    live.push(born);
  }
};

import type { Dim } from './dim.ts';
import { dimAdd, dimBounds, dimEqual, dimSub } from './dim.ts';
import type { Tensor } from './node.ts';
import { add } from './ops/math.ts';
import { concat, padOp } from './ops/slice.ts';

/**
 * The sum of what flows to one tensor. Parts that slices hand back, and that make up the whole along an axis, are put side by
 * side: each is the only one of them that is not zero at its place.
 */
export function sumOfCotangents(flowing: readonly [Tensor, ...Tensor[]]): Tensor {
  const parts = flowing.flatMap((t) => partOf(t) ?? []);
  const [first] = parts;
  const whole =
    first && parts.every(({ axis }) => axis === first.axis) ? inOrder(parts) : undefined;
  if (!first || !whole) return flowing.reduce(add);
  const rest = flowing.filter((t) => !parts.some(({ padded }) => padded === t));
  return [concat(whole, first.axis), ...rest].reduce(add);
}

/** A tensor that is zero but from `start` to `stop` of one axis. */
interface Part {
  readonly padded: Tensor;
  readonly axis: number;
  readonly start: Dim;
  readonly stop: Dim;
  readonly inside: Tensor;
}

function partOf(padded: Tensor): Part | undefined {
  const { op, attrs, inputs } = padded.node;
  const [inside] = inputs;
  if (op !== padOp || attrs['value'] !== 0 || !inside) return undefined;
  const [low, high, between] = [attrs['low'], attrs['high'], attrs['interior']] as [
    Dim[],
    Dim[],
    number[],
  ];
  const axes = low.flatMap((d, a) => (dimEqual(d, 0) && dimEqual(high[a] as Dim, 0) ? [] : [a]));
  const [axis, other] = axes;
  if (axis === undefined || other !== undefined || between.some((n) => n !== 0)) return undefined;
  const start = low[axis] as Dim;
  return { padded, axis, start, stop: dimAdd(start, inside.shape[axis] as Dim), inside };
}

/** What lies inside the parts, if they follow one another from the beginning to the end. */
function inOrder(parts: readonly Part[]): readonly Tensor[] | undefined {
  const sorted = parts.toSorted((a, b) => (dimBounds(dimSub(a.start, b.start))[0] >= 0 ? 1 : -1));
  let at: Dim = 0;
  for (const { start, stop } of sorted) {
    if (!dimEqual(start, at)) return undefined;
    at = stop;
  }
  const [{ padded, axis } = {}] = sorted as [Part?];
  const extent = padded?.shape[axis ?? 0];
  return extent !== undefined && dimEqual(at, extent)
    ? sorted.map(({ inside }) => inside)
    : undefined;
}

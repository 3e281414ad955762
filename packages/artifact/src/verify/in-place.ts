import { opById } from '../ops.ts';
import { fb } from '../schema.ts';
import { widthOf } from './ranges.ts';
import type { PlanContext } from './steps.ts';
import { accessVaries, isZero, placeOf, reducedAxes } from './tape.ts';

const sameAccess = (a: fb.AccessT, b: fb.AccessT): boolean =>
  a.offset === b.offset &&
  a.strides.length === b.strides.length &&
  a.strides.every((stride, i) => stride === b.strides[i]);

/** Instructions of a kind that address a place: their positions on the tape, and their accesses. */
const addressing = (
  { values }: PlanContext,
  fused: fb.FusedT,
  kind: fb.InstrKind,
  place: number,
): { readonly at: number[]; readonly accesses: fb.AccessT[] } => {
  const at: number[] = [];
  const accesses: fb.AccessT[] = [];
  for (const [i, instr] of fused.tape.entries()) {
    const access = fused.accesses[instr.a];
    if (instr.kind !== kind || access === undefined) continue;
    if (placeOf(values, access.value) !== place) continue;
    at.push(i);
    accesses.push(access);
  }
  return { at, accesses };
};

/** Whether an instruction after the first Reduce varies over the reduced dims: a second pass over the row. */
const hasSecondPass = ({ context }: PlanContext, fused: fb.FusedT): boolean => {
  const { from, to } = reducedAxes(fused);
  const varying: boolean[] = [];
  let reduced = false;
  for (const { kind, op, a, b, c, d } of fused.tape) {
    const moves = kind === fb.InstrKind.Load || kind === fb.InstrKind.Store;
    const varies =
      (moves && accessVaries(context, fused, fused.accesses[a])) ||
      (kind === fb.InstrKind.Index && a >= from && a < to) ||
      (kind === fb.InstrKind.Scalar &&
        [a, b, c, d].slice(0, opById(op)?.minInputs).some((i) => varying[i] ?? false));
    if (reduced && varies) return true;
    reduced ||= kind === fb.InstrKind.Reduce;
    varying.push(varies);
  }
  return false;
};

/** The tape of a step, unless the step needs `place` for more than the tape. */
const tapeOf = ({ values }: PlanContext, { body }: fb.StepT, place: number): fb.FusedT | null => {
  if (body instanceof fb.FusedT) return body;
  if (!(body instanceof fb.ContractT)) return null;
  const multiplies = [body.a, body.b].some((x) => x !== null && placeOf(values, x.value) === place);
  return multiplies ? null : body.epilogue;
};

/**
 * Whether a step may write `to` into the bytes that it reads `from`: it is a Fused, or a Contract whose epilogue alone
 * reads `from`; all loads of the one and stores to the other use one and the same access and width, so that each point
 * of the iteration touches its own element alone; and no load follows a store on the tape. Where the tape reduces, the
 * stores follow the last Reduce, and either it is in row mode and the access moves along every reduced dim, so that the
 * last pass over a row is the one that writes; or the access moves along none, and nothing varies over the reduced dims
 * after the first Reduce, so that each kept point reads before it writes.
 */
export const inPlace = (plan: PlanContext, step: fb.StepT, from: number, to: number): boolean => {
  const fused = tapeOf(plan, step, from);
  if (fused === null) return false;
  const loads = addressing(plan, fused, fb.InstrKind.Load, from);
  const stores = addressing(plan, fused, fb.InstrKind.Store, to);
  const all = [...loads.accesses, ...stores.accesses];
  const [first] = all;
  if (first === undefined || loads.at.length === 0 || stores.at.length === 0) return false;
  const width = widthOf(plan.context, plan.values[first.value]);
  const oneAccess = all.every(
    (access) =>
      sameAccess(access, first) && widthOf(plan.context, plan.values[access.value]) === width,
  );
  const firstStore = Math.min(...stores.at);
  if (!oneAccess || Math.max(...loads.at) > firstStore) return false;
  const lastReduce = fused.tape.findLastIndex(({ kind }) => kind === fb.InstrKind.Reduce);
  if (lastReduce < 0) return true;
  if (firstStore < lastReduce) return false;
  const { from: start, to: end } = reducedAxes(fused);
  const along = first.strides.slice(start, end).map((stride) => !isZero(plan.context, stride));
  if (!along.includes(true)) return !hasSecondPass(plan, fused);
  return fused.inner === 0 && !along.includes(false);
};

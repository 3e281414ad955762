import { fb } from '../schema.ts';
import { widthOf } from './ranges.ts';
import type { PlanContext } from './steps.ts';
import { isZero, placeOf, reducedAxes } from './tape.ts';

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

/**
 * Whether a step may write `to` into the bytes that it reads `from`: it is a Fused; all its loads of the one and stores
 * to the other use one and the same access and width, so that each point of the iteration touches its own element
 * alone; no load follows a store on the tape; and where the tape reduces, it is in row mode, the access moves along
 * every reduced dim, and the stores follow the last Reduce, so that the last pass over a row is the one that writes.
 */
export const inPlace = (
  plan: PlanContext,
  { body }: fb.StepT,
  from: number,
  to: number,
): boolean => {
  if (!(body instanceof fb.FusedT)) return false;
  const loads = addressing(plan, body, fb.InstrKind.Load, from);
  const stores = addressing(plan, body, fb.InstrKind.Store, to);
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
  const lastReduce = body.tape.findLastIndex(({ kind }) => kind === fb.InstrKind.Reduce);
  if (lastReduce < 0) return true;
  const { from: start, to: end } = reducedAxes(body);
  const moves = first.strides.slice(start, end).every((stride) => !isZero(plan.context, stride));
  return body.inner === 0 && moves && firstStore > lastReduce;
};

import type { Instr, Tape } from '../lower/ir.ts';
import { varies } from '../lower/varies.ts';

/** One walk over a row: what it reduces, and what it stores of the row's places. */
export interface RowPass {
  readonly reduces: readonly number[];
  readonly stores: readonly number[];
  /** What it computes at each place, in order: again, where an earlier pass did so too. */
  readonly full: readonly number[];
  /** What is the same for the whole row, and known after this pass; the first entry is known before any. */
  readonly kept: readonly number[];
}

/** How a tape in row mode runs: passes over the row, each with all reductions whose operands are known by then. */
export interface RowPasses {
  readonly before: readonly number[];
  readonly passes: readonly RowPass[];
}

/** The operands of an instruction. */
export function operandsOf(instr: Instr): readonly number[] {
  if (instr.kind === 'scalar') return instr.args;
  return instr.kind === 'reduce' || instr.kind === 'store' ? [instr.arg] : [];
}

/** Sorts the instructions of a tape in row mode into passes. */
export function rowPasses(tape: Tape): RowPasses {
  const { instrs } = tape;
  const full: boolean[] = [];
  /** The pass after which a value is known, for a full one: that before the first in which it can be computed. */
  const stage: number[] = [];
  for (const [i, instr] of instrs.entries()) {
    full.push(varies(instr, tape, full));
    const operands = Math.max(0, ...operandsOf(instr).map((o) => stage[o] ?? 0));
    stage[i] = instr.kind === 'reduce' ? operands + 1 : operands;
  }
  const all = instrs.map((_, i) => i);
  const isFullStore = (i: number): boolean => instrs[i]?.kind === 'store' && full[i] === true;
  const last = Math.max(0, ...all.map((i) => (stage[i] ?? 0) + (isFullStore(i) ? 1 : 0)));
  const keptAt = (s: number): readonly number[] =>
    all.filter((i) => !full[i] && stage[i] === s && instrs[i]?.kind !== 'reduce');
  const passes = Array.from({ length: last }, (_, s): RowPass => {
    const reduces = all.filter((i) => instrs[i]?.kind === 'reduce' && stage[i] === s + 1);
    const stores = all.filter((i) => isFullStore(i) && stage[i] === s);
    const needed = neededBy([...reduces, ...stores], instrs, full);
    return { reduces, stores, full: needed, kept: keptAt(s + 1) };
  });
  return { before: keptAt(0), passes };
}

/** The full values that these instructions need, in order. */
function neededBy(
  roots: readonly number[],
  instrs: readonly Instr[],
  full: readonly boolean[],
): readonly number[] {
  const found = new Set<number>();
  const stack = roots.flatMap((i) => operandsOf(instrs[i] as Instr));
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    if (!full[i] || found.has(i)) continue;
    found.add(i);
    stack.push(...operandsOf(instrs[i] as Instr));
  }
  return [...found].sort((a, b) => a - b);
}

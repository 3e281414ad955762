import type { Binding } from '../binding.ts';
import { fail, type Path } from '../fault.ts';
import type { fb } from '../schema.ts';

/** What every number that is computed from a file stays within, so that none overflows in any language. */
export const limit: number = Number.MAX_SAFE_INTEGER;
export const maxRank = 8;
export const maxSymbols = 64;

/** What the rules need to know of the program beyond the table that they look at. */
export interface Context {
  readonly program: fb.ProgramT;
  /** All symbols at their largest, and at their smallest, legal value. */
  readonly high: Binding;
  readonly low: Binding;
  /** Per expr: bit i is set where it depends on symbol i. */
  readonly dependence: readonly bigint[];
}

/** An index must be smaller than `count`. */
export const refersTo = (path: Path, noun: string, index: number | bigint, count: number): void => {
  if (index < 0 || index >= count) {
    fail('index', path, `refers to ${noun} ${index}, expected < ${count}`);
  }
};

export const eachRefersTo = (
  path: Path,
  field: string,
  noun: string,
  indices: readonly number[],
  count: number,
): void => {
  for (const [i, index] of indices.entries()) {
    if (index >= count) refersTo(path.at(field, i), noun, index, count);
  }
};

/** An enum has `count` members. */
export const isOneOf = (path: Path, noun: string, value: number, count: number): void => {
  if (value >= count) fail('kind', path, `is ${noun} ${value}, expected < ${count}`);
};

export const isDType = (path: Path, dtype: fb.DType): void => isOneOf(path, 'dtype', dtype, 10);

/** Names that are keys: not empty, and each once. */
export class Names {
  private readonly seen: Map<string, number> = new Map();

  add(path: Path, name: string | Uint8Array | null): void {
    const text = String(name ?? '');
    if (text === '') fail('name', path.field('name'), 'is empty');
    const before = this.seen.get(text);
    if (before !== undefined) {
      fail('duplicate', path.field('name'), `is "${text}", as at index ${before}`);
    }
    this.seen.set(text, this.seen.size);
  }
}

/** Indices of which each may occur once. */
export const eachOnce = (path: Path, field: string, indices: readonly number[]): void => {
  const seen = new Set<number>();
  for (const [i, index] of indices.entries()) {
    if (seen.has(index)) fail('duplicate', path.at(field, i), `is ${index} again`);
    seen.add(index);
  }
};

/** Types are compared by what they say, not by where they are stored. */
export const sameType = (program: fb.ProgramT, a: number, b: number): boolean => {
  const [x, y] = [program.types[a], program.types[b]];
  if (a === b || x === undefined || y === undefined) return a === b;
  return (
    x.dtype === y.dtype &&
    x.shape.length === y.shape.length &&
    x.shape.every((expr, axis) => expr === y.shape[axis])
  );
};

/** Whether a type has the same extents at every binding. */
export const isStatic = (context: Context, type: number): boolean =>
  (context.program.types[type]?.shape ?? []).every((expr) => context.dependence[expr] === 0n);

/** "2", "at least 1" or "1 to 3". */
export const range = (least: number, most: number | null): string => {
  if (most === null) return `at least ${least}`;
  return least === most ? `${least}` : `${least} to ${most}`;
};

/** Random and chosen arrays for tests; the same for the same seed text. */
import type { DType, NdArray } from '@vorab/graph';
import { dtypeBytes, dtypeKind, encodeInto, ndarray, sizeOfShape } from '@vorab/graph';

/** What an array is filled with. */
export type Fill =
  | { readonly from: number; readonly to: number }
  /** Values at the edges of the dtype, and what floats have besides numbers. */
  | 'special'
  /** These, again and again. */
  | readonly number[]
  /** Each matrix of the last two axes by itself. */
  | { readonly matrix: MatrixFill };

/** The element at a place of a matrix, from the random numbers of all its places. */
export type MatrixFill = (
  row: number,
  column: number,
  random: (row: number, column: number) => number,
  columns: number,
) => number;

/** Uniform numbers in [0, 1), from a text. */
export function randomOf(seed: string): () => number {
  let state = 0x9e3779b9;
  for (const c of seed) state = Math.imul(state ^ (c.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const floatEdges = [0, -0, 1, -1, Infinity, -Infinity, NaN, 0.5, -0.5, 1.5, 2.5, 1e-3, 100];

/** Values that break careless code; integers of the dtype's own width. */
export function specialValues(dtype: DType): readonly number[] {
  const kind = dtypeKind(dtype);
  if (kind === 'bool') return [0, 1];
  if (kind === 'float') return floatEdges;
  const top = 2 ** (Math.min(8 * dtypeBytes(dtype), 53) - (kind === 'signed' ? 1 : 0));
  const unsigned = [0, 1, 2, 3, 7, 31, 32, top / 2, top - 2, top - 1];
  return kind === 'signed' ? [...unsigned, -1, -2, -7, -top, 1 - top] : unsigned;
}

function filler(dtype: DType, fill: Fill, random: () => number): (i: number) => number {
  if (fill === 'special') return filler(dtype, specialValues(dtype), random);
  if ('matrix' in fill) throw new Error('a matrix has a shape');
  if ('length' in fill) return (i) => fill[i % fill.length] as number;
  const { from, to } = fill;
  const kind = dtypeKind(dtype);
  if (kind === 'bool') return () => Number(random() < 0.5);
  if (kind === 'float') return () => from + random() * (to - from);
  return () => Math.floor(from + random() * (to - from));
}

/** An array of this type. */
export function arrayFor(
  dtype: DType,
  shape: readonly number[],
  fill: Fill,
  random: () => number,
): NdArray {
  const array = ndarray(dtype, shape);
  if (typeof fill === 'object' && 'matrix' in fill) {
    encodeInto(array, 0, matrices(shape, fill.matrix, random));
    return array;
  }
  const next = filler(dtype, fill, random);
  encodeInto(
    array,
    0,
    Array.from({ length: sizeOfShape(shape) }, (_, i) => next(i)),
  );
  return array;
}

function matrices(shape: readonly number[], fill: MatrixFill, random: () => number): number[] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const values: number[] = [];
  for (let b = 0; b < sizeOfShape(shape.slice(0, -2)); b++) {
    const drawn = Array.from({ length: rows * columns }, () => 2 * random() - 1);
    const at = (i: number, j: number): number => drawn[i * columns + j] ?? 0;
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) values.push(fill(i, j, at, columns));
  }
  return values;
}

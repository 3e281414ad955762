import type { Dim } from '../dim.ts';
import { dimAdd, dimBounds, dimKey, dimMul, dimSub } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { broadcastInDim, normalizeAxis, range, reshapeTo, sumAxes } from './axes.ts';
import { equal, select } from './compare.ts';
import { gatherFrom } from './indexing.ts';
import { iota, sizeOf, zeros } from './leaves.ts';
import { add, mul } from './math.ts';
import { pad, sliceAxis } from './slice.ts';
import { transpose } from './transpose.ts';

// Diagonals of matrices, and matrices from diagonals.

/**
 * Elements x[…, i, …, i + offset, …], as a new last axis. Where the last extent is a number, every
 * (extent + 1)-th of the matrix laid out in a row; else by their computed places.
 */
export function diagonalOf(x: Tensor, offset: number, axis1: number, axis2: number): Tensor {
  const others = range(x.rank).filter((i) => i !== axis1 && i !== axis2);
  const matrix = transpose(x, [...others, axis1, axis2]);
  const [rows, columns] = matrix.shape.slice(-2) as [Dim, Dim];
  const count = diagonalLength(rows, columns, offset);
  const rest = matrix.shape.slice(0, -2);
  const flat = reshapeTo(matrix, [...rest, dimMul(rows, columns)]);
  const last = rest.length;
  const start = offset >= 0 ? offset : dimMul(columns, -offset);
  if (count === 0) return sliceAxis(flat, last, 0, 0);
  if (typeof columns !== 'number' || dimBounds(count)[0] < 1) {
    const step = add(sizeOf(columns, 'i32'), 1);
    const places = add(mul(iota([count], 0), step), sizeOf(start, 'i32'));
    return gatherFrom(flat, places, last);
  }
  // Just past the last element.
  const stop = dimAdd(start, dimMul(dimSub(count, 1), columns + 1), 1);
  return sliceAxis(flat, last, start, stop, columns + 1);
}

function diagonalLength(rows: Dim, columns: Dim, offset: number): Dim {
  const [down, across] = [
    offset < 0 ? dimAdd(rows, offset) : rows,
    offset > 0 ? dimSub(columns, offset) : columns,
  ];
  const apart = dimSub(down, across);
  const shorter = dimBounds(apart)[1] <= 0 ? down : dimBounds(apart)[0] >= 0 ? across : undefined;
  if (shorter === undefined || (typeof shorter !== 'number' && dimBounds(shorter)[0] < 0)) {
    throw new TypeRuleError(
      'shape',
      `the length of diagonal ${offset} of ${dimKey(rows)} × ${dimKey(columns)} is not known`,
      'take a square matrix, or extents whose bounds do not cross',
    );
  }
  return typeof shorter === 'number' ? Math.max(0, shorter) : shorter;
}

/** Which diagonal, and of which axes. */
export interface DiagonalOptions {
  /** Above the main diagonal; below it where negative. Default 0. */
  readonly offset?: number;
  /** The axes of the matrices; default the last two. */
  readonly axes?: readonly [number, number];
}

/**
 * The diagonals of matrices, as a new last axis. `diagonal(x, { offset: 1 })`
 *
 *     diagonal(x)        // f32[N, 3, 3] gives f32[N, 3]
 */
export function diagonal(x: Tensor, options: DiagonalOptions = {}): Tensor {
  return checked(`diagonal(${x})`, () => {
    if (x.rank < 2) throw new TypeRuleError('rank', `takes a matrix, got rank ${x.rank}`);
    const { offset = 0, axes = [-2, -1] } = options;
    const [a, b] = [normalizeAxis(axes[0], x.rank), normalizeAxis(axes[1], x.rank)];
    if (a === b) throw new TypeRuleError('axis', `the axes of a diagonal are both ${a}`);
    if (!Number.isInteger(offset)) throw new TypeRuleError('literal', `the offset is ${offset}`);
    return diagonalOf(x, offset, a, b);
  });
}

/** The sum of the diagonals of matrices, of the last two axes unless told otherwise. */
export function trace(x: Tensor, options: DiagonalOptions = {}): Tensor {
  return checked(`trace(${x})`, () => {
    const d = diagonal(x, options);
    return sumAxes(d, [d.rank - 1]);
  });
}

/**
 * A vector as the diagonal of a matrix of zeros; of a matrix, its diagonal. `offset` places it
 * above the main one, or below.
 *
 *     diag(v)            // f32[3] gives f32[3, 3]
 */
export function diag(x: Tensor, offset = 0): Tensor {
  return checked(`diag(${x})`, () => {
    if (x.rank === 2) return diagonal(x, { offset });
    if (x.rank === 1) return diagonalMatrix(x, offset);
    throw new TypeRuleError(
      'rank',
      `takes a vector or a matrix, got rank ${x.rank}`,
      'use diagonal() of a batch, or diagonalMatrix() of a batch of diagonals',
    );
  });
}

/**
 * Matrices of zeros with the last axis of x as their diagonals: f32[N, 3] gives f32[N, 3, 3].
 */
export function diagonalMatrix(x: Tensor, offset = 0): Tensor {
  return checked(`diagonalMatrix(${x})`, () => {
    if (x.rank === 0) throw new TypeRuleError('rank', 'takes a vector, got a scalar');
    const n = dimAdd(x.shape.at(-1) as Dim, Math.abs(offset));
    const shape = [...x.shape.slice(0, -1), n, n];
    const rows = iota([n, n], 0);
    const on = equal(iota([n, n], 1), add(rows, offset));
    const gap = x.shape.map((_, i): [Dim, Dim] => [0, i === x.rank - 1 ? Math.abs(offset) : 0]);
    // Above the main diagonal an element lies in the row of its index, below it in the column.
    const along = offset >= 0 ? x.rank - 1 : x.rank;
    const wide = broadcastInDim(pad(x, gap), shape, [...range(x.rank - 1), along]);
    return select(broadcastInDim(on, shape, [x.rank - 1, x.rank]), wide, zeros(shape, x.dtype));
  });
}

import type { Matrix } from './matrix.ts';
import { at, copyOf, lowerTriangle, matrix, put, Refusal, requireFinite } from './matrix.ts';

/** L, lower, with L·Lᵀ = A; reads the lower triangle of A. Row by row (Cholesky–Banachiewicz). */
export function choleskyOf(a: Matrix): Matrix {
  requireFinite(a, lowerTriangle);
  const l = matrix(a.rows, a.cols);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = at(a, i, j);
      for (let k = 0; k < j; k++) rest -= at(l, i, k) * at(l, j, k);
      if (i === j && !(rest > 0)) throw notPositiveDefinite(i + 1);
      put(l, i, j, i === j ? Math.sqrt(rest) : rest / at(l, j, j));
    }
  }
  return l;
}

const notPositiveDefinite = (order: number): Refusal =>
  new Refusal(
    `the matrix is not positive definite: its leading block of order ${order} is not`,
    'add a small multiple of the identity',
  );

export interface TriangularOptions {
  readonly lower: boolean;
  readonly transposeA: boolean;
  readonly unitDiagonal: boolean;
}

/** X with op(A)·X = B, A a triangle; what lies on the other side of its diagonal is not read. */
export function triangularSolveOf(a: Matrix, b: Matrix, options: TriangularOptions): Matrix {
  const { lower, transposeA, unitDiagonal } = options;
  const n = a.rows;
  if (!unitDiagonal) requireDiagonal(a);
  const x = copyOf(b);
  const element = (i: number, j: number): number => (transposeA ? at(a, j, i) : at(a, i, j));
  const forward = lower !== transposeA;
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step;
    const [from, to] = forward ? [0, i] : [i + 1, n];
    for (let c = 0; c < b.cols; c++) {
      let rest = at(x, i, c);
      for (let k = from; k < to; k++) rest -= element(i, k) * at(x, k, c);
      put(x, i, c, unitDiagonal ? rest : rest / at(a, i, i));
    }
  }
  return x;
}

function requireDiagonal(a: Matrix): void {
  for (let i = 0; i < a.rows; i++) {
    if (at(a, i, i) === 0)
      throw new Refusal(
        `the matrix is singular: element [${i}, ${i}] of its triangle is 0`,
        'use lstsq or pinv, which take singular matrices',
      );
  }
}

/** A[permutation] = L·U, packed: L below the diagonal (its own is 1), U on and above it. */
export interface Lu {
  readonly packed: Matrix;
  readonly permutation: readonly number[];
  /** Of the permutation: 1 or −1. */
  readonly sign: number;
}

/** By rows with partial pivoting: the first of the largest below is the pivot. */
export function luOf(a: Matrix): Lu {
  requireFinite(a);
  const u = copyOf(a);
  const permutation = Array.from({ length: a.rows }, (_, i) => i);
  let sign = 1;
  for (let k = 0; k < Math.min(a.rows, a.cols); k++) {
    const pivot = pivotRow(u, k);
    if (pivot !== k) {
      swapRows(u, k, pivot);
      [permutation[k], permutation[pivot]] = [
        permutation[pivot] as number,
        permutation[k] as number,
      ];
      sign = -sign;
    }
    if (at(u, k, k) !== 0) eliminate(u, k);
  }
  return { packed: u, permutation, sign };
}

function pivotRow(u: Matrix, k: number): number {
  let best = k;
  for (let i = k + 1; i < u.rows; i++) {
    if (Math.abs(at(u, i, k)) > Math.abs(at(u, best, k))) best = i;
  }
  return best;
}

function swapRows(u: Matrix, i: number, j: number): void {
  for (let c = 0; c < u.cols; c++) {
    const x = at(u, i, c);
    put(u, i, c, at(u, j, c));
    put(u, j, c, x);
  }
}

function eliminate(u: Matrix, k: number): void {
  for (let i = k + 1; i < u.rows; i++) {
    const factor = at(u, i, k) / at(u, k, k);
    put(u, i, k, factor);
    for (let c = k + 1; c < u.cols; c++) put(u, i, c, at(u, i, c) - factor * at(u, k, c));
  }
}

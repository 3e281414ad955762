import type { Matrix } from './matrix.ts';
import {
  at,
  copyOf,
  identity,
  lowerTriangle,
  matrix,
  put,
  Refusal,
  requireFinite,
  transposed,
} from './matrix.ts';

// Jacobi's methods (Golub & Van Loan, Matrix Computations, 8.5 and 8.6.3): slow, short, and more
// exact than what runtimes use.

const maxSweeps = 60;
const eps = 2 ** -52;

/**
 * A component counts for a vector's sign from this part of the largest one on: no quotient of small
 * integers, so that rounding decides no tie between components of structured matrices.
 */
const leading = 0.6180339887498949;

/** Turns column j of `a` (and of `along`) so that its first large component is positive. */
function fixSign(a: Matrix, j: number, along?: Matrix): void {
  let largest = 0;
  for (let i = 0; i < a.rows; i++) largest = Math.max(largest, Math.abs(at(a, i, j)));
  for (let i = 0; i < a.rows; i++) {
    const x = at(a, i, j);
    if (Math.abs(x) < leading * largest) continue;
    if (x < 0) for (const m of along ? [a, along] : [a]) scaleColumn(m, j, -1);
    return;
  }
}

function scaleColumn(a: Matrix, j: number, factor: number): void {
  for (let i = 0; i < a.rows; i++) put(a, i, j, at(a, i, j) * factor);
}

/** (column p, column q) becomes (c·p − s·q, s·p + c·q). */
function rotate(a: Matrix, p: number, q: number, c: number, s: number): void {
  for (let i = 0; i < a.rows; i++) {
    const [x, y] = [at(a, i, p), at(a, i, q)];
    put(a, i, p, c * x - s * y);
    put(a, i, q, s * x + c * y);
  }
}

/** cos and sin of the rotation that makes [[app, apq], [apq, aqq]] diagonal. */
function rotation(app: number, apq: number, aqq: number): readonly [c: number, s: number] {
  const tau = (aqq - app) / (2 * apq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  return [c, t * c];
}

function columns(a: Matrix, order: readonly number[]): Matrix {
  const out = matrix(a.rows, order.length);
  for (const [j, from] of order.entries())
    for (let i = 0; i < a.rows; i++) put(out, i, j, at(a, i, from));
  return out;
}

function notConverged(what: string): Refusal {
  return new Refusal(`the ${what} did not converge`);
}

/** Eigenvalues, ascending, and eigenvectors in columns; reads the lower triangle. */
export function eighOf(a: Matrix): { readonly w: Float64Array; readonly v: Matrix } {
  requireFinite(a, lowerTriangle);
  const n = a.rows;
  const work = copyOf(a);
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) put(work, i, j, at(a, j, i));
  const v = identity(n);
  const none = largestOf(work) * eps * 2 ** -6;
  for (let sweep = 0; eighSweep(work, v, none); sweep++)
    if (sweep > maxSweeps) throw notConverged('eigenvalues');
  const found = Array.from({ length: n }, (_, i) => at(work, i, i));
  const order = found.map((_, i) => i).sort((i, j) => (found[i] as number) - (found[j] as number));
  const sorted = columns(v, order);
  for (let j = 0; j < n; j++) fixSign(sorted, j);
  return { w: Float64Array.from(order, (i) => found[i] as number), v: sorted };
}

function largestOf({ data }: Matrix): number {
  return data.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
}

// One rotation for every pair; false: nothing off the diagonal is left.
function eighSweep(a: Matrix, v: Matrix, none: number): boolean {
  let turned = false;
  for (let p = 0; p < a.rows; p++) {
    for (let q = p + 1; q < a.rows; q++) {
      const apq = at(a, p, q);
      const [app, aqq] = [at(a, p, p), at(a, q, q)];
      if (Math.abs(apq) <= none) continue;
      turned = true;
      const [c, s] = rotation(app, apq, aqq);
      rotate(a, p, q, c, s);
      rotateRows(a, p, q, c, s);
      put(a, p, q, 0);
      put(a, q, p, 0);
      rotate(v, p, q, c, s);
    }
  }
  return turned;
}

function rotateRows(a: Matrix, p: number, q: number, c: number, s: number): void {
  for (let j = 0; j < a.cols; j++) {
    const [x, y] = [at(a, p, j), at(a, q, j)];
    put(a, p, j, c * x - s * y);
    put(a, q, j, s * x + c * y);
  }
}

export interface Svd {
  /** m × k, k the smaller of m and n. */
  readonly u: Matrix;
  /** Descending. */
  readonly s: Float64Array;
  /** n × k. */
  readonly v: Matrix;
}

/** A = U·diag(s)·Vᵀ, by one-sided Jacobi rotations. */
export function svdOf(a: Matrix): Svd {
  requireFinite(a);
  // Squares of what is left neither overflow nor vanish.
  const scale = largestOf(a) || 1;
  const scaled = { ...a, data: a.data.map((x) => x / scale) };
  const { u, s, v } = a.rows >= a.cols ? tallSvd(scaled) : swapped(tallSvd(transposed(scaled)));
  for (let j = 0; j < s.length; j++) fixSign(u, j, v);
  return { u, s: s.map((x) => x * scale), v };
}

const swapped = ({ u, s, v }: Svd): Svd => ({ u: v, s, v: u });

function tallSvd(a: Matrix): Svd {
  const work = copyOf(a);
  const v = identity(a.cols);
  for (let sweep = 0; svdSweep(work, v); sweep++)
    if (sweep > maxSweeps) throw notConverged('singular values');
  const norms = Array.from({ length: a.cols }, (_, j) => columnNorm(work, j));
  const order = norms.map((_, j) => j).sort((i, j) => (norms[j] as number) - (norms[i] as number));
  const s = Float64Array.from(order, (j) => norms[j] as number);
  const u = columns(work, order);
  const none = (s[0] ?? 0) * a.rows * eps;
  for (let j = 0; j < a.cols; j++) {
    if ((s[j] as number) > none) scaleColumn(u, j, 1 / (s[j] as number));
    else complete(u, j);
  }
  return { u, s, v: columns(v, order) };
}

function columnNorm(a: Matrix, j: number): number {
  let norm = 0;
  for (let i = 0; i < a.rows; i++) norm = Math.hypot(norm, at(a, i, j));
  return norm;
}

function columnDot(a: Matrix, p: number, q: number): number {
  let sum = 0;
  for (let i = 0; i < a.rows; i++) sum += at(a, i, p) * at(a, i, q);
  return sum;
}

function svdSweep(a: Matrix, v: Matrix): boolean {
  let turned = false;
  for (let p = 0; p < a.cols; p++) {
    for (let q = p + 1; q < a.cols; q++) {
      const [app, apq, aqq] = [columnDot(a, p, p), columnDot(a, p, q), columnDot(a, q, q)];
      // As much as rounding leaves of the product of two orthogonal columns.
      if (Math.abs(apq) <= eps * (a.rows + 4) * Math.sqrt(app * aqq) || apq === 0) continue;
      turned = true;
      const [c, s] = rotation(app, apq, aqq);
      rotate(a, p, q, c, s);
      rotate(v, p, q, c, s);
    }
  }
  return turned;
}

// Column j becomes a unit vector that is orthogonal to all columns before it: where the singular
// value is 0, A does not say which.
function complete(u: Matrix, j: number): void {
  for (let axis = 0; axis < u.rows; axis++) {
    for (let i = 0; i < u.rows; i++) put(u, i, j, i === axis ? 1 : 0);
    for (let twice = 0; twice < 2; twice++) {
      for (let before = 0; before < j; before++) {
        const along = columnDot(u, before, j);
        for (let i = 0; i < u.rows; i++) put(u, i, j, at(u, i, j) - along * at(u, i, before));
      }
    }
    const norm = columnNorm(u, j);
    if (norm < 1 / (2 * Math.sqrt(u.rows))) continue;
    scaleColumn(u, j, 1 / norm);
    return;
  }
}

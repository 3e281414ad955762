import type { Matrix } from './matrix.ts';
import { at, copyOf, identity, matrix, put, requireFinite } from './matrix.ts';

/**
 * A = Q·R with R's diagonal not negative, by Householder reflections (Golub & Van Loan, Matrix
 * Computations, 5.2; the reflections as in LAPACK, so that the columns of a full Q that A does not
 * determine are the same everywhere). `columns` of Q: min(m, n) or m.
 */
export function qrOf(a: Matrix, columns: number): { readonly q: Matrix; readonly r: Matrix } {
  requireFinite(a);
  const { rows: m, cols: n } = a;
  const k = Math.min(m, n);
  const work = copyOf(a);
  const q = identity(m);
  const reflections: { v: Float64Array; tau: number }[] = [];
  for (let j = 0; j < k; j++) {
    const reflection = reflectionOf(work, j);
    reflections.push(reflection);
    reflect(work, reflection, j);
  }
  for (let j = k - 1; j >= 0; j--) reflect(q, reflections[j] as (typeof reflections)[0], j);
  const signs = Array.from({ length: k }, (_, i) => (at(work, i, i) < 0 ? -1 : 1));
  return { q: part(q, m, columns, (_, j) => signs[j] ?? 1), r: upper(work, columns, n, signs) };
}

// I − τ·v·vᵀ maps column j below row j to (β, 0, …, 0); v[j] = 1.
function reflectionOf(a: Matrix, j: number): { v: Float64Array; tau: number } {
  const v = new Float64Array(a.rows);
  v[j] = 1;
  const alpha = at(a, j, j);
  let below = 0;
  for (let i = j + 1; i < a.rows; i++) below = Math.hypot(below, at(a, i, j));
  if (below === 0) return { v, tau: 0 };
  const beta = alpha >= 0 ? -Math.hypot(alpha, below) : Math.hypot(alpha, below);
  for (let i = j + 1; i < a.rows; i++) v[i] = at(a, i, j) / (alpha - beta);
  return { v, tau: (beta - alpha) / beta };
}

function reflect(a: Matrix, { v, tau }: { v: Float64Array; tau: number }, from: number): void {
  if (tau === 0) return;
  for (let c = 0; c < a.cols; c++) {
    let along = 0;
    for (let i = from; i < a.rows; i++) along += (v[i] as number) * at(a, i, c);
    for (let i = from; i < a.rows; i++) put(a, i, c, at(a, i, c) - tau * along * (v[i] as number));
  }
}

function part(
  a: Matrix,
  rows: number,
  cols: number,
  scale: (i: number, j: number) => number,
): Matrix {
  const out = matrix(rows, cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) put(out, i, j, scale(i, j) * at(a, i, j));
  }
  return out;
}

function upper(a: Matrix, rows: number, cols: number, signs: readonly number[]): Matrix {
  return part(a, rows, cols, (i, j) => (j < i ? 0 : (signs[i] ?? 1)));
}

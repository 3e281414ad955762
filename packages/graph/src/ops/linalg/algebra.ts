import type { Dim } from '../../dim.ts';
import type { DType } from '../../dtype.ts';
import type { Tensor } from '../../node.ts';
import { broadcastInDim, range } from '../axes.ts';
import { cast } from '../cast.ts';
import { equal, greater, lessEqual, select, where } from '../compare.ts';
import { stopGradient } from '../gradient.ts';
import { iota, sizeOf, zerosLike } from '../leaves.ts';
import { abs, add, div, maximum, mul, sub } from '../math.ts';
import { matmul } from '../matmul.ts';
import { max } from '../reduce.ts';
import { swapAxes } from '../transpose.ts';

// What the rules of linear algebra are written in. All of it works on the last two axes.

export const transposed = (x: Tensor): Tensor => swapAxes(x, -1, -2);

export function product(...factors: readonly Tensor[]): Tensor {
  return factors.reduce((x, y) => matmul(x, y));
}

/** (x + xᵀ) / 2. */
export function symmetrized(x: Tensor): Tensor {
  return mul(add(x, transposed(x)), 0.5);
}

interface Places {
  readonly row: Tensor;
  readonly column: Tensor;
}

function places(rows: Dim, cols: Dim): Places {
  return { row: iota([rows, cols], 0), column: iota([rows, cols], 1) };
}

const placesOf = (x: Tensor): Places => {
  const [rows, cols] = x.shape.slice(-2) as [Dim, Dim];
  return places(rows, cols);
};

/** Ones on the diagonal of zeros, `[n, cols]`. */
export function identityMatrix(n: Dim, dtype: DType, cols: Dim = n): Tensor {
  const { row, column } = places(n, cols);
  return cast(equal(row, column), dtype);
}

/** x[..., i] at [..., i, j]. */
export function asRows(x: Tensor, cols: Dim): Tensor {
  return broadcastInDim(x, [...x.shape, cols], range(x.rank));
}

/** x[..., j] at [..., i, j]. */
export function asColumns(x: Tensor, rows: Dim): Tensor {
  const batch = x.shape.slice(0, -1);
  const axes = [...range(batch.length), batch.length + 1];
  return broadcastInDim(x, [...batch, rows, x.shape.at(-1) as Dim], axes);
}

/** Below the diagonal x, on it x / 2, above it 0 (Φ of the Cholesky rules). */
export function halfLower(x: Tensor): Tensor {
  const { row, column } = placesOf(x);
  return where(greater(row, column), x, where(equal(row, column), mul(x, 0.5), 0));
}

/** Below the diagonal x + xᵀ, on it x, above it 0: the gradient of what reads one triangle. */
export function foldedLower(x: Tensor): Tensor {
  const { row, column } = placesOf(x);
  const both = add(x, transposed(x));
  return where(greater(row, column), both, where(equal(row, column), x, 0));
}

/** The lower triangle of x and its mirror image. */
export function mirroredLower(x: Tensor): Tensor {
  const { row, column } = placesOf(x);
  return where(greater(row, column), x, where(equal(row, column), x, transposed(x)));
}

/** From 1 to the next number. */
const epsilons: Partial<Record<DType, number>> = { f32: 2 ** -23, f64: 2 ** -52 };

export function epsilonOf(dtype: DType): number {
  return epsilons[dtype] ?? Number.NaN;
}

/**
 * What rounding leaves of a value that is 0: max(m, n) · ε · the largest of |values|, `[..., 1]`.
 * No gradient flows through it.
 */
export function noise(values: Tensor, m: Dim, n: Dim, factor: number): Tensor {
  const extent = maximum(sizeOf(m, values.dtype), sizeOf(n, values.dtype));
  const largest = max(abs(stopGradient(values)), [-1], { keepDims: true });
  return mul(largest, mul(extent, factor));
}

/** 1 / x, and 0 where |x| is at most `none`. */
export function reciprocalAbove(x: Tensor, none: Tensor): Tensor {
  const zero = lessEqual(abs(x), none);
  return select(zero, zerosLike(x), div(1, where(zero, 1, x)));
}

/** [i, j]: x[j] − x[i]. */
export function differences(x: Tensor): Tensor {
  const n = x.shape.at(-1) as Dim;
  return sub(asColumns(x, n), asRows(x, n));
}

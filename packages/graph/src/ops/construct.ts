import type { Dim } from '../dim.ts';
import type { DType } from '../dtype.ts';
import { bounds, isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { broadcastInDim, range } from './axes.ts';
import { cast } from './cast.ts';
import { equal } from './compare.ts';
import { constant, full, iota } from './leaves.ts';
import { add, mul } from './math.ts';

// Tensors whose values their arguments tell.

/**
 * Numbers from `start` (default 0) up to `stop`, which is left out, by `step` (default 1): f32
 * where one of them has a fraction, else i32. A symbolic `stop` alone counts from 0.
 *
 *     arange(5)                     // i32: 0 1 2 3 4
 *     arange(1, 2, 0.25, 'f64')     // 1 1.25 1.5 1.75
 *     arange(N)                     // i32[N]
 *
 * @throws GraphError when the step is 0, or an integer dtype is asked for with a fraction.
 */
export function arange(stop: Dim): Tensor;
export function arange(start: number, stop: number, step?: number, dtype?: DType): Tensor;
export function arange(first: Dim, second?: number, step = 1, dtype?: DType): Tensor {
  return checked('arange', () => {
    if (typeof first !== 'number') return iota([first], 0, dtype ?? 'i32');
    const [start, stop] = second === undefined ? [0, first] : [first, second];
    const whole = [start, stop, step].every(Number.isInteger);
    if (![start, stop, step].every(Number.isFinite) || step === 0)
      throw new TypeRuleError('literal', `start ${start}, stop ${stop}, step ${step}`);
    const to = dtype ?? (whole ? 'i32' : 'f32');
    const count = Math.max(0, Math.ceil((stop - start) / step));
    return sequence(start, step, count, to);
  });
}

// Integers are counted in the graph, and stand for no data; fractions are rounded once.
function sequence(start: number, step: number, count: number, dtype: DType): Tensor {
  if (dtype === 'bool') throw new TypeRuleError('dtype', 'numbers as bool', 'compare them instead');
  const last = start + step * (count - 1);
  const counted = Number.isInteger(start) && Number.isInteger(step);
  if (!isFloat(dtype)) {
    const [low, high] = bounds(dtype);
    const bad = [start, last].find((x) => count > 0 && (x < low || x > high));
    if (!counted || bad !== undefined)
      throw new TypeRuleError(
        'literal',
        `${start}, ${start + step}, … ${last} are not all ${dtype}`,
        "take a wider dtype, or 'f32'",
      );
  }
  const exact = Math.max(Math.abs(start), Math.abs(last), Math.abs(step)) <= 2 ** 23;
  if (
    counted &&
    exact &&
    (dtype === 'i32' || dtype === 'i64' || dtype === 'f32' || dtype === 'f64')
  )
    return add(mul(iota([count], 0, dtype), step), start);
  return numbers(
    range(count).map((i) => start + i * step),
    dtype,
  );
}

const numbers = (values: readonly number[], dtype: DType): Tensor =>
  values.length > 0 ? constant(values, dtype) : full(0, [0], dtype);

/**
 * `count` numbers from `start` to `stop`, evenly apart, both included (`endpoint: false` leaves
 * `stop` out). f32 unless told otherwise.
 *
 *     linspace(0, 1, 5)      // 0 0.25 0.5 0.75 1
 */
export function linspace(
  start: number,
  stop: number,
  count: number,
  options: { readonly endpoint?: boolean; readonly dtype?: DType } = {},
): Tensor {
  return checked('linspace', () => {
    const { endpoint = true, dtype = 'f32' } = options;
    if (!Number.isInteger(count) || count < 0)
      throw new TypeRuleError('literal', `the count is ${count}, expected an integer from 0 on`);
    const steps = endpoint ? count - 1 : count;
    const at = (i: number): number =>
      steps === 0 ? start : start * (1 - i / steps) + stop * (i / steps);
    return numbers(range(count).map(at), dtype);
  });
}

/**
 * Ones on a diagonal, zeros elsewhere: `rows` × `columns` (square by default), on the main diagonal
 * or `offset` above it. f32 unless told otherwise. `eye(3)`
 */
export function eye(
  rows: Dim,
  columns: Dim = rows,
  options: { readonly offset?: number; readonly dtype?: DType } = {},
): Tensor {
  return checked('eye', () => {
    const { offset = 0, dtype = 'f32' } = options;
    const shape = [rows, columns];
    return cast(equal(iota(shape, 1), add(iota(shape, 0), offset)), dtype);
  });
}

/** Every element is `value`, in x's shape, of x's dtype unless told otherwise. */
export function fullLike(x: Tensor, value: number, dtype: DType = x.dtype): Tensor {
  return full(value, x.shape, dtype);
}

/**
 * Coordinates of a grid: for vectors of n and m elements two tensors of [n, m] (`indexing: 'ij'`),
 * or of [m, n] (`'xy'`, the default, as numpy's).
 *
 *     const [x, y] = meshgrid([xs, ys]);
 */
export function meshgrid(
  vectors: readonly Tensor[],
  options: { readonly indexing?: 'xy' | 'ij' } = {},
): readonly Tensor[] {
  return checked('meshgrid', () => {
    const wrong = vectors.find((v) => v.rank !== 1);
    if (wrong) throw new TypeRuleError('rank', `takes vectors, got ${wrong}`);
    const swaps = (options.indexing ?? 'xy') === 'xy' && vectors.length > 1;
    const axisOf = (i: number): number => (swaps && i < 2 ? 1 - i : i);
    const shape = vectors.map((_, axis) => vectors[axisOf(axis)]?.shape[0] as Dim);
    return vectors.map((v, i) => broadcastInDim(v, shape, [axisOf(i)]));
  });
}

import type { Dim } from '../dim.ts';
import { dimEqual } from '../dim.ts';
import type { DType } from '../dtype.ts';
import { bounds, isFloat, isInteger } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { broadcastInDim, reshapeTo } from './axes.ts';
import { scatterAdd } from './indexing.ts';
import { full, ones, zeros } from './leaves.ts';
import { bitwiseNot } from './logic.ts';
import { div, maximum } from './math.ts';
import { requireFloat } from './reduce.ts';
import { scatterMax, scatterMin } from './scatter.ts';

// Reductions over the rows that share an index. Rows whose index lies outside are dropped.

function checkSegments(x: Tensor, ids: Tensor): void {
  if (!isInteger(ids.dtype))
    throw new TypeRuleError(
      'dtype',
      `segment ids are ${ids.dtype}, expected integers`,
      "cast them first, for example .cast('i32')",
    );
  const fits = ids.rank <= x.rank && ids.shape.every((d, i) => dimEqual(d, x.shape[i] as Dim));
  if (fits && ids.rank > 0) return;
  throw new TypeRuleError('shape-mismatch', `segment ids are ${ids}, the leading axes of ${x}`);
}

type Scatter = (x: Tensor, indices: Tensor, updates: Tensor) => Tensor;

function segments(
  name: string,
  x: Tensor,
  ids: Tensor,
  count: Dim,
  identity: (shape: readonly Dim[], dtype: DType) => Tensor,
  scatter: Scatter,
): Tensor {
  return checked(`${name}(${x}, ${ids})`, () => {
    checkSegments(x, ids);
    return scatter(identity([count, ...x.shape.slice(ids.rank)], x.dtype), ids, x);
  });
}

/**
 * Sums of the rows of x that have the same id: row s of the result is Σ x[i] where ids[i] = s. Ids
 * cover the leading axes of x, need not be sorted, and are dropped outside 0 … count − 1.
 *
 *     segmentSum(x, ids, 3)      // f32[N, 4], i32[N] gives f32[3, 4]
 */
export function segmentSum(x: Tensor, ids: Tensor, count: Dim): Tensor {
  return segments('segmentSum', x, ids, count, zeros, scatterAdd);
}

/** As segmentSum, the largest of the rows; −∞ or the least integer where there is none. */
export function segmentMax(x: Tensor, ids: Tensor, count: Dim): Tensor {
  return segments('segmentMax', x, ids, count, lowest, scatterMax);
}

/** As segmentSum, the smallest of the rows; ∞ or the largest integer where there is none. */
export function segmentMin(x: Tensor, ids: Tensor, count: Dim): Tensor {
  return segments('segmentMin', x, ids, count, highest, scatterMin);
}

/** As segmentSum, the mean of the rows, of floats; 0 where there is none. */
export function segmentMean(x: Tensor, ids: Tensor, count: Dim): Tensor {
  return checked(`segmentMean(${x}, ${ids})`, () => {
    requireFloat(x);
    const total = segmentSum(x, ids, count);
    const rows = maximum(bincount(ids, count, ones(ids.shape, x.dtype)), 1);
    return div(total, broadcastInDim(rows, total.shape, [0]));
  });
}

const lowest = (shape: readonly Dim[], dtype: DType): Tensor =>
  full(bounds(dtype)[0], shape, dtype);

// The largest i64 is no double.
const highest = (shape: readonly Dim[], dtype: DType): Tensor =>
  isFloat(dtype)
    ? full(Number.POSITIVE_INFINITY, shape, dtype)
    : dtype === 'i64'
      ? bitwiseNot(lowest(shape, dtype))
      : full(bounds(dtype)[1], shape, dtype);

/**
 * How often each integer 0 … count − 1 occurs, i32; with weights, the sums of those of each, in
 * their dtype. What lies outside is not counted.
 *
 *     bincount(labels, 10)
 */
export function bincount(x: Tensor, count: Dim, weights?: Tensor): Tensor {
  return checked(`bincount(${x})`, () => {
    if (!isInteger(x.dtype))
      throw new TypeRuleError('dtype', `takes integers, got ${x.dtype}`, "cast to 'i32' first");
    const each = weights ?? ones(x.shape, 'i32');
    const fits = each.rank === x.rank && each.shape.every((d, i) => dimEqual(d, x.shape[i] as Dim));
    if (!fits) throw new TypeRuleError('shape-mismatch', `weights are ${each}, x is ${x}`);
    const [ids, updates] = x.rank > 0 ? [x, each] : [reshapeTo(x, [1]), reshapeTo(each, [1])];
    return scatterAdd(zeros([count], updates.dtype), ids, updates);
  });
}

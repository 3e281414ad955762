import { promote } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { dimMax, elementCount } from '../dim.ts';
import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { broadcastInDim, reshapeTo } from './axes.ts';
import { cast } from './cast.ts';
import { equal, less, isNaN as nan, select } from './compare.ts';
import { gatherFrom } from './indexing.ts';
import { full, iota, sizeOf, zeros } from './leaves.ts';
import { logicalAnd, logicalNot, logicalOr, shiftRight } from './logic.ts';
import { add, div, mul, sub } from './math.ts';
import { max, min } from './reduce.ts';
import { bincount } from './segment.ts';
import { sliceAxis } from './slice.ts';

// a < b in the order in which NaN is the largest, as sort has it.
function before(a: Tensor, b: Tensor): Tensor {
  const smaller = less(a, b);
  return isFloat(a.dtype) ? logicalOr(smaller, logicalAnd(nan(b), logicalNot(nan(a)))) : smaller;
}

/**
 * Where values would be inserted into a sorted vector to keep its order, i32 in the shape of
 * `values`: before equal elements (`side: 'left'`, the default), or behind them (`'right'`). NaN
 * counts as largest. By halving: as many gathers as the length has bits.
 *
 *     searchSorted(edges, x)       // edges[i − 1] < x ≤ edges[i]
 */
export function searchSorted(
  sorted: Tensor,
  values: Tensor,
  options: { readonly side?: 'left' | 'right' } = {},
): Tensor {
  return checked(`searchSorted(${sorted}, ${values})`, () => {
    if (sorted.rank !== 1) {
      throw new TypeRuleError('rank', `searches a vector, got ${sorted}`, 'use vmap for several');
    }
    const [edges, x] = promote([sorted, values]) as readonly [Tensor, Tensor];
    const length = edges.shape[0] as Dim;
    const wide = (t: Tensor): Tensor => broadcastInDim(t, x.shape, []);
    let low = zeros(x.shape, 'i32');
    let high = wide(sizeOf(length, 'i32'));
    if (length === 0) return low;
    const halvings = Math.ceil(Math.log2(dimMax(length) + 1));
    for (let i = 0; i < halvings; i++) {
      const open = less(low, high);
      const middle = shiftRight(add(low, high), 1);
      const edge = gatherFrom(edges, middle, 0);
      const right = options.side === 'right' ? logicalNot(before(x, edge)) : before(edge, x);
      low = select(logicalAnd(open, right), add(middle, 1), low);
      high = select(logicalAnd(open, logicalNot(right)), middle, high);
    }
    return low;
  });
}

/** What histogram takes besides its bins. */
export interface HistogramOptions {
  /** From where to where; default the smallest and the largest element. */
  readonly range?: readonly [number, number];
  /** What each element counts for, in x's shape; default 1. */
  readonly weights?: Tensor;
}

/**
 * How many elements lie in each of `bins` bins of equal width, and the bins + 1 edges. A bin has
 * its lower edge, the last one both; elements outside, and NaN, are not counted. Counts are i32, or
 * of the weights' dtype. Where all elements are equal, or there are none, the range is widened by
 * one half on both sides, as numpy does.
 *
 *     const [counts, edges] = histogram(x, 10, { range: [0, 1] });
 */
export function histogram(
  x: Tensor,
  bins: number,
  options: HistogramOptions = {},
): readonly [counts: Tensor, edges: Tensor] {
  return checked(`histogram(${x})`, () => {
    if (!Number.isInteger(bins) || bins < 1)
      throw new TypeRuleError('literal', `the number of bins is ${bins}`);
    const values = isFloat(x.dtype) ? x : cast(x, 'f32');
    const edges = edgesOf(values, bins, options.range);
    const after = searchSorted(edges, values, { side: 'right' });
    const last = broadcastInDim(reshapeTo(sliceAxis(edges, 0, bins), []), values.shape, []);
    const place = sub(select(equal(values, last), full(bins, values.shape, 'i32'), after), 1);
    return [bincount(place, bins, options.weights), edges];
  });
}

function edgesOf(x: Tensor, bins: number, given: readonly [number, number] | undefined): Tensor {
  if (given && !(given[0] <= given[1]))
    throw new TypeRuleError('literal', `the range is ${given[0]} to ${given[1]}`);
  const [low, high] = given
    ? given.map((value) => full(value, [], x.dtype))
    : elementCount(x.shape) === 0
      ? [full(0, [], x.dtype), full(1, [], x.dtype)]
      : [min(x), max(x)];
  const flat = equal(low as Tensor, high as Tensor);
  const from = select(flat, sub(low as Tensor, 0.5), low as Tensor);
  const to = select(flat, add(high as Tensor, 0.5), high as Tensor);
  const part = div(iota([bins + 1], 0, x.dtype), bins);
  return add(mul(from, sub(1, part)), mul(to, part));
}

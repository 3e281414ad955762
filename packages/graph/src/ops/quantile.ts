import type { Dim } from '../dim.ts';
import { dimSub, elementCount } from '../dim.ts';
import type { DType } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { ascending, broadcastInDim, keepDims, normalizeAxes, range, reshapeTo } from './axes.ts';
import { cast } from './cast.ts';
import { equal, isNaN as nan, select } from './compare.ts';
import { gatherFrom } from './indexing.ts';
import { full, sizeOf } from './leaves.ts';
import { logicalOr } from './logic.ts';
import { add, maximum, mul, sub } from './math.ts';
import type { Axes, ReduceOptions } from './reduce.ts';
import { any, requireFloat } from './reduce.ts';
import { ceil, floor, round } from './rounding.ts';
import { sort } from './sort.ts';
import { transpose } from './transpose.ts';
import { stack } from './views.ts';

/** How a quantile between two elements is read off; linear interpolation by default. */
export type QuantileMethod = 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint';

/** What quantile takes besides its axes. */
export interface QuantileOptions extends ReduceOptions {
  readonly method?: QuantileMethod;
}

/**
 * The q-quantiles of floats over axes (all by default), q from 0 to 1: the element at place q·(n −
 * 1) in order, interpolated between its neighbours. Several q give a new first axis. NaN where
 * there is one, and over no elements.
 *
 *     quantile(x, 0.9, -1)
 *     quantile(x, [0.25, 0.5, 0.75])
 */
export function quantile(
  x: Tensor,
  q: number | readonly number[],
  axes?: Axes,
  options: QuantileOptions = {},
): Tensor {
  return checked(`quantile(${x})`, () => {
    requireFloat(x);
    const list = typeof q === 'number' ? [q] : q;
    const wrong = list.find((one) => !(one >= 0 && one <= 1));
    if (wrong !== undefined)
      throw new TypeRuleError(
        'literal',
        `q is ${wrong}, expected 0 to 1`,
        'divide percents by 100',
      );
    const over = ascending(normalizeAxes(axes, x.rank));
    const row = asRows(x, over);
    const ordered = sort(row);
    const bad = logicalOr(any(nan(row), -1), isEmpty(row));
    const pick = (one: number): Tensor => {
      const value = at(ordered, one, options.method ?? 'linear');
      const y = select(bad, full(Number.NaN, value.shape, x.dtype), value);
      return options.keepDims ? keepDims(y, x.shape, over) : y;
    };
    return typeof q === 'number' ? pick(q) : stack(list.map(pick));
  });
}

/** The middle element of floats over axes (all by default); the mean of two where it lies between. */
export function median(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return quantile(x, 0.5, axes, options);
}

// Whether there is nothing to choose from: known when the program is compiled, unless N may be 0.
function isEmpty(row: Tensor): Tensor {
  const none = equal(sizeOf(row.shape.at(-1) as Dim, 'i32'), 0);
  return broadcastInDim(none, row.shape.slice(0, -1), []);
}

// The reduced axes as one, the last.
function asRows(x: Tensor, over: readonly number[]): Tensor {
  const kept = range(x.rank).filter((i) => !over.includes(i));
  const shape = (axes: readonly number[]): readonly Dim[] => axes.map((i) => x.shape[i] as Dim);
  return reshapeTo(transpose(x, [...kept, ...over]), [...shape(kept), elementCount(shape(over))]);
}

function at(ordered: Tensor, q: number, method: QuantileMethod): Tensor {
  const axis = ordered.rank - 1;
  const extent = ordered.shape[axis] as Dim;
  const place = placeOf(extent, q, ordered.dtype);
  const element = (i: Tensor): Tensor => gatherFrom(ordered, cast(i, 'i32'), axis);
  const low = floor(place);
  switch (method) {
    case 'lower':
      return element(low);
    case 'higher':
      return element(ceil(place));
    case 'nearest':
      return element(round(place));
    case 'midpoint':
      return between(element(low), element(ceil(place)), mul(sub(ceil(place), low), 0.5));
    case 'linear':
      return between(element(low), element(ceil(place)), sub(place, low));
    default:
      return method satisfies never;
  }
}

// An infinity at one end does not touch what is read off at the other.
function between(a: Tensor, b: Tensor, part: Tensor): Tensor {
  const wide = broadcastInDim(cast(part, a.dtype), a.shape, []);
  const mixed = add(mul(a, sub(1, wide)), mul(b, wide));
  return select(equal(a, b), a, select(equal(wide, 0), a, mixed));
}

// q · (n − 1), in f32 at least.
function placeOf(extent: Dim, q: number, dtype: DType): Tensor {
  const wide = dtype === 'f64' ? 'f64' : 'f32';
  if (typeof extent === 'number') return full(q * (extent - 1), [], wide);
  return mul(maximum(sizeOf(dimSub(extent, 1), wide), 0), q);
}

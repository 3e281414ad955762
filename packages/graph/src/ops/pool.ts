import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimAdd, dimEqual, dimMul, dimSub } from '../dim.ts';
import { bounds, inClass, isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { broadcastInDim, range, reshapeTo, shapeText, sumAxes, unreduce } from './axes.ts';
import { cast } from './cast.ts';
import { equal, select } from './compare.ts';
import type { Pads } from './conv-shapes.ts';
import { padSpace } from './conv-shapes.ts';
import { full, iota, sizeOf, zerosLike } from './leaves.ts';
import { add, div, maximum, minimum, mul, sub } from './math.ts';
import { maxOp, minOp } from './reduce.ts';
import type { Windows } from './windows.ts';
import { overlapAdd, windowsOf } from './windows.ts';

// Pooling of [N, ...space, C] is a pad, windows and a reduction, so that it becomes one loop.

/** What is constant about a pooling; one entry for each spatial axis. */
export interface PoolAttrs extends Pads {
  readonly window: readonly number[];
  readonly strides: readonly number[];
}

const attributes = { window: 'ints', strides: 'ints', low: 'shape', high: 'shape' } as const;

export const maxPoolOp: CompositeOp = composite({
  name: 'maxPool',
  doc: 'the largest x in each window over the spatial axes of [N, ...space, C]; pads count as the smallest value',
  attributes,
  decompose([x], attrs) {
    const { windows, axes } = windowsIn(x as Tensor, attrs, smallest(x as Tensor));
    return [make1(maxOp, [windows], { axes })];
  },
  // The first of equals in each window, by rows, takes its cotangent.
  vjp: ({ inputs: [x], outputs: [y], cotangents: [ct], attrs }) => {
    if (!x || !y || !ct) return [null];
    const { windows, axes, where, padded } = windowsIn(x, attrs, smallest(x));
    const place = placeInWindow(windows.shape, axes, attrs.window);
    const wide = (t: Tensor): Tensor => unreduce(t, windows.shape, axes);
    const none = full(product(attrs.window), windows.shape, 'i32');
    const candidates = select(equal(windows, wide(y)), place, none);
    const chosen = make1(minOp, [candidates], { axes });
    const taken = select(equal(place, wide(chosen)), wide(ct), zerosLike(windows));
    return [padSpace(overlapAdd(taken, padded, where), unpadded(attrs), ones(attrs.window), 0)];
  },
});

export const avgPoolOp: CompositeOp = composite({
  name: 'avgPool',
  wide: true,
  doc: 'the mean of x in each window over the spatial axes of [N, ...space, C]; pads count as zeros, or not at all',
  attributes: { ...attributes, countIncludePad: 'bool' },
  precision: 'accumulate',
  decompose([x], attrs) {
    requireFloats(x as Tensor);
    const { windows, axes } = windowsIn(x as Tensor, attrs, 0);
    const total = sumAxes(windows, axes);
    return [div(total, countOf(x as Tensor, total, attrs))];
  },
  vjp: ({ inputs: [x], outputs: [y], cotangents: [ct], attrs }) => {
    if (!x || !y || !ct) return [null];
    return [spreadSum(div(ct, countOf(x, y, attrs)), x.shape, attrs)];
  },
});

function requireFloats(x: Tensor): void {
  if (isFloat(x.dtype)) return;
  throw new TypeRuleError('dtype', `takes a float dtype, got ${x.dtype}`, 'cast the operand first');
}

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

const smallest = (x: Tensor): number => bounds(x.dtype)[0];

const ones = (list: readonly unknown[]): readonly number[] => list.map(() => 1);

const spatialAxes = (list: readonly unknown[]): readonly number[] =>
  range(list.length).map((i) => i + 1);

// The windows of padded x, [N, ...places, ...window, C], and which axes are the windows'.
function windowsIn(
  x: Tensor,
  attrs: PoolAttrs,
  fill: number,
): {
  readonly windows: Tensor;
  readonly axes: readonly number[];
  readonly where: Windows;
  readonly padded: readonly Dim[];
} {
  const { window, strides } = attrs;
  if (x.rank !== window.length + 2 || !inClass(x.dtype, 'number')) {
    throw new TypeRuleError(
      'rank',
      `takes numbers as [batch, ${window.length} of space, channels], got ${x.dtype}${shapeText(x.shape)}`,
    );
  }
  const padded = padSpace(x, attrs, ones(window), fill);
  const where = { axes: spatialAxes(window), sizes: window, strides, dilations: ones(window) };
  const axes = spatialAxes(window).map((a) => a + window.length);
  return { windows: windowsOf(padded, where), axes, where, padded: padded.shape };
}

// The place of each element in its window, counted by rows.
function placeInWindow(
  shape: readonly Dim[],
  axes: readonly number[],
  window: readonly number[],
): Tensor {
  const places = axes.map((axis) => iota(shape, axis));
  return places.reduce((sum, place, i) => add(mul(sum, window[i] as number), place));
}

const unpadded = ({ low, high }: Pads): Pads => ({
  low: low.map((d) => dimMul(-1, d)),
  high: high.map((d) => dimMul(-1, d)),
});

/** How many elements each window's mean is over, shaped as `total` or a scalar of its dtype. */
function countOf(
  x: Tensor,
  total: Tensor,
  attrs: PoolAttrs & { readonly countIncludePad: boolean },
): Tensor {
  const { window, low, high, countIncludePad } = attrs;
  const inside = [...low, ...high].every((d) => d === 0);
  if (countIncludePad || inside) {
    return full(product(window), total.shape, total.dtype);
  }
  const counts = spatialAxes(window).map((axis, i) => {
    const start = sub(
      mul(iota(total.shape, axis), attrs.strides[i] as number),
      sizeOf(low[i] as Dim, 'i32'),
    );
    return elementsInside(start, window[i] as number, sizeOf(x.shape[axis] as Dim, 'i32'));
  });
  return cast(
    counts.reduce((a, b) => mul(a, b)),
    total.dtype,
  );
}

function elementsInside(start: Tensor, size: number, extent: Tensor): Tensor {
  const inside = sub(minimum(add(start, size), extent), maximum(start, 0));
  return maximum(inside, 0);
}

// What each element of x takes from the windows that it is in: sums over windows of the spread cotangent.
function spreadSum(ct: Tensor, shape: readonly Dim[], attrs: PoolAttrs): Tensor {
  const { window, strides, low } = attrs;
  const tiled = window.every((size, i) => {
    const same = size === strides[i] && low[i] === 0;
    return same && dimEqual(dimMul(ct.shape[i + 1] as Dim, size), shape[i + 1] as Dim);
  });
  if (tiled) return repeatWindows(ct, shape, window);
  const spread = padSpace(
    ct,
    {
      low: window.map((size, i) => dimSub(size - 1, low[i] as Dim)),
      high: window.map((_, i) => {
        const covered = dimAdd(dimMul(dimSub(ct.shape[i + 1] as Dim, 1), strides[i] as number), 1);
        return dimAdd(shape[i + 1] as Dim, low[i] as Dim, dimMul(-1, covered));
      }),
    },
    strides,
    0,
  );
  const axes = spatialAxes(window);
  const windows = windowsOf(spread, {
    axes,
    sizes: window,
    strides: ones(window),
    dilations: ones(window),
  });
  return sumAxes(
    windows,
    axes.map((a) => a + window.length),
  );
}

function repeatWindows(ct: Tensor, shape: readonly Dim[], window: readonly number[]): Tensor {
  const space = window.flatMap((size, i) => [ct.shape[i + 1] as Dim, size]);
  const wide = [ct.shape[0] as Dim, ...space, ct.shape.at(-1) as Dim];
  const kept = [0, ...window.map((_, i) => 2 * i + 1), wide.length - 1];
  return reshapeTo(broadcastInDim(ct, wide, kept), shape);
}

import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimAdd, dimBounds, dimMul, dimSub } from '../dim.ts';
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
import { slice } from './slice.ts';
import { windowCount, windowsOf } from './windows.ts';

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
    const taps = tapsOf(x as Tensor, attrs, smallest(x as Tensor));
    if (taps) return [taps.reduce((a, b) => maximum(a, b))];
    const { windows, axes } = windowsIn(x as Tensor, attrs, smallest(x as Tensor));
    return [make1(maxOp, [windows], { axes })];
  },
  // The first of equals in each window, by rows, takes its cotangent.
  vjp: ({ inputs: [x], outputs: [y], cotangents: [ct], attrs }) => {
    if (!x || !y || !ct) return [null];
    const first = firstPlace(x, y, attrs);
    return [
      givenBack(x.shape, attrs, (lay, places) => {
        const given = lay(ct, 0);
        return select(equal(lay(first, -1), places), given, zerosLike(given));
      }),
    ];
  },
});

// Which place of each window, counted by rows, holds its largest element first.
function firstPlace(x: Tensor, y: Tensor, attrs: PoolAttrs): Tensor {
  const count = product(attrs.window);
  const taps = tapsOf(x, attrs, smallest(x));
  const place = (k: number): Tensor => full(k, y.shape, 'i32');
  if (taps)
    return taps.reduceRight(
      (later, tap, k) => select(equal(tap, y), place(k), later),
      place(count),
    );
  const { windows, axes } = windowsIn(x, attrs, smallest(x));
  const taken = equal(windows, unreduce(y, windows.shape, axes));
  const places = placesInWindow(attrs.window, windows.shape, axes);
  const none = full(count, windows.shape, 'i32');
  return make1(minOp, [select(taken, places, none)], { axes });
}

export const avgPoolOp: CompositeOp = composite({
  name: 'avgPool',
  wide: true,
  doc: 'the mean of x in each window over the spatial axes of [N, ...space, C]; pads count as zeros, or not at all',
  attributes: { ...attributes, countIncludePad: 'bool' },
  precision: 'accumulate',
  decompose([x], attrs) {
    requireFloats(x as Tensor);
    const total = totalOf(x as Tensor, attrs);
    return [div(total, countOf(x as Tensor, total, attrs))];
  },
  vjp: ({ inputs: [x], outputs: [y], cotangents: [ct], attrs }) => {
    if (!x || !y || !ct) return [null];
    const share = div(ct, countOf(x, y, attrs));
    return [givenBack(x.shape, attrs, (lay) => lay(share, 0))];
  },
});

function totalOf(x: Tensor, attrs: PoolAttrs): Tensor {
  const taps = tapsOf(x, attrs, 0);
  if (taps) return taps.reduce((a, b) => add(a, b));
  const { windows, axes } = windowsIn(x, attrs, 0);
  return sumAxes(windows, axes);
}

function requireFloats(x: Tensor): void {
  if (isFloat(x.dtype)) return;
  throw new TypeRuleError('dtype', `takes a float dtype, got ${x.dtype}`, 'cast the operand first');
}

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

const smallest = (x: Tensor): number => bounds(x.dtype)[0];

const ones = (list: readonly unknown[]): readonly number[] => list.map(() => 1);

const spatialAxes = (list: readonly unknown[]): readonly number[] =>
  range(list.length).map((i) => i + 1);

function checkOperand(x: Tensor, window: readonly number[]): void {
  if (x.rank === window.length + 2 && inClass(x.dtype, 'number')) return;
  throw new TypeRuleError(
    'rank',
    `takes numbers as [batch, ${window.length} of space, channels], got ${x.dtype}${shapeText(x.shape)}`,
  );
}

// The windows of padded x, [N, ...places, ...window, C], and which axes are the windows'.
function windowsIn(
  x: Tensor,
  attrs: PoolAttrs,
  fill: number,
): { readonly windows: Tensor; readonly axes: readonly number[] } {
  const { window, strides } = attrs;
  checkOperand(x, window);
  const windows = windowsOf(padSpace(x, attrs, ones(window), fill), {
    axes: spatialAxes(window),
    sizes: window,
    strides,
    dilations: ones(window),
  });
  return { windows, axes: spatialAxes(window).map((a) => a + window.length) };
}

// Of windows this small, each place is an operand of its own: loops over places and channels are longer than windows.
const mostTaps = 16;

// For each place of a window, by rows, the elements there: [N, ...places, C].
function tapsOf(x: Tensor, attrs: PoolAttrs, fill: number): readonly Tensor[] | undefined {
  const { window, strides } = attrs;
  checkOperand(x, window);
  if (product(window) > mostTaps) return undefined;
  const padded = padSpace(x, attrs, ones(window), fill);
  const reach = window.map((size, i) => {
    const extent = padded.shape[i + 1] as Dim;
    const count = windowCount(extent, i + 1, size, strides[i] as number, 1);
    return dimAdd(dimMul(dimSub(count, 1), strides[i] as number), 1);
  });
  return range(product(window)).map((k) => {
    const at = placeOf(k, window);
    const stop = at.map((n, i) => dimAdd(n, reach[i] as Dim));
    return slice(padded, [0, ...at], [undefined, ...stop], [1, ...strides]);
  });
}

// The k-th place of a window, by rows.
function placeOf(k: number, window: readonly number[]): readonly number[] {
  const inner = window.map((_, i) => product(window.slice(i + 1)));
  return window.map((size, i) => Math.floor(k / (inner[i] as number)) % size);
}

// The place of each element in its window, counted by rows, along the window's axes of a shape.
function placesInWindow(
  window: readonly number[],
  shape: readonly Dim[],
  axes: readonly number[],
): Tensor {
  const each = window.map((_, i) => iota(window, i));
  const places = each.reduce((sum, place, i) => add(mul(sum, window[i] as number), place));
  return broadcastInDim(places, shape, axes);
}

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

/**
 * Lays what belongs to windows, `[N, ...places, C]`, beside the elements that they hold; `fill` where there is no window.
 */
type Lay = (x: Tensor, fill: number) => Tensor;

// The gradient: each element takes from every window that it is in. `part` says what each window gives to each of its
// places, which are counted as `placesInWindow` does.
function givenBack(
  shape: readonly Dim[],
  attrs: PoolAttrs,
  part: (lay: Lay, places: Tensor) => Tensor,
): Tensor {
  return tiled(shape, attrs, part) ?? overlapping(shape, attrs, part);
}

// Windows side by side: each element is in one of them.
function tiled(
  shape: readonly Dim[],
  { window, strides, low, high }: PoolAttrs,
  part: (lay: Lay, places: Tensor) => Tensor,
): Tensor | undefined {
  const counts = window.map((size, i) => {
    const extent = dimAdd(shape[i + 1] as Dim, low[i] as Dim, high[i] as Dim);
    return windowCount(extent, i + 1, size, strides[i] as number, 1);
  });
  const covered = counts.map((count, i) => dimMul(count, window[i] as number));
  const behind = covered.map((n, i) => dimAdd(shape[i + 1] as Dim, low[i] as Dim, dimMul(-1, n)));
  const known = behind.every((d) => dimBounds(d)[0] >= 0 || dimBounds(d)[1] <= 0);
  if (!known || window.some((size, i) => size !== strides[i])) return undefined;
  const [batch, channels] = [shape[0] as Dim, shape.at(-1) as Dim];
  const wide = [batch, ...window.flatMap((size, i) => [counts[i] as Dim, size]), channels];
  const kept = [0, ...window.map((_, i) => 2 * i + 1), wide.length - 1];
  const lay: Lay = (x) => broadcastInDim(x, wide, kept);
  const own = window.map((_, i) => 2 * i + 2);
  const laid = reshapeTo(part(lay, placesInWindow(window, wide, own)), [
    batch,
    ...covered,
    channels,
  ]);
  return padSpace(laid, { low: low.map((d) => dimMul(-1, d)), high: behind }, ones(window), 0);
}

// Windows of the windows: spread by the strides, those that hold an element lie side by side, the last places first.
function overlapping(
  shape: readonly Dim[],
  { window, strides, low }: PoolAttrs,
  part: (lay: Lay, places: Tensor) => Tensor,
): Tensor {
  const lay: Lay = (x, fill) => {
    const covered = window.map((_, i) =>
      dimAdd(dimMul(dimSub(x.shape[i + 1] as Dim, 1), strides[i] as number), 1),
    );
    const pads = {
      low: window.map((size, i) => dimSub(size - 1, low[i] as Dim)),
      high: covered.map((n, i) => dimAdd(shape[i + 1] as Dim, low[i] as Dim, dimMul(-1, n))),
    };
    const spread = padSpace(x, pads, strides, fill);
    return windowsOf(spread, {
      axes: spatialAxes(window),
      sizes: window,
      strides: ones(window),
      dilations: ones(window),
    });
  };
  const wide = [...shape.slice(0, -1), ...window, shape.at(-1) as Dim];
  const axes = spatialAxes(window).map((a) => a + window.length);
  const places = sub(product(window) - 1, placesInWindow(window, window, range(window.length)));
  return sumAxes(part(lay, broadcastInDim(places, wide, axes)), axes);
}

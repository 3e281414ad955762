import type { Dim } from '../dim.ts';
import { dimAdd, dimKey, exactQuotient } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import { range, reshapeTo, shapeText } from './axes.ts';
import type { Padding, PerAxis } from './conv-shapes.ts';
import { perAxis, resolvePadding } from './conv-shapes.ts';
import type { PoolAttrs } from './pool.ts';
import { avgPoolOp, maxPoolOp } from './pool.ts';
import { max } from './reduce.ts';
import { mean } from './statistics.ts';
import { windowCount } from './windows.ts';

// Pooling as users write it, of [N, ...space, C].

/** What pooling takes besides its window. */
export interface PoolOptions {
  /** Places from one window to the next; default the window's own extents, so that windows lie side by side. */
  readonly strides?: PerAxis;
  /** Default `'VALID'`: none. */
  readonly padding?: Padding;
}

/** What average pooling takes besides its window. */
export interface AvgPoolOptions extends PoolOptions {
  /** Whether pads count as zeros (default), or not at all. */
  readonly countIncludePad?: boolean;
}

/**
 * The largest element in each window: `[N, L, C]` to `[N, L', C]` with L' = floor((L + pads − window) / stride) + 1.
 * Pads never win. The first of equals in a window takes the gradient; a window with NaN gives NaN, and none.
 *
 *     maxPool1d(x, 2)                              // f32[N, 8, 4] to f32[N, 4, 4]
 *
 * @throws GraphError when the window is larger than the padded input.
 */
export function maxPool1d(x: Tensor, window: PerAxis, options: PoolOptions = {}): Tensor {
  return maxPool('maxPool1d', 1, x, window, options);
}

/**
 * The largest element in each window of images, `[N, H, W, C]` to `[N, H', W', C]`, as `maxPool1d`.
 *
 *     maxPool2d(x, 2)                              // f32[N, 28, 28, 32] to f32[N, 14, 14, 32]
 *     maxPool2d(x, 3, { strides: 2, padding: 'SAME' })
 *
 * @throws GraphError when the window is larger than the padded input.
 */
export function maxPool2d(x: Tensor, window: PerAxis, options: PoolOptions = {}): Tensor {
  return maxPool('maxPool2d', 2, x, window, options);
}

/**
 * The mean of each window: `[N, L, C]` to `[N, L', C]`, of floats. Pads count as zeros, or with
 * `countIncludePad: false` not at all.
 *
 *     avgPool1d(x, 2)
 *
 * @throws GraphError when the window is larger than the padded input.
 */
export function avgPool1d(x: Tensor, window: PerAxis, options: AvgPoolOptions = {}): Tensor {
  return avgPool('avgPool1d', 1, x, window, options);
}

/**
 * The mean of each window of images: `[N, H, W, C]` to `[N, H', W', C]`, as `avgPool1d`.
 *
 *     avgPool2d(x, [2, 2], { padding: 'SAME', countIncludePad: false })
 *
 * @throws GraphError when the window is larger than the padded input.
 */
export function avgPool2d(x: Tensor, window: PerAxis, options: AvgPoolOptions = {}): Tensor {
  return avgPool('avgPool2d', 2, x, window, options);
}

/** The mean over all spatial axes: `[N, ...space, C]` to `[N, C]`. `globalAvgPool(features)` */
export function globalAvgPool(x: Tensor): Tensor {
  return checked(`globalAvgPool(${x})`, () => mean(x, spaceAxes(x)));
}

/** The largest element over all spatial axes: `[N, ...space, C]` to `[N, C]`. `globalMaxPool(features)` */
export function globalMaxPool(x: Tensor): Tensor {
  return checked(`globalMaxPool(${x})`, () => max(x, spaceAxes(x)));
}

/**
 * The means of so many equal parts of each spatial axis: `[N, ...space, C]` to `[N, ...extents, C]`.
 *
 *     adaptiveAvgPool(x, [7, 7])                   // f32[N, 28, 28, 8] to f32[N, 7, 7, 8]
 *
 * @throws GraphError when an extent does not divide into equal parts.
 */
export function adaptiveAvgPool(x: Tensor, extents: PerAxis): Tensor {
  return checked(`adaptiveAvgPool(${x})`, () => {
    const { parts, axes } = equalParts(x, extents);
    return mean(parts, axes);
  });
}

/** The largest elements of so many equal parts of each spatial axis; as `adaptiveAvgPool`. `adaptiveMaxPool(x, 7)` */
export function adaptiveMaxPool(x: Tensor, extents: PerAxis): Tensor {
  return checked(`adaptiveMaxPool(${x})`, () => {
    const { parts, axes } = equalParts(x, extents);
    return max(parts, axes);
  });
}

function maxPool(
  name: string,
  rank: number,
  x: Tensor,
  window: PerAxis,
  options: PoolOptions,
): Tensor {
  return checked(`${name}(${x})`, () =>
    make1(maxPoolOp, [x], { ...poolAttrs(rank, x, window, options) }),
  );
}

function avgPool(
  name: string,
  rank: number,
  x: Tensor,
  window: PerAxis,
  options: AvgPoolOptions,
): Tensor {
  const { countIncludePad = true } = options;
  return checked(`${name}(${x})`, () =>
    make1(avgPoolOp, [x], { ...poolAttrs(rank, x, window, options), countIncludePad }),
  );
}

function poolAttrs(rank: number, x: Tensor, size: PerAxis, options: PoolOptions): PoolAttrs {
  if (x.rank !== rank + 2) {
    throw new TypeRuleError(
      'rank',
      `x is ${shapeText(x.shape)}, expected rank ${rank + 2}: [batch, ${rank} of space, channels]`,
    );
  }
  const window = perAxis('window', size, rank);
  const strides = perAxis('strides', options.strides ?? window, rank);
  const dilations = range(rank).map(() => 1);
  const { padding = 'VALID' } = options;
  const pads = resolvePadding(padding, x.shape.slice(1, -1), window, strides, dilations);
  window.forEach((places, i) => {
    const extent = dimAdd(x.shape[i + 1] as Dim, pads.low[i] as Dim, pads.high[i] as Dim);
    windowCount(extent, i + 1, places, strides[i] as number, 1);
  });
  return { window, strides, ...pads };
}

function spaceAxes(x: Tensor): readonly number[] {
  if (x.rank >= 3) return range(x.rank - 2).map((i) => i + 1);
  throw new TypeRuleError(
    'rank',
    `x is ${shapeText(x.shape)}, expected [batch, ...space, channels]`,
  );
}

// Each spatial axis as [extent, part].
function equalParts(
  x: Tensor,
  extents: PerAxis,
): { readonly parts: Tensor; readonly axes: readonly number[] } {
  const space = spaceAxes(x);
  const counts = perAxis('the extent', extents, space.length);
  const split = space.flatMap((axis, i): readonly Dim[] => {
    const [extent, count] = [x.shape[axis] as Dim, counts[i] as number];
    const part = exactQuotient(extent, count);
    if (part !== undefined) return [count, part];
    throw new TypeRuleError(
      'shape',
      `${dimKey(extent)} places on axis ${axis} do not divide into ${count} equal parts`,
      'choose an extent that divides, or use maxPool2d and avgPool2d with a window',
    );
  });
  const parts = reshapeTo(x, [x.shape[0] as Dim, ...split, x.shape.at(-1) as Dim]);
  return { parts, axes: space.map((_, i) => 2 * i + 2) };
}

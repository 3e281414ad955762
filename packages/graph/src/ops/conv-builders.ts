import { promote } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { dimAdd, dimBounds, dimKey, dimMul, dimSub } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { range, shapeText } from './axes.ts';
import { convolve } from './conv.ts';
import type { Padding, Pads, PerAxis } from './conv-shapes.ts';
import { pairs, perAxis, resolvePadding } from './conv-shapes.ts';
import { flip } from './transpose.ts';
import { windowExtent } from './windows.ts';

// Convolutions as users write them: layouts [N, ...space, C] and [...window, C / groups, F].

/** What a convolution takes besides its operands. */
export interface ConvOptions {
  /** Places from one window to the next; default 1. */
  readonly strides?: PerAxis;
  /** Default `'VALID'`: none. */
  readonly padding?: Padding;
  /** Distance of neighbours within a window; default 1. */
  readonly dilation?: PerAxis;
  /** Parts of the channels that see their own kernel alone; default 1. Equal to the channels: depthwise. */
  readonly groups?: number;
}

/** What a transposed convolution takes besides its operands. */
export interface ConvTransposeOptions {
  /** Places from one input's window to the next one's; default 1. */
  readonly strides?: PerAxis;
  /**
   * What is cut off the full result; default `'VALID'`: nothing. `'SAME'`: so much that the result has `stride` places
   * for each of the input, as JAX's conv_transpose.
   */
  readonly padding?: Padding;
  /** Distance of neighbours within a window; default 1. */
  readonly dilation?: PerAxis;
  /** Places added behind; default 0. */
  readonly outputPadding?: number | readonly number[];
  /** As for a convolution; default 1. */
  readonly groups?: number;
}

/**
 * Convolution over one spatial axis (cross-correlation: the kernel is not reversed). x: `[N, L, C]`, w: `[K, C / groups,
 * F]`, of one float dtype, to `[N, L', F]` with L' = floor((L + pads − dilation · (K − 1) − 1) / stride) + 1.
 *
 *     conv1d(x, w)                                    // f32[N, 8, 3], f32[3, 3, 4] to f32[N, 6, 4]
 *     conv1d(x, w, { strides: 2, padding: 'SAME' })   // to f32[N, 4, 4]
 *
 * @throws GraphError when channels and groups do not fit, or the window is larger than the padded input.
 */
export function conv1d(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  return conv('conv1d', 1, x, w, options);
}

/**
 * Convolution of images (cross-correlation: the kernel is not reversed). x: `[N, H, W, C]`, w: `[KH, KW, C / groups, F]`,
 * of one float dtype, to `[N, H', W', F]`; H' and W' as for `conv1d`.
 *
 *     conv2d(image, w, { padding: 'SAME' })           // f32[N, 28, 28, 1], f32[3, 3, 1, 32] to f32[N, 28, 28, 32]
 *     conv2d(x, w, { strides: [2, 1], groups: 4 })
 *
 * @throws GraphError when channels and groups do not fit, or the window is larger than the padded input.
 */
export function conv2d(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  return conv('conv2d', 2, x, w, options);
}

/**
 * Convolution over three spatial axes: `[N, D, H, W, C]` and `[KD, KH, KW, C / groups, F]`, as `conv2d`.
 *
 *     conv3d(scan, w, { padding: 1 })
 *
 * @throws GraphError when channels and groups do not fit, or the window is larger than the padded input.
 */
export function conv3d(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  return conv('conv3d', 3, x, w, options);
}

/**
 * Transposed convolution: y[i · stride + k · dilation] += x[i] · w[k], then `padding` is cut off both ends and
 * `outputPadding` added behind. x: `[N, L, C]`, w: `[K, C / groups, F]` to `[N, L', F]` with
 * L' = (L − 1) · stride + dilation · (K − 1) + 1 − cuts + outputPadding.
 *
 *     convTranspose1d(x, w, { strides: 2 })           // f32[N, 4, 3], f32[2, 3, 8] to f32[N, 8, 8]
 *
 * @throws GraphError when channels and groups do not fit, or more is cut off than there is.
 */
export function convTranspose1d(x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor {
  return convTranspose('convTranspose1d', 1, x, w, options);
}

/**
 * Transposed convolution of images, as `convTranspose1d`: `[N, H, W, C]` and `[KH, KW, C / groups, F]`.
 *
 *     convTranspose2d(x, w, { strides: 2, padding: 'SAME' })   // f32[N, 7, 7, 8] to f32[N, 14, 14, F]
 *
 * @throws GraphError when channels and groups do not fit, or more is cut off than there is.
 */
export function convTranspose2d(x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor {
  return convTranspose('convTranspose2d', 2, x, w, options);
}

function conv(name: string, rank: number, x: Tensor, w: Tensor, options: ConvOptions): Tensor {
  return checked(`${name}(${x}, ${w})`, () => {
    const [input, kernel] = operands(x, w, rank);
    const { padding = 'VALID', groups = 1 } = options;
    const strides = perAxis('strides', options.strides, rank);
    const kernelDilation = perAxis('dilation', options.dilation, rank);
    const inputDilation = range(rank).map(() => 1);
    const pads = resolvePadding(padding, spaceOf(input), windowOf(kernel), strides, kernelDilation);
    return convolve(input, kernel, { ...pads, strides, inputDilation, kernelDilation, groups });
  });
}

function convTranspose(
  name: string,
  rank: number,
  x: Tensor,
  w: Tensor,
  options: ConvTransposeOptions,
): Tensor {
  return checked(`${name}(${x}, ${w})`, () => {
    const [input, kernel] = operands(x, w, rank);
    const strides = perAxis('strides', options.strides, rank);
    const kernelDilation = perAxis('dilation', options.dilation, rank);
    const reach = windowOf(kernel).map((n, i) => windowExtent(n, kernelDilation[i] as number) - 1);
    const cut = cuts(options.padding ?? 'VALID', reach, strides);
    const extra = extraPlaces(options.outputPadding ?? 0, rank);
    spaceOf(input).forEach((extent, i) => {
      const pads = [cut.low[i] as Dim, cut.high[i] as Dim, -(extra[i] as number)];
      checkCuts(extent, strides[i] as number, reach[i] as number, dimAdd(...pads));
    });
    return convolve(input, flip(kernel, range(rank)), {
      strides: range(rank).map(() => 1),
      low: reach.map((r, i) => dimSub(r, cut.low[i] as Dim)),
      high: reach.map((r, i) => dimSub(r + (extra[i] as number), cut.high[i] as Dim)),
      inputDilation: strides,
      kernelDilation,
      groups: options.groups ?? 1,
    });
  });
}

const spaceOf = (x: Tensor): readonly Dim[] => x.shape.slice(1, -1);
const windowOf = (w: Tensor): readonly number[] => w.shape.slice(0, -2) as readonly number[];

function operands(x: Tensor, w: Tensor, rank: number): readonly [Tensor, Tensor] {
  const both = promote([x, w]) as readonly [Tensor, Tensor];
  if (x.rank === rank + 2 && w.rank === rank + 2) return both;
  throw new TypeRuleError(
    'rank',
    `x is ${shapeText(x.shape)} and w is ${shapeText(w.shape)}, expected rank ${rank + 2} of both: ` +
      `[batch, ${rank} of space, channels] and [${rank} of window, channels / groups, features]`,
  );
}

function cuts(padding: Padding, reach: readonly number[], strides: readonly number[]): Pads {
  const none = reach.map(() => 0);
  if (padding === 'VALID') return { low: none, high: none };
  if (padding !== 'SAME') return pairs(padding, reach.length);
  // As JAX: stride − 1 + reach places around the spread input, the larger half before it.
  const total = reach.map((r, i) => r + (strides[i] as number) - 1);
  const low = reach.map((r, i) => {
    const whole = total[i] as number;
    return r - ((strides[i] as number) > r ? r : Math.ceil(whole / 2));
  });
  return { low, high: reach.map((r, i) => 2 * r - (total[i] as number) - (low[i] as number)) };
}

function checkCuts(extent: Dim, stride: number, reach: number, cut: Dim): void {
  const full = dimAdd(dimMul(dimSub(extent, 1), stride), reach + 1);
  if (dimBounds(dimSub(full, cut))[0] >= 1) return;
  throw new TypeRuleError(
    'padding',
    `padding cuts ${dimKey(cut)} places off a result of ${dimKey(full)}`,
    'pad less, or add outputPadding',
  );
}

function extraPlaces(extra: number | readonly number[], rank: number): readonly number[] {
  const list = typeof extra === 'number' ? range(rank).map(() => extra) : extra;
  if (list.length === rank && list.every((n) => Number.isSafeInteger(n) && n >= 0)) return list;
  throw new TypeRuleError(
    'padding',
    `outputPadding is ${JSON.stringify(extra)}, expected an integer from 0, or ${rank} of them`,
  );
}

import * as initializers from '../init.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import type { ConvOptions, ConvTransposeOptions } from '../ops/conv-builders.ts';
import {
  conv1d as convolve1d,
  conv2d as convolve2d,
  conv3d as convolve3d,
  convTranspose1d as transpose1d,
  convTranspose2d as transpose2d,
} from '../ops/conv-builders.ts';
import type { PerAxis } from '../ops/conv-shapes.ts';
import { perAxis } from '../ops/conv-shapes.ts';
import { add } from '../ops/math.ts';
import { parameterType } from '../precision.ts';
import type { InitialValue } from '../state.ts';
import { parameter } from '../state.ts';
import { checkLast, checkSize } from './layers.ts';
import type { Module } from './module.ts';
import { module } from './module.ts';

interface FilterOptions {
  /** Whether there is a bias; default true. */
  readonly bias?: boolean;
  /** First kernel; default `init.glorotUniform`, which counts the window. */
  readonly init?: InitialValue;
  /** First bias; default zeros. */
  readonly biasInit?: InitialValue;
}

/** What a convolution layer takes besides its sizes. */
export interface ConvLayerOptions extends ConvOptions, FilterOptions {}

/** What a transposed convolution layer takes besides its sizes. */
export interface ConvTransposeLayerOptions extends ConvTransposeOptions, FilterOptions {}

export interface ConvParameters {
  /** [...window, channels / groups, features]. */
  readonly weight: Tensor;
  /** [features]. */
  readonly bias?: Tensor;
}

/** A layer with a kernel. */
export type ConvLayer = Module<ConvParameters, readonly [x: Tensor], Tensor>;

/**
 * Convolution over one axis with a bias: `[N, L, channels]` to `[N, L', features]`; strides, padding, dilation and groups
 * are those of `conv1d`. Glorot-uniform kernel, zero bias.
 *
 *     const conv = nn.conv1d(16, 32, 3, { padding: 'SAME' });
 *
 * @throws GraphError when sizes are not positive integers or groups do not divide them; on use, when the channels differ.
 */
export function conv1d(
  channels: number,
  features: number,
  window: PerAxis,
  options: ConvLayerOptions = {},
): ConvLayer {
  return filter('nn.conv1d', 1, channels, features, window, options, convolve1d);
}

/**
 * Convolution of images with a bias: `[N, H, W, channels]` to `[N, H', W', features]`; options are those of `conv2d`.
 * Glorot-uniform kernel, zero bias.
 *
 *     const conv = nn.conv2d(1, 32, 3, { padding: 'SAME' });
 *     const y = conv(image).relu();
 *
 * @throws GraphError when sizes are not positive integers or groups do not divide them; on use, when the channels differ.
 */
export function conv2d(
  channels: number,
  features: number,
  window: PerAxis,
  options: ConvLayerOptions = {},
): ConvLayer {
  return filter('nn.conv2d', 2, channels, features, window, options, convolve2d);
}

/** As `conv2d`, over three axes: `[N, D, H, W, channels]`. `nn.conv3d(1, 8, 3)` */
export function conv3d(
  channels: number,
  features: number,
  window: PerAxis,
  options: ConvLayerOptions = {},
): ConvLayer {
  return filter('nn.conv3d', 3, channels, features, window, options, convolve3d);
}

/**
 * Transposed convolution over one axis with a bias, options of `convTranspose1d`: `[N, L, channels]` to
 * `[N, L', features]`.
 *
 *     const up = nn.convTranspose1d(32, 16, 2, { strides: 2 });   // twice as long
 *
 * @throws GraphError as `nn.conv1d`.
 */
export function convTranspose1d(
  channels: number,
  features: number,
  window: PerAxis,
  options: ConvTransposeLayerOptions = {},
): ConvLayer {
  return filter('nn.convTranspose1d', 1, channels, features, window, options, transpose1d);
}

/**
 * Transposed convolution of images with a bias, options of `convTranspose2d`: `[N, H, W, channels]` to
 * `[N, H', W', features]`.
 *
 *     const up = nn.convTranspose2d(32, 16, 4, { strides: 2, padding: 'SAME' });
 *
 * @throws GraphError as `nn.conv2d`.
 */
export function convTranspose2d(
  channels: number,
  features: number,
  window: PerAxis,
  options: ConvTransposeLayerOptions = {},
): ConvLayer {
  return filter('nn.convTranspose2d', 2, channels, features, window, options, transpose2d);
}

function filter<O extends FilterOptions & { readonly groups?: number }>(
  name: string,
  rank: number,
  channels: number,
  features: number,
  window: PerAxis,
  options: O,
  apply: (x: Tensor, w: Tensor, options: O) => Tensor,
): ConvLayer {
  const { bias = true, init = initializers.glorotUniform, biasInit = 0, groups = 1 } = options;
  const sizes = { channels, features, groups, 'channels / groups': channels / groups };
  for (const [what, size] of Object.entries(sizes)) checkSize(`${name}: ${what}`, size);
  checkSize(`${name}: features / groups`, features / groups);
  const extents = checked(name, () => perAxis('the window', window, rank));
  const parameters: ConvParameters = {
    weight: parameter(parameterType(...extents, channels / groups, features), init),
    ...(bias && { bias: parameter(parameterType(features), biasInit) }),
  };
  return module(parameters, (held: ConvParameters, x: Tensor) => {
    checkLast(name, x, channels);
    const y = apply(x, held.weight, options);
    return held.bias ? add(y, held.bias) : y;
  });
}

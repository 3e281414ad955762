/** Convolution and pooling of the golden vectors. */
import type { Tensor } from '@vorab/graph';
import * as g from '@vorab/graph';
import type { GoldenBuilder } from './golden-ops.ts';

export interface GoldenConvAttributes {
  readonly countIncludePad: boolean;
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly outputPadding: readonly number[];
  readonly padding: g.Padding;
  readonly strides: readonly number[];
  readonly window: readonly number[];
}

type Conv<O> = (x: Tensor, w: Tensor, options: O) => Tensor;

const conv =
  (f: Conv<g.ConvOptions>): GoldenBuilder =>
  ([x, w], { strides, padding, dilation, groups }) =>
    f(x as Tensor, w as Tensor, { strides, padding, dilation, groups });

const transposed =
  (f: Conv<g.ConvTransposeOptions>): GoldenBuilder =>
  ([x, w], { strides, padding, dilation, outputPadding }) =>
    f(x as Tensor, w as Tensor, { strides, padding, dilation, outputPadding });

type Pool<O> = (x: Tensor, window: g.PerAxis, options: O) => Tensor;

const maxPool =
  (f: Pool<g.PoolOptions>): GoldenBuilder =>
  ([x], { window, strides, padding }) =>
    f(x as Tensor, window, { strides, padding });

const avgPool =
  (f: Pool<g.AvgPoolOptions>): GoldenBuilder =>
  ([x], { window, strides, padding, countIncludePad }) =>
    f(x as Tensor, window, { strides, padding, countIncludePad });

export const goldenConv: Readonly<Record<string, GoldenBuilder>> = {
  conv1d: conv(g.conv1d),
  conv2d: conv(g.conv2d),
  conv3d: conv(g.conv3d),
  convTranspose1d: transposed(g.convTranspose1d),
  convTranspose2d: transposed(g.convTranspose2d),
  maxPool1d: maxPool(g.maxPool1d),
  maxPool2d: maxPool(g.maxPool2d),
  avgPool1d: avgPool(g.avgPool1d),
  avgPool2d: avgPool(g.avgPool2d),
};

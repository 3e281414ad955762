import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimEqual } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { make, make1 } from '../node.ts';
import type { Batch, CompositeOp } from '../op.ts';
import { broadcastInDim, range, reshapeTo, shapeText, sumAxes, unreduce } from './axes.ts';
import { rsqrt } from './exponential.ts';
import { add, mul, sub } from './math.ts';
import { standardize, standardizeVjp } from './standardize.ts';
import { mean } from './statistics.ts';

// Normalisations of each example for itself. Weights are shaped as the last axes of x.

export const layerNormOp: CompositeOp = composite({
  name: 'layerNorm',
  precision: 'accumulate',
  doc: '(x − mean) / √(variance + eps) · weight + bias, over the last axes, those of weight',
  attributes: { eps: 'float' },
  inputs: 3,
  decompose(inputs, { eps }) {
    const [x, weight, bias] = inputs as readonly [Tensor, Tensor, Tensor];
    const axes = lastAxes(x, { weight, bias });
    const { normal } = standardize(x, axes, eps);
    return [
      add(mul(normal, broadcastInDim(weight, x.shape, axes)), broadcastInDim(bias, x.shape, axes)),
    ];
  },
  vjp: ({ inputs, cotangents: [ct], attrs: { eps } }) => {
    const [x, weight, bias] = inputs as readonly [Tensor, Tensor, Tensor];
    if (!ct) return [null, null, null];
    const axes = lastAxes(x, { weight, bias });
    const whole = standardize(x, axes, eps);
    const g = mul(ct, broadcastInDim(weight, x.shape, axes));
    const batch = range(x.rank - axes.length);
    const dWeight = sumAxes(mul(ct, whole.normal), batch);
    return [standardizeVjp(whole, g, axes), dWeight, sumAxes(ct, batch)];
  },
  batch: whereWeightsAreNot,
});

// Weights that are mapped are not those of the last axes alone.
function whereWeightsAreNot({
  op,
  inputs,
  mapped,
  attrs,
}: Parameters<Batch>[0]): ReturnType<Batch> {
  return mapped.slice(1).some(Boolean) ? null : make(op, inputs, { ...attrs });
}

function lastAxes(x: Tensor, shaped: Readonly<Record<string, Tensor>>): readonly number[] {
  const [weight] = Object.values(shaped) as [Tensor];
  const first = x.rank - weight.rank;
  const fits = (t: Tensor): boolean =>
    t.rank === weight.rank && t.shape.every((d, i) => dimEqual(d, x.shape[first + i] as Dim));
  if (weight.rank === 0 || first < 0 || !Object.values(shaped).every(fits)) {
    const found = Object.entries(shaped).map(([name, t]) => `${name} ${shapeText(t.shape)}`);
    throw new TypeRuleError(
      'shape-mismatch',
      `${found.join(' and ')} not shaped as the last axes of ${shapeText(x.shape)}`,
    );
  }
  return range(weight.rank).map((i) => first + i);
}

/** What normalisations take. */
export interface NormOptions {
  /** Added to the variance (or the mean square); default 1e-5. */
  readonly eps?: number;
}

/**
 * Layer normalisation over the last axes, those of weight and bias (Ba et al., arXiv 1607.06450).
 *
 *     layerNorm(x, weight, bias);                // f32[N, 64], f32[64], f32[64]
 *     layerNorm(x, weight, bias, { eps: 1e-6 })  // default 1e-5
 */
export function layerNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: NormOptions = {},
): Tensor {
  return make1(layerNormOp, [x, weight, bias], { eps: options.eps ?? 1e-5 });
}

export const rmsNormOp: CompositeOp = composite({
  name: 'rmsNorm',
  precision: 'accumulate',
  doc: 'x / √(mean x² + eps) · weight, over the last axes, those of weight',
  attributes: { eps: 'float' },
  inputs: 2,
  decompose(inputs, { eps }) {
    const [x, weight] = inputs as readonly [Tensor, Tensor];
    const axes = lastAxes(x, { weight });
    return [mul(byRootMeanSquare(x, axes, eps).normal, broadcastInDim(weight, x.shape, axes))];
  },
  // With n = x · r and g = ct · weight: dx = r · (g − n · mean(g · n)).
  vjp: ({ inputs, cotangents: [ct], attrs: { eps } }) => {
    const [x, weight] = inputs as readonly [Tensor, Tensor];
    if (!ct) return [null, null];
    const axes = lastAxes(x, { weight });
    const { normal, scale } = byRootMeanSquare(x, axes, eps);
    const g = mul(ct, broadcastInDim(weight, x.shape, axes));
    const wide = (t: Tensor): Tensor => unreduce(t, x.shape, axes);
    const dx = mul(sub(g, mul(normal, wide(mean(mul(g, normal), axes)))), wide(scale));
    return [dx, sumAxes(mul(ct, normal), range(x.rank - axes.length))];
  },
  batch: whereWeightsAreNot,
});

function byRootMeanSquare(
  x: Tensor,
  axes: readonly number[],
  eps: number,
): { readonly normal: Tensor; readonly scale: Tensor } {
  const scale = rsqrt(add(mean(mul(x, x), axes), eps));
  return { normal: mul(x, unreduce(scale, x.shape, axes)), scale };
}

/**
 * x over the root of its mean square along the last axes, those of weight (Zhang and Sennrich, arXiv
 * 1910.07467).
 *
 *     rmsNorm(x, weight);                // f32[N, 64], f32[64]
 *     rmsNorm(x, weight, { eps: 1e-6 })  // default 1e-5
 */
export function rmsNorm(x: Tensor, weight: Tensor, options: NormOptions = {}): Tensor {
  return make1(rmsNormOp, [x, weight], { eps: options.eps ?? 1e-5 });
}

// ------------------------------------------------------------------------------------------------ groups of channels

export const groupNormOp: CompositeOp = composite({
  name: 'groupNorm',
  precision: 'accumulate',
  doc: '(x − mean) / √(variance + eps) · weight + bias; mean and variance of each example over all places and each of groups groups of channels, the last axis',
  attributes: { groups: 'int', eps: 'float' },
  inputs: 3,
  decompose(inputs, { groups, eps }) {
    const [x, weight, bias] = inputs as readonly [Tensor, Tensor, Tensor];
    const { axes, grouped } = groupsOf(x, weight, bias, groups);
    const normal = reshapeTo(standardize(grouped(x), axes, eps).normal, x.shape);
    const last = [x.rank - 1];
    return [
      add(mul(normal, broadcastInDim(weight, x.shape, last)), broadcastInDim(bias, x.shape, last)),
    ];
  },
  vjp: ({ inputs, cotangents: [ct], attrs: { groups, eps } }) => {
    const [x, weight, bias] = inputs as readonly [Tensor, Tensor, Tensor];
    if (!ct) return [null, null, null];
    const { axes, grouped } = groupsOf(x, weight, bias, groups);
    const whole = standardize(grouped(x), axes, eps);
    const g = grouped(mul(ct, broadcastInDim(weight, x.shape, [x.rank - 1])));
    const others = range(x.rank - 1);
    const normal = reshapeTo(whole.normal, x.shape);
    const dx = reshapeTo(standardizeVjp(whole, g, axes), x.shape);
    return [dx, sumAxes(mul(ct, normal), others), sumAxes(ct, others)];
  },
});

interface Groups {
  /** Of what `grouped` gives. */
  readonly axes: readonly number[];
  readonly grouped: (x: Tensor) => Tensor;
}

function groupsOf(x: Tensor, weight: Tensor, bias: Tensor, groups: number): Groups {
  const channels = x.shape.at(-1);
  if (x.rank < 2 || typeof channels !== 'number') {
    const found = `x is ${shapeText(x.shape)}`;
    throw new TypeRuleError('rank', `${found}, expected [batch, …, channels], channels a number`);
  }
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new TypeRuleError('attribute', `${channels} channels do not make ${groups} equal groups`);
  }
  const fits = (t: Tensor): boolean => t.rank === 1 && t.shape[0] === channels;
  if (!fits(weight) || !fits(bias)) {
    const found = `weight ${shapeText(weight.shape)} and bias ${shapeText(bias.shape)}`;
    throw new TypeRuleError('shape-mismatch', `${found}, expected [${channels}]`);
  }
  const shape = [...x.shape.slice(0, -1), groups, channels / groups];
  const axes = [...range(x.rank - 2).map((i) => i + 1), x.rank];
  return { axes, grouped: (t) => reshapeTo(t, shape) };
}

/**
 * Group normalisation: every example for itself, over all its places and each group of channels, the
 * last axis (Wu and He, arXiv 1803.08494).
 *
 *     groupNorm(x, 4, weight, bias)   // f32[N, 8, 8, 16], f32[16], f32[16]
 *
 * @throws GraphError when the channels do not divide into the groups.
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  weight: Tensor,
  bias: Tensor,
  options: NormOptions = {},
): Tensor {
  return make1(groupNormOp, [x, weight, bias], { groups, eps: options.eps ?? 1e-5 });
}

/**
 * Instance normalisation: every example and channel for itself, over all places (Ulyanov et al.,
 * arXiv 1607.08022). Channels are the last axis.
 *
 *     instanceNorm(x, weight, bias)   // f32[N, 8, 8, 16], f32[16], f32[16]
 */
export function instanceNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: NormOptions = {},
): Tensor {
  const channels = x.shape.at(-1);
  return groupNorm(x, typeof channels === 'number' ? channels : 0, weight, bias, options);
}

import { composite } from '../composite.ts';
import { dimEqual } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { make, make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { broadcastInDim, range, shapeText, sumAxes } from './axes.ts';
import { rsqrt } from './exponential.ts';
import { add, div, mul, sub } from './math.ts';
import type { NormOptions } from './normalization.ts';
import { countOf } from './reduce.ts';
import { standardize, standardizeVjp } from './standardize.ts';

// Normalisation of each channel over the whole batch (Ioffe and Szegedy, arXiv 1502.03167). Channels
// are the last axis.

export const batchNormOp: CompositeOp = composite({
  name: 'batchNorm',
  precision: 'accumulate',
  doc: '(x − mean) / √(variance + eps) · weight + bias, and the mean and variance, of each channel (the last axis) over all other axes',
  attributes: { eps: 'float' },
  inputs: 3,
  outputs: 3,
  decompose(inputs, { eps }) {
    const [x, weight, bias] = inputs as readonly [Tensor, Tensor, Tensor];
    checkChannels(x, { weight, bias });
    const { normal, mean, variance } = standardize(x, range(x.rank - 1), eps);
    const wide = (t: Tensor): Tensor => broadcastInDim(t, x.shape, [x.rank - 1]);
    return [add(mul(normal, wide(weight)), wide(bias)), mean, variance];
  },
  vjp: ({ inputs, cotangents: [ct, dMean, dVariance], attrs: { eps } }) => {
    const [x, weight] = inputs as readonly [Tensor, Tensor, Tensor];
    const others = range(x.rank - 1);
    const whole = standardize(x, others, eps);
    const wide = (t: Tensor): Tensor => broadcastInDim(t, x.shape, [x.rank - 1]);
    const parts: Tensor[] = [];
    if (ct) parts.push(standardizeVjp(whole, mul(ct, wide(weight)), others));
    if (dMean) parts.push(wide(mul(dMean, perElement(x, others, 1))));
    if (dVariance) {
      const centred = sub(x, wide(whole.mean));
      parts.push(mul(centred, wide(mul(dVariance, perElement(x, others, 2)))));
    }
    const dx = parts.length === 0 ? null : parts.reduce((a, b) => add(a, b));
    if (!ct) return [dx, null, null];
    return [dx, sumAxes(mul(ct, whole.normal), others), sumAxes(ct, others)];
  },
});

// value / n.
function perElement(x: Tensor, axes: readonly number[], value: number): Tensor {
  return div(value, countOf(x, axes));
}

function checkChannels(x: Tensor, vectors: Readonly<Record<string, Tensor>>): void {
  const channels = x.shape.at(-1);
  if (channels === undefined) throw new TypeRuleError('rank', 'x is a scalar, expected channels');
  for (const [name, t] of Object.entries(vectors)) {
    if (t.rank === 1 && dimEqual(t.shape[0] ?? 0, channels)) continue;
    const found = `${name} is ${shapeText(t.shape)}`;
    throw new TypeRuleError('shape-mismatch', `${found}, expected ${shapeText([channels])}`);
  }
}

/** What batchNorm gives. */
export interface BatchNormResult {
  /** Shaped as x. */
  readonly y: Tensor;
  /** Of the batch, one for each channel. */
  readonly mean: Tensor;
  /** Σ (x − mean)² / n. */
  readonly variance: Tensor;
}

/**
 * Each channel, the last axis, with the mean and variance that it has over all other axes: what
 * training uses. `nn.batchNorm` keeps the running statistics.
 *
 *     const { y, mean, variance } = batchNorm(x, weight, bias);   // f32[N, 8, 8, 16], f32[16], f32[16]
 */
export function batchNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: NormOptions = {},
): BatchNormResult {
  const [y, mean, variance] = make(batchNormOp, [x, weight, bias], {
    eps: options.eps ?? 1e-5,
  }) as readonly [Tensor, Tensor, Tensor];
  return { y, mean, variance };
}

export const batchNormInferenceOp: CompositeOp = composite({
  name: 'batchNormInference',
  precision: 'accumulate',
  doc: '(x − mean) / √(variance + eps) · weight + bias, with a given mean and variance of each channel, the last axis',
  attributes: { eps: 'float' },
  inputs: 5,
  decompose(inputs, { eps }) {
    const [x, weight, bias, mean, variance] = inputs as readonly [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    checkChannels(x, { weight, bias, mean, variance });
    const wide = (t: Tensor): Tensor => broadcastInDim(t, x.shape, [x.rank - 1]);
    const scale = mul(rsqrt(add(variance, eps)), weight);
    return [add(mul(sub(x, wide(mean)), wide(scale)), wide(bias))];
  },
  test: {
    domain: [
      [-2, 2],
      [-2, 2],
      [-2, 2],
      [-2, 2],
      [0.5, 2],
    ],
  },
});

/**
 * Each channel, the last axis, with a given mean and variance: what batchNorm is after training.
 *
 *     batchNormInference(x, weight, bias, mean, variance)   // f32[N, 16], four f32[16]
 */
export function batchNormInference(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  mean: Tensor,
  variance: Tensor,
  options: NormOptions = {},
): Tensor {
  const operands = [x, weight, bias, mean, variance];
  return make1(batchNormInferenceOp, operands, { eps: options.eps ?? 1e-5 });
}

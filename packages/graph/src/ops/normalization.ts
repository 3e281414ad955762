import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimEqual } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { make, make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { broadcastInDim, range, shapeText, sumAxes, unreduce } from './axes.ts';
import { rsqrt } from './exponential.ts';
import { add, mul, sub } from './math.ts';
import { mean } from './statistics.ts';

export const layerNormOp: CompositeOp = composite({
  name: 'layerNorm',
  doc: '(x − mean) / √(variance + eps) · weight + bias, over the last axes, those of weight',
  attributes: { eps: 'float' },
  inputs: 3,
  decompose(inputs, { eps }) {
    const [x, weight, bias] = inputs as readonly [Tensor, Tensor, Tensor];
    const axes = lastAxes(x, weight, bias);
    const { normal } = standardize(x, axes, eps);
    return [
      add(mul(normal, broadcastInDim(weight, x.shape, axes)), broadcastInDim(bias, x.shape, axes)),
    ];
  },
  // With n = (x − mean) · r and g = ct · weight: dx = r · (g − mean(g) − n · mean(g · n)).
  vjp: ({ inputs, cotangents: [ct], attrs: { eps } }) => {
    const [x, weight, bias] = inputs as readonly [Tensor, Tensor, Tensor];
    if (!ct) return [null, null, null];
    const axes = lastAxes(x, weight, bias);
    const { normal, scale } = standardize(x, axes, eps);
    const g = mul(ct, broadcastInDim(weight, x.shape, axes));
    const wide = (t: Tensor): Tensor => unreduce(t, x.shape, axes);
    const along = mul(normal, wide(mean(mul(g, normal), axes)));
    const dx = mul(sub(sub(g, wide(mean(g, axes))), along), wide(scale));
    const batch = range(x.rank - axes.length);
    return [dx, sumAxes(mul(ct, normal), batch), sumAxes(ct, batch)];
  },
  // Weights that are mapped are not those of the last axes alone.
  batch: ({ op, inputs, mapped, attrs }) =>
    mapped[1] || mapped[2] ? null : make(op, inputs, { ...attrs }),
});

function lastAxes(x: Tensor, weight: Tensor, bias: Tensor): readonly number[] {
  const first = x.rank - weight.rank;
  const fits = (t: Tensor): boolean =>
    t.rank === weight.rank && t.shape.every((d, i) => dimEqual(d, x.shape[first + i] as Dim));
  if (weight.rank === 0 || first < 0 || !fits(weight) || !fits(bias)) {
    throw new TypeRuleError(
      'shape-mismatch',
      `weight ${shapeText(weight.shape)} and bias ${shapeText(bias.shape)} are not shaped as the last axes of ${shapeText(x.shape)}`,
    );
  }
  return range(weight.rank).map((i) => first + i);
}

function standardize(
  x: Tensor,
  axes: readonly number[],
  eps: number,
): { normal: Tensor; scale: Tensor } {
  const centred = sub(x, unreduce(mean(x, axes), x.shape, axes));
  const scale = rsqrt(add(mean(mul(centred, centred), axes), eps));
  return { normal: mul(centred, unreduce(scale, x.shape, axes)), scale };
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
  options: { readonly eps?: number } = {},
): Tensor {
  return make1(layerNormOp, [x, weight, bias], { eps: options.eps ?? 1e-5 });
}

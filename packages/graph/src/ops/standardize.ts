import type { Tensor } from '../node.ts';
import { unreduce } from './axes.ts';
import { rsqrt } from './exponential.ts';
import { add, mul, sub } from './math.ts';
import { mean } from './statistics.ts';

// What the normalisations share: x − mean over √(variance + eps), and its derivative.

/** x with mean 0 and variance 1 over axes, and what it was made with. */
export interface Standardized {
  readonly normal: Tensor;
  /** Over the axes, which are gone. */
  readonly mean: Tensor;
  readonly variance: Tensor;
  /** 1 / √(variance + eps). */
  readonly scale: Tensor;
}

/** The mean is taken out first: the variance of what is far from 0 loses no digits. */
export function standardize(x: Tensor, axes: readonly number[], eps: number): Standardized {
  const average = mean(x, axes);
  const centred = sub(x, unreduce(average, x.shape, axes));
  const variance = mean(mul(centred, centred), axes);
  const scale = rsqrt(add(variance, eps));
  return { normal: mul(centred, unreduce(scale, x.shape, axes)), mean: average, variance, scale };
}

/** The cotangent of x for g, that of n = normal: scale · (g − mean(g) − n · mean(g · n)). */
export function standardizeVjp(
  { normal, scale }: Pick<Standardized, 'normal' | 'scale'>,
  g: Tensor,
  axes: readonly number[],
): Tensor {
  const wide = (t: Tensor): Tensor => unreduce(t, g.shape, axes);
  const along = mul(normal, wide(mean(mul(g, normal), axes)));
  return mul(sub(sub(g, wide(mean(g, axes))), along), wide(scale));
}

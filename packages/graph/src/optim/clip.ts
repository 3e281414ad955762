import { userError } from '../fail.ts';
import type { Tensor } from '../node.ts';
import { clamp } from '../ops/activations.ts';
import { sumAxes } from '../ops/axes.ts';
import { cast } from '../ops/cast.ts';
import { greater, where } from '../ops/compare.ts';
import { sqrt } from '../ops/exponential.ts';
import { full } from '../ops/leaves.ts';
import { add, div, mul } from '../ops/math.ts';

/** What happens to the gradients of all parameters before the optimizer sees them. */
export type GradientTransform = (gradients: readonly Tensor[]) => readonly Tensor[];

/** The Euclidean norm of all elements of all tensors, as an f32 scalar. */
export function globalNorm(tensors: readonly Tensor[]): Tensor {
  const squares = tensors.map((t) => {
    const x = cast(t, 'f32');
    return sumAxes(
      mul(x, x),
      t.shape.map((_, i) => i),
    );
  });
  return sqrt(squares.length === 0 ? full(0, []) : squares.reduce((a, b) => add(a, b)));
}

/**
 * Scales all gradients alike where their global norm is above `maxNorm`, so that it becomes `maxNorm` (Pascanu et al.
 * 2013).
 *
 *     trainStep({ …, clip: optim.clipByGlobalNorm(1) });
 *
 * @throws GraphError when `maxNorm` is not a positive number.
 */
export function clipByGlobalNorm(maxNorm: number): GradientTransform {
  if (!(maxNorm > 0)) {
    throw userError({
      code: 'clip',
      message: `clipByGlobalNorm(${maxNorm}): expected a positive number`,
    });
  }
  return (gradients) => {
    const norm = globalNorm(gradients);
    const above = greater(norm, maxNorm);
    const scale = where(above, div(maxNorm, where(above, norm, 1)), 1);
    return gradients.map((g) => mul(g, cast(scale, g.dtype)));
  };
}

/**
 * Scales each gradient for itself where its norm is above `maxNorm`, so that it becomes `maxNorm`.
 *
 *     trainStep({ …, clip: optim.clipByNorm(1) });
 *
 * @throws GraphError when `maxNorm` is not a positive number.
 */
export function clipByNorm(maxNorm: number): GradientTransform {
  const clip = clipByGlobalNorm(maxNorm);
  return (gradients) => gradients.flatMap((g) => clip([g]));
}

/**
 * Bounds each element of each gradient to ±`maxValue`.
 *
 *     trainStep({ …, clip: optim.clipByValue(0.5) });
 *
 * @throws GraphError when `maxValue` is not a positive number.
 */
export function clipByValue(maxValue: number): GradientTransform {
  if (!(maxValue > 0)) {
    throw userError({
      code: 'clip',
      message: `clipByValue(${maxValue}): expected a positive number`,
    });
  }
  return (gradients) => gradients.map((g) => clamp(g, -maxValue, maxValue));
}

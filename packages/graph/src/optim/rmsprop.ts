import type { Tensor } from '../node.ts';
import { greater, where } from '../ops/compare.ts';
import { rsqrt, sqrt } from '../ops/exponential.ts';
import { add, div, maximum, mul, sub } from '../ops/math.ts';
import { checkRange } from './check.ts';
import type { LearningRate, Optimizer, Slots } from './optimizer.ts';
import { optimizer } from './optimizer.ts';

export interface RmspropOptions {
  readonly learningRate: LearningRate;
  /** Decay of the mean of squared gradients; default 0.9. */
  readonly decay?: number;
  /** Default 1e-8. */
  readonly eps?: number;
  /** Adds eps under the root, as Optax does by default, instead of to it, as PyTorch does; default false. */
  readonly epsInSqrt?: boolean;
  /** Divides by the variance of gradients instead of by their mean square (Graves 2013); default false. */
  readonly centered?: boolean;
  /** Default 0: none. */
  readonly momentum?: number;
  /** Looks ahead along the momentum; default false. */
  readonly nesterov?: boolean;
}

/**
 * RMSProp: v ← decay · v + (1 − decay) · g²; p ← p − learningRate · g / (√v + eps) (Hinton 2012).
 *
 *     optim.rmsprop({ learningRate: 1e-3, momentum: 0.9 })
 *
 * @throws GraphError when decay or momentum is outside [0, 1), or eps is negative.
 */
export function rmsprop(options: RmspropOptions): Optimizer {
  const { learningRate, decay = 0.9, eps = 1e-8, momentum = 0 } = options;
  checkRange('rmsprop', 'decay', decay, 1);
  checkRange('rmsprop', 'eps', eps);
  checkRange('rmsprop', 'momentum', momentum, 1);
  const running = (before: Tensor, now: Tensor): Tensor =>
    add(mul(before, decay), mul(now, 1 - decay));
  return optimizer<'v' | 'mean' | 'velocity'>({
    name: 'rmsprop',
    slots: (): Slots<'v' | 'mean' | 'velocity'> => ({
      v: {},
      ...(options.centered && { mean: {} }),
      ...(momentum > 0 && { velocity: {} }),
    }),
    learningRate,
    update({ parameter: p, gradient: g, slots, learningRate: lr }) {
      const v = running(slots.v, mul(g, g));
      const mean = options.centered ? running(slots.mean, g) : undefined;
      // Rounding may leave a variance below 0.
      const spread = mean ? maximum(sub(v, mul(mean, mean)), 0) : v;
      const scaled = mul(g, inverseRoot(spread, eps, options.epsInSqrt ?? false));
      const move = mul(scaled, lr);
      const kept = { v, ...(mean && { mean }) };
      if (momentum === 0) return { parameter: sub(p, move), slots: kept };
      const velocity = add(mul(slots.velocity, momentum), move);
      const step = options.nesterov ? add(mul(velocity, momentum), move) : velocity;
      return { parameter: sub(p, step), slots: { ...kept, velocity } };
    },
  });
}

function inverseRoot(x: Tensor, eps: number, within: boolean): Tensor {
  return within ? rsqrt(add(x, eps)) : div(1, add(sqrt(x), eps));
}

export interface AdagradOptions {
  readonly learningRate: LearningRate;
  /** The first sum of squares; default 0.1. */
  readonly initialAccumulator?: number;
  /** Added to the sum under the root; default 1e-7. */
  readonly eps?: number;
}

/**
 * Adagrad: s ← s + g²; p ← p − learningRate · g / √(s + eps) (Duchi et al. 2011), with the defaults of
 * Optax.
 *
 *     optim.adagrad({ learningRate: 0.1 })
 *
 * @throws GraphError when the first sum or eps is negative.
 */
export function adagrad(options: AdagradOptions): Optimizer {
  const { learningRate, initialAccumulator = 0.1, eps = 1e-7 } = options;
  checkRange('adagrad', 'initialAccumulator', initialAccumulator);
  checkRange('adagrad', 'eps', eps);
  return optimizer<'sum'>({
    name: 'adagrad',
    slots: () => ({ sum: { init: initialAccumulator } }),
    learningRate,
    update({ parameter: p, gradient: g, slots, learningRate: lr }) {
      const sum = add(slots.sum, mul(g, g));
      const some = greater(sum, 0);
      const scale = where(some, rsqrt(add(where(some, sum, 1), eps)), 0);
      return { parameter: sub(p, mul(mul(g, scale), lr)), slots: { sum } };
    },
  });
}

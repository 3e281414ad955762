import { add, mul, sign, sub } from '../ops/math.ts';
import { checkRange } from './check.ts';
import type { LearningRate, Optimizer } from './optimizer.ts';
import { optimizer } from './optimizer.ts';

export interface LionOptions {
  readonly learningRate: LearningRate;
  /** Share of the momentum in the direction; default 0.9. */
  readonly b1?: number;
  /** Decay of the momentum; default 0.99. */
  readonly b2?: number;
  /** Draws parameters to 0, apart from the gradient; default 1e-3. */
  readonly weightDecay?: number;
}

/**
 * Lion: p ← p − learningRate · (sign(b1 · m + (1 − b1) · g) + weightDecay · p); m ← b2 · m + (1 − b2) · g
 * (Chen et al., arXiv 2302.06675), with the defaults of Optax.
 *
 *     optim.lion({ learningRate: 1e-4, weightDecay: 0.1 })
 *
 * @throws GraphError when b1 or b2 is outside [0, 1), or the weight decay is negative.
 */
export function lion(options: LionOptions): Optimizer {
  const { learningRate, b1 = 0.9, b2 = 0.99, weightDecay = 1e-3 } = options;
  checkRange('lion', 'b1', b1, 1);
  checkRange('lion', 'b2', b2, 1);
  checkRange('lion', 'weightDecay', weightDecay);
  return optimizer({
    name: 'lion',
    slots: ['m'],
    learningRate,
    update({ parameter: p, gradient: g, slots, learningRate: lr }) {
      const direction = sign(add(mul(slots.m, b1), mul(g, 1 - b1)));
      const decayed = weightDecay === 0 ? direction : add(direction, mul(p, weightDecay));
      const m = add(mul(slots.m, b2), mul(g, 1 - b2));
      return { parameter: sub(p, mul(decayed, lr)), slots: { m } };
    },
  });
}

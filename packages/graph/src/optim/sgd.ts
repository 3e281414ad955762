import type { Tensor } from '../node.ts';
import { add, mul, sub } from '../ops/math.ts';
import { checkRange } from './check.ts';
import type { LearningRate, Optimizer } from './optimizer.ts';
import { optimizer } from './optimizer.ts';

export interface SgdOptions {
  readonly learningRate: LearningRate;
  /** Default 0: none. */
  readonly momentum?: number;
  /** Looks ahead along the momentum (Nesterov 1983, as Sutskever et al. 2013 put it); default false. */
  readonly nesterov?: boolean;
  /** Adds weightDecay · parameter to the gradient; default 0. */
  readonly weightDecay?: number;
}

/**
 * Gradient descent, with momentum: v ← momentum · v + g; p ← p − learningRate · v.
 *
 *     optim.sgd({ learningRate: 0.1, momentum: 0.9 })
 *
 * @throws GraphError when momentum is outside [0, 1) or the weight decay is negative.
 */
export function sgd(options: SgdOptions): Optimizer {
  const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  checkRange('sgd', 'momentum', momentum, 1);
  checkRange('sgd', 'weightDecay', weightDecay);
  const decayed = (g: Tensor, p: Tensor): Tensor =>
    weightDecay === 0 ? g : add(g, mul(p, weightDecay));
  if (momentum === 0) {
    return optimizer({
      name: 'sgd',
      slots: [],
      learningRate,
      update: ({ parameter: p, gradient, learningRate: lr }) => ({
        parameter: sub(p, mul(decayed(gradient, p), lr)),
        slots: {},
      }),
    });
  }
  return optimizer({
    name: 'sgd',
    slots: ['velocity'],
    learningRate,
    update({ parameter: p, gradient, slots, learningRate: lr }) {
      const g = decayed(gradient, p);
      const velocity = add(mul(slots.velocity, momentum), g);
      const direction = nesterov ? add(g, mul(velocity, momentum)) : velocity;
      return { parameter: sub(p, mul(direction, lr)), slots: { velocity } };
    },
  });
}

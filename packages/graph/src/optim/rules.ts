import { userError } from '../fail.ts';
import type { Tensor } from '../node.ts';
import { expm1, sqrt } from '../ops/exponential.ts';
import { full } from '../ops/leaves.ts';
import { add, div, mul, sub } from '../ops/math.ts';
import type { LearningRate, Optimizer } from './optimizer.ts';
import { optimizer } from './optimizer.ts';

function checkRange(
  rule: string,
  option: string,
  value: number,
  below: number = Number.POSITIVE_INFINITY,
): void {
  if (value >= 0 && value < below) return;
  const range =
    below === Number.POSITIVE_INFINITY ? 'a number from 0' : `a number in [0, ${below})`;
  throw userError({
    code: 'optimizer',
    message: `${rule}: ${option} is ${value}, expected ${range}`,
  });
}

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

export interface AdamOptions {
  readonly learningRate: LearningRate;
  /** Decay of the mean of gradients; default 0.9. */
  readonly b1?: number;
  /** Decay of the mean of their squares; default 0.999. */
  readonly b2?: number;
  /** Added to the root of that mean; default 1e-8. */
  readonly eps?: number;
}

export interface AdamWOptions extends AdamOptions {
  /** Draws parameters to 0, apart from the gradient; default 1e-4. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma & Ba 2015), with the defaults of Optax.
 *
 *     optim.adam({ learningRate: 1e-3 })
 *
 * @throws GraphError when b1 or b2 is outside [0, 1), or eps is negative.
 */
export function adam(options: AdamOptions): Optimizer {
  return adamLike('adam', { ...options, weightDecay: 0 });
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019), with the defaults of Optax.
 *
 *     optim.adamW({ learningRate: optim.warmupCosine({ peak: 3e-3, warmup: 50, steps: 600 }) })
 *
 * @throws GraphError when b1 or b2 is outside [0, 1), or eps or the weight decay is negative.
 */
export function adamW(options: AdamWOptions): Optimizer {
  return adamLike('adamW', { weightDecay: 1e-4, ...options });
}

function adamLike(
  name: string,
  options: AdamOptions & { readonly weightDecay: number },
): Optimizer {
  const { learningRate, b1 = 0.9, b2 = 0.999, eps = 1e-8, weightDecay } = options;
  checkRange(name, 'b1', b1, 1);
  checkRange(name, 'b2', b2, 1);
  checkRange(name, 'eps', eps);
  checkRange(name, 'weightDecay', weightDecay);
  return optimizer({
    name,
    slots: ['m', 'v'],
    learningRate,
    update({ parameter: p, gradient: g, slots, learningRate: lr, step }) {
      const m = add(mul(slots.m, b1), mul(g, 1 - b1));
      const v = add(mul(slots.v, b2), mul(mul(g, g), 1 - b2));
      const root = sqrt(mul(v, biasCorrection(b2, step)));
      const direction = div(mul(m, biasCorrection(b1, step)), add(root, eps));
      const decayed = weightDecay === 0 ? direction : add(direction, mul(p, weightDecay));
      return { parameter: sub(p, mul(decayed, lr)), slots: { m, v } };
    },
  });
}

// 1 / (1 − b^step), once for all elements. Through expm1: near b = 1 the difference would lose most digits in f32.
function biasCorrection(b: number, step: Tensor): Tensor {
  return b === 0 ? full(1, [], step.dtype) : div(-1, expm1(mul(step, Math.log(b))));
}

import type { Tensor } from '../node.ts';
import { expm1, sqrt } from '../ops/exponential.ts';
import { full } from '../ops/leaves.ts';
import { abs, add, div, maximum, mul, sub } from '../ops/math.ts';
import { checkRange } from './check.ts';
import type { LearningRate, Optimizer } from './optimizer.ts';
import { optimizer } from './optimizer.ts';

export interface AdamOptions {
  readonly learningRate: LearningRate;
  /** Decay of the mean of gradients; default 0.9. */
  readonly b1?: number;
  /** Decay of the mean of their squares; default 0.999. */
  readonly b2?: number;
  /** Added to the root of that mean; default 1e-8. */
  readonly eps?: number;
  /** Looks one step ahead along the mean of gradients (Dozat 2016); default false. */
  readonly nesterov?: boolean;
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

/**
 * Adam with Nesterov's momentum (Dozat 2016), as Optax has it.
 *
 *     optim.nadam({ learningRate: 1e-3 })
 *
 * @throws GraphError when b1 or b2 is outside [0, 1), or eps is negative.
 */
export function nadam(options: Omit<AdamOptions, 'nesterov'>): Optimizer {
  return adamLike('nadam', { ...options, nesterov: true, weightDecay: 0 });
}

function checkAdam(name: string, b1: number, b2: number, eps: number): void {
  checkRange(name, 'b1', b1, 1);
  checkRange(name, 'b2', b2, 1);
  checkRange(name, 'eps', eps);
}

function adamLike(
  name: string,
  options: AdamOptions & { readonly weightDecay: number },
): Optimizer {
  const { learningRate, b1 = 0.9, b2 = 0.999, eps = 1e-8, weightDecay } = options;
  checkAdam(name, b1, b2, eps);
  checkRange(name, 'weightDecay', weightDecay);
  return optimizer({
    name,
    slots: ['m', 'v'],
    learningRate,
    update({ parameter: p, gradient: g, slots, learningRate: lr, step }) {
      const m = add(mul(slots.m, b1), mul(g, 1 - b1));
      const v = add(mul(slots.v, b2), mul(mul(g, g), 1 - b2));
      const root = sqrt(mul(v, biasCorrection(b2, step)));
      const mean = options.nesterov
        ? add(
            mul(mul(m, b1), biasCorrection(b1, add(step, 1))),
            mul(mul(g, 1 - b1), biasCorrection(b1, step)),
          )
        : mul(m, biasCorrection(b1, step));
      const direction = div(mean, add(root, eps));
      const decayed = weightDecay === 0 ? direction : add(direction, mul(p, weightDecay));
      return { parameter: sub(p, mul(decayed, lr)), slots: { m, v } };
    },
  });
}

// 1 / (1 − b^step), once for all elements. Through expm1: near b = 1 the difference would lose most digits in f32.
function biasCorrection(b: number, step: Tensor): Tensor {
  return b === 0 ? full(1, [], step.dtype) : div(-1, expm1(mul(step, Math.log(b))));
}

/**
 * Adam with the largest gradient in place of the mean of squares (Kingma & Ba 2015, section 7), with
 * the defaults of Optax: u ← max(|g| + eps, b2 · u).
 *
 *     optim.adamax({ learningRate: 2e-3 })
 *
 * @throws GraphError when b1 or b2 is outside [0, 1), or eps is negative.
 */
export function adamax(options: Omit<AdamOptions, 'nesterov'>): Optimizer {
  const { learningRate, b1 = 0.9, b2 = 0.999, eps = 1e-8 } = options;
  checkAdam('adamax', b1, b2, eps);
  return optimizer({
    name: 'adamax',
    slots: ['m', 'u'],
    learningRate,
    update({ parameter: p, gradient: g, slots, learningRate: lr, step }) {
      const m = add(mul(slots.m, b1), mul(g, 1 - b1));
      const u = maximum(add(abs(g), eps), mul(slots.u, b2));
      const direction = div(mul(m, biasCorrection(b1, step)), u);
      return { parameter: sub(p, mul(direction, lr)), slots: { m, u } };
    },
  });
}

import { userError } from '../fail.ts';
import type { Tensor } from '../node.ts';
import { cast } from '../ops/cast.ts';
import { less, where } from '../ops/compare.ts';
import { exp } from '../ops/exponential.ts';
import { full } from '../ops/leaves.ts';
import { add, div, maximum, minimum, mul, sub } from '../ops/math.ts';
import { floor } from '../ops/rounding.ts';
import { cos } from '../ops/trigonometric.ts';

/** A learning rate that depends on the step: an i32 scalar that counts from 0 in, an f32 scalar out. */
export type Schedule = (step: Tensor) => Tensor;

const f32 = (step: Tensor): Tensor => cast(step, 'f32');
const number = (value: number): Tensor => full(value, []);

/** Refuses what is below `min`. */
export function checkCount(what: string, count: number, min: number): void {
  if (Number.isFinite(count) && count >= min) return;
  throw userError({
    code: 'schedule',
    message: `${what} is ${count}, expected a number from ${min}`,
  });
}

/** The same value at every step. `optim.constant(1e-3)` */
export function constant(value: number): Schedule {
  return () => number(value);
}

/** 0 at step 0, 1 from step `steps` on. */
export const progress = (step: Tensor, steps: number): Tensor => minimum(div(f32(step), steps), 1);

/**
 * In a straight line from `from` at step 0 to `to` at step `steps`, and there from then on.
 *
 *     optim.linear({ from: 1e-3, to: 0, steps: 1000 })
 *
 * @throws GraphError when `steps` is below 1.
 */
export function linear(options: {
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}): Schedule {
  const { from, to, steps } = options;
  checkCount('linear: steps', steps, 1);
  return (step) => add(mul(progress(step, steps), to - from), from);
}

/**
 * Half a cosine from `peak` at step 0 to `end` at step `steps`, and there from then on (Loshchilov & Hutter 2017,
 * without restarts).
 *
 *     optim.cosine({ peak: 1e-3, steps: 1000 })
 *
 * @throws GraphError when `steps` is below 1.
 */
export function cosine(options: {
  readonly peak: number;
  readonly steps: number;
  readonly end?: number;
}): Schedule {
  const { peak, steps, end = 0 } = options;
  checkCount('cosine: steps', steps, 1);
  return (step) => {
    const wave = add(cos(mul(progress(step, steps), Math.PI)), 1);
    return add(mul(wave, 0.5 * (peak - end)), end);
  };
}

/**
 * From 0 at step 0 in a straight line to `peak` at step `warmup`, then half a cosine to `end` at step `steps` (Optax's
 * `warmup_cosine_decay_schedule`: `steps` includes the warm-up).
 *
 *     optim.warmupCosine({ peak: 3e-3, warmup: 50, steps: 600 })
 *
 * @throws GraphError when `warmup` is below 0 or `steps` is not above `warmup`.
 */
export function warmupCosine(options: {
  readonly peak: number;
  readonly warmup: number;
  readonly steps: number;
  readonly end?: number;
}): Schedule {
  const { peak, warmup, steps, end = 0 } = options;
  checkCount('warmupCosine: warmup', warmup, 0);
  checkCount('warmupCosine: steps', steps, warmup + 1);
  const decay = cosine({ peak, end, steps: steps - warmup });
  if (warmup === 0) return decay;
  const rise = linear({ from: 0, to: peak, steps: warmup });
  return (step) => where(less(step, warmup), rise(step), decay(sub(step, warmup)));
}

/**
 * `initial · rate^(step / every)`, without stairs; with `end` it goes no further than that.
 *
 *     optim.exponential({ initial: 1e-3, rate: 0.9, every: 100 })
 *
 * @throws GraphError when `every` is below 1 or `rate` is not above 0.
 */
export function exponential(options: {
  readonly initial: number;
  readonly rate: number;
  readonly every?: number;
  readonly end?: number;
}): Schedule {
  const { initial, rate, every = 1, end } = options;
  checkCount('exponential: every', every, 1);
  checkCount('exponential: rate', rate, Number.MIN_VALUE);
  const bound = rate < 1 ? maximum : minimum;
  return (step) => {
    const value = mul(exp(mul(f32(step), Math.log(rate) / every)), initial);
    return end === undefined ? value : bound(value, end);
  };
}

/**
 * `initial · factor^⌊step / every⌋`: a stair.
 *
 *     optim.stairs({ initial: 1e-2, factor: 0.5, every: 1000 })
 *
 * @throws GraphError when `every` is below 1 or `factor` is not above 0.
 */
export function stairs(options: {
  readonly initial: number;
  readonly factor: number;
  readonly every: number;
}): Schedule {
  const { initial, factor, every } = options;
  checkCount('stairs: every', every, 1);
  checkCount('stairs: factor', factor, Number.MIN_VALUE);
  return (step) => mul(exp(mul(floor(div(f32(step), every)), Math.log(factor))), initial);
}

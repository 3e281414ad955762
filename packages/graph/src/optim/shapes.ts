import { userError } from '../fail.ts';
import type { Tensor } from '../node.ts';
import { cast } from '../ops/cast.ts';
import { greaterEqual, less, where } from '../ops/compare.ts';
import { exp, log, rsqrt } from '../ops/exponential.ts';
import { full } from '../ops/leaves.ts';
import { add, div, maximum, minimum, mul, sub } from '../ops/math.ts';
import { cos } from '../ops/trigonometric.ts';
import type { Schedule } from './schedules.ts';
import { checkCount, cosine, progress } from './schedules.ts';

// Schedules in several parts.

/**
 * From `from` at step 0 to `to` at step `steps`, and there from then on, along
 * (1 − step / steps)^power (Optax's polynomial_schedule).
 *
 *     optim.polynomial({ from: 1e-3, to: 0, power: 2, steps: 1000 })
 *
 * @throws GraphError when `steps` is below 1 or `power` is not above 0.
 */
export function polynomial(options: {
  readonly from: number;
  readonly to?: number;
  readonly power: number;
  readonly steps: number;
}): Schedule {
  const { from, to = 0, power, steps } = options;
  checkCount('polynomial: steps', steps, 1);
  checkCount('polynomial: power', power, Number.MIN_VALUE);
  return (step) => {
    const left = sub(1, progress(step, steps));
    // 0 to a power by its logarithm: e^(power · −∞) is 0.
    return add(mul(exp(mul(log(left), power)), from - to), to);
  };
}

/**
 * `peak / √(max(step, warmup) / warmup)`, after a straight rise from 0 in `warmup` steps (Vaswani et al.,
 * arXiv 1706.03762, where peak is 1 / √(width · warmup)).
 *
 *     optim.inverseSqrt({ peak: 1e-3, warmup: 4000 })
 *
 * @throws GraphError when `warmup` is below 1.
 */
export function inverseSqrt(options: { readonly peak: number; readonly warmup: number }): Schedule {
  const { peak, warmup } = options;
  checkCount('inverseSqrt: warmup', warmup, 1);
  return (step) => {
    const done = div(cast(step, 'f32'), warmup);
    return mul(where(less(step, warmup), done, rsqrt(maximum(done, 1))), peak);
  };
}

/**
 * Schedules one after another: `schedules[i + 1]` begins, at its own step 0, at step `boundaries[i]`
 * (Optax's join_schedules).
 *
 *     optim.joined([optim.linear({ from: 0, to: 1e-3, steps: 100 }), optim.constant(1e-3)], [100])
 *
 * @throws GraphError when the boundaries do not ascend, or are not one fewer than the schedules.
 */
export function joined(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  const [first, ...rest] = schedules;
  checkBoundaries('joined', boundaries, schedules.length - 1);
  if (!first) throw scheduleError('joined: there are no schedules');
  return (step) =>
    rest.reduce((value, schedule, i) => {
      const from = boundaries[i] as number;
      return where(less(step, from), value, schedule(sub(step, from)));
    }, first(step));
}

/**
 * `warmup` steps in a straight line from `from` (0 by default) to the first value of a schedule, which
 * then begins.
 *
 *     optim.warmup(100, optim.exponential({ initial: 1e-3, rate: 0.99 }))
 *
 * @throws GraphError when the number of steps is below 1.
 */
export function warmup(
  steps: number,
  schedule: Schedule,
  options: { readonly from?: number } = {},
): Schedule {
  checkCount('warmup: steps', steps, 1);
  const { from = 0 } = options;
  return (step) => {
    const start = schedule(full(0, [], 'i32'));
    const rise = add(mul(sub(start, from), progress(step, steps)), from);
    return where(less(step, steps), rise, schedule(sub(step, steps)));
  };
}

/**
 * `values[0]` before step `boundaries[0]`, `values[1]` before `boundaries[1]`, and so on (MultiStepLR).
 *
 *     optim.piecewise({ values: [1e-2, 1e-3, 1e-4], boundaries: [1000, 2000] })
 *
 * @throws GraphError when the boundaries do not ascend, or are not one fewer than the values.
 */
export function piecewise(options: {
  readonly values: readonly number[];
  readonly boundaries: readonly number[];
}): Schedule {
  const { values, boundaries } = options;
  const [first, ...rest] = values;
  checkBoundaries('piecewise', boundaries, values.length - 1);
  if (first === undefined) throw scheduleError('piecewise: there are no values');
  return (step) =>
    rest.reduce(
      (value, next, i) => where(less(step, boundaries[i] as number), value, next),
      full(first, []),
    );
}

/**
 * Half cosines from `peak` to `end`, one after another; the cycle number i takes `steps · growth^i`
 * steps (rounded) and begins at `peak · decay^i` (SGDR, Loshchilov and Hutter 2017). After the last
 * cycle it stays at `end`.
 *
 *     optim.cosineRestarts({ peak: 1e-3, steps: 1000, cycles: 4, growth: 2 })
 *
 * @throws GraphError when `steps` or `cycles` is below 1, or `growth` or `decay` is not above 0.
 */
export function cosineRestarts(options: {
  readonly peak: number;
  readonly steps: number;
  readonly cycles: number;
  readonly end?: number;
  readonly growth?: number;
  readonly decay?: number;
}): Schedule {
  const { peak, steps, cycles, end = 0, growth = 1, decay = 1 } = options;
  checkCount('cosineRestarts: steps', steps, 1);
  checkCount('cosineRestarts: cycles', cycles, 1);
  checkCount('cosineRestarts: growth', growth, Number.MIN_VALUE);
  checkCount('cosineRestarts: decay', decay, Number.MIN_VALUE);
  const lengths = Array.from({ length: cycles }, (_, i) =>
    Math.max(1, Math.round(steps * growth ** i)),
  );
  const parts = lengths.map((n, i) => cosine({ peak: peak * decay ** i, end, steps: n }));
  const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0));
  return joined(parts, starts.slice(1));
}

/**
 * One cycle: from `peak / start` up to `peak` in the share `rise` of the steps, then down to
 * `peak / (start · final)`; half cosines, or straight lines with a return to the first value at the
 * share `fall` (Smith and Topin, arXiv 1708.07120; Optax's cosine_ and linear_onecycle_schedule).
 *
 *     optim.oneCycle({ peak: 1e-2, steps: 1000 })
 *     optim.oneCycle({ peak: 1e-2, steps: 1000, shape: 'linear' })
 *
 * @throws GraphError when `steps` is below 2, or a share does not lie between its neighbours.
 */
export function oneCycle(options: {
  readonly peak: number;
  readonly steps: number;
  /** Default 'cosine'. */
  readonly shape?: 'cosine' | 'linear';
  /** Default 0.3. */
  readonly rise?: number;
  /** Default 0.85. */
  readonly fall?: number;
  /** Default 25. */
  readonly start?: number;
  /** Default 1e4. */
  readonly final?: number;
}): Schedule {
  const { peak, steps, shape = 'cosine', rise = 0.3, fall = 0.85 } = options;
  const { start = 25, final = 1e4 } = options;
  checkCount('oneCycle: steps', steps, 2);
  const top = Math.floor(rise * steps);
  const first = peak / start;
  if (shape === 'cosine') {
    const points = [top, steps] as const;
    checkBoundaries('oneCycle', points, 2);
    return between(first, [peak, first / final], points, wave);
  }
  const points = [top, Math.floor(fall * steps), steps] as const;
  checkBoundaries('oneCycle', points, 3);
  // Optax takes the last value from the first one too.
  return between(first, [peak, first, first / final], points, (t) => t);
}

// The way from 0 to 1 as half a cosine.
const wave = (t: Tensor): Tensor => mul(sub(1, cos(mul(t, Math.PI))), 0.5);

function between(
  first: number,
  values: readonly number[],
  boundaries: readonly number[],
  way: (t: Tensor) => Tensor,
): Schedule {
  const starts = [0, ...boundaries];
  const froms = [first, ...values];
  return (step) =>
    values.reduce((value, to, i) => {
      const [from, at] = [froms[i] as number, starts[i] as number];
      const length = (boundaries[i] as number) - at;
      const t = minimum(maximum(div(cast(sub(step, at), 'f32'), length), 0), 1);
      const here = add(mul(way(t), to - from), from);
      return i === 0 ? here : where(greaterEqual(step, at), here, value);
    }, full(first, []) as Tensor);
}

function checkBoundaries(name: string, boundaries: readonly number[], count: number): void {
  const ascending = boundaries.every(
    (b, i) => Number.isSafeInteger(b) && b > (i === 0 ? 0 : (boundaries[i - 1] as number)),
  );
  if (boundaries.length === count && ascending) return;
  throw scheduleError(
    `${name}: boundaries are ${boundaries.join(', ')}, expected ${count} ascending integers from 1`,
  );
}

const scheduleError = (message: string): Error => userError({ code: 'schedule', message });

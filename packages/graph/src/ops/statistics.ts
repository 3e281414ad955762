import { composite } from '../composite.ts';
import type { Tensor } from '../node.ts';
import { make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { shiftAxes } from '../transforms/batch-rules.ts';
import { throughF32 } from '../wide.ts';
import { sumAxes, unreduce } from './axes.ts';
import { isFinite as finite, select } from './compare.ts';
import { exp, log, sqrt } from './exponential.ts';
import { stopGradient } from './gradient.ts';
import { zerosLike } from './leaves.ts';
import { add, div, mul, sub } from './math.ts';
import type { Axes, ReduceOptions } from './reduce.ts';
import { countOf, max, reduceWith, requireFloat } from './reduce.ts';

// Reductions made of others. All take floats.

export const meanOp: CompositeOp = composite({
  name: 'mean',
  precision: 'accumulate',
  doc: 'Σ x / n over axes',
  attributes: { axes: 'ints' },
  batch: shiftAxes,
  decompose([x], { axes }) {
    requireFloat(x as Tensor);
    return [div(sumAxes(x as Tensor, axes), countOf(x as Tensor, axes))];
  },
});

/** The mean over axes (all by default). `x.mean(-1)` */
export function mean(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return reduceWith('mean', x, axes, options, (list) => make1(meanOp, [x], { axes: list }));
}

export const varianceOp: CompositeOp = composite({
  name: 'variance',
  precision: 'accumulate',
  doc: 'Σ (x − mean)² / (n − ddof) over axes',
  attributes: { axes: 'ints', ddof: 'int' },
  batch: shiftAxes,
  decompose([x], { axes, ddof }) {
    const centred = fromMean(x as Tensor, axes);
    return [div(sumAxes(mul(centred, centred), axes), sub(countOf(centred, axes), ddof))];
  },
  // The mean's own part of the derivative sums to zero.
  vjp: ({ inputs: [x], cotangents: [ct], attrs: { axes, ddof } }) => {
    if (!x || !ct) return [null];
    const scale = div(mul(ct, 2), sub(countOf(x, axes), ddof));
    return [mul(fromMean(x, axes), unreduce(scale, x.shape, axes))];
  },
});

function fromMean(x: Tensor, axes: readonly number[]): Tensor {
  return sub(x, unreduce(make1(meanOp, [x], { axes }), x.shape, axes));
}

/** The variance over axes (all by default); `ddof: 1` divides by n − 1. */
export function variance(
  x: Tensor,
  axes?: Axes,
  options?: ReduceOptions & { readonly ddof?: number },
): Tensor {
  const ddof = options?.ddof ?? 0;
  return reduceWith('variance', x, axes, options, (list) =>
    make1(varianceOp, [x], { axes: list, ddof }),
  );
}

/** The Euclidean norm √Σ x² over axes (all by default). Its gradient at 0 is NaN. */
export function norm(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return throughF32('norm', x, (t) =>
    reduceWith('norm', t, axes, options, (list) => sqrt(sumAxes(mul(t, t), list))),
  );
}

export const logSumExpOp: CompositeOp = composite({
  name: 'logSumExp',
  precision: 'accumulate',
  doc: 'ln Σ eˣ over axes, without overflow',
  attributes: { axes: 'ints' },
  batch: shiftAxes,
  decompose([x], { axes }) {
    const { shift, powers } = shiftedPowers(x as Tensor, axes);
    return [add(log(sumAxes(powers, axes)), shift)];
  },
  // Not e^(x - y): a large y has lost the digits that the shares need.
  vjp: ({ inputs: [x], cotangents: [ct], attrs: { axes } }) => {
    if (!x || !ct) return [null];
    const { powers } = shiftedPowers(x, axes);
    return [mul(powers, unreduce(div(ct, sumAxes(powers, axes)), x.shape, axes))];
  },
});

// e^(x - shift), where shift is the largest x, or 0 where that is not finite.
function shiftedPowers(x: Tensor, axes: readonly number[]): { shift: Tensor; powers: Tensor } {
  const top = max(stopGradient(x), axes);
  const shift = select(finite(top), top, zerosLike(top));
  return { shift, powers: exp(sub(x, unreduce(shift, x.shape, axes))) };
}

/** ln Σ eˣ over axes (all by default), without overflow. */
export function logSumExp(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return reduceWith('logSumExp', x, axes, options, (list) =>
    make1(logSumExpOp, [x], { axes: list }),
  );
}

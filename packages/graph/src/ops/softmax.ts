import { composite } from '../composite.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { shiftAxis } from '../transforms/batch-rules.ts';
import { normalizeAxis, sumAxes, unreduce } from './axes.ts';
import { exp, log } from './exponential.ts';
import { stopGradient } from './gradient.ts';
import { div, mul, sub } from './math.ts';
import { max } from './reduce.ts';

export const softmaxOp: CompositeOp = composite({
  name: 'softmax',
  precision: 'accumulate',
  doc: 'eˣ / Σ eˣ along axis',
  attributes: { axis: 'int' },
  batch: shiftAxis,
  decompose([x], { axis }) {
    const powers = exp(fromMax(x as Tensor, axis));
    return [div(powers, unreduce(sumAxes(powers, [axis]), powers.shape, [axis]))];
  },
  vjp: ({ outputs: [y], cotangents: [ct], attrs: { axis } }) => {
    if (!y || !ct) return [null];
    const mean = sumAxes(mul(ct, y), [axis]);
    return [mul(sub(ct, unreduce(mean, y.shape, [axis])), y)];
  },
});

export const logSoftmaxOp: CompositeOp = composite({
  name: 'logSoftmax',
  precision: 'accumulate',
  doc: 'x − ln Σ eˣ along axis',
  attributes: { axis: 'int' },
  batch: shiftAxis,
  decompose([x], { axis }) {
    const shifted = fromMax(x as Tensor, axis);
    const total = log(sumAxes(exp(shifted), [axis]));
    return [sub(shifted, unreduce(total, shifted.shape, [axis]))];
  },
  vjp: ({ outputs: [y], cotangents: [ct], attrs: { axis } }) => {
    if (!y || !ct) return [null];
    return [sub(ct, mul(exp(y), unreduce(sumAxes(ct, [axis]), y.shape, [axis])))];
  },
});

// The shift changes no result, so no gradient flows through it.
function fromMax(x: Tensor, axis: number): Tensor {
  return sub(x, unreduce(max(stopGradient(x), axis), x.shape, [axis]));
}

function along(op: CompositeOp, x: Tensor, axis: number): Tensor {
  return checked(`${op.name}(${x})`, () => make1(op, [x], { axis: normalizeAxis(axis, x.rank) }));
}

/** eˣ / Σ eˣ along an axis, the last by default; without overflow. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return along(softmaxOp, x, axis);
}

/** ln softmax(x) along an axis, the last by default; without overflow. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return along(logSoftmaxOp, x, axis);
}

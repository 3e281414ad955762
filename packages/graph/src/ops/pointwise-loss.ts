import type { TensorLike } from '../coerce.ts';
import { align } from '../coerce.ts';
import { composite } from '../composite.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { AttrSpec, Attrs, AttrsOf, CompositeOp } from '../op.ts';
import { clamp, softplus } from './activations.ts';
import { sumAxes } from './axes.ts';
import { greater, lessEqual, where } from './compare.ts';
import { exp, log, sigmoid, sqrt } from './exponential.ts';
import { onesLike } from './leaves.ts';
import type { LossReduction } from './loss.ts';
import { reduceLoss } from './loss.ts';
import { abs, add, div, maximum, mul, neg, sign, sub } from './math.ts';
import { requireFloat } from './reduce.ts';

// Losses with one value for each element of prediction and target, which broadcast.

/** What every loss takes: how its values become one number; default their mean. */
export interface LossOptions {
  readonly reduction?: LossReduction;
}

interface DifferenceSpec<S extends AttrSpec> {
  readonly name: string;
  readonly doc: string;
  readonly attributes?: S;
  /** From the difference prediction − target. */
  value(d: Tensor, attrs: AttrsOf<S>): Tensor;
  slope(d: Tensor, attrs: AttrsOf<S>): Tensor;
}

/** A loss that looks at the difference alone. */
function ofDifference<S extends AttrSpec = Record<never, never>>(
  spec: DifferenceSpec<S>,
): CompositeOp {
  const difference = (inputs: readonly Tensor[]): Tensor => {
    const [prediction, target] = inputs as readonly [Tensor, Tensor];
    requireFloat(prediction);
    return sub(prediction, target);
  };
  return composite<S>({
    name: spec.name,
    precision: 'accumulate',
    doc: spec.doc,
    ...(spec.attributes && { attributes: spec.attributes }),
    inputs: 2,
    elementwise: true,
    decompose: (inputs, attrs) => [spec.value(difference(inputs), attrs)],
    vjp({ inputs, cotangents: [ct], attrs }) {
      if (!ct) return [null, null];
      const dx = mul(ct, spec.slope(difference(inputs), attrs));
      return [dx, neg(dx)];
    },
  });
}

function pointwiseLoss(
  op: CompositeOp,
  operands: readonly TensorLike[],
  attrs: Attrs,
  options: LossOptions,
): Tensor {
  return checked(`${op.name}(${operands.join(', ')})`, () =>
    reduceLoss(make1(op, align(operands), attrs), options.reduction),
  );
}

export const mseOp: CompositeOp = ofDifference({
  name: 'mse',
  doc: '(prediction − target)², element by element',
  value: (d) => mul(d, d),
  slope: (d) => mul(d, 2),
});

/** The squared error, its mean by default: `mse(prediction, target)`. */
export function mse(prediction: Tensor, target: TensorLike, options: LossOptions = {}): Tensor {
  return pointwiseLoss(mseOp, [prediction, target], {}, options);
}

export const maeOp: CompositeOp = ofDifference({
  name: 'mae',
  doc: '|prediction − target|, element by element',
  value: (d) => abs(d),
  slope: (d) => sign(d),
});

/**
 * The absolute error, its mean by default; the gradient where both are equal is 0.
 *
 *     mae(prediction, target);   // f32[N, 4], f32[N, 4]: a scalar
 */
export function mae(prediction: Tensor, target: TensorLike, options: LossOptions = {}): Tensor {
  return pointwiseLoss(maeOp, [prediction, target], {}, options);
}

export const huberOp: CompositeOp = ofDifference({
  name: 'huber',
  doc: 'with d = prediction − target: ½ d² where |d| ≤ delta, else delta · (|d| − ½ delta)',
  attributes: { delta: 'float' },
  value(d, { delta }) {
    const size = abs(d);
    const far = mul(sub(size, delta / 2), delta);
    return where(lessEqual(size, delta), mul(mul(d, d), 0.5), far);
  },
  slope: (d, { delta }) => clamp(d, -delta, delta),
});

function checkPositive(name: string, what: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new TypeRuleError('attribute', `${name}: ${what} is ${value}, expected a positive number`);
}

/**
 * Squared near 0, straight beyond `delta`, its mean by default (Huber 1964).
 *
 *     huber(prediction, target, { delta: 2 })   // default 1
 *
 * @throws GraphError when delta is not a positive number.
 */
export function huber(
  prediction: Tensor,
  target: TensorLike,
  options: LossOptions & { readonly delta?: number } = {},
): Tensor {
  const { delta = 1 } = options;
  checked('huber', () => checkPositive('huber', 'delta', delta));
  return pointwiseLoss(huberOp, [prediction, target], { delta }, options);
}

/**
 * huber divided by its delta, here called `beta`: the slope far from 0 is ±1 (Girshick, arXiv
 * 1504.08083).
 *
 *     smoothL1(prediction, target, { beta: 0.5 })   // default 1
 *
 * @throws GraphError when beta is not a positive number.
 */
export function smoothL1(
  prediction: Tensor,
  target: TensorLike,
  options: LossOptions & { readonly beta?: number } = {},
): Tensor {
  const { beta = 1, reduction = 'mean' } = options;
  return div(huber(prediction, target, { delta: beta, reduction }), beta);
}

export const logCoshOp: CompositeOp = ofDifference({
  name: 'logCosh',
  doc: 'ln cosh(prediction − target), element by element',
  value: (d) => add(abs(d), sub(softplus(mul(abs(d), -2)), Math.LN2)),
  slope: (d) => sub(mul(sigmoid(mul(d, 2)), 2), 1),
});

/** ln cosh of the difference, its mean by default: squared near 0, straight far away. */
export function logCosh(prediction: Tensor, target: TensorLike, options: LossOptions = {}): Tensor {
  return pointwiseLoss(logCoshOp, [prediction, target], {}, options);
}

// ------------------------------------------------------------------------------------------------ probabilities

export const binaryCrossEntropyWithLogitsOp: CompositeOp = composite({
  name: 'binaryCrossEntropyWithLogits',
  precision: 'accumulate',
  doc: 'softplus(x) − t · x for logits x and targets t; with a weight w of the positive class (1 − t) · x + (1 + (w − 1) · t) · softplus(−x)',
  inputs: [2, 3],
  elementwise: true,
  decompose(inputs) {
    const [x, t, weight] = inputs as readonly [Tensor, Tensor, Tensor | undefined];
    requireFloat(x);
    if (!weight) return [sub(softplus(x), mul(t, x))];
    const share = add(mul(sub(weight, 1), t), 1);
    return [add(mul(sub(1, t), x), mul(share, softplus(neg(x))))];
  },
  vjp({ inputs, cotangents: [ct] }) {
    const [x, t, weight] = inputs as readonly [Tensor, Tensor, Tensor | undefined];
    if (!ct) return inputs.map(() => null);
    if (!weight) return [mul(ct, sub(sigmoid(x), t)), neg(mul(ct, x))];
    const share = add(mul(sub(weight, 1), t), 1);
    const miss = softplus(neg(x));
    return [
      mul(ct, sub(sub(1, t), mul(share, sigmoid(neg(x))))),
      mul(ct, sub(mul(sub(weight, 1), miss), x)),
      mul(ct, mul(t, miss)),
    ];
  },
});

/**
 * The cross entropy of targets in [0, 1] under the probabilities sigmoid(logits), its mean by
 * default; without overflow. `posWeight` multiplies the loss of the positive class, and broadcasts.
 *
 *     binaryCrossEntropyWithLogits(logits, target);                     // f32[N, 5], f32[N, 5]
 *     binaryCrossEntropyWithLogits(logits, target, { posWeight: 3 })
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: TensorLike,
  options: LossOptions & { readonly posWeight?: TensorLike } = {},
): Tensor {
  const { posWeight } = options;
  const operands = posWeight === undefined ? [logits, target] : [logits, target, posWeight];
  return pointwiseLoss(binaryCrossEntropyWithLogitsOp, operands, {}, options);
}

export const klDivergenceOp: CompositeOp = composite({
  name: 'klDivergence',
  precision: 'accumulate',
  doc: 'target · (ln target − logPrediction), 0 where the target is not positive',
  inputs: 2,
  elementwise: true,
  decompose(inputs) {
    const [logPrediction, target] = inputs as readonly [Tensor, Tensor];
    requireFloat(target);
    const some = greater(target, 0);
    const safe = where(some, target, 1);
    return [where(some, mul(target, sub(log(safe), logPrediction)), 0)];
  },
  vjp({ inputs, cotangents: [ct] }) {
    const [logPrediction, target] = inputs as readonly [Tensor, Tensor];
    if (!ct) return [null, null];
    const some = greater(target, 0);
    const slope = add(sub(log(where(some, target, 1)), logPrediction), 1);
    return [where(some, neg(mul(ct, target)), 0), where(some, mul(ct, slope), 0)];
  },
  test: {
    domain: [
      [-3, 0],
      [0.1, 1],
    ],
  },
});

/**
 * The Kullback–Leibler divergence of a prediction, given as logarithms, from a target; its mean over
 * all elements by default. `batchMean` is the divergence of the distributions, averaged over the
 * first axis. With `logTarget` the target is given as logarithms too.
 *
 *     klDivergence(logits.logSoftmax(), target, { reduction: 'batchMean' })
 */
export function klDivergence(
  logPrediction: Tensor,
  target: Tensor,
  options: LossOptions & { readonly logTarget?: boolean } = {},
): Tensor {
  const probability = options.logTarget ? exp(target) : target;
  return pointwiseLoss(klDivergenceOp, [logPrediction, probability], {}, options);
}

// ------------------------------------------------------------------------------------------------ margins

/**
 * max(0, margin − target · prediction) for targets −1 and 1, its mean by default.
 *
 *     hinge(score, side)   // f32[N], f32[N]
 */
export function hinge(
  prediction: Tensor,
  target: TensorLike,
  options: LossOptions & { readonly margin?: number } = {},
): Tensor {
  return checked(`hinge(${prediction}, ${target})`, () => {
    requireFloat(prediction);
    const short = sub(options.margin ?? 1, mul(prediction, target));
    return reduceLoss(where(greater(short, 0), short, 0), options.reduction);
  });
}

/**
 * The cosine of the angle between vectors along an axis, the last by default:
 * x · y / max(‖x‖ ‖y‖, eps).
 *
 *     cosineSimilarity(x, y)   // f32[N, 64], f32[N, 64]: f32[N]
 */
export function cosineSimilarity(
  x: Tensor,
  y: Tensor,
  options: { readonly axis?: number; readonly eps?: number } = {},
): Tensor {
  return checked(`cosineSimilarity(${x}, ${y})`, () => {
    const [a, b] = align([x, y]) as readonly [Tensor, Tensor];
    requireFloat(a);
    const axis = options.axis ?? -1;
    const along = [axis < 0 ? axis + a.rank : axis];
    const squares = mul(sumAxes(mul(a, a), along), sumAxes(mul(b, b), along));
    // Bounded before the root is taken: its slope at 0 is infinite.
    const size = sqrt(maximum(squares, (options.eps ?? 1e-8) ** 2));
    return div(sumAxes(mul(a, b), along), size);
  });
}

/** 1 − cosineSimilarity along an axis, the last by default; its mean by default. */
export function cosineDistance(
  prediction: Tensor,
  target: Tensor,
  options: LossOptions & { readonly axis?: number; readonly eps?: number } = {},
): Tensor {
  const similarity = cosineSimilarity(prediction, target, options);
  return reduceLoss(sub(onesLike(similarity), similarity), options.reduction);
}

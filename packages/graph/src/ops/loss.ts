import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimEqual } from '../dim.ts';
import { isFloat, isInteger } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { leadingAxis } from '../transforms/batch-rules.ts';
import { throughF32 } from '../wide.ts';
import { shapeText, sumAxes, unreduce } from './axes.ts';
import { cast } from './cast.ts';
import { equal, greaterEqual, less, notEqual, select, where } from './compare.ts';
import { iota, onesLike, sizeOf, zerosLike } from './leaves.ts';
import { logicalAnd } from './logic.ts';
import { add, div, mul, neg, sub } from './math.ts';
import { requireFloat, sum } from './reduce.ts';
import { logSoftmax, softmax } from './softmax.ts';
import { mean } from './statistics.ts';

/** How the values of a loss become one number; `batchMean` divides the sum by the first extent. */
export type LossReduction = 'none' | 'sum' | 'mean' | 'batchMean';

/** Reduces the values of a loss. */
export function reduceLoss(values: Tensor, reduction: LossReduction = 'mean'): Tensor {
  switch (reduction) {
    case 'none':
      return values;
    case 'sum':
      return sum(values);
    case 'mean':
      return mean(values);
    case 'batchMean':
      return throughF32('batchMean', values, (t) => div(sum(t), sizeOf(t.shape[0] ?? 1, t.dtype)));
    default:
      return reduction satisfies never;
  }
}

export const crossEntropyOp: CompositeOp = composite({
  name: 'crossEntropy',
  precision: 'accumulate',
  doc: '−Σ target · logSoftmax(logits) along the last axis; target is one-hot, smoothed',
  attributes: { labelSmoothing: 'float' },
  inputs: 2,
  decompose(inputs, { labelSmoothing }) {
    const [logits, labels] = inputs as readonly [Tensor, Tensor];
    checkLabels(logits, labels);
    const last = logits.rank - 1;
    const logs = logSoftmax(logits);
    // Selecting, not multiplying by 0: an excluded class may have the logarithm −∞.
    const hit = sumAxes(select(isLabel(logits, labels), logs, zerosLike(logs)), [last]);
    if (labelSmoothing === 0) return [neg(hit)];
    const rest = mul(mean(logs, [last]), labelSmoothing);
    return [neg(add(mul(hit, 1 - labelSmoothing), rest))];
  },
  // softmax · Σ target − target
  vjp: ({ inputs, cotangents: [ct], attrs: { labelSmoothing } }) => {
    const [logits, labels] = inputs as readonly [Tensor, Tensor];
    if (!ct) return [null, null];
    const classes = sizeOf(logits.shape.at(-1) as Dim, labels.dtype);
    const isClass = logicalAnd(greaterEqual(labels, 0), less(labels, classes));
    const total = where(isClass, onesLike(ct), labelSmoothing);
    const wide = (t: Tensor): Tensor => unreduce(t, logits.shape, [logits.rank - 1]);
    const share = mul(softmax(logits), wide(total));
    const difference = sub(share, smoothed(logits, labels, labelSmoothing));
    return [mul(difference, wide(ct)), null];
  },
  batch: leadingAxis,
});

// Whether the place along the last axis of the logits is that of the label.
function isLabel(logits: Tensor, labels: Tensor): Tensor {
  const last = logits.rank - 1;
  return equal(unreduce(labels, logits.shape, [last]), iota(logits.shape, last, labels.dtype));
}

function checkLabels(logits: Tensor, labels: Tensor): void {
  requireFloat(logits);
  if (!isInteger(labels.dtype)) {
    throw new TypeRuleError('dtype', `labels are ${labels.dtype}, expected integers`);
  }
  const batch = logits.shape.slice(0, -1);
  const fits =
    logits.rank > 0 &&
    labels.rank === batch.length &&
    batch.every((d, i) => dimEqual(d, labels.shape[i] as Dim));
  if (!fits)
    throw new TypeRuleError(
      'shape-mismatch',
      `labels are ${shapeText(labels.shape)}, expected ${shapeText(batch)}`,
    );
}

function smoothed(logits: Tensor, labels: Tensor, smoothing: number): Tensor {
  const classes = logits.shape.at(-1) as Dim;
  const target = cast(isLabel(logits, labels), logits.dtype);
  if (smoothing === 0) return target;
  const rest = div(smoothing, sizeOf(classes, logits.dtype));
  return add(mul(target, 1 - smoothing), rest);
}

export const softCrossEntropyOp: CompositeOp = composite({
  name: 'softCrossEntropy',
  precision: 'accumulate',
  doc: '−Σ target · logSoftmax(logits) along the last axis, for targets that are probabilities',
  inputs: 2,
  decompose(inputs) {
    const [logits, target] = inputs as readonly [Tensor, Tensor];
    checkTarget(logits, target);
    return [neg(sumAxes(weighted(target, logSoftmax(logits)), [logits.rank - 1]))];
  },
  // softmax · Σ target − target
  vjp: ({ inputs, cotangents: [ct] }) => {
    const [logits, target] = inputs as readonly [Tensor, Tensor];
    if (!ct) return [null, null];
    const last = [logits.rank - 1];
    const wide = (t: Tensor): Tensor => unreduce(t, logits.shape, last);
    const share = mul(softmax(logits), wide(sumAxes(target, last)));
    return [mul(sub(share, target), wide(ct)), neg(mul(logSoftmax(logits), wide(ct)))];
  },
  batch: leadingAxis,
});

function checkTarget(logits: Tensor, target: Tensor): void {
  requireFloat(logits);
  const fits =
    logits.rank > 0 &&
    target.rank === logits.rank &&
    logits.shape.every((d, i) => dimEqual(d, target.shape[i] as Dim));
  if (fits) return;
  const found = `probabilities are ${shapeText(target.shape)}, the logits ${shapeText(logits.shape)}`;
  throw new TypeRuleError('shape-mismatch', found, 'give one probability for each logit');
}

// 0 where the target is 0, also where the logarithm is −∞.
function weighted(target: Tensor, logs: Tensor): Tensor {
  return where(equal(target, 0), 0, mul(target, logs));
}

/** What cross entropies of labels take. */
export interface LabelLossOptions {
  readonly reduction?: LossReduction;
  /** Labels of this value count as none: their loss and gradient are 0, and `mean` leaves them out. */
  readonly ignoreIndex?: number;
}

/**
 * The cross entropy of integer labels `[…]` under logits `[…, classes]`, the mean over the labels by
 * default. A label outside the classes is none of them: without smoothing its cross entropy and
 * gradient are 0. Float labels `[…, classes]` are probabilities of the classes.
 *
 *     crossEntropy(logits, label);                          // f32[N, 10], i32[N]: a scalar
 *     crossEntropy(logits, label, { reduction: 'none' })    // f32[N]
 *     crossEntropy(logits, label, { labelSmoothing: 0.1, ignoreIndex: -100 })
 *
 * With `ignoreIndex` the mean over no labels at all is NaN.
 *
 * @throws GraphError when labelSmoothing is outside [0, 1], or ignoreIndex is given with
 *   probabilities.
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: LabelLossOptions & { readonly labelSmoothing?: number } = {},
): Tensor {
  const { labelSmoothing = 0, reduction = 'mean', ignoreIndex } = options;
  return checked(`crossEntropy(${logits}, ${labels})`, () => {
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
      const found = `labelSmoothing is ${labelSmoothing}, expected a number in [0, 1]`;
      throw new TypeRuleError('attribute', found);
    }
    if (isFloat(labels.dtype)) return ofProbabilities(logits, labels, options);
    const values = make1(crossEntropyOp, [logits, labels], { labelSmoothing });
    return reduceLabelled(values, labels, reduction, ignoreIndex);
  });
}

function ofProbabilities(
  logits: Tensor,
  target: Tensor,
  options: LabelLossOptions & { readonly labelSmoothing?: number },
): Tensor {
  const { labelSmoothing = 0, reduction = 'mean', ignoreIndex } = options;
  if (ignoreIndex !== undefined) {
    const found = `ignoreIndex is ${ignoreIndex}, but the labels are probabilities`;
    throw new TypeRuleError('attribute', found, 'leave it out, or give integer labels');
  }
  const classes = sizeOf(target.shape.at(-1) ?? 1, target.dtype);
  const smooth = (t: Tensor): Tensor =>
    add(mul(t, 1 - labelSmoothing), div(labelSmoothing, classes));
  const goal = labelSmoothing === 0 ? target : smooth(target);
  return reduceLoss(make1(softCrossEntropyOp, [logits, goal], {}), reduction);
}

function reduceLabelled(
  values: Tensor,
  labels: Tensor,
  reduction: LossReduction,
  ignoreIndex: number | undefined,
): Tensor {
  if (ignoreIndex === undefined) return reduceLoss(values, reduction);
  const counts = notEqual(labels, ignoreIndex);
  const kept = where(counts, values, 0);
  if (reduction !== 'mean') return reduceLoss(kept, reduction);
  return div(sum(kept), sum(cast(counts, values.dtype)));
}

/**
 * −logProbs at integer labels, the mean over the labels by default: crossEntropy of what went
 * through logSoftmax already. A label outside the classes gives 0.
 *
 *     nll(logits.logSoftmax(), label)   // f32[N, 10], i32[N]
 */
export function nll(logProbs: Tensor, labels: Tensor, options: LabelLossOptions = {}): Tensor {
  return checked(`nll(${logProbs}, ${labels})`, () => {
    checkLabels(logProbs, labels);
    const hit = select(isLabel(logProbs, labels), logProbs, zerosLike(logProbs));
    const values = neg(sumAxes(hit, [logProbs.rank - 1]));
    return reduceLabelled(values, labels, options.reduction ?? 'mean', options.ignoreIndex);
  });
}

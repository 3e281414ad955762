import type { TensorLike } from '../coerce.ts';
import { align } from '../coerce.ts';
import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimEqual } from '../dim.ts';
import { isInteger } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { leadingAxis } from '../transforms/batch-rules.ts';
import { shapeText, sumAxes, unreduce } from './axes.ts';
import { cast } from './cast.ts';
import { equal, greaterEqual, less, select, where } from './compare.ts';
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
      return div(sum(values), sizeOf(values.shape[0] ?? 1, values.dtype));
    default:
      return reduction satisfies never;
  }
}

export const crossEntropyOp: CompositeOp = composite({
  name: 'crossEntropy',
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

/**
 * The cross entropy of integer labels `[…]` under logits `[…, classes]`, the mean over the labels
 * by default. A label outside the classes is none of them: without smoothing its cross entropy and
 * gradient are 0.
 *
 *     crossEntropy(logits, label);                          // f32[N, 10], i32[N]: a scalar
 *     crossEntropy(logits, label, { reduction: 'none' })    // f32[N]
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: { readonly labelSmoothing?: number; readonly reduction?: LossReduction } = {},
): Tensor {
  const values = make1(crossEntropyOp, [logits, labels], {
    labelSmoothing: options.labelSmoothing ?? 0,
  });
  return reduceLoss(values, options.reduction);
}

export const mseOp: CompositeOp = composite({
  name: 'mse',
  doc: '(prediction − target)², element by element',
  inputs: 2,
  elementwise: true,
  decompose(inputs) {
    const [x, y] = inputs as readonly [Tensor, Tensor];
    const d = sub(x, y);
    return [mul(d, d)];
  },
});

/** The squared error, its mean by default: `mse(prediction, target)`. */
export function mse(
  prediction: Tensor,
  target: TensorLike,
  options: { readonly reduction?: LossReduction } = {},
): Tensor {
  return checked(`mse(${prediction}, ${target})`, () =>
    reduceLoss(make1(mseOp, align([prediction, target]), {}), options.reduction),
  );
}

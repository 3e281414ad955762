import type { Tensor } from '../node.ts';
import type { TensorType } from '../op.ts';
import { unreduce } from '../ops/axes.ts';
import { exp, log, rsqrt, sqrt } from '../ops/exponential.ts';
import { add, div, maximum, mul, sub } from '../ops/math.ts';
import { mean } from '../ops/statistics.ts';
import { checkRange } from './check.ts';
import type { LearningRate, Optimizer, Slots } from './optimizer.ts';
import { optimizer } from './optimizer.ts';

export interface AdafactorOptions {
  readonly learningRate: LearningRate;
  /** Parameters whose second largest extent is at least this keep sums of rows and columns; default 128. */
  readonly minDimSizeToFactor?: number;
  /** The mean of squares decays by 1 − step^−decayRate; default 0.8. */
  readonly decayRate?: number;
  /** Scales the step by the root mean square of the parameter, at least 1e-3; default true. */
  readonly multiplyByParameterScale?: boolean;
  /** Steps whose root mean square is above this are scaled down to it; default 1; null: never. */
  readonly clippingThreshold?: number | null;
  /** Default 0: none. */
  readonly momentum?: number;
  /** Draws parameters to 0 by this at each step, not multiplied by the learning rate; default 0. */
  readonly weightDecayRate?: number;
  /** Added to squared gradients; default 1e-30. */
  readonly eps?: number;
}

type SlotName = 'row' | 'column' | 'v' | 'momentum';

/** The two largest axes: the second largest, and the largest. */
type Factored = readonly [second: number, largest: number];

/**
 * Adafactor: the mean of squared gradients of a matrix as sums of its rows and columns, so that it
 * takes hardly any memory (Shazeer and Stern, arXiv 1804.04235), with the defaults of Optax.
 *
 *     optim.adafactor({ learningRate: 1e-3 })
 *
 * @throws GraphError when a decay or the momentum is outside [0, 1), or another number is negative.
 */
export function adafactor(options: AdafactorOptions): Optimizer {
  const { learningRate, minDimSizeToFactor = 128, decayRate = 0.8, eps = 1e-30 } = options;
  const { momentum = 0, weightDecayRate = 0, clippingThreshold = 1 } = options;
  const { multiplyByParameterScale = true } = options;
  checkRange('adafactor', 'decayRate', decayRate, 1);
  checkRange('adafactor', 'momentum', momentum, 1);
  checkRange('adafactor', 'weightDecayRate', weightDecayRate);
  checkRange('adafactor', 'clippingThreshold', clippingThreshold ?? 0);
  checkRange('adafactor', 'eps', eps);
  return optimizer<SlotName>({
    name: 'adafactor',
    slots: (type) => slotsOf(type, minDimSizeToFactor, momentum > 0),
    learningRate,
    update({ parameter: p, gradient: g, slots, learningRate: lr, step }) {
      const decay = sub(1, exp(mul(log(step), -decayRate)));
      const axes = factoredAxes(p.type, minDimSizeToFactor);
      const squares = add(mul(g, g), eps);
      const second = axes
        ? byRowsAndColumns(squares, slots.row, slots.column, decay, axes)
        : whole(squares, slots.v, decay);
      let move = mul(g, second.scale);
      if (clippingThreshold !== null) {
        move = div(move, wide(maximum(div(rootMeanSquare(move), clippingThreshold), 1), move));
      }
      move = mul(move, lr);
      if (multiplyByParameterScale) move = mul(move, maximum(rootMeanSquare(p), 1e-3));
      const kept = { ...second.slots };
      if (momentum > 0) {
        move = add(mul(slots.momentum, momentum), mul(move, 1 - momentum));
        kept.momentum = move;
      }
      if (weightDecayRate > 0) move = add(move, mul(p, weightDecayRate));
      return { parameter: sub(p, move), slots: kept };
    },
  });
}

interface SecondMoment {
  /** 1 over the root of the estimate. */
  readonly scale: Tensor;
  readonly slots: { [K in SlotName]?: Tensor };
}

const running = (before: Tensor, now: Tensor, decay: Tensor): Tensor =>
  add(mul(before, decay), mul(now, sub(1, decay)));

function whole(squares: Tensor, before: Tensor, decay: Tensor): SecondMoment {
  const v = running(before, squares, decay);
  return { scale: rsqrt(v), slots: { v } };
}

function byRowsAndColumns(
  squares: Tensor,
  rowBefore: Tensor,
  columnBefore: Tensor,
  decay: Tensor,
  [second, largest]: Factored,
): SecondMoment {
  const row = running(rowBefore, mean(squares, largest), decay);
  const column = running(columnBefore, mean(squares, second), decay);
  const left = second > largest ? second - 1 : second;
  const rowFactor = rsqrt(div(row, unreduce(mean(row, left), row.shape, [left])));
  const over = (t: Tensor, axis: number): Tensor => unreduce(t, squares.shape, [axis]);
  return {
    scale: mul(over(rowFactor, largest), over(rsqrt(column), second)),
    slots: { row, column },
  };
}

const rootMeanSquare = (x: Tensor): Tensor => sqrt(mean(mul(x, x)));

const wide = (scalar: Tensor, like: Tensor): Tensor =>
  unreduce(
    scalar,
    like.shape,
    like.shape.map((_, i) => i),
  );

function factoredAxes(type: TensorType, least: number): Factored | undefined {
  const shape = type.shape as readonly number[];
  const order = shape.map((_, i) => i).sort((a, b) => (shape[a] ?? 0) - (shape[b] ?? 0) || a - b);
  const [second, largest] = order.slice(-2);
  if (second === undefined || largest === undefined) return undefined;
  return (shape[second] ?? 0) >= least ? [second, largest] : undefined;
}

function slotsOf(type: TensorType, least: number, momentum: boolean): Slots<SlotName> {
  const axes = factoredAxes(type, least);
  const without = (axis: number): TensorType => ({
    ...type,
    shape: type.shape.toSpliced(axis, 1),
  });
  const kept = momentum ? { momentum: {} } : {};
  if (!axes) return { v: {}, ...kept };
  return { row: { type: without(axes[1]) }, column: { type: without(axes[0]) }, ...kept };
}

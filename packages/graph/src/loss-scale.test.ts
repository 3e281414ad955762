import { describe, expect, test } from 'vitest';
import type { LossScale } from './loss-scale.ts';
import * as losses from './losses.ts';
import './methods.ts';
import { update } from './context.ts';
import { nameStates } from './naming.ts';
import type { NdArray } from './ndarray.ts';
import type { Tensor } from './node.ts';
import { readNumber } from './number.ts';
import { mul } from './ops/index.ts';
import * as optim from './optim/index.ts';
import { initialValues, runTraced } from './reference/run-traced.ts';
import { withTrace } from './scope.ts';
import { parameter, state } from './state.ts';
import { trainStep } from './train-step.ts';
import { f16, f32, i32 } from './types.ts';

/** One weight in f16 with a momentum, pulled to 0; `x` can make its gradient overflow. */
function training(lossScale: LossScale) {
  const w = parameter(f16(1), 1, { name: 'w' });
  const calls = state(i32(), 0, { name: 'calls' });
  const fit = trainStep({
    inputs: { x: f16(1) },
    loss: ({ x }: { readonly x: Tensor }) => {
      update(calls, calls.add(1));
      return losses.mse(mul(w, x), 0);
    },
    optimizer: optim.sgd({ learningRate: 0.25, momentum: 0.5 }),
    lossScale,
  });
  const traced = withTrace(() => fit.trace());
  const names = nameStates(traced.states, () => undefined);
  const values = initialValues(traced.states, names);
  const read = (name: string): number => {
    const found = [...names].find(([, n]) => n === name)?.[0];
    return readNumber(values.get(found as never) as NdArray, 0);
  };
  const step = (x: number): number =>
    readNumber(runTraced(traced, values, { x: [x] })['loss'] as NdArray, 0);
  const state_ = () => ['w', 'sgd.velocity.w', 'step', 'calls'].map(read);
  const scale = () => ['scale', 'skippedSteps'].map((n) => read(`lossScale.${n}`));
  return { step, state: state_, scale, read, names: () => [...names.values()] };
}

describe('a dynamic loss scale', () => {
  const options = { initial: 16, growthInterval: 2 };

  test('is that of the loss, not of its gradient, and grows after good steps', () => {
    const { step, state, scale } = training(options);
    expect(step(1)).toBe(1);
    expect(state()).toEqual([0.5, 2, 1, 1]);
    expect(scale()).toEqual([16, 0]);
    step(1);
    expect(scale()).toEqual([32, 0]);
    expect(state()).toEqual([0, 2, 2, 2]);
  });

  test('skips a step that overflows, backs off, and counts from the start', () => {
    const { step, state, scale, read } = training(options);
    step(1);
    const before = state();
    // 2 · 200² is beyond f16 once scaled by 16.
    step(200);
    expect(state()).toEqual([...before.slice(0, 3), 2]);
    expect([...scale(), read('lossScale.goodSteps')]).toEqual([8, 1, 0]);
    step(Number.NaN);
    expect(state()).toEqual([...before.slice(0, 3), 3]);
    expect(scale()).toEqual([4, 2]);
    step(1);
    expect([...scale(), read('lossScale.goodSteps')]).toEqual([4, 2, 1]);
    expect(state()[2]).toBe(2);
  });

  test('starts as torch.amp.GradScaler does, and finds its scale', () => {
    const { step, scale } = training('dynamic');
    expect(scale()).toEqual([65536, 0]);
    // The cotangent itself is beyond f16.
    step(1);
    expect(scale()).toEqual([32768, 1]);
  });

  test('saves gradients that f16 would lose', () => {
    const tiny = 2 ** -10;
    const [without, scaled] = (['off', { initial: 2 ** 12 }] as const).map((lossScale) => {
      const w = parameter(f16(1), tiny, { name: 'w' });
      const fit = trainStep({
        inputs: { x: f16(1) },
        loss: ({ x }: { readonly x: Tensor }) => mul(mul(mul(w, x), x), 0.25).sum(),
        optimizer: optim.sgd({ learningRate: 2 ** 20 }),
        lossScale,
      });
      const traced = withTrace(() => fit.trace());
      const values = initialValues(
        traced.states,
        nameStates(traced.states, () => undefined),
      );
      runTraced(traced, values, { x: [2 ** -12] });
      const [state] = traced.states.filter((s) => s.kind === 'parameter');
      return readNumber(values.get(state as never) as NdArray, 0);
    });
    expect(without).toBe(tiny);
    expect(scaled).toBeCloseTo(tiny - 2 ** 20 * 2 ** -26, 4);
  });
});

test('a fixed scale stays, and a step that is not finite is skipped', () => {
  const { step, scale, state, names } = training(8);
  step(1);
  step(Number.POSITIVE_INFINITY);
  expect(scale()).toEqual([8, 1]);
  expect(state()).toEqual([0.5, 2, 1, 2]);
  expect(names()).not.toContain('lossScale.goodSteps');
});

test('numbers that make no scale are refused', () => {
  const spec = (lossScale: LossScale) => () =>
    trainStep({
      inputs: { x: f32(1) },
      loss: ({ x }) => x.sum(),
      optimizer: optim.sgd({ learningRate: 1 }),
      lossScale,
    });
  expect(spec(0)).toThrow(/lossScale: the scale is 0, expected a positive number/);
  expect(spec({ growthFactor: 1 })).toThrow(/growthFactor is 1, expected a number above 1/);
  expect(spec({ backoffFactor: 1.5 })).toThrow(/backoffFactor is 1.5/);
  expect(spec({ growthInterval: 0.5 })).toThrow(
    /growthInterval is 0.5, expected an integer from 1/,
  );
});

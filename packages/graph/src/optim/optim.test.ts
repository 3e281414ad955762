import { describe, expect, test } from 'vitest';
import { nameStates } from '../naming.ts';
import type { ArrayData, NdArray } from '../ndarray.ts';
import { toNdArray } from '../ndarray.ts';
import * as nn from '../nn/index.ts';
import type { Tensor } from '../node.ts';
import { readNumber } from '../number.ts';
import { mul, sum } from '../ops/index.ts';
import type { Program } from '../program.ts';
import { program } from '../program.ts';
import { initialValues, runTraced } from '../reference/run-traced.ts';
import { withTrace } from '../scope.ts';
import type { StateVariable } from '../state.ts';
import { hyper, parameter, stateOf } from '../state.ts';
import { trainStep } from '../train-step.ts';
import { f32 } from '../types.ts';
import * as optim from './index.ts';

// Numbers against JAX and Optax are in test/golden/optim.test.ts.

const numbers = (array: NdArray): readonly number[] =>
  Array.from({ length: array.data.length }, (_, i) => readNumber(array, i));

const variableOf = (tensor: Tensor): StateVariable => {
  const variable = stateOf(tensor);
  if (!variable) throw new Error(`${tensor} is no state`);
  return variable;
};

/** Programs that share their states. */
function session(...programs: readonly Program[]) {
  const traced = programs.map((p) => withTrace(() => p.trace()));
  const states = [...new Set(traced.flatMap((t) => t.states))];
  const names = nameStates(states, () => 'net');
  const values = initialValues(states, names);
  return {
    names: [...names.values()],
    call: (i: number, inputs: Readonly<Record<string, ArrayData>>) =>
      runTraced(traced[i] as (typeof traced)[number], values, inputs),
    read: (t: Tensor): readonly number[] => numbers(values.get(variableOf(t)) as NdArray),
    write: (t: Tensor, value: ArrayData) => values.set(variableOf(t), toNdArray(value, 'f32')),
  };
}

/** A step that moves `p` by a given gradient. */
const stepOf = (optimizer: optim.Optimizer, p: Tensor): Program =>
  program({ gradient: p.type }, ({ gradient }) => {
    optimizer.apply([{ parameter: variableOf(p), gradient }]);
    return {};
  }) as Program;

const valuesOf = (schedule: optim.Schedule, steps: number): readonly number[] =>
  Array.from({ length: steps }, (_, i) => {
    const step: NdArray = { dtype: 'i32', shape: [], data: Int32Array.of(i) };
    const traced = program({ step: { dtype: 'i32', shape: [] } }, (x) => ({ y: schedule(x.step) }));
    return numbers(runTraced(traced.trace(), new Map(), { step })['y'] as NdArray)[0] ?? Number.NaN;
  });

describe('schedules', () => {
  test('warmupCosine is the line, then the half cosine', () => {
    const peak = 3e-3;
    const values = valuesOf(optim.warmupCosine({ peak, warmup: 4, steps: 10, end: 1e-3 }), 13);
    for (const [i, value] of values.entries()) {
      const way = (1 + Math.cos((Math.PI * Math.min(i - 4, 6)) / 6)) / 2;
      expect(value).toBeCloseTo(i < 4 ? (peak * i) / 4 : 1e-3 + (peak - 1e-3) * way, 8);
    }
    expect(valuesOf(optim.warmupCosine({ peak, warmup: 0, steps: 2 }), 1)[0]).toBeCloseTo(peak);
  });

  test('constant', () => {
    expect(valuesOf(optim.constant(0.5), 2)).toEqual([0.5, 0.5]);
  });

  test('inverseSqrt rises in a line, then falls as 1 / √step', () => {
    const values = valuesOf(optim.inverseSqrt({ peak: 0.5, warmup: 4 }), 17);
    expect([0, 2, 4, 16].map((i) => values[i])).toEqual([0, 0.25, 0.5, 0.25]);
  });

  test('boundaries must ascend', () => {
    const parts = [optim.constant(1), optim.constant(2), optim.constant(3)];
    for (const boundaries of [[3], [3, 3], [5, 2], [0, 2], [1.5, 2]]) {
      expect(() => optim.joined(parts, boundaries)).toThrow(
        /joined: boundaries are .*, expected 2 ascending integers from 1/,
      );
    }
  });
});

test('no optimizer outside a program', () => {
  expect(() => optim.sgd({ learningRate: 0.1 }).apply([])).toThrow(/sgd.apply outside a program/);
});

test('a hyper-parameter as learning rate is read at each call', () => {
  const lr = hyper('lr', 0.25);
  const p = parameter(f32(1), 1);
  const run = session(stepOf(optim.sgd({ learningRate: lr }), p));
  run.call(0, { gradient: [1] });
  expect(run.read(p)).toEqual([0.75]);
  run.write(lr, 0.5);
  run.call(0, { gradient: [1] });
  expect(run.read(p)).toEqual([0.25]);
});

test('slots are named after their optimizer and parameter', () => {
  const net = nn.linear(4, 3, { bias: false });
  const p = net.children.weight;
  const namesOf = (optimizer: optim.Optimizer): readonly string[] =>
    session(stepOf(optimizer, p)).names.filter((name) => name !== 'net.weight');
  expect(namesOf(optim.adam({ learningRate: 1 }))).toEqual([
    'step',
    'adam.m.net.weight',
    'adam.v.net.weight',
  ]);
  expect(namesOf(optim.adafactor({ learningRate: 1, minDimSizeToFactor: 3 }))).toEqual([
    'step',
    'adafactor.row.net.weight',
    'adafactor.column.net.weight',
  ]);
});

describe('groups', () => {
  const net = nn.module(
    { body: nn.linear(2, 2, { init: 1 }), head: nn.linear(2, 1, { init: 1 }) },
    ({ body, head }, x: Tensor) => sum(head(body(x))),
  );
  const sgd = (learningRate: number): optim.Optimizer => optim.sgd({ learningRate });
  const fit = (list: readonly optim.ParameterGroup[]): Program =>
    trainStep({
      inputs: { x: f32(1, 2) },
      loss: ({ x }) => net(x),
      optimizer: optim.groups(list),
    }) as Program;

  test('the first that matches takes a parameter; frozen ones stay; all count together', () => {
    const run = session(
      fit([
        { match: 'body.**', optimizer: 'frozen' },
        { match: /bias$/, optimizer: sgd(1) },
        { match: '**', optimizer: sgd(0.5) },
      ]),
    );
    run.call(0, { x: [[1, 1]] });
    const { body, head } = net.children;
    expect(run.read(body.children.weight)).toEqual([1, 1, 1, 1]);
    expect(run.read(head.children.bias as Tensor)).toEqual([-1]);
    expect(run.read(head.children.weight)).toEqual([0, 0]);
    expect(run.names.filter((name) => name.startsWith('step'))).toEqual(['step']);
  });

  test('parameters themselves make a group, and * stays within one name', () => {
    const own = nn.parameters(net.children.head);
    expect(() =>
      session(
        fit([
          { match: own, optimizer: sgd(1) },
          { match: '*.weight', optimizer: sgd(1) },
          { match: '*', optimizer: sgd(1) },
        ]),
      ),
    ).toThrow(/optim\.test\.ts.*groups: no group matches body\.bias\n {2}fix: add a last group/);
  });

  test('a group without parameters is a mistake', () => {
    expect(() =>
      session(
        fit([
          { match: '**', optimizer: sgd(1) },
          { match: '**.gain', optimizer: sgd(1) },
        ]),
      ),
    ).toThrow(/group 1 \(\*\*\.gain\) has no parameter\n {2}fix: the parameters are .*head\.bias/);
  });
});

describe('accumulate', () => {
  test('moves at every second call, by the mean, clipped where asked', () => {
    const p = parameter(f32(1), 1);
    const clip = optim.clipByValue(2);
    const run = session(stepOf(optim.accumulate(2, optim.sgd({ learningRate: 1 }), { clip }), p));
    const after = [3, 1, 8, 0].map((g) => {
      run.call(0, { gradient: [g] });
      return run.read(p)[0];
    });
    expect(after).toEqual([1, -1, -1, -3]);
    expect(run.names).toContain('accumulate.sum.net');
  });

  test('refuses what is no count', () => {
    expect(() => optim.accumulate(0, optim.sgd({ learningRate: 1 }))).toThrow(
      /accumulate: every is 0, expected an integer from 1/,
    );
  });
});

describe('ema', () => {
  test('averages from the first value on, and evaluates with the averages', () => {
    const p = parameter(f32(1), 1);
    const fixed = parameter(f32(1), 5);
    const averaged = optim.ema(optim.sgd({ learningRate: 1 }), { decay: 0.5 });
    const evaluate = program({}, () =>
      averaged.evaluate(() => ({ y: mul(p, 2), z: fixed })),
    ) as Program;
    const run = session(evaluate, stepOf(averaged, p));
    const seen = (): readonly (readonly number[])[] => Object.values(run.call(0, {})).map(numbers);
    expect(seen()).toEqual([[2], [5]]);
    run.call(1, { gradient: [1] });
    expect(seen()).toEqual([[1], [5]]);
    run.call(1, { gradient: [-4] });
    expect(run.read(p)).toEqual([4]);
    expect(seen()).toEqual([[4.5], [5]]);
  });

  test('evaluates in programs alone', () => {
    const averaged = optim.ema(optim.sgd({ learningRate: 1 }));
    expect(() => averaged.evaluate(() => parameter(f32(1), 1))).toThrow(/outside a program/);
  });
});

test('clips by norm and by value', () => {
  const clipped = program({ a: f32(2), b: f32(1) }, ({ a, b }) => {
    const [n, m] = optim.clipByNorm(5)([a, b]) as readonly [Tensor, Tensor];
    const [v] = optim.clipByValue(2)([a]) as readonly [Tensor];
    return { n, m, v };
  });
  const results = runTraced(clipped.trace(), new Map(), { a: [6, -8], b: [4] });
  expect(Object.values(results).map(numbers)).toEqual([[3, -4], [4], [2, -2]]);
  expect(() => optim.clipByNorm(0)).toThrow(/expected a positive number/);
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Dim } from '../dim.ts';
import { nameStates } from '../naming.ts';
import type { NdArray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { readNumber } from '../number.ts';
import { iota } from '../ops/leaves.ts';
import { program } from '../program.ts';
import { initialValues, runTraced } from '../reference/run-traced.ts';
import type { StateVariable } from '../state.ts';
import { hyper, parameter, stateOf } from '../state.ts';
import { f32 } from '../types.ts';
import * as optim from './index.ts';

interface Golden {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Each case has those of its op. */
interface Attrs {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly maxNorm: number;
  readonly steps: number;
  readonly initial: number;
  readonly final: number;
  readonly totalSteps: number;
  readonly start: number;
  readonly peak: number;
  readonly warmupSteps: number;
  readonly rate: number;
  readonly decaySteps: number;
  readonly gamma: number;
  readonly stepSize: number;
}

interface Case {
  readonly name: string;
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly Golden[];
  readonly outputs: readonly Golden[];
}

const file = new URL('../../../../test/golden-vectors/optim.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };

const numbers = (array: NdArray): readonly number[] =>
  Array.from({ length: array.data.length }, (_, i) => readNumber(array, i));

/** `|got − want| ≤ 2e-5·|want| + 1e-6·max|want|`. */
function expectClose(got: readonly number[], want: readonly number[]): void {
  const largest = Math.max(...want.map(Math.abs));
  expect(got).toHaveLength(want.length);
  for (const [i, w] of want.entries()) {
    const error = Math.abs((got[i] as number) - w);
    expect(error, `element ${i}: ${got[i]} for ${w}`).toBeLessThanOrEqual(
      2e-5 * Math.abs(w) + 1e-6 * largest,
    );
  }
}

const variableOf = (tensor: Tensor): StateVariable => {
  const variable = stateOf(tensor);
  if (!variable) throw new Error(`${tensor} is no state`);
  return variable;
};

const array = ({ shape, data }: Golden): NdArray => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from(data),
});

const optimizers: Readonly<Record<string, (attrs: Attrs) => optim.Optimizer>> = {
  sgd: (attrs) => optim.sgd(attrs),
  adam: ({ beta1: b1, beta2: b2, ...attrs }) => optim.adam({ b1, b2, ...attrs }),
  adamW: ({ beta1: b1, beta2: b2, ...attrs }) => optim.adamW({ b1, b2, ...attrs }),
};

const schedules: Readonly<Record<string, (attrs: Attrs) => optim.Schedule>> = {
  cosineSchedule: ({ initial, final, totalSteps }) =>
    optim.cosine({ peak: initial, end: final, steps: totalSteps }),
  warmupLinearSchedule: ({ start, peak, warmupSteps }) =>
    optim.linear({ from: start, to: peak, steps: warmupSteps }),
  exponentialSchedule: ({ initial, rate, decaySteps }) =>
    optim.exponential({ initial, rate, every: decaySteps }),
  stepSchedule: ({ initial, gamma, stepSize }) =>
    optim.stairs({ initial, factor: gamma, every: stepSize }),
};

describe('optimizers give the golden parameters after each step:', () => {
  test.each(cases.filter((c) => c.op in optimizers))('$name', ({ op, attrs, inputs, outputs }) => {
    const [first, gradients] = inputs as readonly [Golden, Golden];
    const p = parameter(f32(...first.shape), 0);
    const variable = variableOf(p);
    const optimizer = optimizers[op]?.(attrs) ?? optim.sgd({ learningRate: 0 });
    const step = program({ gradient: f32(...first.shape) }, ({ gradient }) => {
      optimizer.apply([{ parameter: variable, gradient }]);
      return {};
    });
    const traced = step.trace();
    const names = nameStates(traced.states, () => 'p');
    const values = initialValues(traced.states, names);
    values.set(variable, array(first));
    const after: number[] = [];
    const size = first.data.length;
    for (let at = 0; at < gradients.data.length; at += size) {
      const data = gradients.data.slice(at, at + size);
      runTraced(traced, values, { gradient: array({ shape: first.shape, data }) });
      after.push(...numbers(values.get(variable) as NdArray));
    }
    expectClose(after, outputs[0]?.data ?? []);
    const slots = [...names.values()].filter((n) => n !== 'step' && n !== 'p');
    expect(slots.filter((n) => !(n.startsWith(`${op}.`) && n.endsWith('.p')))).toEqual([]);
  });
});

describe('clipping gives the golden gradients:', () => {
  test.each(cases.filter((c) => c.op === 'clipByGlobalNorm'))(
    '$name',
    ({ attrs, inputs, outputs }) => {
      const traced = program(
        Object.fromEntries(inputs.map((x, i) => [`g${i}`, f32(...(x.shape as readonly Dim[]))])),
        (gs) => {
          const gradients = inputs.map((_, i) => gs[`g${i}`] ?? iota([1], 0));
          const clipped = optim.clipByGlobalNorm(attrs.maxNorm)(gradients);
          return {
            ...Object.fromEntries(clipped.map((g, i) => [`c${i}`, g])),
            norm: optim.globalNorm(gradients),
          };
        },
      ).trace();
      const feeds = Object.fromEntries(inputs.map((x, i) => [`g${i}`, array(x)]));
      const results = Object.values(runTraced(traced, new Map(), feeds));
      for (const [i, want] of outputs.entries()) {
        expectClose(numbers(results[i] as NdArray), want.data);
      }
    },
  );
});

const valuesOf = (schedule: optim.Schedule, steps: number): readonly number[] =>
  Array.from({ length: steps }, (_, i) => {
    const step: NdArray = { dtype: 'i32', shape: [], data: Int32Array.of(i) };
    const traced = program({ step: { dtype: 'i32', shape: [] } }, (x) => ({ y: schedule(x.step) }));
    return numbers(runTraced(traced.trace(), new Map(), { step })['y'] as NdArray)[0] ?? Number.NaN;
  });

describe('schedules give the golden values:', () => {
  test.each(cases.filter((c) => c.op in schedules))('$name', ({ op, attrs, outputs }) => {
    const schedule = schedules[op]?.(attrs) ?? optim.constant(0);
    expectClose(valuesOf(schedule, attrs.steps), outputs[0]?.data ?? []);
  });

  test('warmupCosine is the line, then the half cosine', () => {
    const peak = 3e-3;
    const values = valuesOf(optim.warmupCosine({ peak, warmup: 4, steps: 10, end: 1e-3 }), 13);
    const want = values.map((_, i) => {
      if (i < 4) return (peak * i) / 4;
      return 1e-3 + 0.5 * (peak - 1e-3) * (1 + Math.cos((Math.PI * Math.min(i - 4, 6)) / 6));
    });
    expectClose(values, want);
    expect(valuesOf(optim.warmupCosine({ peak, warmup: 0, steps: 2 }), 1)[0]).toBeCloseTo(peak);
  });

  test('constant', () => {
    expect(valuesOf(optim.constant(0.5), 2)).toEqual([0.5, 0.5]);
  });
});

test('no optimizer outside a program', () => {
  expect(() => optim.sgd({ learningRate: 0.1 }).apply([])).toThrow(/sgd.apply outside a program/);
});

test('a hyper-parameter as learning rate is read at each call', () => {
  const lr = hyper('lr', 0.25);
  const p = parameter(f32(1), 1);
  const optimizer = optim.sgd({ learningRate: lr });
  const traced = program({ gradient: f32(1) }, ({ gradient }) => {
    optimizer.apply([{ parameter: variableOf(p), gradient }]);
    return {};
  }).trace();
  const values = initialValues(
    traced.states,
    nameStates(traced.states, () => 'p'),
  );
  runTraced(traced, values, { gradient: [1] });
  expect(values.get(variableOf(p))?.data).toEqual(Float32Array.of(0.75));
  values.set(variableOf(lr), array({ shape: [], data: [0.5] }));
  runTraced(traced, values, { gradient: [1] });
  expect(values.get(variableOf(p))?.data).toEqual(Float32Array.of(0.25));
});

import { expect, test } from 'vitest';
import { dim } from '../dim.ts';
import { nameStates } from '../naming.ts';
import type { NdArray } from '../ndarray.ts';
import { mean } from '../ops/index.ts';
import * as optim from '../optim/index.ts';
import { program } from '../program.ts';
import { initialValues, runTraced } from '../reference/run-traced.ts';
import { withTrace } from '../scope.ts';
import { stateOf } from '../state.ts';
import { trainStep } from '../train-step.ts';
import { f32 } from '../types.ts';
import * as nn from './index.ts';

const N = dim('N', { max: 8 });

test('batchNorm: the batch trains, the running statistics are read', () => {
  const norm = nn.batchNorm(2, { decay: 0.5 });
  const optimizer = optim.sgd({ learningRate: 0 });
  const fit = trainStep({
    inputs: { x: f32(N, 2) },
    loss: ({ x }) => mean(norm(x)),
    outputs: ({ x }) => ({ y: norm(x) }),
    optimizer,
  });
  const read = program({ x: f32(N, 2) }, ({ x }) => ({ y: norm(x) }));
  const [train, infer] = [fit, read].map((p) => withTrace(() => p.trace())) as [never, never];
  const states = [train, infer].flatMap((t: { states: readonly never[] }) => t.states);
  const names = nameStates(new Set(states), () => 'norm');
  expect([...names.values()].sort()).toEqual([
    'norm.bias',
    'norm.mean',
    'norm.variance',
    'norm.weight',
    'step',
  ]);
  const values = initialValues(new Set(states), names);
  const of = (t: typeof norm.children.mean): readonly number[] =>
    Array.from((values.get(stateOf(t) as never) as NdArray).data, Number);
  const x = [
    [1, 10],
    [3, 30],
  ];
  const { y } = runTraced(train, values, { x }) as { y: NdArray };
  const rounded = Array.from(y.data as Float32Array, (v) => Math.round(Number(v) * 1e3) / 1e3);
  expect(rounded).toEqual([-1, -1, 1, 1]);
  // Loss and metrics see one batch: it counts once.
  expect(of(norm.children.mean)).toEqual([1, 10]);
  expect(of(norm.children.variance)).toEqual([1, 50.5]);
  const after = runTraced(infer, values, { x: [[2, 10]] }) as { y: NdArray };
  expect(Array.from(after.y.data as Float32Array, Number)[0]).toBeCloseTo(1, 4);
  expect(Array.from(after.y.data as Float32Array, Number)[1]).toBeCloseTo(0, 4);
});

test('batchNorm counts every batch that it is used on', () => {
  const norm = nn.batchNorm(1, { decay: 0.5 });
  const twice = program(
    { a: f32(1, 1), b: f32(1, 1) },
    ({ a, b }) => ({ a: norm(a), b: norm(b) }),
    { training: true },
  );
  const traced = withTrace(() => twice.trace());
  const names = nameStates(traced.states, () => 'norm');
  const values = initialValues(traced.states, names);
  runTraced(traced, values, { a: [[4]], b: [[8]] });
  const mean = values.get(stateOf(norm.children.mean) as never) as NdArray;
  expect(Array.from(mean.data as Float32Array)).toEqual([5]);
});

test('norms refuse sizes that do not fit, at the line of the user', () => {
  expect(() => nn.groupNorm(3, 8)).toThrow(
    /norms\.test\.ts.*8 channels do not make 3 equal groups/,
  );
  expect(() => nn.batchNorm(4, { decay: 2 })).toThrow(/decay is 2, expected a number in \[0, 1\]/);
  for (const layer of [nn.rmsNorm(4), nn.instanceNorm(4), nn.groupNorm(2, 4), nn.batchNorm(4)]) {
    const wrong = program({ x: f32(N, 2, 3) }, ({ x }) => ({ y: layer(x) }));
    expect(() => wrong.trace()).toThrow(/norms\.test\.ts.*the last axis is 3, expected 4/);
  }
});

import { describe, expect, test } from 'vitest';
import { dim } from './dim.ts';
import * as losses from './losses.ts';
import { nameStates } from './naming.ts';
import type { NdArray } from './ndarray.ts';
import * as nn from './nn/index.ts';
import type { Tensor } from './node.ts';
import * as optim from './optim/index.ts';
import { program } from './program.ts';
import { initialValues, runTraced } from './reference/run-traced.ts';
import { withTrace } from './scope.ts';
import { trainStep } from './train-step.ts';
import { f32 } from './types.ts';

// Training on the reference: the whole step as one graph, states kept between calls.

const N = dim('N', { max: 64 });
const scalar = (array: NdArray | undefined): number => Number(array?.data[0]);

const grid = Array.from({ length: 32 }, (_, i) => [i / 16 - 1]);
const xs = { x: grid, y: grid.map(([x = 0]) => [Math.sin(3 * x)]) };

interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

function regression(net: (x: Tensor) => Tensor, optimizer: optim.Optimizer, training = true) {
  const fit = trainStep({
    inputs: { x: f32(N, 1), y: f32(N, 1) },
    loss: ({ x, y }: Batch) => losses.mse(net(x), y),
    optimizer,
    clip: optim.clipByGlobalNorm(1),
    training,
  });
  const traced = withTrace(() => fit.trace());
  const names = nameStates(traced.states, () => 'net');
  return { traced, names, values: initialValues(traced.states, names, [0, 7]) };
}

test('a small net learns a sine, with batches of any size', () => {
  const net = nn.sequential(nn.linear(1, 16), nn.tanh(), nn.linear(16, 1));
  const learningRate = optim.warmupCosine({ peak: 0.05, warmup: 10, steps: 200 });
  const { traced, values } = regression(net, optim.adamW({ learningRate }));
  const seen: number[] = [];
  for (let i = 0; i < 200; i++) {
    const size = 32 - (i % 2);
    const batch = { x: xs.x.slice(0, size), y: xs.y.slice(0, size) };
    seen.push(scalar(runTraced(traced, values, batch)['loss']));
  }
  expect(seen[0]).toBeGreaterThan(0.1);
  expect(scalar(runTraced(traced, values, xs)['loss'])).toBeLessThan(0.01);
});

test('the step counter counts, the key moves on, and two runs are bit-equal', () => {
  const net = nn.sequential(nn.linear(1, 8), nn.dropout(0.5), nn.linear(8, 1));
  const run = (): readonly number[] => {
    const { traced, names, values } = regression(net, optim.sgd({ learningRate: 0.01 }));
    const byName = new Map([...names].map(([state, name]) => [name, state]));
    const read = (name: string): readonly number[] => {
      const state = byName.get(name);
      const value = state && values.get(state);
      return Array.from(value?.data ?? [], Number);
    };
    const keys = [read('rng').join()];
    const seen = [0, 1, 2].map(() => {
      const loss = scalar(runTraced(traced, values, xs)['loss']);
      keys.push(read('rng').join());
      return loss;
    });
    expect(read('step')).toEqual([3]);
    expect(new Set(keys).size).toBe(4);
    return seen;
  };
  expect(run()).toEqual(run());
});

describe('dropout', () => {
  const ones = Array.from({ length: 32 }, () => 1);

  test('masks differ from call to call, from layer to layer and from use to use', () => {
    const [a, b] = [nn.dropout(0.5), nn.dropout(0.5)];
    const entry = program({ x: f32(32) }, ({ x }) => ({ a: a(x), b: b(x), again: a(x) }), {
      training: true,
    });
    const traced = withTrace(() => entry.trace());
    const values = initialValues(
      traced.states,
      nameStates(traced.states, () => 'd'),
    );
    const masks = [0, 1].flatMap(() => Object.values(runTraced(traced, values, { x: ones })));
    expect(new Set(masks.map((m) => m.data.join())).size).toBe(6);
    for (const mask of masks) {
      expect(Array.from(mask.data, Number).every((v) => v === 0 || v === 2)).toBe(true);
    }
  });
});

test('initialisers give what their papers say', () => {
  const wide = nn.linear(200, 100, { bias: false });
  const traced = program({ x: f32(N, 200) }, ({ x }) => ({ y: wide(x) })).trace();
  const names = nameStates(traced.states, () => 'wide');
  const weights = (seed: number): readonly number[] =>
    [...initialValues(traced.states, names, [0, seed]).values()].flatMap((v) =>
      Array.from(v.data, Number),
    );
  const first = weights(1);
  const limit = Math.sqrt(6 / 300);
  const variance = first.reduce((sum, w) => sum + w * w, 0) / first.length;
  expect(Math.max(...first.map(Math.abs))).toBeLessThanOrEqual(limit);
  expect(variance / (limit ** 2 / 3)).toBeCloseTo(1, 1);
  expect(weights(1)).toEqual(first);
  expect(weights(2)).not.toEqual(first);
});

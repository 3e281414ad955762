import { describe, expect, test } from 'vitest';
import { dim } from './dim.ts';
import * as losses from './losses.ts';
import './methods.ts';
import { nameStates } from './naming.ts';
import * as nn from './nn/index.ts';
import type { Tensor } from './node.ts';
import { cast } from './ops/cast.ts';
import { argMax, equal, mean, mul, sum } from './ops/index.ts';
import * as optim from './optim/index.ts';
import { program } from './program.ts';
import { withTrace } from './scope.ts';
import { hyper, parameter } from './state.ts';
import { topologicalOrder } from './topo.ts';
import { trainStep } from './train-step.ts';
import { f32, i32 } from './types.ts';

const N = dim('N', { max: 256 });

describe('the digits model', () => {
  const net = nn.sequential(nn.linear(64, 128), nn.gelu(), nn.dropout(0.1), nn.linear(128, 10));
  const classify = program({ image: f32(N, 64) }, ({ image }) => ({ probs: net(image).softmax() }));
  const fit = trainStep({
    inputs: { image: f32(N, 64), label: i32(N) },
    loss: ({ image, label }) => losses.crossEntropy(net(image), label),
    optimizer: optim.adamW({
      learningRate: optim.warmupCosine({ peak: 3e-3, warmup: 50, steps: 600 }),
    }),
  });

  test('shares parameters between entries, and names every state', () => {
    const states = [...new Set([...classify.trace().states, ...fit.trace().states])];
    const names = nameStates(states, () => 'net');
    expect(states.map((s) => names.get(s)).sort()).toEqual(
      [
        ...['0.weight', '0.bias', '3.weight', '3.bias'].flatMap((p) => [
          `net.${p}`,
          `adamW.m.net.${p}`,
          `adamW.v.net.${p}`,
        ]),
        'rng',
        'step',
      ].sort(),
    );
  });

  test('updates every state in one graph, and returns the loss', () => {
    const traced = fit.trace();
    expect(traced.outputs.map((o) => `${o.name} ${o.tensor}`)).toEqual(['loss f32[]']);
    expect(new Set(traced.updates.map((u) => u.state))).toEqual(new Set(traced.states));
    for (const { state, value } of traced.updates) expect(String(value)).toBe(String(state.tensor));
  });

  test('gives every node a line of the user', () => {
    const traced = fit.trace();
    const roots = traced.updates.map((u) => u.value);
    const lost = topologicalOrder(roots).filter(
      (n) => !n.stacks[0]?.[0]?.file.endsWith('.test.ts'),
    );
    expect(lost.map((n) => n.op.name)).toEqual([]);
  });
});

test('metrics share the forward pass with the loss, dropout included', () => {
  const net = nn.sequential(nn.linear(4, 3), nn.dropout(0.5));
  const inputs = { x: f32(N, 4), label: i32(N) };
  const loss = ({ x, label }: { x: Tensor; label: Tensor }): Tensor =>
    losses.crossEntropy(net(x), label);
  const optimizer = optim.sgd({ learningRate: 0.1 });
  const fit = trainStep({
    inputs,
    loss,
    optimizer,
    outputs: ({ x, label }) => ({
      again: loss({ x, label }),
      accuracy: mean(cast(equal(argMax(net(x), -1), label), 'f32')),
    }),
  });
  const traced = withTrace(() => fit.trace());
  expect(traced.outputs.map((o) => o.name)).toEqual(['loss', 'again', 'accuracy']);
  expect(traced.outputs[1]?.tensor.node).toBe(traced.outputs[0]?.tensor.node);
});

test('trains what is listed, and leaves the frozen alone', () => {
  const body = nn.linear(4, 4);
  const head = nn.linear(4, 1);
  const offset = parameter(f32(), 0, { trainable: false });
  const spec = {
    inputs: { x: f32(N, 4) },
    loss: ({ x }: { x: Tensor }): Tensor => mul(mean(head(body(x))), offset),
    optimizer: optim.sgd({ learningRate: hyper('lr', 0.1) }),
  };
  const written = (step: {
    trace(): { updates: readonly { state: { kind: string } }[] };
  }): number => step.trace().updates.filter((u) => u.state.kind === 'parameter').length;
  expect(written(trainStep(spec))).toBe(4);
  expect(written(trainStep({ ...spec, trainable: nn.parameters(head) }))).toBe(2);
});

describe('errors have the line of the user and a cure:', () => {
  const w = parameter(f32(4), 1);
  const step =
    (loss: (inputs: { x: Tensor }) => unknown, more: object = {}): (() => unknown) =>
    () =>
      trainStep({
        inputs: { x: f32(N, 4) },
        loss: loss as (inputs: { x: Tensor }) => Tensor,
        optimizer: optim.sgd({ learningRate: 0.1 }),
        ...more,
      }).trace();
  const refuses = (make: () => unknown, message: RegExp): void => {
    expect(make).toThrow(message);
    expect(make).toThrow(/^\S*train-step\.test\.ts:\d+:\d+: [^\n]*\n {2}fix: /);
  };

  test('the loss', () => {
    refuses(
      step(({ x }) => mul(x, w)),
      /the loss is f32\[N, 4\], expected a float scalar/,
    );
    refuses(
      step(() => 3),
      /the loss is number/,
    );
    refuses(
      step(({ x }) => mean(x)),
      /depends on no trainable parameter/,
    );
    refuses(
      step(({ x }) => mean(mul(x, w)), { trainable: [parameter(f32(), 0)] }),
      /depends on no parameter listed in `trainable`/,
    );
    refuses(
      step(({ x }) => sum(cast(argMax(mul(x, w), -1), 'f32'))),
      /no gradient reaches a parameter/,
    );
  });

  test('the outputs', () => {
    const loss = ({ x }: { x: Tensor }): Tensor => mean(mul(x, w));
    refuses(step(loss, { outputs: loss }), /outputs: the function returned a tensor/);
    refuses(step(loss, { outputs: () => ({ loss: w }) }), /an output is named 'loss'/);
  });

  test('the optimizer', () => {
    expect(() => optim.sgd({ learningRate: 0.1, momentum: 1 })).toThrow(
      /train-step\.test\.ts:\d+:\d+: sgd: momentum is 1, expected a number in \[0, 1\)/,
    );
    const optimizer = optim.sgd({ learningRate: w });
    refuses(
      step(({ x }) => mean(mul(x, w)), { optimizer }),
      /the learning rate is f32\[4\]/,
    );
    expect(() => optim.warmupCosine({ peak: 1, warmup: 5, steps: 5 })).toThrow(/steps is 5/);
    expect(() => optim.clipByGlobalNorm(0)).toThrow(/expected a positive number/);
  });
});

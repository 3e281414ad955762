import { describe, expect, test } from 'vitest';
import { dim } from './dim.ts';
import { grad } from './grad.ts';
import * as init from './init.ts';
import * as losses from './losses.ts';
import './methods.ts';
import * as nn from './nn/index.ts';
import type { Node, Tensor } from './node.ts';
import { fn } from './ops/call.ts';
import { add, logSumExp, matmul, mean, mul, norm, softmax, sum, where } from './ops/index.ts';
import { constant, input } from './ops/leaves.ts';
import * as optim from './optim/index.ts';
import { precision } from './precision.ts';
import { program } from './program.ts';
import { evaluate } from './reference/evaluate.ts';
import { withTrace } from './scope.ts';
import { parameter } from './state.ts';
import { topologicalOrder } from './topo.ts';
import { trainStep } from './train-step.ts';
import { bf16, f16, f32, f64, i32 } from './types.ts';

const N = dim('N', { max: 64 });
const mixed = precision({ params: 'f32', compute: 'bf16', accumulate: 'f32' });

const casts = (...roots: readonly Tensor[]): readonly Node[] =>
  topologicalOrder(roots).filter((n) => n.op.name === 'cast');
const notes = (...roots: readonly Tensor[]): readonly (string | undefined)[] =>
  casts(...roots).map((n) => n.note);

describe('a policy', () => {
  const x = input('x', f32(N, 4));
  const y = input('y', f32(4, 4));

  test('runs products in its compute dtype, and says so at the line', () => {
    const z = mixed.scope(() => matmul(x, y));
    expect(z.dtype).toBe('bf16');
    expect(notes(z)).toEqual(Array(2).fill('precision policy: matmul runs in bf16'));
    for (const node of casts(z)) expect(node.stacks[0]?.[0]?.file).toMatch(/precision\.test\.ts$/);
  });

  test('keeps sums, norms, softmax and losses in f32, whatever they are given', () => {
    const h = input('h', bf16(N, 4));
    const of = (f: (t: Tensor) => Tensor): string => mixed.scope(() => f(h)).dtype;
    const sums = [sum, mean, softmax, logSumExp, norm].map((f) => of((t) => f(t)));
    expect(sums).toEqual(Array(5).fill('f32'));
    expect(of((t) => losses.crossEntropy(t, input('label', i32(N))))).toBe('f32');
    expect(of((t) => losses.mse(t, t))).toBe('f32');
    expect(notes(mixed.scope(() => softmax(h)))).toEqual([
      'precision policy: softmax stays in f32',
    ]);
  });

  test('leaves elementwise operations in the dtype of their operands, the wider of two', () => {
    const h = input('h', bf16(N, 4));
    const wider = mixed.scope(() => add(h, x));
    expect(wider.dtype).toBe('f32');
    expect(notes(wider)).toEqual(['precision policy: bf16 operand beside f32']);
    expect(mixed.scope(() => mul(h, 2)).dtype).toBe('bf16');
    expect(mixed.scope(() => where(h.greater(0), h, x)).dtype).toBe('f32');
    expect(mixed.scope(() => h.gelu()).dtype).toBe('bf16');
  });

  test('lets parameters follow what they are applied to', () => {
    const bias = parameter(f32(4), init.zeros);
    const h = input('h', bf16(N, 4));
    const sumOf = mixed.scope(() => add(h, bias));
    expect(sumOf.dtype).toBe('bf16');
    expect(notes(sumOf)).toEqual(['precision policy: f32 operand beside bf16']);
    expect(mixed.scope(() => add(x, bias)).dtype).toBe('f32');
    expect(mixed.scope(() => add(bias, bias)).dtype).toBe('f32');
  });

  test('holds only inside, and the innermost counts', () => {
    expect(matmul(x, y).dtype).toBe('f32');
    const plain = precision();
    expect(mixed.scope(() => plain.scope(() => matmul(x, y))).dtype).toBe('f32');
    expect(() => add(x, input('h', bf16(N, 4)))).toThrow(/do not mix/);
    expect(() => mixed.scope(() => add(x, input('h', f64(N, 4))))).toThrow(/do not mix/);
    expect(() => mixed.scope(() => add(input('a', f16(2)), input('b', bf16(2))))).toThrow(
      /do not mix/,
    );
  });

  test('is part of the signature of a function', () => {
    const product = fn('product', (a: Tensor, b: Tensor) => matmul(a, b));
    const [inside, outside] = withTrace(() => [mixed.scope(() => product(x, y)), product(x, y)]);
    expect([inside?.dtype, outside?.dtype]).toEqual(['bf16', 'f32']);
  });

  test('is bound to a layer, which keeps its name', () => {
    const net = mixed.bind(nn.sequential(nn.linear(4, 8), nn.gelu(), nn.linear(8, 2)));
    const entry = program({ x: f32(N, 4) }, ({ x: given }) => ({ y: net(given) }));
    const traced = withTrace(() => entry.trace());
    expect(traced.outputs[0]?.tensor.dtype).toBe('bf16');
    expect(nn.parameters(net)).toHaveLength(4);
    const layer = { weight: parameter(f32(4, 4), 0), forward: (t: Tensor) => matmul(t, t) };
    expect(mixed.bind(layer).forward(y).dtype).toBe('bf16');
    expect(mixed.bind(layer).weight).toBe(layer.weight);
  });

  test('makes the parameters of layers', () => {
    const halves = precision({ params: 'bf16' });
    const net = halves.scope(() => nn.sequential(nn.linear(4, 8), nn.layerNorm(8)));
    expect(nn.parameters(net).map((p) => p.dtype)).toEqual(Array(4).fill('bf16'));
    const layer = nn.linear(4, 8);
    expect(() => halves.scope(() => layer(x))).toThrow(
      /a parameter is f32, the precision policy keeps them in bf16\n {2}fix: make its layer in/,
    );
  });

  test('refuses to accumulate in what no runtime accumulates in', () => {
    expect(() => precision({ compute: 'bf16', accumulate: 'f64' })).toThrow(
      /accumulate is f64, but products of bf16 accumulate in f32/,
    );
    expect(precision({ params: 'f64' }).accumulate).toBe('f64');
    expect(() => precision({ compute: 'i32' as 'f32' })).toThrow(
      /i32 is not f16, bf16, f32 or f64/,
    );
  });
});

test('gradients of f32 parameters arrive in f32; the backward pass adds no policy of its own', () => {
  const w = parameter(f32(4, 4), init.zeros);
  const x = input('x', f32(N, 4));
  const loss = mixed.scope(() => mean(matmul(x, w)));
  const [dw] = mixed.scope(() => grad(loss, [w]));
  expect(dw?.dtype).toBe('f32');
  expect(notes(dw as Tensor)).toContain('derivative of: precision policy: matmul runs in bf16');
});

test('every cast of a training step says why, and has a line', () => {
  const net = nn.sequential(nn.linear(4, 8), nn.gelu(), nn.layerNorm(8), nn.linear(8, 2));
  const fit = trainStep({
    inputs: { x: f32(N, 4), label: i32(N) },
    loss: ({ x, label }) => losses.crossEntropy(net(x), label),
    optimizer: optim.adamW({ learningRate: 1e-3 }),
    precision: mixed,
  });
  const traced = withTrace(() => fit.trace());
  const roots = [...traced.outputs.map((o) => o.tensor), ...traced.updates.map((u) => u.value)];
  const found = casts(...roots);
  expect(found.length).toBeGreaterThan(10);
  expect(found.filter((n) => !n.note || !n.stacks[0]?.[0])).toEqual([]);
  for (const { state, value } of traced.updates) expect(value.dtype).toBe(state.type.dtype);
});

test('parameters of 16 bits are updated in f32, and their slots are f32', () => {
  const net = precision({ params: 'bf16' }).scope(() => nn.linear(4, 2, { bias: false }));
  const fit = trainStep({
    inputs: { x: bf16(N, 4) },
    loss: ({ x }) => mean(net(x)),
    optimizer: optim.adam({ learningRate: 1e-3 }),
  });
  const { states } = withTrace(() => fit.trace());
  const floats = states.filter((s) => s.type.shape.length === 2);
  expect(floats.map((s) => `${s.kind} ${s.type.dtype}`).toSorted()).toEqual([
    'parameter bf16',
    'state f32',
    'state f32',
  ]);
});

describe('16-bit floats are computed in f32 and rounded once', () => {
  const many = constant({ dtype: 'f16', shape: [4096], data: new Uint16Array(4096).fill(0x5640) });

  test('what half sums would lose or overflow', () => {
    // 4096 · 100 is beyond f16; 100² too.
    const [m, n, l, v] = evaluate([
      mean(many),
      norm(many.slice([0], [4])),
      logSumExp(many),
      many.variance(),
    ]);
    expect([m, n, l, v].map((a) => a?.data[0])).toEqual([0x5640, 0x5a40, 0x56c5, 0]);
    // In bf16 a sum of ones would stop at 256.
    const ones = constant({
      dtype: 'bf16',
      shape: [4096],
      data: new Uint16Array(4096).fill(0x3f80),
    });
    expect(evaluate(sum(ones)).data[0]).toBe(0x4580);
    expect(evaluate(matmul(ones, ones)).data[0]).toBe(0x4580);
  });

  test('a composite mixes no more than its decomposition does', () => {
    const x = input('x', bf16(2, 4));
    const weight = input('w', f32(4));
    expect(() => nn.layerNorm(4)(x)).toThrow(/bf16|mix/);
    expect(() => x.layerNorm(weight, weight)).toThrow(/mix/);
  });
});

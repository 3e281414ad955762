import { describe, expect, test } from 'vitest';
import { dim } from '../dim.ts';
import { grad } from '../grad.ts';
import * as init from '../init.ts';
import type { ArrayData, NdArray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import * as ops from '../ops/index.ts';
import * as random from '../ops/random.ts';
import type { Outputs } from '../program.ts';
import { program } from '../program.ts';
import { evaluate } from '../reference/evaluate.ts';
import { runFresh } from '../reference/run-traced.ts';
import { withTrace } from '../scope.ts';
import { f32 } from '../types.ts';
import * as nn from './index.ts';

const N = dim('N', { max: 8 });

function run(
  types: Parameters<typeof program>[0],
  body: (inputs: Readonly<Record<string, Tensor>>) => Outputs,
  inputs: Readonly<Record<string, ArrayData>>,
): Record<string, NdArray> {
  const traced = withTrace(() => program(types, body).trace());
  return runFresh(traced, inputs, 'net');
}

const noise = (seed: number, ...shape: readonly number[]): NdArray =>
  withTrace(() => evaluate(random.normal(random.key(seed), shape)));

function expectClose(got: NdArray | undefined, want: NdArray | undefined): void {
  expect(got?.shape).toEqual(want?.shape);
  const wanted = Array.from(want?.data ?? [], Number);
  for (const [i, x] of Array.from(got?.data ?? [], Number).entries()) {
    expect(x).toBeCloseTo(wanted[i] ?? Number.NaN, 5);
  }
}

describe('recurrent layers', () => {
  test('an LSTM is its cell, step by step, from the end too', () => {
    const rnn = nn.lstm(3, 2, { layers: 2, bidirectional: true });
    const [forward, backward] = rnn.children.cells;
    const x = noise(1, 2, 4, 3);
    const results = run(
      { x: f32(N, 4, 3) },
      ({ x }) => {
        const none = ops.zeros([N, 2]);
        const walk = (cell: typeof forward, order: readonly number[]) => {
          let state = { h: none, c: none };
          for (const t of order) {
            const at = ops.reshape(ops.sliceAxis(x as Tensor, 1, t, t + 1), [N, 3]);
            state = ops.lstmCell(at, state, cell as never);
          }
          return state;
        };
        const { output, state } = rnn(x as Tensor);
        const there = walk(forward, [0, 1, 2, 3]);
        const back = walk(backward, [3, 2, 1, 0]);
        const [h0, h1] = [state[0]?.h, state[1]?.c] as [Tensor, Tensor];
        return { output, h0, h1, there: there.h, back: back.c };
      },
      { x },
    );
    expect(results['output']?.shape).toEqual([2, 4, 4]);
    expectClose(results['h0'], results['there']);
    expectClose(results['h1'], results['back']);
  });

  test('a GRU goes on from a state', () => {
    const rnn = nn.gru(3, 2);
    const x = noise(2, 2, 5, 3);
    const results = run(
      { x: f32(2, 5, 3) },
      ({ x }) => {
        const whole = rnn(x as Tensor);
        const head = rnn(ops.sliceAxis(x as Tensor, 1, 0, 2));
        const tail = rnn(ops.sliceAxis(x as Tensor, 1, 2, 5), head.state);
        return { whole: whole.output, parts: ops.concat([head.output, tail.output], 1) };
      },
      { x },
    );
    expectClose(results['parts'], results['whole']);
  });

  test('names, first values, and what they refuse', () => {
    const rnn = nn.lstm(3, 2, { layers: 2 });
    const found = nn.parameters(rnn);
    expect(found.map(String)).toEqual([
      'f32[3, 8]',
      'f32[2, 8]',
      'f32[8]',
      'f32[2, 8]',
      'f32[2, 8]',
      'f32[8]',
    ]);
    const { b } = run({}, () => ({ b: found[2] as Tensor }), {});
    expect(Array.from((b?.data ?? []) as Float32Array)).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    const apply = (type: ReturnType<typeof f32>) => () =>
      run({ x: type }, ({ x }) => ({ y: rnn(x as Tensor).output }), { x: [] });
    expect(apply(f32(N, 3))).toThrow(
      /sequences\.test\.ts.*nn\.lstm of f32\[N, 3\]: expected \[batch/,
    );
    expect(apply(f32(N, 4, 5))).toThrow(/the last axis is 5, expected 3/);
    expect(() => nn.gru(3, 2, { layers: 0 })).toThrow(/nn\.gru: layers is 0/);
  });
});

describe('multi-head attention', () => {
  const attend = nn.multiHeadAttention(8, 4, { kvHeads: 2, causal: true, rope: true });

  test('decoding with a cache is the whole sequence at once', () => {
    const x = noise(3, 2, 5, 8);
    const results = run(
      { x: f32(2, 5, 8) },
      ({ x }) => {
        const part = (from: number, to: number): Tensor => ops.sliceAxis(x as Tensor, 1, from, to);
        const empty = ops.zeros([2, 2, 6, 2]);
        const first = { k: empty, v: empty, length: ops.zeros([], 'i32') };
        const a = attend.cached(part(0, 3), first);
        const b = attend.cached(part(3, 4), a.cache);
        const c = attend.cached(part(4, 5), b.cache);
        return { whole: attend(x as Tensor), steps: ops.concat([a.y, b.y, c.y], 1) };
      },
      { x },
    );
    expectClose(results['steps'], results['whole']);
  });

  test('refuses heads that do not divide', () => {
    expect(() => nn.multiHeadAttention(10, 4)).toThrow(/size 10 does not divide into 4 heads/);
    expect(() => nn.multiHeadAttention(8, 4, { kvHeads: 3 })).toThrow(
      /do not divide over 3 kvHeads/,
    );
  });
});

describe('transformers', () => {
  test.each([
    { norm: 'layerNorm', activation: 'gelu' },
    { norm: 'rmsNorm', activation: 'swiglu', bias: false, rope: true },
  ] as const)('%o: encoder and decoder, every parameter has a gradient', (options) => {
    const encoder = nn.transformer(4, 2, { layers: 2, ...options });
    const decoder = nn.transformer(4, 2, { layers: 1, causal: true, cross: true, ...options });
    const parameters = nn.parameters(encoder, decoder);
    const results = run(
      { x: f32(N, 3, 4), y: f32(N, 2, 4) },
      ({ x, y }) => {
        const out = decoder(y as Tensor, { context: encoder(x as Tensor) });
        const grads = grad(ops.sum(ops.mul(out, ops.tanh(out))), parameters);
        return Object.fromEntries([out, ...grads].map((t, i) => [`r${i}`, t]));
      },
      { x: noise(4, 2, 3, 4), y: noise(5, 2, 2, 4) },
    );
    const [out, ...grads] = Object.values(results);
    expect(out?.shape).toEqual([2, 2, 4]);
    // A bias of keys moves all scores of a query alike, which softmax does not see.
    const still = grads.filter((g) =>
      Array.from(g.data as Float32Array, Number).every((v) => Math.abs(v) < 1e-6),
    );
    expect(still.length).toBe('bias' in options ? 0 : 4);
  });

  test('a context is given where it is asked for, and only there', () => {
    const plain = nn.transformerBlock(4, 2);
    const cross = nn.transformerBlock(4, 2, { cross: true });
    const x = ops.zeros([1, 2, 4]);
    expect(() => plain(x, { context: x })).toThrow(/it does not attend to one\n {2}fix/);
    expect(() => cross(x)).toThrow(/attends to a context, but none is given/);
  });
});

test('orthogonal matrices', () => {
  const { w } = run({}, () => ({ w: init.orthogonal()(random.key(1), f32(5, 3)) }), {});
  const wtw = withTrace(() => {
    const t = ops.constant(w as NdArray);
    return evaluate(ops.matmul(ops.transpose(t), t));
  });
  const identity = withTrace(() =>
    evaluate(
      ops.constant([
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]),
    ),
  );
  expectClose(wtw, identity);
});

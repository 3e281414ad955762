import { describe, expect, test } from 'vitest';
import { dim } from '../dim.ts';
import * as init from '../init.ts';
import type { ArrayData, NdArray } from '../ndarray.ts';
import { toNdArray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import type { TensorType } from '../op.ts';
import { add, mul } from '../ops/index.ts';
import { program } from '../program.ts';
import { runFresh } from '../reference/run-traced.ts';
import { stateOf } from '../state.ts';
import { f32, i32 } from '../types.ts';
import * as nn from './index.ts';

const N = dim('N', { max: 16 });

/** Traces y = layer(x), gives states their first values, and runs it. */
function apply(layer: (x: Tensor) => Tensor, type: TensorType, x: ArrayData): NdArray {
  const traced = program({ x: type }, (inputs) => ({ y: layer(inputs.x) })).trace();
  return runFresh(traced, { x }, 'layer')['y'] as NdArray;
}

const rounded = (array: NdArray): readonly number[] =>
  Array.from<number | bigint, number>(array.data, (v) => Math.round(Number(v) * 1e4) / 1e4);

describe('linear', () => {
  test('acts on the last axis, whatever the rank', () => {
    const layer = nn.linear(2, 1, { init: 2, biasInit: 1 });
    expect(rounded(apply(layer, f32(2), [1, 2]))).toEqual([7]);
    expect(
      apply(layer, f32(N, 2), [
        [1, 2],
        [3, 4],
      ]),
    ).toMatchObject({ shape: [2, 1] });
    expect(
      apply(layer, f32(1, N, 2), [
        [
          [1, 2],
          [3, 4],
        ],
      ]),
    ).toMatchObject({
      shape: [1, 2, 1],
      data: Float32Array.of(7, 15),
    });
  });

  test('shows its parameters, so that others may share them', () => {
    const encode = nn.linear(4, 2, { bias: false });
    expect(encode.children.bias).toBeUndefined();
    expect(String(encode.children.weight)).toBe('f32[4, 2]');
    expect(stateOf(encode.children.weight)?.trainable).toBe(true);
  });

  test('refuses sizes and inputs that do not fit, at the line of the user', () => {
    expect(() => nn.linear(0, 3)).toThrow(/layers\.test\.ts:\d+:\d+: nn\.linear: inputs is 0/);
    const layer = nn.linear(4, 2);
    expect(() => apply(layer, f32(N, 5), [])).toThrow(
      /layers\.test\.ts:\d+:\d+: nn\.linear of f32\[N, 5\]: the last axis is 5, expected 4\n {2}fix/,
    );
    expect(() => apply(layer, f32(), 1)).toThrow(/the last axis is missing, expected 4/);
  });
});

test('layerNorm makes the last axis mean 0 and variance 1', () => {
  const y = apply(nn.layerNorm(4), f32(N, 4), [
    [1, 2, 3, 4],
    [0, 0, 0, 8],
  ]);
  expect(rounded(y).slice(0, 4)).toEqual([-1.3416, -0.4472, 0.4472, 1.3416]);
  expect(() => apply(nn.layerNorm(4), f32(N, 3), [])).toThrow(/nn\.layerNorm of f32\[N, 3\]/);
});

test('embedding looks rows up; indices outside are clamped', () => {
  const rows = nn.embedding(3, 2, { init: init.normal(1) });
  const [a, b, c] = [0, 2, 99].map((i) => rounded(apply(rows, i32(), i)));
  expect(a).not.toEqual(b);
  expect(c).toEqual(b);
  expect(() => apply(rows, f32(N), [0.5])).toThrow(/layers\.test\.ts:\d+.*integers/);
});

test('dropout refuses rates that are no probabilities', () => {
  for (const rate of [-0.1, 1, Number.NaN]) {
    expect(() => nn.dropout(rate)).toThrow(/expected a number in \[0, 1\)/);
  }
});

test('sequential takes functions, modules and objects with forward', () => {
  const double = { forward: (x: Tensor): Tensor => mul(x, 2) };
  const residual = nn.module({ inner: nn.linear(2, 2, { init: 1 }) }, ({ inner }, x: Tensor) =>
    add(x, inner(x)),
  );
  const net = nn.sequential(nn.relu(), double, residual, (x) => add(x, 1));
  expect(rounded(apply(net, f32(2), [-1, 3]))).toEqual([7, 13]);
  expect(nn.parameters(net)).toHaveLength(2);
  expect(net.layers).toHaveLength(4);
});

test('activations as layers', () => {
  const at = (layer: (x: Tensor) => Tensor): readonly number[] =>
    rounded(apply(layer, f32(2), [-1, 2]));
  expect(at(nn.relu())).toEqual([0, 2]);
  expect(at(nn.gelu())).toEqual([-0.1587, 1.9545]);
  expect(at(nn.silu())).toEqual([-0.2689, 1.7616]);
  expect(at(nn.tanh())).toEqual([-0.7616, 0.964]);
  expect(at(nn.sigmoid())).toEqual([0.2689, 0.8808]);
  expect(at(nn.softmax())).toEqual([0.0474, 0.9526]);
});

test('spatialDropout drops whole channels, in training alone', () => {
  const drop = nn.spatialDropout(0.5);
  const types = { x: f32(4, 3, 8) };
  const x = toNdArray(Array.from({ length: 96 }, () => 1) as never, 'f32');
  const run = (training: boolean): readonly number[] => {
    const traced = program(types, (inputs) => ({ y: drop(inputs.x) }), { training }).trace();
    return rounded(runFresh(traced, { x: { ...x, shape: [4, 3, 8] } }, 'net')['y'] as NdArray);
  };
  expect(run(false).every((v) => v === 1)).toBe(true);
  const y = run(true);
  expect([...new Set(y)].sort()).toEqual([0, 2]);
  for (let i = 0; i < 96; i++) expect(y[i]).toBe(y[Math.floor(i / 24) * 24 + (i % 8)]);
});

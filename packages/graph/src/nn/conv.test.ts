import { describe, expect, test } from 'vitest';
import { dim } from '../dim.ts';
import { nameStates } from '../naming.ts';
import type { ArrayData, NdArray } from '../ndarray.ts';
import { toNested } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import type { TensorType } from '../op.ts';
import { program } from '../program.ts';
import { initialValues, runFresh } from '../reference/run-traced.ts';
import { f32 } from '../types.ts';
import * as nn from './index.ts';

const N = dim('N', { max: 16 });

/** Traces y = layer(x), gives states their first values, and runs it. */
function apply(layer: (x: Tensor) => Tensor, type: TensorType, x: ArrayData): NdArray {
  const traced = program({ x: type }, (inputs) => ({ y: layer(inputs.x) })).trace();
  return runFresh(traced, { x }, 'layer')['y'] as NdArray;
}

const shapeOf = (layer: (x: Tensor) => Tensor, type: TensorType): string => {
  const traced = program({ x: type }, (inputs) => ({ y: layer(inputs.x) })).trace();
  return String(traced.outputs[0]?.tensor);
};

describe('convolution layers', () => {
  test('a kernel and a bias', () => {
    const layer = nn.conv1d(1, 2, 3, { init: 1, biasInit: 10 });
    expect(toNested(apply(layer, f32(N, 4, 1), [[[1], [2], [3], [4]]]))).toEqual([
      [
        [16, 16],
        [19, 19],
      ],
    ]);
    expect(Object.keys(nn.conv2d(1, 2, 3, { bias: false }).children)).toEqual(['weight']);
  });

  test('kernels are [...window, channels / groups, features]', () => {
    expect(String(nn.conv2d(4, 6, [3, 5], { groups: 2 }).children.weight)).toBe('f32[3, 5, 2, 6]');
    expect(String(nn.conv3d(1, 8, 3).children.weight)).toBe('f32[3, 3, 3, 1, 8]');
    expect(String(nn.convTranspose2d(8, 4, 2).children.weight)).toBe('f32[2, 2, 8, 4]');
  });

  test('options reach the operation', () => {
    const down = nn.conv2d(3, 8, 3, { strides: 2, padding: 'SAME' });
    expect(shapeOf(down, f32(N, 8, 6, 3))).toBe('f32[N, 4, 3, 8]');
    const up = nn.convTranspose2d(8, 3, 4, { strides: 2, padding: 'SAME' });
    expect(shapeOf(up, f32(N, 4, 3, 8))).toBe('f32[N, 8, 6, 3]');
    expect(shapeOf(nn.convTranspose1d(2, 5, 3), f32(N, 4, 2))).toBe('f32[N, 6, 5]');
  });

  test('first kernels have the variance of Glorot and Bengio, which counts the window', () => {
    const layer = nn.conv2d(16, 32, 3);
    const traced = program({ x: f32(1, 3, 3, 16) }, ({ x }) => ({ y: layer(x) })).trace();
    const named = nameStates(traced.states, () => 'layer');
    const values = initialValues(traced.states, named);
    const kernel = [...values.values()].find((v) => v.shape.length === 4) as NdArray;
    const limit = Math.sqrt(6 / (9 * (16 + 32)));
    const most = Math.max(...(kernel.data as Float32Array));
    expect(most).toBeLessThanOrEqual(limit);
    expect(most).toBeGreaterThan(0.99 * limit);
  });

  test('refuse sizes and inputs that do not fit, at the line of the user', () => {
    expect(() => nn.conv2d(0, 3, 3)).toThrow(/conv\.test\.ts:\d+:\d+: nn\.conv2d: channels is 0/);
    expect(() => nn.conv2d(3, 4, 3, { groups: 2 })).toThrow(/channels \/ groups is 1\.5/);
    expect(() => nn.conv2d(4, 3, 3, { groups: 2 })).toThrow(/features \/ groups is 1\.5/);
    expect(() => nn.conv2d(4, 3, [3])).toThrow(
      /conv\.test\.ts:\d+:\d+: nn\.conv2d: the window is \[3\], expected an integer from 1, or 2 of them/,
    );
    const layer = nn.conv2d(3, 4, 3);
    expect(() => shapeOf(layer, f32(N, 8, 8, 1))).toThrow(
      /conv\.test\.ts:\d+:\d+: nn\.conv2d of f32\[N, 8, 8, 1\]: the last axis is 1, expected 3\n {2}fix/,
    );
    expect(() => shapeOf(layer, f32(N, 8, 3))).toThrow(/conv\.test\.ts.*conv2d.*expected rank 4/);
  });
});

test('pooling and flattening as layers', () => {
  const x = f32(N, 8, 6, 2);
  const shapes = [
    nn.maxPool2d(2),
    nn.avgPool2d(3, { padding: 'SAME', strides: 1 }),
    nn.globalAvgPool(),
    nn.globalMaxPool(),
    nn.flatten(),
    nn.flatten(2),
  ].map((layer) => shapeOf(layer, x));
  expect(shapes).toEqual([
    'f32[N, 4, 3, 2]',
    'f32[N, 8, 6, 2]',
    'f32[N, 2]',
    'f32[N, 2]',
    'f32[N, 96]',
    'f32[N, 8, 12]',
  ]);
  expect(shapeOf(nn.maxPool1d(3), f32(N, 9, 2))).toBe('f32[N, 3, 2]');
  expect(shapeOf(nn.avgPool1d(3), f32(N, 9, 2))).toBe('f32[N, 3, 2]');
});

import { describe, expect, test } from 'vitest';
import { dim } from '../dim.ts';
import { pullback } from '../grad.ts';
import { toNested } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { evaluate } from '../reference/evaluate.ts';
import { f32, i32 } from '../types.ts';
import {
  constant,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  full,
  iota,
  reshape,
} from './index.ts';
import { input } from './leaves.ts';

const N = dim('N', { max: 8 });
const H = dim('H', { min: 4, max: 32 });
const row = (x: Tensor): unknown => toNested(evaluate(reshape(x, [-1])));
const x = reshape(constant([1, 2, 3, 4, 5]), [1, 5, 1]);
const filter = (...w: readonly number[]): Tensor => reshape(constant(w), [w.length, 1, 1]);

describe('conv1d', () => {
  test('slides a kernel that is not reversed', () => {
    expect(row(conv1d(x, filter(1, 10)))).toEqual([21, 32, 43, 54]);
  });

  test('SAME gives ceil(L / stride) places, the odd pad behind', () => {
    expect(row(conv1d(x, filter(1, 10), { padding: 'SAME' }))).toEqual([21, 32, 43, 54, 5]);
    expect(row(conv1d(x, filter(1, 1, 1), { padding: 'SAME', strides: 2 }))).toEqual([3, 9, 9]);
  });

  test('pads as numbers, strides and dilation', () => {
    expect(row(conv1d(x, filter(1, 10), { padding: 1, strides: 2 }))).toEqual([10, 32, 54]);
    expect(row(conv1d(x, filter(1, 10), { padding: [[0, 2]], dilation: 2 }))).toEqual([
      31, 42, 53, 4, 5,
    ]);
  });

  test('groups see their own channels alone', () => {
    const two = reshape(constant([1, 10, 2, 20, 3, 30]), [1, 3, 2]);
    const w = reshape(constant([1, 2, 3, 4]), [2, 1, 2]);
    expect(toNested(evaluate(conv1d(two, w, { groups: 2 })))).toEqual([
      [
        [7, 100],
        [11, 160],
      ],
    ]);
  });
});

test('convTranspose spreads each place by the kernel', () => {
  const y = reshape(constant([1, 2]), [1, 2, 1]);
  expect(row(convTranspose1d(y, filter(1, 10, 100)))).toEqual([1, 12, 120, 200]);
  expect(row(convTranspose1d(y, filter(1, 10), { strides: 3 }))).toEqual([1, 10, 0, 2, 20]);
  expect(
    row(convTranspose1d(y, filter(1, 10, 100), { padding: [[1, 2]], outputPadding: 1 })),
  ).toEqual([12, 120]);
  expect(
    convTranspose2d(full(0, [N, 7, 5, 3]), full(0, [4, 4, 3, 2]), {
      strides: [2, 3],
      padding: 'SAME',
    }).shape,
  ).toEqual([N, 14, 15, 2]);
  expect(
    convTranspose1d(full(0, [N, 7, 3]), full(0, [2, 3, 2]), { strides: 3, padding: 'SAME' }).shape,
  ).toEqual([N, 21, 2]);
});

test('is the transpose of a convolution: <conv(x), y> = <x, convTranspose(y)>', () => {
  const image = input('image', f32(1, 6, 5, 2));
  const y = conv2d(image, full(1, [3, 2, 2, 3]), {
    strides: [2, 1],
    padding: [
      [1, 0],
      [0, 1],
    ],
  });
  const ct = iota(y.shape, 2, 'f32');
  const [dx] = pullback([y], [ct], [image]);
  const same = convTranspose2d(ct, full(1, [3, 2, 3, 2]), {
    strides: [2, 1],
    padding: [
      [1, 0],
      [0, 1],
    ],
    outputPadding: [0, 0],
  });
  expect(same.shape).toEqual([1, 6, 5, 2]);
  expect(toNested(evaluate(dx as Tensor))).toEqual(toNested(evaluate(same)));
});

test('symbolic batch and space', () => {
  const image = input('x', f32(N, H, 28, 1));
  const w = full(1, [3, 3, 1, 4]);
  expect(String(conv2d(image, w))).toBe('f32[N, H+-2, 26, 4]');
  expect(String(conv2d(image, w, { padding: 'SAME' }))).toBe('f32[N, H, 28, 4]');
  const strided = conv2d(image, w, { padding: 'SAME', strides: 2 });
  expect(strided.shape.slice(2)).toEqual([14, 4]);
  const [dx] = pullback([strided], [full(1, strided.shape)], [image]);
  expect(String(dx)).toBe(String(image));
  const feeds = { x: new Float32Array(7 * 28) };
  const made = evaluate([strided, dx as Tensor], feeds, { N: 1, H: 7 });
  expect(made.map((t) => t.shape)).toEqual([
    [1, 4, 14, 4],
    [1, 7, 28, 1],
  ]);
});

test('a window of one place is a matrix product', () => {
  const y = conv2d(full(1, [N, 4, 4, 5]), full(1, [1, 1, 5, 3]), { strides: 2 });
  const ops = new Set<string>();
  const visit = (t: Tensor): void => {
    ops.add(t.node.op.name);
    t.node.inputs.forEach(visit);
  };
  visit(y);
  expect([...ops]).toContain('matmul');
  expect([...ops]).not.toContain('conv');
});

describe('refuses, at the line of the user,', () => {
  const image = full(1, [2, 8, 8, 4]);
  const cases: readonly (readonly [string, () => Tensor, RegExp])[] = [
    [
      'channels that differ',
      () => conv2d(image, full(1, [3, 3, 3, 5])),
      /x has 4 channels, w takes 3\n/,
    ],
    [
      'groups that do not fit',
      () => conv2d(image, full(1, [3, 3, 4, 5]), { groups: 2 }),
      /x has 4 channels, w takes 4 in each of 2 groups/,
    ],
    [
      'features that do not divide',
      () => conv2d(image, full(1, [3, 3, 2, 5]), { groups: 2 }),
      /5 features do not divide into 2 groups/,
    ],
    [
      'windows that do not fit',
      () => conv2d(image, full(1, [9, 3, 4, 5])),
      /a window of 9 does not fit in an extent of 8 on axis 1\n {2}fix: pad the input/,
    ],
    [
      'windows that may not fit',
      () => conv2d(input('y', f32(N, H, 8, 4)), full(1, [5, 3, 4, 5])),
      /a window of 5 does not fit in an extent of H on axis 1, which may be 4\n.*larger min/,
    ],
    ['ranks', () => conv1d(image, full(1, [3, 4, 5])), /expected rank 3 of both/],
    [
      'strides',
      () => conv2d(image, full(1, [3, 3, 4, 5]), { strides: 0 }),
      /strides is 0, expected an integer from 1/,
    ],
    [
      'pads',
      () => conv2d(image, full(1, [3, 3, 4, 5]), { padding: [[1, 1]] }),
      /padding is \[\[1,1\]\], expected 'SAME', 'VALID', a number from 0, or 2 of \[before, behind\]/,
    ],
    [
      'integers',
      () => conv1d(input('i', i32(1, 5, 1)), full(1, [2, 1, 1], 'i32')),
      /takes a float dtype/,
    ],
    [
      'kernels of symbolic size',
      () => conv1d(full(1, [1, 8, 4]), input('w', f32(3, 4, N))),
      /its extents must be numbers/,
    ],
    [
      'more cut off than there is',
      () => convTranspose1d(full(1, [1, 2, 1]), full(1, [2, 1, 1]), { padding: 2 }),
      /convTranspose1d\(.*\): padding cuts 4 places off a result of 3\n {2}fix/,
    ],
  ];
  test.each(cases)('%s', (_, build, message) => {
    expect(build).toThrow(message);
    expect(build).toThrow(/conv\.test\.ts:\d+:\d+/);
  });
});

test('of nothing: no batch, no channels, no places but pads', () => {
  const w = full(1, [2, 3, 4]);
  const shapes = [conv1d(full(1, [0, 5, 3]), w), conv1d(full(1, [1, 5, 0]), full(1, [2, 0, 4]))];
  expect(shapes.map((t) => evaluate(t).shape)).toEqual([
    [0, 4, 4],
    [1, 4, 4],
  ]);
  expect(new Set(row(shapes[1] as Tensor) as number[])).toEqual(new Set([0]));
  const empty = input('x', f32(1, 0, 3));
  const y = conv1d(empty, w, { padding: 1 });
  const [dx] = pullback([y], [full(1, y.shape)], [empty]);
  expect(toNested(evaluate(y, { x: new Float32Array(0) }))).toEqual([[[0, 0, 0, 0]]]);
  expect(evaluate(dx as Tensor).shape).toEqual([1, 0, 3]);
});

test('conv3d', () => {
  const y = conv3d(full(1, [1, 3, 3, 3, 2]), full(1, [2, 2, 2, 2, 1]));
  expect(new Set(row(y) as number[])).toEqual(new Set([16]));
  expect(y.shape).toEqual([1, 2, 2, 2, 1]);
});

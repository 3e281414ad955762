import { describe, expect, test } from 'vitest';
import { dim } from '../dim.ts';
import { pullback } from '../grad.ts';
import type { NdArray } from '../ndarray.ts';
import { toNested } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { evaluate } from '../reference/evaluate.ts';
import { f32 } from '../types.ts';
import {
  adaptiveAvgPool,
  adaptiveMaxPool,
  avgPool1d,
  avgPool2d,
  constant,
  full,
  globalAvgPool,
  globalMaxPool,
  iota,
  maxPool1d,
  maxPool2d,
  reshape,
  windows,
} from './index.ts';
import { input } from './leaves.ts';

const N = dim('N', { max: 8 });
const H = dim('H', { min: 2, max: 32 });
const flat = (t: Tensor): unknown => toNested(evaluate(reshape(t, [-1])));
const rowOf = (...values: readonly number[]): Tensor =>
  reshape(constant(values), [1, values.length, 1]);

/** The gradient of Σ ct · f(x). */
function gradient(f: (x: Tensor) => Tensor, at: Tensor, ct?: readonly number[]): unknown {
  const x = input('x', at.type);
  const y = f(x);
  const cotangent = ct ? reshape(constant(ct), y.shape) : full(1, y.shape);
  const [dx] = pullback([y], [cotangent], [x]);
  return toNested(evaluate(reshape(dx as Tensor, [-1]), new Map([[x, evaluate(at)]])));
}

describe('windows', () => {
  const x = constant([1, 2, 3, 4, 5]);
  test('slide over an axis, and stand behind it', () => {
    expect(toNested(evaluate(windows(x, 0, 3)))).toEqual([
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 5],
    ]);
    expect(toNested(evaluate(windows(x, 0, 2, { strides: 2, dilations: 2 })))).toEqual([
      [1, 3],
      [3, 5],
    ]);
    expect(windows(full(0, [2, 6, 7, 3]), [1, -2], [2, 3]).shape).toEqual([2, 5, 5, 2, 3, 3]);
  });

  test.each([
    [2, 1, 1, [1, 2, 2, 2, 1]],
    [2, 2, 1, [1, 1, 1, 1, 0]],
    [1, 3, 1, [1, 0, 0, 1, 0]],
    [2, 1, 3, [1, 1, 0, 1, 1]],
    [3, 2, 1, [1, 1, 2, 1, 1]],
    [2, 3, 1, [1, 1, 0, 1, 1]],
  ])(
    'size %i, stride %i, dilation %i: an element takes from every window that it is in',
    (size, strides, dilations, want) => {
      expect(gradient((t) => windows(t, 0, size, { strides, dilations }), x)).toEqual(want);
    },
  );

  test('refuse what does not fit', () => {
    expect(() => windows(x, 0, 6)).toThrow(
      /pool\.test\.ts:\d+.*a window of 6 does not fit in an extent of 5/,
    );
    expect(() => windows(x, 0, 0)).toThrow(/expected an integer from 1/);
    expect(() => windows(full(0, [4, 4]), [1, 0], 2)).toThrow(/window axes \[1, 0\]/);
    expect(() => windows(x, 0, 3, { dilations: 3 })).toThrow(/a window of 7 \(3, dilated by 3\)/);
  });
});

describe('maxPool', () => {
  test('pads never win, not over −∞ either', () => {
    expect(flat(maxPool1d(rowOf(-3, -1, -2), 2, { padding: 1, strides: 1 }))).toEqual([
      -3, -1, -1, -2,
    ]);
    expect(flat(maxPool1d(rowOf(-Infinity, -Infinity), 2))).toEqual([-Infinity]);
    const small = reshape(constant([-5, -6], 'i32'), [1, 2, 1]);
    expect(flat(maxPool1d(small, 2, { padding: [[1, 0]] }))).toEqual([-5]);
  });

  test('NaN wins, and gives no gradient', () => {
    expect(flat(maxPool1d(rowOf(1, Number.NaN, 2, 3), 2))).toEqual([Number.NaN, 3]);
    expect(gradient((x) => maxPool1d(x, 2), rowOf(1, Number.NaN, 2, 3))).toEqual([0, 0, 0, 1]);
  });

  test('the first of equals takes the gradient', () => {
    expect(gradient((x) => maxPool1d(x, 3), rowOf(2, 7, 7))).toEqual([0, 1, 0]);
    const overlapping = (x: Tensor): Tensor => maxPool1d(x, 2, { strides: 1 });
    expect(gradient(overlapping, rowOf(1, 1, 1, 0), [1, 10, 100])).toEqual([1, 10, 100, 0]);
    const square = reshape(constant([5, 5, 5, 5]), [1, 2, 2, 1]);
    expect(gradient((x) => maxPool2d(x, 2), square)).toEqual([1, 0, 0, 0]);
  });
});

describe('avgPool', () => {
  const x = rowOf(2, 4, 6);
  const options = { padding: 1, strides: 1 } as const;
  test('counts pads, or not', () => {
    expect(flat(avgPool1d(x, 2, options))).toEqual([1, 3, 5, 3]);
    expect(flat(avgPool1d(x, 2, { ...options, countIncludePad: false }))).toEqual([2, 3, 5, 6]);
  });

  test('gives every element its share of the gradient', () => {
    expect(gradient((t) => avgPool1d(t, 2, options), x)).toEqual([1, 1, 1]);
    const counted = (t: Tensor): Tensor => avgPool1d(t, 2, { ...options, countIncludePad: false });
    expect(gradient(counted, x)).toEqual([1.5, 1, 1.5]);
    expect(gradient((t) => avgPool1d(t, 2), x)).toEqual([0.5, 0.5, 0]);
  });

  test('refuses integers and ranks', () => {
    expect(() => avgPool1d(full(1, [1, 4, 1], 'i32'), 2)).toThrow(/takes a float dtype, got i32/);
    expect(() => avgPool2d(x, 2)).toThrow(/pool\.test\.ts.*expected rank 4/);
    expect(() => maxPool2d(full(1, [1, 2, 2, 1]), 3)).toThrow(/a window of 3 does not fit/);
  });
});

test('symbolic space', () => {
  const image = input('x', f32(N, H, 6, 2));
  const y = maxPool2d(image, 2);
  const [dx] = pullback([y], [full(1, y.shape)], [image]);
  const feeds = { x: Float32Array.from({ length: 5 * 12 }, (_, i) => i) };
  const made = evaluate([y, dx as Tensor], feeds, { N: 1, H: 5 });
  const [got, grad] = made as readonly [NdArray, NdArray];
  expect(got.shape).toEqual([1, 2, 3, 2]);
  expect(grad.shape).toEqual([1, 5, 6, 2]);
  expect([...(grad.data as Float32Array)].filter((v) => v === 1)).toHaveLength(12);
});

test('over all of space, and in equal parts', () => {
  const x = reshape(iota([24], 0, 'f32'), [1, 4, 6, 1]);
  expect(flat(globalAvgPool(x))).toEqual([11.5]);
  expect(flat(globalMaxPool(x))).toEqual([23]);
  expect(flat(adaptiveAvgPool(x, [2, 3]))).toEqual([3.5, 5.5, 7.5, 15.5, 17.5, 19.5]);
  expect(flat(adaptiveMaxPool(x, 2))).toEqual([8, 11, 20, 23]);
  expect(() => adaptiveAvgPool(x, [3, 3])).toThrow(
    /4 places on axis 1 do not divide into 3 equal parts\n {2}fix/,
  );
  expect(() => globalAvgPool(full(1, [2, 3]))).toThrow(/expected \[batch, \.\.\.space, channels\]/);
});

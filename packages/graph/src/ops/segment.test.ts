import { describe, expect, test } from 'vitest';
import type { NdArray, Tensor } from '../index.ts';
import * as g from '../index.ts';

const nested = (t: Tensor): unknown => g.toNested(g.evaluate(t) as NdArray);

describe('segments', () => {
  const x = g.constant([
    [1, 2],
    [3, 4],
    [5, -6],
    [7, 8],
  ]);
  const ids = g.constant([2, 0, 2, 9], 'i32');

  test('sum, max, min, mean; rows outside are dropped', () => {
    expect(nested(g.segmentSum(x, ids, 3))).toEqual([
      [3, 4],
      [0, 0],
      [6, -4],
    ]);
    expect(nested(g.segmentMax(x, ids, 3))).toEqual([
      [3, 4],
      [-Infinity, -Infinity],
      [5, 2],
    ]);
    expect(nested(g.segmentMin(x, ids, 3))).toEqual([
      [3, 4],
      [Infinity, Infinity],
      [1, -6],
    ]);
    expect(nested(g.segmentMean(x, ids, 3))).toEqual([
      [3, 4],
      [0, 0],
      [3, -2],
    ]);
  });

  test('integers where there is no row', () => {
    const none = g.constant([5], 'i32');
    const of = (dtype: g.DType): unknown[] => [
      nested(g.segmentMax(g.constant([1], dtype), none, 1)),
      nested(g.segmentMin(g.constant([1], dtype), none, 1)),
    ];
    expect(of('u8')).toEqual([[0], [255]]);
    expect(of('i64')).toEqual([[-(2n ** 63n)], [2n ** 63n - 1n]]);
  });

  test('ids of several axes, gradients, refusals', () => {
    const grid = g.constant(
      [
        [0, 1],
        [1, 1],
      ],
      'u8',
    );
    const values = g.constant([
      [1, 2],
      [3, 3],
    ]);
    expect(nested(g.segmentSum(values, grid, 2))).toEqual([1, 8]);
    const [dx] = g.grad(g.sum(g.mul(g.segmentMax(values, grid, 2), g.constant([10, 4]))), [values]);
    expect(nested(dx as Tensor)).toEqual([
      [10, 0],
      [2, 2],
    ]);
    expect(() => g.segmentSum(values, g.constant([0, 1, 2], 'i32'), 2)).toThrow(/the leading axes/);
    expect(() => g.segmentSum(values, g.constant([0, 1]), 2)).toThrow(/expected integers/);
  });

  test('bincount', () => {
    const labels = g.constant([1, 3, 1, -1, 7], 'i32');
    expect(nested(g.bincount(labels, 4))).toEqual([0, 2, 0, 1]);
    expect(nested(g.bincount(labels, 4, g.constant([1, 2, 0.5, 9, 9])))).toEqual([0, 1.5, 0, 2]);
    expect(() => g.bincount(g.constant([1.5]), 2)).toThrow(/takes integers, got f32/);
  });
});

describe('scatter', () => {
  const x = g.constant([1, 2, 3, 4]);
  const at = g.constant([3, 0, 3, -1, 4], 'i32');
  const updates = g.constant([10, 20, 30, 40, 50]);

  test('the last of several stays, and takes the gradient', () => {
    const y = g.scatter(x, at, updates);
    expect(nested(y)).toEqual([20, 2, 3, 30]);
    const [dx, du] = g.grad(g.sum(g.mul(y, g.constant([1, 2, 4, 8]))), [x, updates]);
    expect(nested(dx as Tensor)).toEqual([0, 2, 4, 0]);
    expect(nested(du as Tensor)).toEqual([0, 1, 8, 0, 0]);
  });

  test('extremes share the gradient evenly', () => {
    const y = g.scatterMax(x, g.constant([3, 3, 1], 'i32'), g.constant([4, 4, 0]));
    expect(nested(y)).toEqual([1, 2, 3, 4]);
    const u = g.constant([4, 4, 0]);
    const z = g.scatterMax(x, g.constant([3, 3, 1], 'i32'), u);
    const [dx, du] = g.grad(g.sum(g.mul(z, 3)), [x, u]);
    expect(nested(dx as Tensor)).toEqual([3, 3, 3, 1]);
    expect(nested(du as Tensor)).toEqual([1, 1, 0]);
  });

  test('narrow indices reach where their dtype ends', () => {
    const wide = g.zeros([300]);
    const y = g.gather(wide, g.constant([255], 'u8'));
    const [dx] = g.grad(g.sum(y), [wide]);
    expect((g.evaluate(dx as Tensor).data as Float32Array).indexOf(1)).toBe(255);
  });
});

describe('dynamic slices', () => {
  const x = g.reshape(g.arange(12), [3, 4]);

  test('starts clamp', () => {
    const part = (starts: g.Starts): unknown => nested(g.dynamicSlice(x, starts, [2, 2]));
    expect(part([1, 1])).toEqual([
      [5, 6],
      [9, 10],
    ]);
    expect(part([9, -3])).toEqual([
      [4, 5],
      [8, 9],
    ]);
    expect(part(g.constant([0, 2], 'u8'))).toEqual([
      [2, 3],
      [6, 7],
    ]);
    const far = g.constant({ dtype: 'i64', shape: [2], data: BigInt64Array.of(2n ** 32n, 0n) });
    expect(part(far)).toEqual([
      [4, 5],
      [8, 9],
    ]);
    expect(part([g.constant(1, 'i32'), 0])).toEqual([
      [4, 5],
      [8, 9],
    ]);
  });

  test('an update goes to its place', () => {
    const row = g.constant([[9, 9, 9, 9]], 'i32');
    const y = g.dynamicUpdateSlice(x, row, [g.constant(1, 'i32'), 3]);
    expect(nested(y)).toEqual([
      [0, 1, 2, 3],
      [9, 9, 9, 9],
      [8, 9, 10, 11],
    ]);
    expect(nested(g.dynamicUpdateSlice(x, g.cast(g.neg(x), 'i32'), [5, 5]))).toEqual(
      nested(g.neg(x)),
    );
  });

  test('refuses', () => {
    expect(() => g.dynamicSlice(x, [0, 0], [4, 1])).toThrow(/a slice of \[4, 1\] from \[3, 4\]/);
    expect(() => g.dynamicSlice(x, [0], [1, 1])).toThrow(/1 starts for rank 2/);
    expect(() => g.dynamicSlice(x, g.constant([0.5, 1]), [1, 1])).toThrow(/expected integers/);
    expect(() => g.dynamicUpdateSlice(x, g.constant([[1]]), [0, 0])).toThrow(
      /update is f32, x is i32/,
    );
  });
});

describe('searchSorted', () => {
  const edges = g.constant([1, 2, 2, 5, Number.NaN]);
  const x = g.constant([0, 1, 2, 3, 9, Infinity, Number.NaN]);

  test('left and right, NaN last', () => {
    expect(nested(g.searchSorted(edges, x))).toEqual([0, 0, 1, 3, 4, 4, 4]);
    expect(nested(g.searchSorted(edges, x, { side: 'right' }))).toEqual([0, 1, 3, 3, 4, 4, 5]);
    expect(nested(g.searchSorted(g.zeros([0]), x))).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(nested(g.searchSorted(g.constant([1, 3], 'u8'), g.constant(2, 'u8')))).toBe(1);
    expect(() => g.searchSorted(g.zeros([2, 2]), x)).toThrow(/searches a vector/);
  });

  test.each([1, 2, 3, 7, 8, 9, 100])('all places of %i elements', (n) => {
    const even = g.mul(g.arange(n), 2);
    const all = g.sub(g.arange(2 * n + 1), 1);
    expect(nested(g.searchSorted(even, all))).toEqual(
      Array.from({ length: 2 * n + 1 }, (_, i) => Math.ceil((i - 1) / 2) + 0),
    );
  });

  test('of a symbolic length', () => {
    const N = g.dim('N', { min: 0, max: 9 });
    const v = g.input('v', { dtype: 'f32', shape: [N] });
    const y = g.searchSorted(v, g.constant([2.5]));
    for (const n of [0, 1, 4, 9]) {
      const feed = g.evaluate(g.cast(g.arange(n), 'f32')) as NdArray;
      const got = g.evaluate(y, new Map([[v, feed]]), { N: n });
      expect(g.toNested(got)).toEqual([Math.min(n, 3)]);
    }
  });
});

describe('histogram', () => {
  test('as numpy has it', () => {
    const x = g.constant([1, 2, 1, 4, 3, -1, Number.NaN]);
    const [counts, edges] = g.histogram(x, 3, { range: [1, 4] });
    expect(nested(counts)).toEqual([2, 1, 2]);
    expect(nested(edges)).toEqual([1, 2, 3, 4]);
    const [own] = g.histogram(g.constant([0, 1, 2, 3], 'i32'), 2);
    expect(nested(own)).toEqual([2, 2]);
    expect(nested(g.histogram(g.constant([5, 5]), 2)[1])).toEqual([4.5, 5, 5.5]);
    expect(nested(g.histogram(g.zeros([0]), 2)[0])).toEqual([0, 0]);
    const weights = g.constant([0.5, 2]);
    expect(nested(g.histogram(g.constant([0, 1]), 2, { weights })[0])).toEqual([0.5, 2]);
    expect(() => g.histogram(x, 0)).toThrow(/the number of bins is 0/);
    expect(() => g.histogram(x, 2, { range: [2, 1] })).toThrow(/the range is 2 to 1/);
  });
});

import { describe, expect, test } from 'vitest';
import type { DType, NdArray, Tensor } from '../index.ts';
import * as g from '../index.ts';

const nested = (t: Tensor): unknown => g.toNested(g.evaluate(t) as NdArray);
const gradient = (y: Tensor, x: Tensor, ct: readonly number[]): unknown =>
  nested(g.vjp([y], [g.constant(ct, y.dtype)], [x])[0] as Tensor);

describe('sort', () => {
  const x = g.constant([3, Number.NaN, 1, 3, -Infinity, Infinity]);

  test('NaN counts as largest, equal elements keep their order', () => {
    expect(nested(g.sort(x))).toEqual([-Infinity, 1, 3, 3, Infinity, Number.NaN]);
    expect(nested(g.argsort(x))).toEqual([4, 2, 0, 3, 5, 1]);
    expect(nested(g.sort(x, 0, { descending: true }))).toEqual([
      Number.NaN,
      Infinity,
      3,
      3,
      1,
      -Infinity,
    ]);
    expect(nested(g.argsort(x, 0, { descending: true }))).toEqual([1, 5, 0, 3, 2, 4]);
  });

  test('−0 equals 0', () => {
    expect(nested(g.argsort(g.constant([0, -0, 0, -1])))).toEqual([3, 0, 1, 2]);
  });

  test.each(g.dtypes)('%s', (dtype: DType) => {
    const values = dtype === 'bool' ? [1, 0, 1, 0] : [7, 0, 3, 3];
    const sorted = g.sort(g.constant(values, dtype));
    expect(sorted.dtype).toBe(dtype);
    expect(nested(g.argsort(g.constant(values, dtype)))).toEqual(
      dtype === 'bool' ? [1, 3, 0, 2] : [1, 2, 3, 0],
    );
  });

  test('64-bit integers beyond the doubles', () => {
    const data = BigInt64Array.of(2n ** 53n + 1n, 2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n);
    const y = g.sort(g.constant({ dtype: 'i64', shape: [4], data }));
    expect(nested(y)).toEqual([-(2n ** 63n), 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n]);
  });

  test('any axis, and none', () => {
    const m = g.constant(
      [
        [3, 1],
        [2, 4],
        [1, 0],
      ],
      'i32',
    );
    expect(nested(g.sort(m, 0))).toEqual([
      [1, 0],
      [2, 1],
      [3, 4],
    ]);
    expect(nested(g.sort(m, -1))).toEqual([
      [1, 3],
      [2, 4],
      [0, 1],
    ]);
    expect(nested(g.sort(g.zeros([2, 0])))).toEqual([[], []]);
    expect(() => g.sort(m, 2)).toThrow(/axis 2 is out of range for rank 2/);
    expect(() => g.sort(g.constant(1))).toThrow(/a scalar has no axes/);
  });

  test('topK', () => {
    const [values, indices] = g.topK(g.constant([2, 5, 5, 1]), 3);
    expect(nested(values)).toEqual([5, 5, 2]);
    expect(nested(indices)).toEqual([1, 2, 0]);
    expect(indices.dtype).toBe('i32');
    expect(g.topK(g.zeros([3, 4]), 2, 0)[0].shape).toEqual([2, 4]);
    expect(g.topK(g.zeros([3]), 0)[0].shape).toEqual([0]);
    expect(() => g.topK(g.zeros([3]), 4)).toThrow(/k is 4, but axis 0 has extent 3/);
    expect(() => g.topK(g.zeros([3]), -1)).toThrow(/k is -1/);
    expect(() => g.topK(g.zeros([3]), 1.5)).toThrow(/k is 1.5, expected an integer/);
    const N = g.dim('N', { min: 2, max: 9 });
    const batch = g.input('x', { dtype: 'f32', shape: [3, N] });
    expect(g.topK(batch, 2)[0].toString()).toBe('f32[3, 2]');
    expect(() => g.topK(batch, 3)).toThrow(/k is 3, but axis 1 has extent N/);
  });

  test('gradients go where the elements came from', () => {
    const y = g.constant([3, 1, 2]);
    expect(gradient(g.sort(y), y, [10, 20, 30])).toEqual([30, 10, 20]);
    expect(gradient(g.topK(y, 2)[0], y, [10, 20])).toEqual([10, 0, 20]);
  });
});

describe('quantile', () => {
  const x = g.constant(
    [
      [3, 1, 2],
      [9, 7, 8],
    ],
    'f64',
  );

  test('between neighbours', () => {
    expect(nested(g.median(x))).toBe(5);
    expect(nested(g.median(x, 1))).toEqual([2, 8]);
    expect(nested(g.median(x, 0, { keepDims: true }))).toEqual([[6, 4, 5]]);
    expect(nested(g.quantile(x, [0, 0.25, 1], -1))).toEqual([
      [1, 7],
      [1.5, 7.5],
      [3, 9],
    ]);
    const row = g.constant([1, 2, 3, 4], 'f64');
    const by = (method: g.QuantileMethod): unknown => nested(g.quantile(row, 0.4, 0, { method }));
    expect(by('linear')).toBeCloseTo(2.2, 12);
    expect([by('lower'), by('higher'), by('nearest'), by('midpoint')]).toEqual([2, 3, 2, 2.5]);
  });

  test('NaN, infinities, nothing', () => {
    expect(nested(g.median(g.constant([1, Number.NaN, 2])))).toBeNaN();
    expect(nested(g.median(g.constant([1, 2, Infinity])))).toBe(2);
    expect(nested(g.quantile(g.constant([-Infinity, -Infinity]), 0.3))).toBe(-Infinity);
    expect(nested(g.median(g.zeros([0])))).toBeNaN();
  });

  test('gradient, and a symbolic extent', () => {
    const y = g.constant([4, 1, 3, 2]);
    const [dy] = g.grad(g.median(y), [y]) as [Tensor];
    expect(nested(dy)).toEqual([0, 0, 0.5, 0.5]);
    const N = g.dim('N', { max: 9 });
    const v = g.input('x', { dtype: 'f32', shape: [N] });
    const feed = g.evaluate(g.constant([4, 1, 3])) as NdArray;
    expect(g.toNested(g.evaluate(g.median(v), new Map([[v, feed]]), { N: 3 }))).toBe(3);
  });

  test('refuses', () => {
    expect(() => g.quantile(x, 50)).toThrow(/q is 50, expected 0 to 1/);
    expect(() => g.median(g.constant([1], 'i32'))).toThrow(/takes a float dtype/);
  });
});

describe('running reductions', () => {
  const x = g.constant([2, 3, 4], 'f64');

  test('forward, in reverse, without the element itself', () => {
    expect(nested(g.cumsum(x))).toEqual([2, 5, 9]);
    expect(nested(g.cumsum(x, 0, { reverse: true }))).toEqual([9, 7, 4]);
    expect(nested(g.cumsum(x, 0, { exclusive: true }))).toEqual([0, 2, 5]);
    expect(nested(g.cumsum(x, 0, { exclusive: true, reverse: true }))).toEqual([7, 4, 0]);
    expect(nested(g.cumprod(x, 0, { exclusive: true }))).toEqual([1, 2, 6]);
    expect(nested(g.cumprod(x, 0, { exclusive: true, reverse: true }))).toEqual([12, 4, 1]);
    const empty = g.zeros([0, 2]);
    expect(g.evaluate(g.cumsum(empty, 0, { exclusive: true })).shape).toEqual([0, 2]);
  });

  test('integers wrap, bool is counted', () => {
    expect(nested(g.cumsum(g.constant([200, 100], 'u8')))).toEqual([200, 44]);
    expect(nested(g.cumprod(g.constant([65537, 65537, 65537], 'i32')))).toEqual([
      65537, 131073, 196609,
    ]);
    expect(nested(g.cumprod(g.constant([3, 2 ** 31 - 1, 2 ** 31 - 1, 5], 'u32')))).toEqual([
      3, 2147483645, 3, 15,
    ]);
    expect(nested(g.cumsum(g.constant([true, false, true], 'bool')))).toEqual([1, 1, 2]);
  });

  test('NaN stays from the first one on', () => {
    const y = g.constant([1, Number.NaN, 3]);
    expect(nested(g.cummax(y))).toEqual([1, Number.NaN, Number.NaN]);
    expect(nested(g.cummin(y, 0, { reverse: true }))).toEqual([Number.NaN, Number.NaN, 3]);
  });

  // ∂/∂xᵢ Σⱼ ctⱼ Π_{k ≤ j} x_k, term by term.
  test.each([
    [[2, 0, 3, 4]],
    [[0, 2, 3, 0]],
    [[0, 0, 3, 1]],
    [[1, 2, 0, 0]],
    [[0, 0, 0, 0]],
    [[5, -2, 3, 0]],
  ])('gradient of cumprod at %j', (values) => {
    const ct = [1, 10, 100, 1000];
    const want = values.map((_, i) =>
      ct.reduce((sum, c, j) => {
        if (j < i) return sum;
        return sum + c * values.slice(0, j + 1).reduce((p, v, k) => (k === i ? p : p * v), 1);
      }, 0),
    );
    const y = g.constant(values, 'f64');
    expect(gradient(g.add(g.cumprod(y), 0), y, ct)).toEqual(want.map((w) => expect.closeTo(w, 9)));
  });

  test('of equal elements the latest takes the gradient', () => {
    const y = g.constant([1, 3, 3, 2]);
    expect(gradient(g.cummax(y), y, [1, 1, 1, 1])).toEqual([1, 1, 2, 0]);
    expect(gradient(g.cummax(y, 0, { reverse: true }), y, [1, 1, 1, 1])).toEqual([0, 2, 1, 1]);
  });

  test('logCumsumExp neither overflows nor loses what is small', () => {
    const y = g.constant([-Infinity, 1000, -1000, 1000, Infinity], 'f64');
    expect(nested(g.logCumsumExp(y))).toEqual([
      -Infinity,
      1000,
      1000,
      expect.closeTo(1000 + Math.LN2, 9),
      Infinity,
    ]);
    const z = g.constant([-Infinity, 0, 0], 'f64');
    expect(gradient(g.logCumsumExp(z), z, [1, 1, -1])).toEqual([0, 0.5, -0.5]);
    expect(() => g.logCumsumExp(g.constant([1], 'i32'))).toThrow(/takes a float dtype, got i32/);
  });
});

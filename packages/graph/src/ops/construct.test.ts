import { describe, expect, test } from 'vitest';
import type { NdArray, Tensor } from '../index.ts';
import * as g from '../index.ts';

const nested = (t: Tensor): unknown => g.toNested(g.evaluate(t) as NdArray);

describe('ranges', () => {
  test('arange', () => {
    expect(nested(g.arange(3))).toEqual([0, 1, 2]);
    expect(g.arange(3).dtype).toBe('i32');
    expect(nested(g.arange(5, 1, -2))).toEqual([5, 3]);
    expect(nested(g.arange(1, 2, 0.25))).toEqual([1, 1.25, 1.5, 1.75]);
    expect(nested(g.arange(0, 6, 2, 'u8'))).toEqual([0, 2, 4]);
    expect(nested(g.arange(2, 2))).toEqual([]);
    expect(nested(g.arange(0, 0.3, 0.1, 'f64'))).toEqual([0, 0.1, 0.2]);
    expect(g.arange(g.dim('N', { max: 5 })).toString()).toBe('i32[N]');
    expect(() => g.arange(0, 1, 0)).toThrow(/step 0/);
    expect(() => g.arange(0, 300, 1, 'u8')).toThrow(/are not all u8/);
    expect(() => g.arange(0, 1, 0.5, 'i32')).toThrow(/are not all i32/);
  });

  test('linspace', () => {
    expect(nested(g.linspace(0, 1, 5))).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(nested(g.linspace(0, 1, 4, { endpoint: false, dtype: 'f64' }))).toEqual([
      0, 0.25, 0.5, 0.75,
    ]);
    expect(nested(g.linspace(2, 3, 1))).toEqual([2]);
    expect(nested(g.linspace(2, 3, 0))).toEqual([]);
    expect(() => g.linspace(0, 1, 1.5)).toThrow(/the count is 1.5/);
  });

  test('eye', () => {
    expect(nested(g.eye(2))).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(nested(g.eye(2, 3, { offset: 1, dtype: 'i32' }))).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(nested(g.eye(3, 2, { offset: -1 }))).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
    ]);
    expect(nested(g.fullLike(g.eye(2), 7, 'u8'))).toEqual([
      [7, 7],
      [7, 7],
    ]);
  });

  test('meshgrid', () => {
    const [x, y] = g.meshgrid([g.arange(2), g.arange(3)]) as [Tensor, Tensor];
    expect(nested(x)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(nested(y)).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    const [i] = g.meshgrid([g.arange(2), g.arange(3)], { indexing: 'ij' }) as [Tensor];
    expect(nested(i)).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    const three = g.meshgrid([g.arange(2), g.arange(3), g.arange(4)]);
    expect(three.map((t) => t.shape)).toEqual([
      [3, 2, 4],
      [3, 2, 4],
      [3, 2, 4],
    ]);
    expect(() => g.meshgrid([g.eye(2)])).toThrow(/takes vectors/);
  });
});

describe('cutting and turning', () => {
  const x = g.arange(7);

  test('chunk and unstack', () => {
    expect(g.chunk(x, 3).map(nested)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(g.chunk(x, 4).map(nested)).toEqual([[0, 1], [2, 3], [4, 5], [6]]);
    expect(g.chunk(g.zeros([0, 2]), 3).map((t) => t.shape)).toEqual([[0, 2]]);
    expect(g.unstack(g.eye(2), 1).map(nested)).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(() => g.chunk(x, 0)).toThrow(/number of chunks is 0/);
  });

  test('atLeast, rot90, diff', () => {
    expect(g.atLeast1d(g.constant(1)).shape).toEqual([1]);
    expect(g.atLeast2d(x).shape).toEqual([1, 7]);
    expect(g.atLeast3d(g.constant(1)).shape).toEqual([1, 1, 1]);
    expect(g.atLeast3d(g.eye(2)).shape).toEqual([2, 2, 1]);
    expect(g.atLeast3d(x).shape).toEqual([1, 7, 1]);
    const m = g.constant(
      [
        [1, 2],
        [3, 4],
      ],
      'i32',
    );
    expect([0, 1, 2, 3, -1, 5].map((k) => nested(g.rot90(m, k)))).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [2, 4],
        [1, 3],
      ],
      [
        [4, 3],
        [2, 1],
      ],
      [
        [3, 1],
        [4, 2],
      ],
      [
        [3, 1],
        [4, 2],
      ],
      [
        [2, 4],
        [1, 3],
      ],
    ]);
    expect(nested(g.diff(g.constant([1, 4, 9, 16]), 2))).toEqual([2, 2]);
    expect(nested(g.diff(g.constant([5])))).toEqual([]);
  });
});

describe('pad', () => {
  const x = g.constant([1, 2, 3], 'i32');
  const with2 = (mode: g.PadMode): unknown => nested(g.pad(x, [[2, 2]], mode));

  test('modes', () => {
    expect(with2('reflect')).toEqual([3, 2, 1, 2, 3, 2, 1]);
    expect(with2('symmetric')).toEqual([2, 1, 1, 2, 3, 3, 2]);
    expect(with2('wrap')).toEqual([2, 3, 1, 2, 3, 1, 2]);
    expect(with2('edge')).toEqual([1, 1, 1, 2, 3, 3, 3]);
    expect(
      nested(
        g.pad(
          g.constant([[1, 2]], 'i32'),
          [
            [1, 0],
            [0, 1],
          ],
          'edge',
        ),
      ),
    ).toEqual([
      [1, 2, 2],
      [1, 2, 2],
    ]);
    expect(nested(g.pad(x, [[0, 1]], 'reflect'))).toEqual([1, 2, 3, 2]);
  });

  test('a pad that is too long is refused', () => {
    expect(() => g.pad(x, [[3, 0]], 'reflect')).toThrow(
      /a pad of 3 on axis 0, but 'reflect' has 2/,
    );
    expect(() => g.pad(x, [[0, 4]], 'wrap')).toThrow(/'wrap' has 3 elements/);
  });
});

describe('interpolate', () => {
  const x = g.constant([1, 2, 3], 'f64');
  const close = (t: Tensor, want: readonly number[]): void =>
    expect(nested(t)).toEqual(want.map((w) => expect.closeTo(w, 12)));

  // By jax.image.resize.
  test('linear', () => {
    close(g.interpolate(x, [6]), [1, 1.25, 1.75, 2.25, 2.75, 3]);
    const row = g.constant([0, 1, 2, 3], 'f64');
    close(g.interpolate(row, [2]), [5 / 7, 16 / 7]);
    close(g.interpolate(row, [2], { antialias: false }), [0.5, 2.5]);
    close(g.interpolate(row, [1]), [1.5]);
  });

  test('cubic keeps constants, and straight lines inside', () => {
    close(
      g.interpolate(g.ones([5], 'f64'), [9], { method: 'cubic' }),
      new Array<number>(9).fill(1),
    );
    const line = nested(
      g.interpolate(g.cast(g.arange(8), 'f64'), [16], { method: 'bicubic' }),
    ) as number[];
    for (let i = 4; i < 12; i++) expect(line[i]).toBeCloseTo((i + 0.5) / 2 - 0.5, 12);
  });

  test('nearest, of any dtype', () => {
    expect(nested(g.interpolate(g.arange(3), [7], { method: 'nearest' }))).toEqual([
      0, 0, 1, 1, 1, 2, 2,
    ]);
    expect(nested(g.interpolate(g.arange(5), [2], { method: 'nearest' }))).toEqual([1, 3]);
  });

  test('only axes that change, batches of any size', () => {
    const N = g.dim('N', { max: 4 });
    const images = g.input('x', { dtype: 'f16', shape: [N, 4, 6, 3] });
    expect(g.interpolate(images, [N, 8, 3, 3]).toString()).toBe('f16[N, 8, 3, 3]');
    expect(g.interpolate(images, [N, 4, 6, 3])).toBe(images);
    expect(() => g.interpolate(images, [8, 4, 6, 3])).toThrow(/axis 0 from extent N to 8/);
    expect(() => g.interpolate(images, [4, 6])).toThrow(/a shape of rank 2/);
    expect(() => g.interpolate(g.arange(3), [6])).toThrow(/takes a float dtype/);
  });

  test('gradient is the transposed weights', () => {
    const y = g.interpolate(x, [6]);
    const [dx] = g.grad(g.sum(g.mul(y, g.cast(g.arange(6), 'f64'))), [x]) as [Tensor];
    close(dx, [1.25, 5, 8.75]);
  });
});

describe('lengths and distances', () => {
  test('std, normalize', () => {
    expect(nested(g.std(g.constant([1, 3, 5, 7], 'f64'), 0, { ddof: 1 }))).toBeCloseTo(
      2.581988897,
      8,
    );
    const same = g.constant([2, 2]);
    expect(nested(g.grad(g.std(same), [same])[0] as Tensor)).toEqual([0, 0]);
    expect(
      nested(
        g.normalize(
          g.constant([
            [3, 4],
            [0, 0],
          ]),
        ),
      ),
    ).toEqual([
      [expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)],
      [0, 0],
    ]);
  });

  test('cdist', () => {
    const a = g.constant([
      [0, 0],
      [3, 4],
    ]);
    const b = g.constant([
      [3, 4],
      [0, 1],
      [-1, 0],
    ]);
    expect(nested(g.cdist(a, b))).toEqual([
      [5, 1, 1],
      [0, expect.closeTo(Math.sqrt(18), 5), expect.closeTo(Math.sqrt(32), 5)],
    ]);
    expect(nested(g.cdist(a, b, 1))).toEqual([
      [7, 1, 1],
      [0, 6, 8],
    ]);
    expect(nested(g.cdist(a, b, Infinity))).toEqual([
      [4, 1, 1],
      [0, 3, 4],
    ]);
    const [da] = g.grad(g.sum(g.cdist(a, a)), [a]) as [Tensor];
    expect((nested(da) as number[][]).flat().every(Number.isFinite)).toBe(true);
    expect(g.cdist(g.zeros([5, 2, 3]), g.zeros([4, 3])).shape).toEqual([5, 2, 4]);
    expect(() => g.cdist(a, g.zeros([2, 3]))).toThrow(/rows of/);
    expect(() => g.cdist(a, b, 3)).toThrow(/p is 3/);
  });
});

test('matrix products of integers', () => {
  const a = g.constant(
    [
      [1, 2],
      [3, 4],
    ],
    'u8',
  );
  expect(nested(g.matmul(a, g.constant([100, 101], 'u8')))).toEqual([46, 192]);
  expect(g.matmul(g.zeros([5, 2, 3], 'i64'), g.zeros([3, 4], 'i64')).toString()).toBe(
    'i64[5, 2, 4]',
  );
});

import { describe, expect, test } from 'vitest';
import type { NdArray, Nested } from '../../index.ts';
import * as g from '../../index.ts';
import { evaluate, input, toNested, vjp, withTrace } from '../../index.ts';

type Matrix = readonly (readonly number[])[];

const typed = (name: string, values: Nested, dtype: g.DType = 'f64'): g.Tensor =>
  input(name, { dtype, shape: g.shapeOfNested(values) });

/** A function's value on nested lists. */
function of(f: (...xs: readonly g.Tensor[]) => g.Tensor, ...values: readonly Nested[]): Nested {
  return withTrace(() => {
    const xs = values.map((v, i) => typed(`x${i}`, v));
    return toNested(evaluate(f(...xs), new Map(xs.map((x, i) => [x, values[i] as Nested]))));
  });
}

/** The gradient of the sum of all results, each times its place from 1 on. */
function gradientOf(f: (x: g.Tensor) => readonly g.Tensor[], value: Nested): NdArray {
  return withTrace(() => {
    const x = typed('x', value);
    const results = f(x);
    const cts = results.map((y) => {
      const size = g.sizeOfShape(y.shape as readonly number[]);
      return g.reshape(g.add(g.iota([size], 0, 'f64'), 1), y.shape);
    });
    const [gradient] = vjp(results, cts, [x]) as readonly [g.Tensor];
    return evaluate([gradient], new Map([[x, value]]))[0] as NdArray;
  });
}

const numbers = (array: NdArray): number[] => Array.from(array.data as Float64Array);

function close(got: Nested, want: Nested, within = 1e-12): void {
  const [a, b] = [got, want].map((v) => [v].flat(9) as number[]) as [number[], number[]];
  expect(a).toHaveLength(b.length);
  for (const [i, x] of a.entries()) expect(x).toBeCloseTo(b[i] as number, -Math.log10(within) - 1);
}

const identity: Matrix = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const rankOne: Matrix = [
  [1, 2, 3],
  [2, 4, 6],
  [3, 6, 9],
];
const tall: Matrix = [
  [1, 2],
  [3, 4],
  [5, 6.5],
];

describe('meanings', () => {
  test('factors multiply to what was factored', () => {
    for (const x of [tall, rankOne, identity, [[-2]], [[0, 0]]] as Matrix[]) {
      close(
        of((a) => {
          const { u, s, vt } = g.svd(a);
          return g.matmul(g.mul(u, g.expandDims(s, -2)), vt);
        }, x),
        x,
      );
      close(
        of((a) => {
          const { q, r } = g.qr(a);
          return g.matmul(q, r);
        }, x),
        x,
      );
      close(
        of((a) => {
          const { l, u, permutation } = g.lu(a);
          return g.sub(g.matmul(l, u), g.gather(a, permutation, 0));
        }, x),
        x.map((row) => row.map(() => 0)),
      );
    }
  });

  test('full matrices are orthogonal, and begin with the thin ones', () => {
    const square = (f: (a: g.Tensor) => g.Tensor): void =>
      close(
        of((a) => g.matmul(g.swapAxes(f(a), -1, -2), f(a)), tall),
        identity,
      );
    square((a) => g.svd(a, { fullMatrices: true }).u);
    square((a) => g.qr(a, { fullMatrices: true }).q);
    close(
      of((a) => g.sliceAxis(g.svd(a, { fullMatrices: true }).u, -1, 0, 2), tall),
      of((a) => g.svd(a).u, tall),
    );
  });

  test('signs are unique', () => {
    close(
      of(
        (a) => g.eigh(a).v,
        [
          [0, 1],
          [1, 0],
        ],
      ),
      [
        [Math.SQRT1_2, Math.SQRT1_2],
        [-Math.SQRT1_2, Math.SQRT1_2],
      ],
    );
    close(
      of((a) => g.svd(a).u, [[-3], [4]]),
      [[0.6], [-0.8]],
    );
    close(
      of((a) => g.qr(a).r, [[-2]]),
      [[2]],
    );
  });

  test('one triangle is read, or the symmetric part', () => {
    const skewed: Matrix = [
      [4, 7],
      [1, 3],
    ];
    close(
      of((a) => g.cholesky(a, { symmetrize: false }), skewed),
      [
        [2, 0],
        [0.5, Math.sqrt(2.75)],
      ],
    );
    close(
      of((a) => g.eigvalsh(a), skewed),
      of(
        (a) => g.eigvalsh(a),
        [
          [4, 4],
          [4, 3],
        ],
      ),
    );
  });

  test('determinants of singular matrices are 0, their logarithms -∞', () => {
    close(of(g.determinant, rankOne), 0);
    expect(of((x) => g.slogdet(x).logAbsDet, rankOne)).toBe(Number.NEGATIVE_INFINITY);
    close(
      of((x) => g.slogdet(x).sign, rankOne),
      0,
    );
    expect(of((x) => g.matrixRank(x), rankOne)).toBe(1);
  });

  test('lstsq gives the shortest of the best', () => {
    close(
      of((a, b) => g.lstsq(a, b), rankOne, [1, 2, 3]),
      [1 / 14, 2 / 14, 3 / 14],
    );
  });

  test('norms by name and number', () => {
    const x: Matrix = [
      [1, -2],
      [-3, 4],
    ];
    const norms = [1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 'fro'] as const;
    expect(norms.map((ord) => of((a) => g.matrixNorm(a, ord), x))).toEqual([
      6,
      4,
      7,
      3,
      Math.sqrt(30),
    ]);
    close(
      of((a) => g.matrixNorm(a, 'nuc'), identity),
      3,
    );
    close(
      of((a) => g.matrixNorm(a, -2), identity),
      1,
    );
  });

  test('powers', () => {
    const x: Matrix = [
      [1, 1],
      [0, 1],
    ];
    expect(of((a) => g.matrixPower(a, 5), x)).toEqual([
      [1, 5],
      [0, 1],
    ]);
    expect(of((a) => g.matrixPower(a, 0), x)).toEqual([
      [1, 0],
      [0, 1],
    ]);
    close(
      of((a) => g.matrixPower(a, -2), x),
      [
        [1, -2],
        [0, 1],
      ],
    );
  });
});

describe('extents of 0 and 1', () => {
  const empty = (rows: number, cols: number): g.TensorType => ({
    dtype: 'f32',
    shape: [0, rows, cols],
  });
  const shapes = (rows: number, cols: number, batch: number): readonly unknown[] =>
    withTrace(() => {
      const x = input('x', { dtype: 'f32', shape: [batch, rows, cols] });
      const data = g.ndarray('f32', [batch, rows, cols]);
      const { u, s, vt } = g.svd(x);
      const { q, r } = g.qr(x, { fullMatrices: true });
      const { l } = g.lu(x);
      const all = [u, s, vt, q, r, l, g.pinv(x)];
      return evaluate(all, new Map([[x, data]])).map(({ shape }) => shape.join());
    });

  test('no matrices', () => {
    expect(shapes(2, 3, 0)).toEqual(['0,2,2', '0,2', '0,2,3', '0,2,2', '0,2,3', '0,2,2', '0,3,2']);
    withTrace(() => {
      const x = input('x', empty(2, 2));
      const y = g.solve(x, g.inverse(x));
      expect(evaluate(y, new Map([[x, g.ndarray('f32', [0, 2, 2])]])).shape).toEqual([0, 2, 2]);
    });
  });

  test('matrices of nothing', () => {
    expect(shapes(3, 0, 2)).toEqual(['2,3,0', '2,0', '2,0,0', '2,3,3', '2,3,0', '2,3,0', '2,0,3']);
    withTrace(() => {
      const x = input('x', { dtype: 'f32', shape: [0, 0] });
      const data = new Map([[x, g.ndarray('f32', [0, 0])]]);
      expect(evaluate(g.determinant(x), data).data[0]).toBe(1);
      expect(evaluate(g.slogdet(x).logAbsDet, data).data[0]).toBe(0);
      expect(evaluate(g.cholesky(x), data).shape).toEqual([0, 0]);
    });
  });
});

describe('gradients where values repeat or vanish', () => {
  const everywhere: readonly (readonly [string, Matrix])[] = [
    ['the identity', identity],
    ['zeros', identity.map((row) => row.map(() => 0))],
    ['rank one', rankOne],
    [
      'tall of rank one',
      [
        [1, 2],
        [2, 4],
        [3, 6],
      ],
    ],
    ['wide zeros', [[0, 0, 0]]],
    ['one zero', [[0]]],
  ];
  test.each(everywhere)('are finite: %s', (_, x) => {
    const finite = (f: (x: g.Tensor) => readonly g.Tensor[]): void =>
      expect(numbers(gradientOf(f, x)).every(Number.isFinite)).toBe(true);
    finite((a) => Object.values(g.svd(a)) as g.Tensor[]);
    finite((a) => [g.svdvals(a)]);
    finite((a) => [g.pinv(a)]);
    finite((a) => [g.matrixNorm(a), g.matrixNorm(a, 'nuc'), g.matrixNorm(a, 2)]);
    if (x.length !== x[0]?.length) return;
    finite((a) => Object.values(g.eigh(a)) as g.Tensor[]);
    finite((a) => [g.determinant(a), g.cofactor(a)]);
  });

  test('are right for what does not depend on the choice of vectors', () => {
    // x·xᵀ·x through its singular values; the same as a product.
    const through = (a: g.Tensor): g.Tensor => {
      const { u, s, vt } = g.svd(a);
      return g.matmul(g.mul(u, g.expandDims(g.pow(s, 3), -2)), vt);
    };
    const plain = (a: g.Tensor): g.Tensor => g.matmul(g.matmul(a, g.swapAxes(a, -1, -2)), a);
    const spread: Matrix = [
      [2, 0, 0],
      [0, 1, 0],
      [0, 0, 0.5],
    ];
    close(
      numbers(gradientOf((a) => [through(a)], spread)),
      numbers(gradientOf((a) => [plain(a)], spread)),
      1e-9,
    );
    close(numbers(gradientOf((a) => [g.sum(g.eigvalsh(a))], identity)), identity.flat());
    close(
      numbers(
        gradientOf(
          (a) => [g.determinant(a)],
          [
            [1, 2],
            [2, 4],
          ],
        ),
      ),
      [4, -2, -2, 1],
    );
  });
});

describe('what is refused in the model', () => {
  const f32 = (...shape: readonly number[]): g.Tensor => input('x', { dtype: 'f32', shape });
  const i32 = input('i', { dtype: 'i32', shape: [2, 2] });
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['not square', () => g.inverse(f32(2, 3)), /inverse\(f32\[2, 3\]\): takes square matrices/],
    ['not square', () => g.eigh(f32(2, 3)), /eigh.*takes square matrices, got \[2, 3\]/],
    ['a vector', () => g.svd(f32(3)), /svd\(f32\[3\]\): takes matrices, \[\.\.\., m, n\]/],
    ['a scalar', () => g.determinant(f32()), /takes matrices/],
    ['integers', () => g.cholesky(i32), /takes a float dtype, got i32.*fix: cast it/s],
    ['integers', () => g.lu(i32), /takes a float dtype, got i32/],
    [
      'two floats',
      () => g.solve(f32(2, 2), input('y', { dtype: 'f64', shape: [2] })),
      /do not mix/,
    ],
    ['other rows', () => g.solve(f32(2, 2), f32(3)), /a is \[2, 2\], b is \[3\].*as many rows/s],
    ['other batches', () => g.solve(f32(2, 3, 3), f32(4, 3, 1)), /cannot broadcast/],
    ['no norm', () => g.matrixNorm(f32(2, 2), 3), /there is no norm '3'.*fro, nuc/s],
    ['no integer', () => g.matrixPower(f32(2, 2), 0.5), /the exponent is 0.5/],
    ['a negative rcond', () => g.pinv(f32(2, 2), { rcond: -0.1 }), /rcond is -0.1/],
    [
      'extents that nobody can compare',
      () =>
        g.svd(
          input('x', { dtype: 'f32', shape: [g.dim('A', { max: 9 }), g.dim('B', { max: 9 })] }),
        ),
      /which of \[A\] and \[B\] is smaller.*bounds/s,
    ],
    [
      'a gradient of a full q',
      () => {
        const x = f32(3, 2);
        return g.grad(g.sum(g.qr(x, { fullMatrices: true }).q), [x]);
      },
      /qr with fullMatrices has no gradient/,
    ],
    [
      'a gradient of a full u',
      () => {
        const x = f32(3, 2);
        return g.grad(g.sum(g.svd(x, { fullMatrices: true }).u), [x]);
      },
      /no gradient/,
    ],
  ];
  test.each(cases)('%s: %#', (_, build, message) => {
    const refused = (): unknown => withTrace(build);
    expect(refused).toThrow(message);
    expect(refused).toThrow(/linalg\.test\.ts:\d+:\d+: /);
  });
});

describe('what is refused in the data', () => {
  const fails = (f: (x: g.Tensor) => g.Tensor, value: Nested): unknown => of(f, value);
  const batch = [identity, rankOne, identity];

  test('with op, place in the batch, and line', () => {
    const message = /linalg\.test\.ts:\d+:\d+: solve at \[1\]: the matrix is singular/;
    expect(() => of((x, b) => g.solve(x, b), batch, [1, 2, 3])).toThrow(message);
    expect(() => fails(g.inverse, [batch, batch])).toThrow(/inverse at \[0, 1\]: .*singular/);
    expect(() => fails(g.cholesky, batch)).toThrow(
      /cholesky at \[1\].*not positive definite.*fix/s,
    );
    expect(() => fails(g.cholesky, [[-1]])).toThrow(/cholesky: .*leading block of order 1/);
  });

  test('numbers that are none', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const x = [
        [1, 0],
        [bad, 1],
      ];
      for (const f of [g.cholesky, g.svdvals, g.eigvalsh, g.determinant, g.inverse])
        expect(() => fails(f, x)).toThrow(/the matrix holds NaN or an infinity/);
    }
  });
});

test('f16 and bf16 are computed in f32, with recorded casts', () => {
  for (const dtype of ['f16', 'bf16'] as const) {
    withTrace(() => {
      const x = input('x', { dtype, shape: [3, 2] });
      const { u, s } = g.svd(x);
      expect([u.dtype, s.dtype]).toEqual([dtype, dtype]);
      const casts = g
        .topologicalOrder([u, s])
        .flatMap(({ op, note }) => (op.name === 'cast' ? [note] : []));
      expect(new Set(casts)).toEqual(
        new Set([
          `svd of ${dtype} is computed in f32: LAPACK has no ${dtype}`,
          `the result of svd is ${dtype}, as its operand`,
        ]),
      );
      expect(g.lu(x).permutation.dtype).toBe('i32');
      expect(g.determinant(input('y', { dtype, shape: [2, 2] })).dtype).toBe(dtype);
    });
  }
});

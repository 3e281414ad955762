/** Applications of linear algebra: matrices whose condition, and whose distinct values, are known. */
import type { Attrs, DType, TensorType } from '@vorab/graph';
import { isFloat } from '@vorab/graph';
import type { Fill } from './arrays.ts';
import type { Application } from './case-table.ts';

type Row = (dtype: DType) => readonly Application[];
type Shape = TensorType['shape'];

/** Random, with a diagonal that grows: far from singular, values far from each other. */
export const graded: Fill = {
  matrix: (i, j, random) => 0.4 * random(i, j) + (i === j ? 1 + i : 0),
};

/** Symmetric and positive definite: R·Rᵀ and some of the identity. */
export const positive: Fill = {
  matrix(i, j, random, columns) {
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < columns; k++) sum += random(i, k) * random(j, k);
    return sum;
  },
};

const type = (dtype: DType, shape: Shape): TensorType => ({ dtype, shape });

const wide =
  (row: Row): Row =>
  (dtype) =>
    dtype === 'f32' || dtype === 'f64' ? row(dtype) : [];

/** One case for each shape and each list of attributes. */
const on = (fill: Fill, shapes: readonly Shape[], attrs: readonly Attrs[] = [{}]): Row =>
  wide((dtype) =>
    shapes.flatMap((shape) =>
      attrs.map((a) => ({ types: [type(dtype, shape)], attrs: a, fills: [fill] })),
    ),
  );

const systems = (shapes: readonly (readonly [Shape, Shape])[], attrs: readonly Attrs[]): Row =>
  wide((dtype) =>
    shapes.flatMap(([a, b]) =>
      attrs.map((given) => ({
        types: [type(dtype, a), type(dtype, b)],
        attrs: given,
        fills: [graded],
      })),
    ),
  );

const flags = [true, false];
const triangles = flags.flatMap((lower) =>
  flags.flatMap((transposeA) => flags.map((unitDiagonal) => ({ lower, transposeA, unitDiagonal }))),
);

const norms = ['fro', 'nuc', '1', '-1', '2', '-2', 'inf', '-inf'];

/** By op name; N is a symbolic dim that may be 0. */
export function linalgCases(N: Shape[number]): Readonly<Record<string, Row>> {
  const square: readonly Shape[] = [
    [4, 4],
    [N, 3, 3],
    [1, 1],
    [0, 0],
  ];
  const any: readonly Shape[] = [
    [4, 4],
    [5, 3],
    [N, 3, 5],
    [1, 1],
  ];
  const small: readonly Shape[] = [
    [3, 3],
    [N, 2, 2],
    [1, 1],
  ];
  const sides: readonly (readonly [Shape, Shape])[] = [
    [
      [4, 4],
      [4, 2],
    ],
    [
      [N, 3, 3],
      [N, 3, 1],
    ],
  ];
  return {
    cholesky: on(positive, [...square, [N, N]]),
    triangularSolve: systems(sides, triangles),
    lu: on(graded, [...any, [0, 0]]),
    qr: (dtype) => [
      ...on(graded, any, [{ fullMatrices: false }])(dtype),
      ...on(
        graded,
        [
          [4, 4],
          [N, 3, 5],
        ],
        [{ fullMatrices: true }],
      )(dtype),
    ],
    eigh: on(graded, square),
    eigvalsh: on(graded, square),
    svd: on(graded, any),
    svdvals: on(graded, any),
    solve: systems(sides, [{}]),
    inverse: on(graded, [...square, [N, N]]),
    pinv: on(graded, any, [{ rcond: -1 }, { rcond: 0.01 }]),
    lstsq: systems(
      [
        ...sides,
        [
          [5, 3],
          [5, 2],
        ],
        [
          [N, 2, 4],
          [N, 2, 1],
        ],
      ],
      [{ rcond: -1 }],
    ),
    determinant: on(graded, small),
    slogdet: on(graded, small),
    cofactor: on(graded, small),
    matrixNorm: (dtype) =>
      isFloat(dtype)
        ? norms.map((ord) => ({ types: [type(dtype, [N, 3, 4])], attrs: { ord }, fills: [graded] }))
        : [],
  };
}

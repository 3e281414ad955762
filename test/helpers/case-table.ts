/**
 * Applications of ops that need attributes or operands of unlike shapes. Ops that are elementwise
 * or reduce, and elementwise composites without attributes, need no row: their metadata say enough.
 */
import type { Attrs, DType, TensorType } from '@vorab/graph';
import {
  dim,
  dimAdd,
  dimMul,
  dtypeBytes,
  dtypes,
  isFloat,
  isInteger,
  toNdArray,
} from '@vorab/graph';
import type { Fill } from './arrays.ts';
import { controlCases } from './control-cases.ts';
import { convCases } from './conv-cases.ts';
import { linalgCases } from './linalg-cases.ts';
import { nnCases } from './nn-cases.ts';

/**
 * One application of an op: types of its operands, attributes, and values where random ones will
 * not do.
 */
export interface Application {
  readonly types: readonly TensorType[];
  readonly attrs?: Attrs;
  readonly fills?: readonly (Fill | undefined)[];
  /** Operands hold infinities, NaN or the ends of their range. */
  readonly special?: boolean;
}

/** The symbolic dims of all cases, and the sizes that they are bound to. */
export const N = dim('N', { min: 0, max: 64 });
export const M = dim('M', { min: 0, max: 12, multipleOf: 2 });
export const sizes: Readonly<Record<string, number>> = { N: 5, M: 4 };

const type = (dtype: DType, ...shape: TensorType['shape']): TensorType => ({ dtype, shape });
const one = (dtype: DType, shape: TensorType['shape'], attrs: Attrs): Application => ({
  types: [type(dtype, ...shape)],
  attrs,
});

type Row = (dtype: DType) => readonly Application[];

const floats =
  (row: Row): Row =>
  (dtype) =>
    isFloat(dtype) ? row(dtype) : [];

// ------------------------------------------------------------------------------------------------ views, leaves

const numbers = (dtype: DType): boolean => dtype !== 'bool';

const leaves: Readonly<Record<string, Row>> = {
  full: (dtype) => [
    { types: [], attrs: { value: 1, dtype, shape: [2, 3] } },
    { types: [], attrs: { value: 0, dtype, shape: [] } },
    ...(isFloat(dtype) ? [{ types: [], attrs: { value: -Infinity, dtype, shape: [3] } }] : []),
  ],
  iota: (dtype) =>
    numbers(dtype)
      ? [0, 1, 2].map((axis) => ({ types: [], attrs: { shape: [2, 3, 4], axis, dtype } }))
      : [],
  constant: (dtype) => [
    {
      types: [],
      attrs: {
        data: toNdArray(
          [
            [1, 0],
            [0, 1],
            [1, 1],
          ],
          dtype,
        ),
      },
    },
  ],
  sizeOf: (dtype) =>
    numbers(dtype) ? [{ types: [], attrs: { dim: dimAdd(dimMul(N, M), 3), dtype } }] : [],
};

const views: Readonly<Record<string, Row>> = {
  reshape: (dtype) => [
    one(dtype, [2, 6], { shape: [3, 4] }),
    one(dtype, [N, 2, 3], { shape: [dimMul(N, 6)] }),
    one(dtype, [1, 1], { shape: [] }),
  ],
  transpose: (dtype) => [
    one(dtype, [3, 4], { axes: [1, 0] }),
    one(dtype, [2, N, 4], { axes: [2, 0, 1] }),
  ],
  broadcast: (dtype) => [
    one(dtype, [3], { shape: [2, 3], axes: [1] }),
    one(dtype, [2], { shape: [2, N], axes: [0] }),
    one(dtype, [], { shape: [2, 3], axes: [] }),
  ],
  flip: (dtype) => [one(dtype, [5], { axes: [0] }), one(dtype, [2, N, 3], { axes: [1, 2] })],
  slice: (dtype) => [
    one(dtype, [9], { start: [2], stop: [8], step: [1] }),
    one(dtype, [9], { start: [1], stop: [9], step: [3] }),
    one(dtype, [N, 5], { start: [0, 1], stop: [N, 4], step: [1, 2] }),
  ],
  pad: (dtype) => [
    one(dtype, [4], { low: [1], high: [2], interior: [0], value: 1 }),
    one(dtype, [N, 3], { low: [0, 2], high: [1, 0], interior: [0, 1], value: 0 }),
    one(dtype, [3], { low: [0], high: [1], interior: [2], value: 0 }),
  ],
  barrier: (dtype) => [
    { types: [type(dtype, N, 3), type('f32', 2)] },
    { types: [type(dtype), type('i32', M), type(dtype, 3)] },
  ],
  concat: (dtype) => [
    { types: [type(dtype, 2), type(dtype, 3), type(dtype, 1)], attrs: { axis: 0 } },
    { types: [type(dtype, N, 2), type(dtype, N, 3)], attrs: { axis: 1 } },
    { types: [type(dtype, N, 2), type(dtype, M, 2)], attrs: { axis: 0 } },
  ],
};

// ------------------------------------------------------------------------------------------------ products, indices

const contractions: Readonly<Record<string, Row>> = {
  matmul: floats((dtype) => [
    { types: [type(dtype, 3, 4), type(dtype, 4, 5)] },
    { types: [type(dtype, N, 7), type(dtype, 7, 3)] },
    { types: [type(dtype, 2, 3, 4), type(dtype, 2, 4, 2)] },
    { types: [type(dtype, 1, 1), type(dtype, 1, 1)] },
  ]),
};

/** Some inside, some on the edges, some outside. */
const anywhere: Fill = [0, 2, -1, 1, 9, 2, 0];
const inside: Fill = [0, 2, 1, 1, 2, 0];

const scattered =
  (takesBool: boolean): Row =>
  (dtype) =>
    takesBool || numbers(dtype)
      ? [
          {
            types: [type(dtype, 3, 2), type('i32', 7), type(dtype, 7, 2)],
            attrs: { axis: 0 },
            fills: [undefined, anywhere],
          },
          {
            types: [type(dtype, 2, 3), type('i64', N, 2), type(dtype, 2, N, 2)],
            attrs: { axis: 1 },
            fills: [undefined, inside],
          },
          {
            types: [type(dtype, 5), type('u8', 13), type(dtype, 13)],
            attrs: { axis: 0 },
            fills: ['special', inside, 'special'],
            special: true,
          },
        ]
      : [];

const indices: Readonly<Record<string, Row>> = {
  argMax: (dtype) =>
    numbers(dtype)
      ? [
          { ...one(dtype, [4, 5], { axis: 1 }) },
          { ...one(dtype, [N, 3], { axis: 0 }) },
          { ...one(dtype, [6], { axis: 0 }), fills: [[1, 3, 3, 0, 3, 2]] },
        ]
      : [],
  gather: (dtype) => [
    {
      types: [type(dtype, 3, 4), type('i32', 7)],
      attrs: { axis: 0 },
      fills: [undefined, anywhere],
    },
    {
      types: [type(dtype, 2, 3), type('i32', N, 2)],
      attrs: { axis: 1 },
      fills: [undefined, anywhere],
    },
    { types: [type(dtype, 3), type('i32')], attrs: { axis: 0 }, fills: [undefined, [2]] },
    {
      types: [type(dtype, N, 3), type('i64', 4)],
      attrs: { axis: 0 },
      fills: [undefined, anywhere],
    },
  ],
  takeAlongAxis: (dtype) => [
    {
      types: [type(dtype, 3, 4), type('i32', 2, 4)],
      attrs: { axis: 0 },
      fills: [undefined, anywhere],
    },
    {
      types: [type(dtype, N, 3), type('i32', N, 1)],
      attrs: { axis: 1 },
      fills: [undefined, anywhere],
    },
    {
      types: [type(dtype, N, 2), type('i8', 4, 2)],
      attrs: { axis: 0 },
      fills: [undefined, anywhere],
    },
  ],
  scatterAdd: (dtype) =>
    numbers(dtype)
      ? [
          {
            types: [type(dtype, 3, 2), type('i32', 7), type(dtype, 7, 2)],
            attrs: { axis: 0 },
            fills: [undefined, anywhere],
          },
          {
            types: [type(dtype, 2, 3), type('i32', N), type(dtype, 2, N)],
            attrs: { axis: 1 },
            fills: [undefined, inside],
          },
        ]
      : [],
  scatter: scattered(true),
  scatterMax: scattered(false),
  scatterMin: scattered(false),
  oneHot: (dtype) => [
    ...dtypes.filter(isInteger).map((from) => ({
      ...one(from, [N], { depth: 3, dtype }),
      fills: [from.startsWith('u') ? inside : anywhere],
    })),
  ],
};

// ------------------------------------------------------------------------------------------------ order

const ties: Fill = [3, 1, 2, 3, 1, 0, 2];
// Far enough apart for central differences; 77 and 240 have no common divisor.
const apart: Fill = Array.from({ length: 240 }, (_, i) => ((i * 77) % 240) / 16);

const orders: Readonly<Record<string, Row>> = {
  sort: (dtype) =>
    [false, true].flatMap((descending) => [
      one(dtype, [3, 7], { axis: 1, descending, count: 7 }),
      one(dtype, [N, 2, 3], { axis: 0, descending, count: N }),
      {
        ...one(dtype, [2, 40, 3], { axis: 1, descending, count: 2 }),
        fills: [isFloat(dtype) ? apart : undefined],
      },
      { ...one(dtype, [21], { axis: 0, descending, count: 21 }), fills: [ties], special: true },
      {
        ...one(dtype, [600], { axis: 0, descending, count: 600 }),
        fills: ['special'],
        special: true,
      },
    ]),
};

const dynamics: Readonly<Record<string, Row>> = {
  dynamicSlice: (dtype) => [
    { types: [type(dtype, 7), type('i32', 1)], attrs: { sizes: [3] }, fills: [undefined, [2]] },
    {
      types: [type(dtype, 4, 5), type('i64', 2)],
      attrs: { sizes: [2, 3] },
      fills: [undefined, [-1, 9]],
    },
    {
      types: [type(dtype, N, 3, 2), type('u8', 3)],
      attrs: { sizes: [N, 1, 2] },
      fills: [undefined, [3, 2, 1]],
    },
    { types: [type(dtype, 2, 3), type('i32', 2)], attrs: { sizes: [2, 3] } },
  ],
  dynamicUpdateSlice: (dtype) => [
    {
      types: [type(dtype, 7), type(dtype, 3), type('i32', 1)],
      fills: [undefined, undefined, [2]],
    },
    {
      types: [type(dtype, 4, 5), type(dtype, 2, 3), type('i64', 2)],
      fills: [undefined, undefined, [-1, 9]],
    },
    {
      types: [type(dtype, N, 3, 2), type(dtype, N, 1, 2), type('u8', 3)],
      fills: [undefined, undefined, [3, 2, 1]],
    },
    { types: [type(dtype, 2, 3), type(dtype, 2, 3), type('i32', 2)] },
  ],
};

const fourier: Row = floats((dtype) =>
  [false, true].flatMap((inverse) => {
    const pair = (axis: number, ...shape: TensorType['shape']): Application => ({
      types: [type(dtype, ...shape), type(dtype, ...shape)],
      attrs: { axis, inverse },
    });
    // Dense, split, split twice, a prime, a large prime, a factor without small ones.
    return [
      pair(0, 1),
      pair(1, N, 8, 3),
      ...(dtype === 'f32' || dtype === 'f64' ? [pair(0, 96), pair(0, 37), pair(0, 139)] : []),
      ...(dtype === 'f32' ? [pair(0, 1536), pair(0, 274)] : []),
    ];
  }),
);

const running: Row = (dtype) =>
  numbers(dtype)
    ? [false, true].flatMap((reverse) => [
        one(dtype, [3, 7], { axis: 1, reverse }),
        one(dtype, [N, 2, 3], { axis: 0, reverse }),
        one(dtype, [2, 5, 9], { axis: 1, reverse }),
        { ...one(dtype, [13], { axis: 0, reverse }), fills: ['special'], special: true },
      ])
    : [];

// ------------------------------------------------------------------------------------------------ conversions

const conversions: Readonly<Record<string, Row>> = {
  cast: (dtype) =>
    dtypes.map((to) => ({ ...one(dtype, [23], { dtype: to }), fills: ['special'], special: true })),
  bitcast: (dtype) =>
    dtypes
      .filter((to) => to !== 'bool' && dtype !== 'bool' && dtypeBytes(to) === dtypeBytes(dtype))
      .map((to) => one(dtype, [5], { dtype: to })),
};

// ------------------------------------------------------------------------------------------------ composites

const overAxes: Row = floats((dtype) => [
  one(dtype, [4, 5], { axes: [1] }),
  one(dtype, [3, N, 2], { axes: [0, 2] }),
  one(dtype, [6], { axes: [0] }),
]);

const alongAxis: Row = floats((dtype) => [
  one(dtype, [3, 7], { axis: 1 }),
  one(dtype, [N, 2, 3], { axis: 0 }),
  { ...one(dtype, [4], { axis: 0 }), fills: [[800, -800, 799, 0]] },
]);

const composites: Readonly<Record<string, Row>> = {
  mean: overAxes,
  logSumExp: overAxes,
  variance: (dtype) =>
    overAxes(dtype).map((a, i) => ({ ...a, attrs: { ...a.attrs, ddof: i % 2 } })),
  softmax: alongAxis,
  logSoftmax: alongAxis,
  gelu: floats((dtype) =>
    ['none', 'tanh'].map((approximate) => one(dtype, [N, 5], { approximate })),
  ),
  clamp: (dtype) =>
    numbers(dtype)
      ? [
          one(dtype, [13], { min: 1, max: 2 }),
          ...(isFloat(dtype) ? [one(dtype, [13], { min: -Infinity, max: 0.5 })] : []),
        ]
      : [],
  crossEntropy: floats((dtype) =>
    [0, 0.1].map((labelSmoothing) => ({
      types: [type(dtype, N, 3), type('i32', N)],
      attrs: { labelSmoothing },
      fills: [undefined, anywhere],
    })),
  ),
  stopGradient: (dtype) => [one(dtype, [5], {})],
  dropout: floats((dtype) => [
    {
      types: [type(dtype, N, 6), type('u32', 2)],
      attrs: { rate: 0.4 },
      fills: [undefined, [7, 4294967295]],
    },
  ]),
  threefry2x32: (dtype) =>
    dtype === 'u32'
      ? [
          {
            types: [0, 1, 2, 3].map(() => type('u32', 6)),
            fills: [[0, 4294967295], [3, 0, 4294967295], [0, 1, 2, 3, 4, 5], 'special'],
          },
        ]
      : [],
};

const debugging: Readonly<Record<string, Row>> = {
  checkFinite: floats((dtype) => [
    one(dtype, [N, 3], { what: 'in a test', infinities: true }),
    { ...one(dtype, [4], { what: '', infinities: false }), fills: [[1, Infinity, -Infinity, 0]] },
    one(dtype, [], { what: '', infinities: true }),
  ]),
  checkIndices: (dtype) =>
    isInteger(dtype)
      ? [
          { ...one(dtype, [7], { what: '', extent: 3 }), fills: [inside] },
          { ...one(dtype, [2, N], { what: 'of a test', extent: dimAdd(N, 3) }), fills: [inside] },
        ]
      : [],
  tap: (dtype) => [one(dtype, [N, 2], { name: 'x' })],
};

/** By op name. */
export const caseTable: Readonly<Record<string, Row>> = {
  ...leaves,
  ...views,
  ...contractions,
  ...indices,
  argMin: indices['argMax'] as Row,
  ...orders,
  ...dynamics,
  fft: fourier,
  cumsum: running,
  cumprod: running,
  cummax: running,
  cummin: running,
  logCumsumExp: floats(running),
  ...conversions,
  ...debugging,
  ...linalgCases(N),
  ...composites,
  ...convCases(N, M),
  ...controlCases,
  ...nnCases,
};

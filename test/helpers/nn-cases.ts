/** Applications of the ops of neural networks: normalisations, attention, recurrent cells, losses. */
import type { Attrs, DType, TensorType } from '@vorab/graph';
import { dim, isFloat } from '@vorab/graph';
import type { Application } from './case-table.ts';

const N = dim('N', { min: 0, max: 64 });
const M = dim('M', { min: 0, max: 12, multipleOf: 2 });

const type = (dtype: DType, ...shape: TensorType['shape']): TensorType => ({ dtype, shape });

type Row = (dtype: DType) => readonly Application[];
type Shapes = readonly TensorType['shape'][];

const floats =
  (row: Row): Row =>
  (dtype) =>
    isFloat(dtype) ? row(dtype) : [];

/** Operands of one float dtype. */
const of =
  (...applications: readonly (readonly [Shapes, Attrs?])[]): Row =>
  (dtype) =>
    isFloat(dtype)
      ? applications.map(([shapes, attrs = {}]) => ({
          types: shapes.map((shape) => type(dtype, ...shape)),
          attrs,
        }))
      : [];

const normalizations: Readonly<Record<string, Row>> = {
  layerNorm: of(
    [[[N, 6], [6], [6]], { eps: 1e-5 }],
    [
      [
        [2, 3, 4],
        [3, 4],
        [3, 4],
      ],
      { eps: 1e-3 },
    ],
  ),
  rmsNorm: of(
    [[[N, 6], [6]], { eps: 1e-5 }],
    [
      [
        [2, 3, 4],
        [3, 4],
      ],
      { eps: 1e-3 },
    ],
  ),
  groupNorm: of(
    [[[N, 2, 3, 4], [4], [4]], { groups: 2, eps: 1e-5 }],
    [[[3, N, 6], [6], [6]], { groups: 6, eps: 1e-3 }],
    [[[3, 6], [6], [6]], { groups: 1, eps: 1e-3 }],
  ),
  batchNorm: of([[[N, 4], [4], [4]], { eps: 1e-5 }], [[[2, N, 3, 5], [5], [5]], { eps: 1e-3 }]),
  batchNormInference: of(
    [[[N, 4], [4], [4], [4], [4]], { eps: 1e-5 }],
    [[[2, M, 3, 5], [5], [5], [5], [5]], { eps: 1e-3 }],
  ),
};

const plain = { scale: 0.5, causal: false };
const causal = { scale: 0.4, causal: true };

/** Of each row of keys the first is seen, so that none gives NaN. */
const firstSeen = (keys: number) => ({
  fills: Array.from({ length: 24 }, (_, i) => Number(i % keys === 0 || i % 3 === 0)),
});

const attention: Readonly<Record<string, Row>> = {
  scaledDotProductAttention: floats((dtype) => [
    ...of(
      [
        [
          [2, 2, 3, 4],
          [2, 2, 5, 4],
          [2, 2, 5, 3],
        ],
        plain,
      ],
      [
        [
          [N, 4, 3, 2],
          [N, 2, 5, 2],
          [N, 2, 5, 2],
        ],
        plain,
      ],
      [
        [
          [1, 2, M, 4],
          [1, 2, M, 4],
          [1, 2, M, 4],
        ],
        causal,
      ],
      [
        [
          [1, 1, 5, 4],
          [1, 1, 3, 4],
          [1, 1, 3, 4],
        ],
        causal,
      ],
      [
        [
          [2, 2, 3, 4],
          [2, 1, 4, 4],
          [2, 1, 4, 4],
          [1, 2, 1, 4],
        ],
        causal,
      ],
    )(dtype),
    {
      types: [type(dtype, N, 2, 3, 4), type(dtype, N, 2, 4, 4), type(dtype, N, 2, 4, 4)].concat(
        type('bool', 1, 2, 3, 4),
      ),
      attrs: plain,
      fills: [undefined, undefined, undefined, firstSeen(4).fills],
    },
  ]),
  scaledDotProductAttentionVjp: floats((dtype) => [
    ...of(
      [
        [
          [2, 2, 3, 4],
          [2, 2, 5, 4],
          [2, 2, 5, 3],
          [2, 2, 3, 3],
          [2, 2, 3, 3],
        ],
        plain,
      ],
      [
        [
          [N, 4, 3, 2],
          [N, 2, 3, 2],
          [N, 2, 3, 2],
          [N, 4, 3, 2],
          [N, 4, 3, 2],
        ],
        causal,
      ],
    )(dtype),
    {
      types: [
        ...[3, 4, 4].map((length) => type(dtype, 1, 1, length, 2)),
        type('bool', 1, 1, 3, 4),
        ...[3, 3].map((length) => type(dtype, 1, 1, length, 2)),
      ],
      attrs: plain,
      fills: [undefined, undefined, undefined, firstSeen(4).fills],
    },
  ]),
  rope: floats((dtype) => {
    const attrs = { base: 10000, offset: 0, dims: 4, convention: 'halfSplit', inverse: false };
    return [
      ...of(
        [[[2, 3, 4]], attrs],
        [[[2, N, 6]], { ...attrs, offset: 70000, base: 100 }],
        [[[N, 2, 5, 4]], { ...attrs, convention: 'interleaved', inverse: true }],
      )(dtype),
      {
        types: [type(dtype, 2, 3, N, 4), type('i32', N)],
        attrs,
        fills: [undefined, [0, 5, 70000, -3]],
      },
      {
        types: [type(dtype, 2, 3, 4, 8), type('i32', 2, 4)],
        attrs: { ...attrs, dims: 8 },
        fills: [undefined, [0, 1, 2, 3, 1000, 999, 998, 997]],
      },
    ];
  }),
};

const recurrent: Readonly<Record<string, Row>> = {
  lstmGates: of([
    [
      [N, 12],
      [N, 3],
    ],
  ]),
  lstmCell: of([[[N, 3], [N, 2], [N, 2], [3, 8], [2, 8], [8]]]),
  gruGates: of([
    [
      [N, 6],
      [N, 6],
      [N, 2],
    ],
  ]),
  gruCell: of([[[N, 3], [N, 2], [3, 6], [2, 6], [6], [6]]]),
};

const losses: Readonly<Record<string, Row>> = {
  huber: of(
    [
      [
        [N, 3],
        [N, 3],
      ],
      { delta: 1 },
    ],
    [[[7], [7]], { delta: 0.25 }],
  ),
  binaryCrossEntropyWithLogits: of(
    [
      [
        [N, 3],
        [N, 3],
      ],
    ],
    [[[7], [7], [7]]],
  ),
  softCrossEntropy: of(
    [
      [
        [N, 4],
        [N, 4],
      ],
    ],
    [
      [
        [2, 3, 5],
        [2, 3, 5],
      ],
    ],
  ),
};

const withAlpha: Row = of([[[N, 3]], { alpha: 0.3 }], [[[]], { alpha: 1.5 }]);

/** By op name. */
export const nnCases: Readonly<Record<string, Row>> = {
  ...normalizations,
  ...attention,
  ...recurrent,
  ...losses,
  leakyRelu: withAlpha,
  elu: withAlpha,
  celu: withAlpha,
};

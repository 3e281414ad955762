/** How the golden ops of neural networks and their losses are written with ours. */
import type { Tensor } from '@vorab/graph';
import * as g from '@vorab/graph';
import type { GoldenBuilder } from './golden-ops.ts';

/** The attributes of these families, by name. */
export interface GoldenNnAttributes {
  readonly base: number;
  readonly causal: boolean;
  readonly convention: g.RopeConvention;
  readonly delta: number;
  readonly dims: number;
  readonly eps: number;
  readonly groups: number;
  readonly labelSmoothing: number;
  readonly mode: 'training' | 'inference';
  readonly offset: number;
  readonly reduction: g.LossReduction;
  readonly scale: number;
}

type Tensors<N extends number, T extends readonly Tensor[] = []> = T['length'] extends N
  ? T
  : Tensors<N, [...T, Tensor]>;

type Pointwise = (x: Tensor, y: Tensor, options: GoldenNnAttributes) => Tensor;

const ofTwo =
  (f: Pointwise): GoldenBuilder =>
  ([x, y], attrs) =>
    f(x as Tensor, y as Tensor, attrs);

const losses: Readonly<Record<string, GoldenBuilder>> = {
  crossEntropy: ofTwo(g.crossEntropy),
  mse: ofTwo(g.mse),
  mae: ofTwo(g.mae),
  huber: ofTwo(g.huber),
  binaryCrossEntropyWithLogits: ofTwo(g.binaryCrossEntropyWithLogits),
  klDivergence: ofTwo(g.klDivergence),
};

const normalizations: Readonly<Record<string, GoldenBuilder>> = {
  layerNorm: (inputs, { eps }) => g.layerNorm(...(inputs as Tensors<3>), { eps }),
  rmsNorm: (inputs, { eps }) => g.rmsNorm(...(inputs as Tensors<2>), { eps }),
  batchNorm(inputs, { mode, eps }) {
    if (mode === 'inference') return g.batchNormInference(...(inputs as Tensors<5>), { eps });
    const { y, mean, variance } = g.batchNorm(...(inputs as Tensors<3>), { eps });
    return [y, mean, variance];
  },
  groupNorm([x, weight, bias], { groups, eps }) {
    return g.groupNorm(x as Tensor, groups, weight as Tensor, bias as Tensor, { eps });
  },
};

/** By the golden vectors' op name. */
export const goldenNn: Readonly<Record<string, GoldenBuilder>> = {
  ...losses,
  ...normalizations,
  softmax: ([x], { axis }) => g.softmax(x as Tensor, axis),
  logSoftmax: ([x], { axis }) => g.logSoftmax(x as Tensor, axis),
  scaledDotProductAttention(inputs, { scale, causal }) {
    const [q, k, v, mask] = inputs as Tensors<3> | Tensors<4>;
    return g.scaledDotProductAttention(q, k, v, { scale, causal, ...(mask && { mask }) });
  },
  rope: ([x], { base, offset, dims, convention }) =>
    g.rope(x as Tensor, { base, offset, dims, convention }),
  lstmCell(inputs) {
    const [x, h, c, wx, wh, b] = inputs as Tensors<6>;
    const next = g.lstmCell(x, { h, c }, { wx, wh, b });
    return [next.h, next.c];
  },
  gruCell(inputs) {
    const [x, h, wx, wh, bx, bh] = inputs as Tensors<6>;
    return g.gruCell(x, h, { wx, wh, bx, bh });
  },
};

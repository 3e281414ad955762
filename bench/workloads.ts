import type { Sizes } from './sizes.ts';

/** A model of `models/` as a workload: one entry, `run`. */
export interface Workload {
  /** The model's file in `models/`. */
  readonly model: string;
  /** What integer inputs are below. */
  readonly below?: (sizes: Sizes) => number;
  /** Whether its output is the loss of a step; default false. */
  readonly trains?: boolean;
  /** The state to check where there is no output. */
  readonly state?: string;
  /** Bytes that have to be read and written, for workloads that memory limits. */
  readonly bytes?: (sizes: Sizes) => number;
  /** Floating-point operations of the matrix products, for the others. */
  readonly flops?: (sizes: Sizes) => number;
}

type Read = (name: string) => number;

const f32Bytes = 4;
const by =
  (count: (of: Read, sizes: Sizes) => number) =>
  (sizes: Sizes): number =>
    count((name) => sizes[name] as number, sizes);

/** Products of a transformer's block over `tokens` rows: projections, scores, and the two layers. */
const blockFlops = (tokens: number, length: number, dim: number, ffn: number): number =>
  2 * tokens * (4 * dim * dim + 2 * length * dim + 2 * dim * ffn);

const encoderFlops = by(
  (of) => of('layers') * blockFlops(of('batch') * of('seq'), of('seq'), of('dim'), of('ffn')),
);

// Forward, gradient of the operand, gradient of the weights.
const training = 3;

export const workloads: Readonly<Record<string, Workload>> = {
  gemm: { model: 'gemm.ts', flops: by((of) => 2 * of('n') ** 3) },
  svd: { model: 'svd.ts' },
  chain: { model: 'chain.ts', bytes: by((of) => 3 * f32Bytes * of('n')) },
  norm_softmax: {
    model: 'norm_softmax.ts',
    bytes: by((of) => 2 * f32Bytes * of('rows') * of('cols')),
  },
  adam: { model: 'adam.ts', state: 'p', bytes: by((of) => 7 * f32Bytes * of('n')) },
  tiny: { model: 'tiny.ts' },
  mlp_train: {
    model: 'mlp_train.ts',
    trains: true,
    below: (sizes) => (sizes['sizes'] as readonly number[]).at(-1) as number,
    flops: by((of, sizes) => {
      const widths = sizes['sizes'] as readonly number[];
      const weights = widths.slice(1).map((width, i) => width * (widths[i] as number));
      const all = weights.reduce((a, b) => a + b, 0);
      // Nothing flows back to the images.
      return 2 * of('batch') * (training * all - (weights[0] as number));
    }),
  },
  gpt_train: {
    model: 'gpt_train.ts',
    trains: true,
    below: by((of) => of('vocab')),
    flops: by((of) => {
      const [tokens, dim] = [of('batch') * of('ctx'), of('dim')];
      const blocks = of('layers') * blockFlops(tokens, of('ctx'), dim, 4 * dim);
      return training * (blocks + 2 * tokens * dim * of('vocab'));
    }),
  },
  cnn_train: {
    model: 'cnn_train.ts',
    trains: true,
    below: () => 10,
    flops: by((of) => {
      const [places, half, quarter] = [1, 2, 4].map((by) => Math.floor(of('hw') / by) ** 2);
      const first = 9 * of('c1') * (places as number);
      const second = 9 * of('c1') * of('c2') * (half as number);
      const dense = of('c2') * (quarter as number) * of('fc') + of('fc') * 10;
      // Nothing flows back to the images.
      return 2 * of('batch') * (training * (first + second + dense) - first);
    }),
  },
  encoder_b1: { model: 'encoder.ts', flops: encoderFlops },
  encoder_b8: { model: 'encoder.ts', flops: encoderFlops },
};

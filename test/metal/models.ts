/** Programs with reductions along rows, as a user writes them by hand. */
import type { DType, NdArray, Program, Tensor, TensorType } from '@vorab/graph';
import * as g from '@vorab/graph';
import { arrayFor, randomOf } from '../helpers/arrays.ts';
import type { Trial } from '../helpers/trials.ts';

type Tensors = Readonly<Record<string, Tensor>>;

interface Model {
  readonly inputs: Readonly<Record<string, TensorType>>;
  readonly body: (given: Tensors) => Tensors;
  /** Values of N, one call each; default one call with 13. */
  readonly sizes?: readonly number[];
  /** What floats are drawn from; default [-2, 2]. */
  readonly range?: readonly [number, number];
}

const N = g.dim('N', { min: 0, max: 512 });
const M = g.dim('M', { min: 1, max: 1024 });
const of = (dtype: DType, ...shape: TensorType['shape']): TensorType => ({ dtype, shape });
const keep = { keepDims: true } as const;

function softmax(x: Tensor): Tensor {
  const e = g.exp(g.sub(x, g.max(x, -1, keep)));
  return g.div(e, g.sum(e, -1, keep));
}

function layerNorm(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const centred = g.sub(x, g.mean(x, -1, keep));
  const variance = g.mean(g.mul(centred, centred), -1, keep);
  return g.add(g.mul(g.mul(centred, g.rsqrt(g.add(variance, 1e-5))), scale), shift);
}

/** The mean of -log p of the label's class. */
function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const shifted = g.sub(logits, g.max(logits, -1, keep));
  const logSum = g.log(g.sum(g.exp(shifted), -1, keep));
  const classes = g.iota([logits.shape[1] as number], 0, 'i32');
  const own = g.equal(g.expandDims(labels, 1), classes);
  return g.mean(g.sum(g.where(own, g.sub(logSum, shifted), 0), -1));
}

const norms = (x: Tensor): Tensor => g.sqrt(g.sum(g.mul(x, x), -1, keep));

export const models: Readonly<Record<string, Model>> = {
  softmax: {
    inputs: { x: of('f32', N, 10) },
    body: ({ x }) => ({ y: softmax(x as Tensor) }),
    sizes: [1, 8, 13, 0],
  },
  'softmax-wide': {
    inputs: { x: of('f32', 3, 5, 700) },
    body: ({ x }) => ({ y: softmax(x as Tensor) }),
  },
  'softmax-of-symbolic-rows': {
    inputs: { x: of('f32', N, M) },
    body: ({ x }) => ({ y: softmax(x as Tensor) }),
    sizes: [3, 1],
  },
  'layer-norm': {
    inputs: { x: of('f32', N, 200), scale: of('f32', 200), shift: of('f32', 200) },
    body: ({ x, scale, shift }) => ({
      y: layerNorm(x as Tensor, scale as Tensor, shift as Tensor),
    }),
  },
  'layer-norm-gradient': {
    inputs: {
      x: of('f32', 6, 96),
      scale: of('f32', 96),
      shift: of('f32', 96),
      w: of('f32', 6, 96),
    },
    body: ({ x, scale, shift, w }) => {
      const wrt = [x, scale, shift] as Tensor[];
      const y = layerNorm(...(wrt as [Tensor, Tensor, Tensor]));
      const [dx, ds, db] = g.grad(g.sum(g.mul(y, w as Tensor)), wrt) as [Tensor, Tensor, Tensor];
      return { y, dx, ds, db };
    },
  },
  'cross-entropy': {
    inputs: { logits: of('f32', N, 17), labels: of('i32', N) },
    body: ({ logits, labels }) => {
      const loss = crossEntropy(logits as Tensor, labels as Tensor);
      return { loss, d: g.grad(loss, [logits as Tensor])[0] as Tensor };
    },
    sizes: [13, 1],
  },
  'softmax-f16': {
    inputs: { x: of('f16', N, 40) },
    body: ({ x }) => ({ y: softmax(x as Tensor), n: norms(x as Tensor) }),
  },
  'layer-norm-bf16': {
    inputs: { x: of('bf16', 9, 160), scale: of('bf16', 160), shift: of('bf16', 160) },
    body: ({ x, scale, shift }) => ({
      y: layerNorm(x as Tensor, scale as Tensor, shift as Tensor),
    }),
  },
  masked: {
    inputs: { x: of('f32', N, 64), mask: of('bool', N, 64) },
    body: ({ x, mask }) => {
      const seen = g.where(mask as Tensor, x as Tensor, Number.NEGATIVE_INFINITY);
      return {
        y: softmax(seen),
        empty: g.logicalNot(g.any(mask as Tensor, -1)),
        all: g.all(g.logicalOr(mask as Tensor, g.less(x as Tensor, 1)), -1),
      };
    },
  },
  integers: {
    inputs: { a: of('i32', N, 33), b: of('i64', N, 33), c: of('u8', N, 33), d: of('i8', N, 33) },
    body: ({ a, b, c, d }) => ({
      a: g.sub(a as Tensor, g.min(a as Tensor, -1, keep)),
      b: g.max(g.mul(b as Tensor, 3), -1),
      s: g.sum(g.mul(b as Tensor, b as Tensor), -1),
      c: g.sum(g.add(c as Tensor, 200), -1),
      d: g.prod(g.sub(d as Tensor, 1), -1),
    }),
    range: [-100, 100],
  },
  strided: {
    inputs: { x: of('f32', 40, N, 6) },
    // Read backwards, in another order, and without its ends.
    body: ({ x }) => {
      const rows = g.transpose(g.flip(x as Tensor, 0), [1, 2, 0]);
      return { y: softmax(g.slice(rows, [0, 1, 3], [N, 5, 35])) };
    },
  },
  'several-axes': {
    inputs: { x: of('f32', 7, 5, N, 3), b: of('f32', 5, 3) },
    body: ({ x, b }) => {
      const centred = g.sub(x as Tensor, g.mean(x as Tensor, [2, 3], keep));
      const moved = g.add(centred, g.reshape(b as Tensor, [5, 1, 3]));
      return { y: moved, s: g.sum(g.abs(moved), [0, 3]), n: g.sum(g.mul(moved, moved), [2, 3]) };
    },
    sizes: [11, 1],
  },
  positions: {
    inputs: { x: of('f32', N, 50) },
    body: ({ x }) => {
      const at = g.iota([N, 50], 1, 'f32');
      const total = g.sum(g.mul(x as Tensor, at), -1, keep);
      return { y: g.div(g.mul(x as Tensor, at), g.add(g.abs(total), 1)) };
    },
  },
  whole: {
    inputs: { x: of('f32', 9, 30) },
    body: ({ x }) => {
      const norm = g.sqrt(g.sum(g.mul(x as Tensor, x as Tensor)));
      return { y: g.div(x as Tensor, norm), norm };
    },
  },
};

/** A model with calls: random inputs for each of its sizes. */
export function trialOfModel(name: string): Trial {
  const { inputs, body, sizes = [13], range: [from, to] = [-2, 2] } = models[name] as Model;
  const random = randomOf(name);
  const array = ({ dtype, shape }: TensorType, n: number): NdArray => {
    const env = new Map([
      ['N', n],
      ['M', 37 * n],
    ]);
    const extents = shape.map((d) => g.evaluateDim(d, env));
    return arrayFor(dtype, extents, { from: dtype === 'u8' ? 0 : from, to }, random);
  };
  const calls = sizes.map((n) => ({
    sizes: { N: n, M: 37 * n },
    inputs: Object.fromEntries(Object.entries(inputs).map(([k, type]) => [k, array(type, n)])),
  }));
  return { name, program: g.program(inputs, body as never) as Program, calls };
}

import type { DType, NdArray, Tensor, TensorType } from '@vorab/graph';
import * as g from '@vorab/graph';
import type { RuntimeName } from '@vorab/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { arrayFor, randomOf } from '../helpers/arrays.ts';
import type { Compiled, Result, Trial } from '../helpers/trials.ts';
import { compileTrials, runTrials } from '../helpers/trials.ts';
import { complaints } from './suite.ts';

// Functions that are made of several ops and have none of their own, on every runtime, for several
// extents of a symbolic dim.

const N = g.dim('N', { min: 0, max: 9 });
const sizes = [4, 1, 0, 7];

type Body = (...inputs: readonly Tensor[]) => readonly Tensor[];

const type = (dtype: DType, ...shape: TensorType['shape']): TensorType => ({ dtype, shape });

function trialOf(name: string, types: readonly TensorType[], body: Body): Trial {
  const inputs = Object.fromEntries(types.map((t, i) => [`x${i}`, t]));
  const program = g.program(inputs, (given) => {
    const results = body(...types.map((_, i) => given[`x${i}`] as Tensor));
    return Object.fromEntries(results.map((t, i) => [`y${i}`, t]));
  });
  const calls = sizes.map((n) => {
    const random = randomOf(`${name} ${n}`);
    const array = ({ dtype, shape }: TensorType): NdArray =>
      arrayFor(
        dtype,
        shape.map((d) => (typeof d === 'number' ? d : n)),
        g.isFloat(dtype) ? { from: -2, to: 2 } : { from: dtype.startsWith('u') ? 0 : -3, to: 6 },
        random,
      );
    const feeds = Object.fromEntries(types.map((t, i) => [`x${i}`, array(t)]));
    return { sizes: { N: n }, inputs: feeds };
  });
  return { name, program: program as Trial['program'], calls };
}

/** The gradient of Σ y², for each operand. */
const gradients = (y: Tensor, ...wrt: readonly Tensor[]): readonly Tensor[] =>
  g.grad(g.sum(g.square(y)), wrt);

const ofFloats = (d: DType): readonly Trial[] => [
  trialOf(`einsum of ${d}`, [type(d, N, 3, 4), type(d, 4, 5), type(d, N, 5)], (a, b, c) => {
    const y = g.einsum('nij,jk,nk->in', a, b, c);
    return [y, ...gradients(y, a, b)];
  }),
  trialOf(`diagonals of ${d}`, [type(d, N, 3, 3), type(d, N, 4)], (a, b) => [
    g.einsum('nii,...ij->nj', a, a),
    g.trace(a, { offset: -1 }),
    g.diagonalMatrix(b, -1),
    ...gradients(g.diagonal(g.diagonalMatrix(b, 2), { offset: 1 }), b),
  ]),
  trialOf(`interpolate ${d}`, [type(d, N, 5, 6, 2)], (x) => [
    g.interpolate(x, [N, 7, 6, 2], { method: 'nearest' }),
    g.interpolate(x, [N, 5, 13, 2], { method: 'cubic' }),
    ...gradients(g.interpolate(x, [N, 10, 3, 2]), x),
  ]),
  trialOf(`quantiles of ${d}`, [type(d, N, 7), type(d, 3, N)], (a, b) => [
    g.quantile(a, [0.1, 0.5, 0.9], 1),
    g.median(b, 1),
    g.std(a, 1),
    ...gradients(g.topK(a, 3)[0], a),
  ]),
  trialOf(`segments of ${d}`, [type(d, N, 2), type('i32', N)], (x, ids) => [
    g.segmentMax(x, ids, 3),
    g.segmentMin(x, ids, 3),
    ...gradients(g.segmentMean(x, ids, 3), x),
  ]),
  trialOf(`distances of ${d}`, [type(d, N, 3), type(d, 4, 3)], (a, b) => [
    g.cdist(a, b, Number.POSITIVE_INFINITY),
    g.normalize(a),
    ...gradients(g.cdist(a, b), b),
  ]),
  trialOf(`rfft of ${d}`, [type(d, N, 45)], (x) => {
    const pair = g.rfft(x);
    return [...pair, g.irfft(pair, { n: 40, norm: 'ortho' })];
  }),
  trialOf(`pads of ${d}`, [type(d, N, 4)], (x) => [
    g.pad(
      x,
      [
        [0, 0],
        [1, 4],
      ],
      'wrap',
    ),
    g.pad(
      x,
      [
        [0, 0],
        [1, 4],
      ],
      'edge',
    ),
    ...gradients(
      g.pad(
        x,
        [
          [0, 0],
          [2, 3],
        ],
        'reflect',
      ),
      x,
    ),
    g.cumsum(x, 0, { exclusive: true, reverse: true }),
  ]),
];

const ofIntegers = (d: DType): readonly Trial[] => [
  trialOf(`products of ${d}`, [type(d, N, 3), type(d, 3, 2)], (a, b) => [
    g.matmul(a, b),
    g.einsum('ij,jk->k', a, b),
    g.kron(a, b),
  ]),
  trialOf(`searches in ${d}`, [type(d, N, 3), type('u8', N)], (x, ids) => [
    g.searchSorted(g.sort(g.flatten(x)), x, { side: 'right' }),
    g.histogram(x, 4, { range: [-3, 5] })[0],
    g.bincount(x, 5),
    g.segmentMin(x, ids, 3),
  ]),
];

const others: readonly Trial[] = [
  trialOf('boxes', [type('f32', N, 2), type('f32', N, 2), type('f32', N)], (from, to, scores) => {
    const high = g.add(from, g.abs(to));
    const boxes = g.concat([from, high], 1);
    const { indices, count } = g.nonMaxSuppression(boxes, scores, 5, {
      iouThreshold: 0.2,
    });
    return [indices, count];
  }),
  trialOf('ranges', [type('f32', N)], (x) => [
    g.arange(N),
    g.eye(N, 3),
    g.add(g.meshgrid([x, g.arange(0, 3, 1, 'f32')])[1] as Tensor, 1),
    g.histogram(x, 3)[0],
  ]),
];

const trials: readonly Trial[] = [
  ...(['f32', 'f64', 'f16', 'bf16'] as const).flatMap(ofFloats),
  ...(['i64', 'u32', 'i32', 'u8', 'i8'] as const).flatMap(ofIntegers),
  ...others,
];

const runtimes: readonly RuntimeName[] = ['reference', 'blas', 'mlx'];

describe.each([true, false])('fused: %s', (fuse) => {
  let compiled: Compiled;
  beforeAll(() => {
    compiled = compileTrials(trials, fuse);
  });
  describe.each(runtimes)('%s', (runtime) => {
    let results: ReadonlyMap<Trial, Result>;
    beforeAll(async () => {
      results = await runTrials(compiled, runtime);
    });
    test.each(trials.map((trial) => [trial.name, trial] as const))('%s', (_, trial) => {
      expect(complaints(trial, results.get(trial))).toEqual([]);
    });
  });
});

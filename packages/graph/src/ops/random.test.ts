import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { NdArray } from '../ndarray.ts';
import { toNdArray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { evaluate } from '../reference/evaluate.ts';
import { constant } from './leaves.ts';
import {
  bernoulli,
  bits,
  categorical,
  exponential,
  foldIn,
  gumbel,
  key,
  laplace,
  logistic,
  normal,
  permutation,
  rademacher,
  randint,
  splitKey,
  truncatedNormal,
  uniform,
} from './random.ts';
import { sliceAxis } from './slice.ts';

interface Case {
  readonly what: string;
  readonly seed: number;
  readonly args: {
    readonly shape: readonly number[];
    readonly count: number;
    readonly data: number;
    readonly p: number;
    readonly min: number;
    readonly max: number;
    readonly axis: number;
    readonly head?: number;
    readonly rows?: number[][];
    readonly logits: number[][];
  };
  readonly value: {
    readonly shape: readonly number[];
    readonly dtype: NdArray['dtype'];
    readonly data: number[];
  };
}

// Written by jax.random; see the file's own source line.
const vectors = new URL('../../../../test/golden-vectors/random.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as { cases: readonly Case[] };

const build: Readonly<Record<string, (k: Tensor, args: Case['args']) => Tensor>> = {
  key: (k) => k,
  split: (k, { count }) => splitKey(k, count),
  foldIn: (k, { data }) => foldIn(k, data),
  bits: (k, { shape }) => bits(k, shape),
  uniform: (k, { shape, ...range }) => uniform(k, shape, range),
  normal: (k, { shape }) => normal(k, shape),
  bernoulli: (k, { shape, p }) => bernoulli(k, p, shape),
  truncatedNormal: (k, { shape, min: low, max: high }) => truncatedNormal(k, shape, { low, high }),
  gumbel: (k, { shape }) => gumbel(k, shape),
  exponential: (k, { shape }) => exponential(k, shape),
  laplace: (k, { shape }) => laplace(k, shape),
  logistic: (k, { shape }) => logistic(k, shape),
  rademacher: (k, { shape }) => rademacher(k, shape),
  permutation(k, { count, rows, axis, head }) {
    if (rows) return permutation(k, constant(rows), axis);
    const order = permutation(k, count);
    return head === undefined ? order : sliceAxis(order, 0, 0, head);
  },
  categorical: (k, { logits, axis, shape }) =>
    categorical(k, constant(logits), { axis, ...(shape && { shape }) }),
  randint: (k, { shape, min, max }) => randint(k, shape, min, max),
};

test.each(Object.keys(build))('%s is that of jax.random', (what) => {
  const own = cases.filter((c) => c.what === what);
  expect(own.length).toBeGreaterThan(0);
  for (const { seed, args, value } of own) {
    const got = evaluate(build[what]?.(key(seed), args) as Tensor);
    expect([got.dtype, got.shape]).toEqual([value.dtype, value.shape]);
    const want = toNdArray(value.data, value.dtype).data;
    // Those that go through erfInv and logarithms; all others are equal bit for bit.
    if (transcendental.includes(what))
      expectUlps(got.data as Float32Array, want as Float32Array, 4);
    else expect(got.data, `${what} ${JSON.stringify(args)}`).toEqual(want);
  }
});

const transcendental = [
  'normal',
  'truncatedNormal',
  'gumbel',
  'exponential',
  'laplace',
  'logistic',
];

function expectUlps(got: Float32Array, want: Float32Array, ulps: number): void {
  for (const [i, x] of want.entries()) {
    const ulp = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23);
    expect(Math.abs((got[i] as number) - x) / ulp).toBeLessThanOrEqual(ulps);
  }
}

import { readFileSync } from 'node:fs';
import type { DType, NdArray, Program, Tensor } from '@vorab/graph';
import {
  constant,
  evaluate,
  program,
  random,
  sliceAxis,
  toNdArray,
  u32,
  withTrace,
} from '@vorab/graph';
import type { RuntimeName } from '@vorab/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Compiled, Result, Trial } from '../helpers/trials.ts';
import { compileTrials, runTrials } from '../helpers/trials.ts';

// The random numbers of every runtime against jax.random: bit for bit, but those that go through erfInv
// and logarithms, within 4 units in the last place. Where a logarithm of something near 1 is taken, or two
// are subtracted, the result near 0 holds the rounding of what was near 1: units are then those of 1.

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
    readonly dtype?: DType;
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
const vectors = new URL('../golden-vectors/random.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as { cases: readonly Case[] };

const build: Readonly<Record<string, (k: Tensor, args: Case['args']) => Tensor>> = {
  key: (k) => k,
  split: (k, { count }) => random.splitKey(k, count),
  foldIn: (k, { data }) => random.foldIn(k, data),
  bits: (k, { shape }) => random.bits(k, shape),
  uniform: (k, { shape, ...range }) => random.uniform(k, shape, range),
  normal: (k, { shape }) => random.normal(k, shape),
  bernoulli: (k, { shape, p }) => random.bernoulli(k, p, shape),
  truncatedNormal: (k, { shape, min: low, max: high }) =>
    random.truncatedNormal(k, shape, { low, high }),
  gumbel: (k, { shape }) => random.gumbel(k, shape),
  exponential: (k, { shape }) => random.exponential(k, shape),
  laplace: (k, { shape }) => random.laplace(k, shape),
  logistic: (k, { shape }) => random.logistic(k, shape),
  rademacher: (k, { shape }) => random.rademacher(k, shape),
  permutation(k, { count, rows, axis, head }) {
    if (rows) return random.permutation(k, constant(rows), axis);
    const order = random.permutation(k, count);
    return head === undefined ? order : sliceAxis(order, 0, 0, head);
  },
  categorical: (k, { logits, axis, shape }) =>
    random.categorical(k, constant(logits), { axis, ...(shape && { shape }) }),
  randint: (k, { shape, min, max, dtype = 'i32' }) => random.randint(k, shape, min, max, { dtype }),
};

/** The size from which units in the last place are counted. */
const transcendental: Readonly<Record<string, number>> = {
  normal: 0,
  truncatedNormal: 0,
  exponential: 0,
  laplace: 0,
  gumbel: 1,
  logistic: 1,
};

function trialOf({ what, seed, args }: Case): Trial {
  const make = build[what];
  if (!make) throw new Error(`no ${what}`);
  const key = withTrace(() => evaluate(random.key(seed)));
  return {
    name: `${what} ${seed} ${JSON.stringify(args)}`,
    program: program({ key: u32(2) }, (given) => ({ y: make(given.key, args) })) as Program,
    calls: [{ sizes: {}, inputs: { key } }],
  };
}

const trials = new Map(cases.map((one) => [one, trialOf(one)]));
let compiled: Compiled;
beforeAll(() => {
  compiled = compileTrials([...trials.values()], true);
});

describe.each(['reference', 'blas', 'mlx'] as const)('%s', (runtime: RuntimeName) => {
  let results: ReadonlyMap<Trial, Result>;
  beforeAll(async () => {
    results = await runTrials(compiled, runtime);
  });

  test.each(Object.keys(build))('%s is that of jax.random', (what) => {
    const own = cases.filter((c) => c.what === what);
    expect(own.length).toBeGreaterThan(0);
    const wrong = own.flatMap((one) => {
      const trial = trials.get(one) as Trial;
      const result = results.get(trial);
      if (!result || 'failure' in result) return [`${trial.name}: ${result?.failure.message}`];
      const got = result.outcome.outputs[0]?.['y'];
      const why = difference(got, one);
      return why ? [`${trial.name}: ${why}`] : [];
    });
    expect(wrong).toEqual([]);
  });
});

function difference(got: NdArray | undefined, { what, value }: Case): string | undefined {
  if (!got || got.dtype !== value.dtype || got.shape.join() !== value.shape.join())
    return `${got?.dtype}[${got?.shape}], expected ${value.dtype}[${value.shape}]`;
  const want = toNdArray(value.data, value.dtype).data;
  const from = transcendental[what];
  const allowed = (x: number): number =>
    from === undefined || x === 0 ? 0 : 4 * 2 ** (Math.floor(Math.log2(Math.max(from, x))) - 23);
  const at = Array.from(want, Number).findIndex(
    (x, i) => !(Math.abs(Number(got.data[i]) - x) <= allowed(Math.abs(x))),
  );
  return at < 0 ? undefined : `at ${at}: ${got.data[at]}, expected ${want[at]}`;
}

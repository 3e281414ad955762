/** Linear algebra as users meet it: 16-bit floats with recorded casts, failures on data, larger matrices. */
import { join } from 'node:path';
import type { InputValue, RuntimeName, Session, VorabError } from '@vorab/runtime';
import { encodeFloats, open } from '@vorab/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomOf } from '../helpers/arrays.ts';
import { numbersOf } from '../support/calls.ts';
import { compileModel, scratch, vorab } from '../support/cli.ts';

const model = `
import {
  add, cholesky, cond, determinant, dim, expandDims, f16, f32, f64, grad, inverse, lu, matmul, mul, program, qr, solve, state,
  sum, svd, svdvals, swapAxes, type Tensor, triangularSolve, update, vmap, whileLoop, eigh,
} from 'vorab';
const N = dim('N', { max: 256 });
const M = dim('M', { max: 64 });
const B = dim('B', { min: 0, max: 64 });

// A function of all three factors that does not depend on signs.
const loss = (x: Tensor): Tensor => {
  const { u, s, vt } = svd(x);
  const nearest = matmul(u, vt);
  return add(sum(mul(nearest, nearest.exp())), sum(s.sqrt()));
};
export const half = program({ x: f16(4, 3) }, ({ x }) => {
  const { s } = svd(x);
  const [dx] = grad(loss(x), [x]);
  return { s, dx: dx as Tensor };
});
export const exact = program({ x: f64(4, 3) }, ({ x }) => ({ loss: loss(x) }));

const calls = state(f32(), 0);
const total = state(f32(3, 3), 0);
const count = (): void => update(calls, add(calls, 1));
export const inverses = program({ x: f32(B, 2, 3, 3) }, ({ x }) => {
  count();
  return { y: inverse(x) };
});
export const solved = program({ x: f32(3, 3), b: f32(3) }, ({ x, b }) => {
  const next = add(total, x);
  update(total, next);
  return { y: solve(next, b) };
});
export const factor = program({ x: f32(3, 3) }, ({ x }) => (count(), { y: cholesky(x) }));
export const values = program({ x: f32(3, 3) }, ({ x }) => (count(), { y: svdvals(x) }));
export const substitute = program({ x: f32(3, 3) }, ({ x }) => (count(), { y: triangularSolve(x, x) }));
export const volume = program({ x: f32(3, 3) }, ({ x }) => (count(), { y: determinant(x) }));

export const chosen = program({ x: f32(3, 3) }, ({ x }) => {
  count();
  return { y: cond(x.sum().greater(0), (x: Tensor) => inverse(x), (x: Tensor) => x, x) };
});
// On zeros in place of the inverse this would not end.
export const loop = program({ x: f32(3, 3) }, ({ x }) => {
  count();
  return { y: whileLoop((y: Tensor) => y.abs().sum().less(1), (y: Tensor) => y.mul(2), inverse(x)) };
});
export const mapped = program({ x: f32(4, 3, 3) }, ({ x }) => {
  count();
  return { y: vmap((x: Tensor) => cholesky(x))(x) };
});

export const large = program({ x: f32(N, N), w: f32(N, M) }, ({ x, w }) => {
  const symmetric = add(x, swapAxes(x, -1, -2));
  const { w: values, v } = eigh(symmetric);
  const { u, s, vt } = svd(x);
  const full = qr(x);
  const { l, u: upper } = lu(x);
  return {
    eigh: matmul(mul(v, expandDims(values, -2)), swapAxes(v, -1, -2)).sub(symmetric),
    svd: matmul(mul(u, expandDims(s, -2)), vt).sub(x),
    orthogonal: matmul(swapAxes(u, -1, -2), u),
    qr: matmul(full.q, full.r).sub(x),
    lu: matmul(l, upper).abs().sum().sub(0),
    solve: matmul(x, solve(x, w)).sub(w),
  };
});
`;

let file: string;
let artifact: string;
beforeAll(async () => {
  const folder = scratch({ 'model.ts': model });
  file = join(folder, 'model.ts');
  artifact = await compileModel(file);
}, 60_000);

const runtimes: readonly RuntimeName[] = ['reference', 'blas', 'mlx'];
const opened = (runtime: RuntimeName, threads?: number): Promise<Session> =>
  open(artifact, { runtime, seed: 0, ...(threads && { threads }) });

const matrix = [1, 0.5, -0.25, 2, -1, 0.75, 0.5, 1.5, -2, -0.5, 0.25, 1];

describe('an SVD of f16', () => {
  it('is computed in f32, and explain says so', async () => {
    const { stdout } = await vorab(['explain', artifact, '--json']);
    const { plans } = JSON.parse(stdout) as {
      plans: {
        name: string;
        entries: {
          entry: string;
          steps: { name: string; reason: string }[];
          casts: { from: string; to: string; reason: string; location: string }[];
        }[];
      }[];
    };
    expect(plans.map(({ name }) => name).sort()).toEqual(['blas', 'mlx']);
    for (const { name, entries } of plans) {
      const svd = entries.flatMap(({ steps }) => steps).find((step) => step.name === 'svd');
      expect(svd?.reason).toBe(
        name === 'mlx'
          ? 'svd runs on the CPU by LAPACK, whose failures name the matrix'
          : 'blas has its own svd',
      );
      const casts = entries.find(({ entry }) => entry === 'half')?.casts ?? [];
      expect(casts).toContainEqual({
        from: 'f16',
        to: 'f32',
        reason: 'svd of f16 is computed in f32: LAPACK has no f16',
        location: expect.stringMatching(/model\.ts:\d+:\d+$/),
      });
      expect(casts).toContainEqual(
        expect.objectContaining({
          from: 'f32',
          to: 'f16',
          reason: 'the result of svd is f16, as its operand',
        }),
      );
    }
  });

  it.each(runtimes)('has values and a gradient on %s', async (runtime) => {
    await using session = await opened(runtime);
    const { s = [], dx = [] } = await numbersOf(session, 'half', {
      x: encodeFloats('f16', matrix),
    });
    const exact = async (x: readonly number[]): Promise<number> =>
      (await numbersOf(session, 'exact', { x: Float64Array.from(x) }))['loss']?.[0] ?? Number.NaN;
    expect(s.reduce((a, b) => a + b * b, 0)).toBeCloseTo(
      matrix.reduce((a, b) => a + b * b, 0),
      1,
    );
    const h = 1e-5;
    for (const [i, x] of matrix.entries()) {
      const slope = (await exact(matrix.with(i, x + h))) - (await exact(matrix.with(i, x - h)));
      expect(Math.abs((dx[i] ?? Number.NaN) - slope / (2 * h))).toBeLessThan(0.03);
    }
  });
});

const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const rankOne = [1, 2, 3, 2, 4, 6, 3, 6, 9];
const batch = new Float32Array([identity, identity, identity, rankOne, rankOne, identity].flat());

/** Entry, input, message, op, index. */
const failures: readonly (readonly [
  string,
  Record<string, InputValue>,
  RegExp,
  string,
  readonly number[] | undefined,
])[] = [
  [
    'inverses',
    { x: { data: batch, shape: [3, 2, 3, 3] } },
    /model\.ts:\d+:\d+: inverses: inverse at \[1, 1\]: the matrix is singular: .*\n {2}fix: use lstsq/,
    'inverse',
    [1, 1],
  ],
  [
    'solved',
    { x: Float32Array.from(rankOne), b: Float32Array.of(1, 2, 3) },
    /model\.ts:\d+:\d+: solved: solve: the matrix is singular/,
    'solve',
    undefined,
  ],
  [
    'factor',
    { x: Float32Array.of(1, 0, 0, 0, -1, 0, 0, 0, 1) },
    /factor: cholesky: the matrix is not positive definite: its leading block of order 2 is not\n {2}fix: add/,
    'cholesky',
    undefined,
  ],
  [
    'values',
    { x: Float32Array.from(identity).fill(Number.NaN, 4, 5) },
    /values: svdvals: the matrix holds NaN or an infinity/,
    'svdvals',
    undefined,
  ],
  [
    'substitute',
    { x: Float32Array.of(1, 0, 0, 5, 0, 0, 5, 5, 1) },
    /substitute: triangularSolve: the matrix is singular: element \[1, 1\] of its triangle is 0/,
    'triangularSolve',
    undefined,
  ],
  [
    'volume',
    { x: Float32Array.from(identity).fill(Number.POSITIVE_INFINITY, 8) },
    /volume: determinant: the matrix holds NaN or an infinity/,
    'determinant',
    undefined,
  ],
  [
    'chosen',
    { x: Float32Array.from(rankOne) },
    /chosen: cond: the matrix is singular/,
    'cond',
    undefined,
  ],
  [
    'loop',
    { x: Float32Array.from(rankOne) },
    /loop: inverse: the matrix is singular/,
    'inverse',
    undefined,
  ],
  [
    'mapped',
    { x: Float32Array.from([identity, identity, rankOne, rankOne].flat()) },
    /mapped: cholesky at \[2\]: the matrix is not positive definite: its leading block of order 2/,
    'cholesky',
    [2],
  ],
];

describe('a failure', () => {
  const said = new Map<string, string>();

  describe.each(runtimes)('on %s', (runtime) => {
    it.each(failures)(
      'of %s names op, line and matrix',
      async (entry, inputs, message, op, index) => {
        await using session = await opened(runtime);
        const before = await states(session);
        const error = (await session.call(entry, inputs).catch((e: unknown) => e)) as VorabError;
        expect(error.message).toMatch(message);
        expect(error).toMatchObject({ name: 'VorabError', code: 'failed', op });
        expect(error.index).toEqual(index);
        expect(error.location).toMatch(/model\.ts:\d+:\d+$/);
        expect(() => session.callSync(entry, inputs)).toThrow(error.message);
        // Word for word the same everywhere.
        expect(said.get(entry) ?? error.message).toBe(error.message);
        said.set(entry, error.message);
        expect(await states(session)).toEqual(before);
        const { y } = await numbersOf(session, 'factor', { x: Float32Array.from(identity) });
        expect(y).toEqual(identity);
        expect((await session.stats()).failed).toBe(2);
      },
    );
  });
});

async function states(session: Session): Promise<unknown> {
  const names = session.state.names();
  return Promise.all(names.map(async (name) => [name, await session.state.read(name)]));
}

describe('matrices of 150 × 150', () => {
  const n = 150;
  const random = randomOf('large');
  const x = Float32Array.from({ length: n * n }, () => random() - 0.5);
  const w = Float32Array.from({ length: n * 3 }, () => random() - 0.5);
  const inputs = { x: { data: x, shape: [n, n] }, w: { data: w, shape: [n, 3] } };

  it.each(['blas', 'mlx'] as const)(
    'are what their factors multiply to, on %s',
    async (runtime) => {
      await using session = await opened(runtime);
      const results = await numbersOf(session, 'large', inputs);
      const largest = (name: string): number => Math.max(...(results[name] ?? []).map(Math.abs));
      for (const name of ['eigh', 'svd', 'qr']) expect(largest(name)).toBeLessThan(1e-4);
      expect(largest('solve')).toBeLessThan(1e-2);
      const { orthogonal = [] } = results;
      const off = orthogonal.map((v, i) => Math.abs(v - (i % (n + 1) === 0 ? 1 : 0)));
      expect(Math.max(...off)).toBeLessThan(1e-4);
    },
  );

  it('are the same for any number of threads', async () => {
    await using one = await opened('blas', 1);
    await using two = await opened('blas', 2);
    expect(await numbersOf(one, 'large', inputs)).toEqual(await numbersOf(two, 'large', inputs));
    const many = {
      x: {
        data: Float32Array.from(
          { length: 64 * 18 },
          (_, i) => ((i * 7) % 11) + (i % 4 === 0 ? 9 : 0),
        ),
        shape: [64, 2, 3, 3],
      },
    };
    expect(await numbersOf(one, 'inverses', many)).toEqual(await numbersOf(two, 'inverses', many));
  });
});

/** What a session promises, on the real runtimes: memory, the event loop, order, aborts, time to the first call. */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AbortError, open, type Session, Tensor } from '@vorab/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from 'vorab';
import { root, scratch } from '../support/cli.ts';
import { lateness, slowSize } from '../support/event-loop.ts';

const runtimes = ['blas', 'mlx'] as const;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** `chain` takes long: products of matrices, one after the other. */
const slowModel = `
import { dim, f32, program } from 'vorab';
const N = dim('N', { min: 1, max: 1024 });
export const chain = program({ x: f32(N, N) }, ({ x }) => {
  let y = x;
  for (let i = 0; i < 40; i++) y = y.matmul(x);
  return { y: y.sum() };
});
`;

/** What falls below the smallest number of a full exponent: of f32 and f64 on all threads, of f16 too. */
const tinyModel = `
import { f16, f32, f64, program } from 'vorab';
export const square = program({ x: f32(100_000), w: f64(8), h: f16(8) }, ({ x, w, h }) => ({
  y: x.mul(x),
  z: w.mul(w),
  twice: h.add(h),
}));
`;

let digits: string;
let slow: string;
let tiny: string;
beforeAll(async () => {
  const folder = scratch({ 'slow.ts': slowModel, 'tiny.ts': tinyModel });
  digits = (
    await compile(join(root, 'examples/digits/model.ts'), { output: join(folder, 'digits.vorab') })
  ).artifact;
  slow = (await compile(join(folder, 'slow.ts'))).artifact;
  tiny = (await compile(join(folder, 'tiny.ts'))).artifact;
});

function batch(size: number): { image: Float32Array; label: Int32Array } {
  return {
    image: Float32Array.from({ length: size * 64 }, (_, i) => (i % 17) / 17),
    label: Int32Array.from({ length: size }, (_, i) => i % 10),
  };
}

async function steps(session: Session, count: number): Promise<void> {
  const out = { loss: new Float32Array(1) };
  for (let i = 0; i < count; i++) {
    const { loss } = await session.call('fit', batch(i % 50 === 0 ? 29 : 64), i % 2 ? { out } : {});
    if (Tensor.is(loss)) loss.dispose();
  }
}

describe.each(runtimes)('sessions on %s', (runtime) => {
  const count = runtime === 'blas' ? 10_000 : 1_500;

  test(`${count} steps leave memory as it was`, async () => {
    await using session = await open(digits, { runtime, seed: 0 });
    const part = count / 10;
    await steps(session, part);
    collect();
    const before = process.memoryUsage().rss;
    const { allocations } = await session.stats();
    await steps(session, count - part);
    collect();
    const grown = process.memoryUsage().rss - before;
    expect(grown).toBeLessThan(16 * 1024 * 1024);
    const stats = await session.stats();
    expect(stats.tensorsLive).toBe(0);
    expect(stats.runs).toBe(count + 1);
    if (runtime === 'blas') expect(stats.allocations - allocations).toBeLessThan(count / 100);
  });

  // Another process may be in the way once; a call that blocks is in the way every time.
  test('slow promise calls never block the event loop', { retry: 3 }, async () => {
    await using session = await open(slow, { runtime });
    const chain = (n: number) =>
      session.call('chain', { x: { data: new Float32Array(n * n), shape: [n, n] } });
    const n = await slowSize(128, 1024, chain);
    const start = performance.now();
    const calls = Promise.all(Array.from({ length: 5 }, () => chain(n)));
    const late = await lateness(calls);
    expect(performance.now() - start).toBeGreaterThan(500);
    expect(late).toBeLessThan(50);
  });

  test('an aborted step changes no state', async () => {
    await using session = await open(digits, { runtime, seed: 0 });
    await session.call('fit', batch(64));
    const [name = ''] = session.state.names('parameter');
    const before = await session.state.read(name);
    const controller = new AbortController();
    const queued = Array.from({ length: 20 }, () =>
      session.call('fit', batch(64), { signal: controller.signal }).then(
        () => 'done',
        (error: unknown) => (error instanceof AbortError ? 'aborted' : String(error)),
      ),
    );
    controller.abort();
    const outcomes = await Promise.all(queued);
    const done = outcomes.filter((outcome) => outcome === 'done').length;
    expect(outcomes.filter((outcome) => outcome === 'aborted').length).toBe(20 - done);
    const after = await session.state.read(name);
    if (done === 0) expect(after).toEqual(before);
    await using other = await open(digits, { runtime, seed: 0 });
    for (let i = 0; i < 1 + done; i++) await other.call('fit', batch(64));
    expect(await other.state.read(name)).toEqual(after);
  });

  test('sync calls and promise calls compute the same', async () => {
    await using one = await open(digits, { runtime, seed: 3 });
    await using two = await open(digits, { runtime, seed: 3 });
    for (let i = 0; i < 3; i++) {
      const { loss } = await one.call('fit', batch(64));
      const { loss: other } = two.callSync('fit', batch(64));
      expect((loss as Tensor).itemSync()).toBe(await (other as Tensor).item());
    }
  });
});

describe('profiles', () => {
  test('say what each step took, the longest first', async () => {
    await using session = await open(digits, { runtime: 'blas', seed: 0, profile: true });
    await steps(session, 5);
    const profile = await session.profile();
    const ms = profile.map((step) => step.ms);
    expect(ms).toEqual(ms.toSorted((a, b) => b - a));
    const fit = profile.filter(({ entry }) => entry === 'fit');
    // Five calls with two sizes of batch: one with 29, four with 64.
    expect(new Set(fit.map(({ runs }) => runs))).toEqual(new Set([1, 4]));
    const product = fit.find(({ name }) => name.includes('matmul'));
    expect(product?.work).toMatch(/^product \d+x\d+x\d+/);
    expect(product?.location).toMatch(/model\.ts:\d+:\d+$/);
    expect(product?.gflops).toBeGreaterThan(0);
  });

  test('only where they were asked for, and where steps have times', async () => {
    await using session = await open(digits, { runtime: 'blas', seed: 0 });
    await expect(session.profile()).rejects.toMatchObject({ code: 'argument' });
    await expect(open(digits, { runtime: 'mlx', seed: 0, profile: true })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('denormals', () => {
  const inputs = {
    x: new Float32Array(100_000).fill(1e-20),
    w: new Float64Array(8).fill(1e-160),
    h: new Uint16Array(8).fill(1), // as bits
  };
  const squares = async (denormals?: 'keep' | 'flush'): Promise<(number | undefined)[]> => {
    await using session = await open(tiny, {
      runtime: 'blas',
      threads: 2,
      ...(denormals && { denormals }),
    });
    const { y, z, twice } = await session.call('square', inputs);
    const arrays = [y, z, twice].map(async (t) => [
      ...new Set<number | bigint>(await (t as Tensor).data()),
    ]);
    return (await Promise.all(arrays)).flat().map(Number);
  };

  test('are kept, or flushed to zero where the session asks for it; those of f16 stay', async () => {
    const exact = [Math.fround(Math.fround(1e-20) ** 2), 1e-160 ** 2];
    expect(await squares()).toEqual([...exact, 2]);
    expect(await squares('flush')).toEqual([0, 0, 2]);
    expect(await squares('keep')).toEqual([...exact, 2]);
  });

  test('only where there is a choice', async () => {
    await expect(open(tiny, { runtime: 'mlx', denormals: 'flush' })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining("runtime 'mlx' has no choice of denormals"),
    });
    await expect(open(tiny, { denormals: 'none' as 'keep' })).rejects.toMatchObject({
      code: 'argument',
    });
  });
});

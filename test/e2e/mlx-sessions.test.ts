/** Sessions on MLX beside each other and under stress: its objects live on one thread each, and nothing leaks across. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AbortError, open, type RuntimeName, type Session, type Tensor } from '@vorab/runtime';
import { beforeAll, expect, test } from 'vitest';
import { compileModel, scratch } from '../support/cli.ts';
import { lateness, slowSize } from '../support/event-loop.ts';

const model = `
import { add, dim, f32, i32, inverse, losses, matmul, nn, optim, program, scan, state, trainStep, update } from 'vorab';
import type { Tensor } from 'vorab';
const N = dim('N', { max: 2048 });
const M = dim('M', { max: 2_000_000 });
const net = nn.sequential(nn.linear(64, 256), nn.gelu(), nn.linear(256, 256), nn.gelu(), nn.linear(256, 10));
export const fit = trainStep({
  inputs: { image: f32(N, 64), label: i32(N) },
  loss: ({ image, label }) => losses.crossEntropy(net(image), label),
  optimizer: optim.adamW({ learningRate: 1e-3 }),
});
const calls = state(f32(), 0);
export const inverted = program({ x: f32(3, 3) }, ({ x }) => {
  update(calls, add(calls, 1));
  return { y: inverse(x) };
});
export const outer = program({ x: f32(M) }, ({ x }) => {
  update(calls, add(calls, 1));
  return { y: x.reshape([M, 1]).mul(x.reshape([1, M])).exp().sum(0) };
});
export const long = program({ x: f32(64, 64) }, ({ x }) => {
  update(calls, add(calls, 1));
  const [y] = scan((y: Tensor) => [matmul(y, x), null], x, null, { length: 200_000 });
  return { y };
});
`;

let artifact: string;
beforeAll(async () => {
  const folder = scratch({ 'model.ts': model });
  // In a process of its own, where no test runner changes what stacks say.
  artifact = await compileModel(join(folder, 'model.ts'));
});

const batch = (size: number, step: number) => ({
  image: Float32Array.from({ length: size * 64 }, (_, i) => ((i * 7 + step) % 23) / 23),
  label: Int32Array.from({ length: size }, (_, i) => (i + step) % 10),
});

const item = async (value: unknown): Promise<number> => Number(await (value as Tensor).item());

const fitted = async (session: Session, step: number): Promise<number> =>
  item((await session.call('fit', batch(32, step)))['loss']);

async function alone(runtime: RuntimeName, seed: number, steps: number): Promise<number[]> {
  await using session = await open(artifact, { runtime, seed });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push(await fitted(session, step));
  return losses;
}

test('sessions whose calls interleave compute what each computes alone', async () => {
  const steps = 12;
  const kinds = [['mlx', 1] as const, ['mlx', 2] as const, ['blas', 1] as const];
  const expected = [];
  for (const [runtime, seed] of kinds) expected.push(await alone(runtime, seed, steps));
  const sessions = await Promise.all(
    kinds.map(([runtime, seed]) => open(artifact, { runtime, seed })),
  );
  const found = await Promise.all(
    sessions.map(async (session) => {
      const losses: Promise<number>[] = [];
      for (let step = 0; step < steps; step++) {
        losses.push(fitted(session, step));
        if (step % 3 === 0) await sleep(1);
      }
      return Promise.all(losses);
    }),
  );
  expect(found).toEqual(expected);
  for (const session of sessions) await session.expect({ copiesIn: 2 * steps, builds: 1 });
  await Promise.all(sessions.map((session) => session.close()));
});

test('the event loop keeps its time while two sessions train', { retry: 3 }, async () => {
  await using one = await open(artifact, { runtime: 'mlx', seed: 0 });
  await using two = await open(artifact, { runtime: 'mlx', seed: 1 });
  const size = await slowSize(64, 2048, (size) => one.call('fit', batch(size, 0)));
  const given = batch(size, 1);
  const steps = [one, two, one, two].map((session) => session.call('fit', given));
  expect(await lateness(Promise.all(steps))).toBeLessThan(50);
});

const identity = (): Float32Array => Float32Array.from({ length: 9 }, (_, i) => +(i % 4 === 0));

test('what fails reaches the promise of its call, with the line, and the session goes on', async () => {
  await using session = await open(artifact, { runtime: 'mlx', seed: 0 });
  const calls = [
    session.call('inverted', { x: identity() }),
    session.call('inverted', { x: new Float32Array(9) }),
    session.call('outer', { x: new Float32Array(2_000_000) }),
    session.call('outer', { x: Float32Array.of(0, 1) }),
    session.call('inverted', { x: identity() }),
  ];
  const [first, singular, large, small, last] = await Promise.allSettled(calls);
  expect([first, small, last].map((outcome) => outcome?.status)).toEqual(
    Array(3).fill('fulfilled'),
  );
  expect(singular).toMatchObject({
    reason: { code: 'failed', location: 'model.ts:15:15', op: 'inverse' },
  });
  expect(large).toMatchObject({ reason: { code: 'memory', location: 'model.ts:19:33' } });
  expect(String((large as PromiseRejectedResult).reason)).toMatch(
    /outer: step \d+ \(.*\): mul needs 15258789 MiB for f32\[2000000, 2000000\], MLX takes at most/,
  );
  expect(await session.state.read('calls')).toEqual(Float32Array.of(3));
  expect(await session.stats()).toMatchObject({ failed: 2, pending: 0 });
});

test('an abort ends a call between its steps, and changes no state', async () => {
  await using session = await open(artifact, { runtime: 'mlx', seed: 0 });
  const controller = new AbortController();
  const { signal } = controller;
  const running = session.call('long', { x: identity64() }, { signal });
  setTimeout(() => controller.abort('enough'), 50);
  await expect(running).rejects.toBeInstanceOf(AbortError);
  expect(await session.state.read('calls')).toEqual(Float32Array.of(0));
  await session.call('inverted', { x: identity() });
  expect(await session.state.read('calls')).toEqual(Float32Array.of(1));
});

const identity64 = (): Float32Array =>
  Float32Array.from({ length: 64 * 64 }, (_, i) => +(i % 65 === 0));

test('a full queue refuses at once, and takes calls again when it has room', async () => {
  await using session = await open(artifact, { runtime: 'mlx', seed: 0, queue: 4 });
  const out = { loss: null };
  const calls = Array.from({ length: 12 }, (_, step) =>
    session.call('fit', batch(32, step), { out }),
  );
  const outcomes = await Promise.allSettled(calls);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThanOrEqual(7);
  for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'queue-full' } });
  expect(await fitted(session, 0)).toBeGreaterThan(0);
  const { runs } = await session.stats();
  expect(runs).toBe(2 + outcomes.length - refused.length);
});

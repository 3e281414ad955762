import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type StubPart, splitArtifact } from '../test/split-program.ts';
import { stubLibrary } from '../test/stub.ts';
import type { OpenOptions, Session, Tensor } from './index.ts';
import { NativeBackend, openOn, registerBackend } from './index.ts';
import { open } from './open.ts';

const part = (name: string, target: StubPart['target'], writes = false): StubPart => ({
  name,
  target,
  writes,
});

/** The state of the sample, as zero. */
const weights = join(mkdtempSync(join(tmpdir(), 'vorab-')), 'zero.safetensors');
afterAll(() => rmSync(dirname(weights), { recursive: true }));
const header = JSON.stringify({ count: { dtype: 'F32', shape: [], data_offsets: [0, 4] } });
const length = new BigUint64Array([BigInt(header.length)]);
writeFileSync(
  weights,
  Buffer.concat([new Uint8Array(length.buffer), Buffer.from(header), Buffer.alloc(4)]),
);

async function opened(
  first: StubPart,
  second: StubPart,
  options: OpenOptions = {},
): Promise<Session> {
  const targets = [first.target, second.target];
  const backend = new NativeBackend(targets.join('+'), targets.map(stubLibrary));
  const artifact = splitArtifact(first, second);
  return await openOn(backend, 'for a test', artifact, { weights, ...options });
}

const ms = (...of: number[]): { ms: Int32Array } => ({ ms: Int32Array.from(of) });

test('values go from part to part, each transfer counted, no tensor left behind', async () => {
  await using session = await opened(part('one', 'stub'), part('two', 'stub_owner', true));
  const before = await session.stats();
  for (const size of [3, 5, 3]) {
    const { y } = await session.call('run', ms(...Array(size).keys()));
    expect(Array.from(await (y as Tensor<'i32'>).data())).toEqual([...Array(size).keys()]);
    (y as Tensor).dispose();
  }
  const after = await session.stats();
  expect(after.copiesDevice - before.copiesDevice).toBe(3);
  expect(after.bytesDevice - before.bytesDevice).toBe((3 + 5 + 3) * 4);
  expect(after.runs - before.runs).toBe(3);
  expect(after.tensorsLive).toBe(0);
  expect(await session.state.read('count')).toEqual(Float32Array.of(3));
  expect(() => session.entry('one')).toThrow('there is no entry one; there are: run');
});

test('a profile has the time of each call and each transfer', async () => {
  const parts = [part('sleep', 'stub'), part('two', 'stub_owner', true)] as const;
  await using session = await opened(...parts, { profile: true });
  for (const call of [1, 2]) await session.call('run', ms(20, call));
  const profile = await session.profile();
  expect(profile.map(({ step, name, work, runs }) => [step, name, work, runs]).sort()).toEqual([
    [0, 'sleep', 'call', 2],
    [1, 'move', 'transfer', 2],
    [2, 'two', 'call', 2],
  ]);
  expect(profile[0]).toMatchObject({ entry: 'run', step: 0, location: 'model.ts:3:7' });
  expect(profile[0]?.ms).toBeGreaterThanOrEqual(40);
  const move = profile.find(({ step }) => step === 1);
  expect(((move?.gbps ?? 0) * (move?.ms ?? 0) * 1e6).toFixed(3)).toBe('16.000');
});

test('prepare does ahead what every part would do', async () => {
  await using session = await opened(part('one', 'stub'), part('two', 'stub_owner', true));
  const { builds } = await session.stats();
  await session.entry('run').prepare(ms(1, 2));
  expect((await session.stats()).builds - builds).toBe(2);
});

test('a tensor of one target may be the input of another', async () => {
  await using session = await opened(part('one', 'stub'), part('two', 'stub_owner', true));
  const { y } = await session.call('run', ms(1, 2));
  const { y: again } = await session.call('run', { ms: y as Tensor });
  expect(Array.from(await (again as Tensor<'i32'>).data())).toEqual([1, 2]);
});

test('a call is aborted between its parts, before anything is written', async () => {
  await using session = await opened(part('stubborn', 'stub'), part('two', 'stub_owner', true));
  const controller = new AbortController();
  const running = session.call('run', ms(100), { signal: controller.signal });
  setTimeout(() => controller.abort(), 30);
  await expect(running).rejects.toThrow('no state has changed');
  expect(await session.state.read('count')).toEqual(Float32Array.of(0));
});

test('once a part has written, an abort comes too late', async () => {
  await using session = await opened(part('one', 'stub', true), part('sleep', 'stub_owner'));
  const controller = new AbortController();
  const running = session.call('run', ms(100), { signal: controller.signal });
  setTimeout(() => controller.abort(), 30);
  await running;
  expect(await session.state.read('count')).toEqual(Float32Array.of(1));
});

test('what fails before a write leaves the session as it was; after one it is broken', async () => {
  await using early = await opened(part('fail', 'stub'), part('two', 'stub_owner', true));
  const failed = { code: 'failed', location: 'model.ts:3:7', index: [1, 4] };
  await expect(early.call('run', ms(1))).rejects.toMatchObject(failed);
  await expect(early.call('run', ms(1))).rejects.toMatchObject({ code: 'failed' });
  await using late = await opened(part('one', 'stub', true), part('fail', 'stub_owner'));
  await expect(late.call('run', ms(1))).rejects.toMatchObject({ code: 'broken' });
  await expect(late.call('run', ms(1))).rejects.toMatchObject({ code: 'broken' });
});

test('a target that is not here is refused by name', async () => {
  const bytes = splitArtifact(part('one', 'stub'), part('two', 'stub_owner', true));
  registerBackend('blas+mlx', () => new NativeBackend('blas+nowhere'));
  const opening = open(bytes, { runtime: 'blas+mlx' });
  await expect(opening).rejects.toMatchObject({ code: 'backend-missing' });
  await expect(opening).rejects.toThrow(
    "runtime 'blas+nowhere' runs on blas and nowhere, but the library of 'nowhere' is not there",
  );
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { testArtifact } from '../test/program.ts';
import { openStub, stubArtifact, stubBackend, stubLibrary } from '../test/stub.ts';
import { doctor, type OpenOptions, open, openOn, VorabError } from './index.ts';
import { chooseRuntime } from './registry.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vorab-open-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const failure = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(VorabError);
  return `${(error as VorabError).code}: ${(error as Error).message}`;
};

const refuse = (options: OpenOptions): Promise<string> =>
  failure(openOn(stubBackend(), 'test', stubArtifact, options));

test('a path, a URL and bytes open alike', async () => {
  const path = join(folder, 'a.vorab');
  await writeFile(path, stubArtifact);
  for (const source of [path, pathToFileURL(path), stubArtifact]) {
    await using session = await openOn(stubBackend(), 'test', source, { seed: 1 });
    expect(session.info()).toMatchObject({ runtime: 'stub', plan: 'stub', reason: 'test' });
  }
});

test('files that are no artifacts are refused', async () => {
  const backend = stubBackend();
  const opened = (source: string | Uint8Array): Promise<string> =>
    failure(openOn(backend, 'test', source));
  expect(await opened(join(folder, 'nowhere.vorab'))).toMatch(
    /^artifact: cannot open .*nowhere.vorab: /,
  );
  expect(await opened(new Uint8Array(0))).toContain('artifact: cannot open the artifact');
  expect(await opened(stubArtifact.slice(0, 200))).toContain('artifact');
  const flipped = stubArtifact.slice();
  flipped[300] = (flipped[300] ?? 0) ^ 1;
  expect(await opened(flipped)).toContain('SHA-256');
});

test('a program with states needs a seed or weights', async () => {
  expect(await refuse({})).toBe(
    "state-missing: the artifact has 3 states (weight, …) and neither seed nor weights was given\n  fix: open with { seed: 0 } to initialise them, or { weights: 'file.safetensors' } to load them",
  );
  const noInit = testArtifact({ states: { a: { type: ['F32'] } }, entries: [], init: false });
  const opened = openOn(stubBackend(), 'test', noInit, { seed: 1 });
  expect(await failure(opened)).toContain('1 states and no init entry');
  const hyper = testArtifact({ states: { lr: { type: ['F32'], kind: 'Hyper' } }, entries: [] });
  await using session = await openOn(stubBackend(), 'test', hyper);
  expect(await session.hyper.get('lr')).toBe(1);
});

test('options are checked', async () => {
  expect(await refuse({ seed: -1 })).toContain('argument: open: seed is -1');
  expect(await refuse({ seed: 2n ** 64n })).toContain('seed is 18446744073709551616');
  expect(await refuse({ seed: 0, weights: 'x' })).toContain('both seed and weights');
  expect(await refuse({ seed: 0, threads: 0 })).toContain('threads is 0');
  expect(await refuse({ seed: 0, queue: 0 })).toContain('queue is 0');
  expect(await refuse({ seed: 0, functionCache: 0 })).toContain('functionCache is 0');
  for (const name of ['svd', 'mlx', 'mlx→mlx', 'mlx→cuda', 'mlx→blas→reference']) {
    expect(await refuse({ seed: 0, allowFallback: [name] })).toContain(
      `argument: open: allowFallback names ${name}, expected two of blas, mlx, reference`,
    );
  }
  expect(await refuse({ seed: 0, threads: 13 })).toBe(
    'unsupported: open: 13 threads are not supported',
  );
  await using session = await openStub('stub', {
    seed: 2n ** 64n - 1n,
    allowFallback: [],
    threads: 1,
  });
  expect(session.closed).toBe(false);
  const unknown = open(stubArtifact, { seed: 0, runtime: 'cuda' as never });
  expect(await failure(unknown)).toContain(
    "there is no runtime 'cuda'; there are: auto, blas, mlx",
  );
});

test('a plan that is not there is named, with those that are', async () => {
  const artifact = testArtifact({
    entries: [{ name: 'scalar', inputs: { x: ['I32'] }, outputs: { y: ['I32'] } }],
    plans: ['mlx'],
  });
  expect(await failure(openOn(stubBackend(), 'test', artifact))).toBe(
    "plan-missing: the artifact has no plan for runtime 'stub'; it has: mlx\n  fix: compile it with --targets mlx,stub, or open with { runtime: 'mlx' }",
  );
});

test('a library that is not built is one error with all paths', async () => {
  vi.stubEnv('VORAB_BLAS_LIBRARY', join(folder, 'libnone.so'));
  expect(await failure(open(stubArtifact, { runtime: 'blas', seed: 0 }))).toBe(
    `backend-missing: the library of runtime 'blas' is not there; tried
    ${join(folder, 'libnone.so')} (VORAB_BLAS_LIBRARY)
  fix: build it with \`npm run setup -- runtime-blas\`, or open with another runtime`,
  );
  vi.stubEnv('VORAB_MLX_LIBRARY', stubLibrary('stub'));
  vi.stubEnv('VORAB_BACKEND_DIR', folder);
  expect(await failure(open(stubArtifact, { runtime: 'mlx', seed: 0 }))).toContain('plan-missing');
});

test('auto is blas, or mlx on macOS where it is there', () => {
  expect(chooseRuntime('linux').name).toBe('blas');
  vi.stubEnv('VORAB_MLX_LIBRARY', stubLibrary('stub'));
  expect(chooseRuntime('darwin').name).toBe('mlx');
  vi.stubEnv('VORAB_MLX_LIBRARY', join(folder, 'none'));
  expect(chooseRuntime('darwin')).toMatchObject({ name: 'blas' });
});

test('doctor reports every runtime as plain JSON', async () => {
  vi.stubEnv('VORAB_BLAS_LIBRARY', stubLibrary('stub'));
  vi.stubEnv('VORAB_MLX_LIBRARY', join(folder, 'libnone.so'));
  const report = await doctor();
  expect(JSON.parse(JSON.stringify(report))).toMatchObject({ node: process.version });
  const [blas, mlx] = report.runtimes;
  expect(blas).toMatchObject({ name: 'blas', usable: true, origin: stubLibrary('stub') });
  expect(blas?.description).toMatchObject({ version: '1', device: 'none' });
  expect(mlx).toMatchObject({ name: 'mlx', usable: false });
  expect(mlx?.problem).toContain('libnone.so (VORAB_MLX_LIBRARY)');
});

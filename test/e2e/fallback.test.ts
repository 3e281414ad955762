/** What runs instead of a runtime that is missing: only what the caller has named, and the ledger says so. */
import { join } from 'node:path';
import { type Capability, examineRuntime, open, type Tensor, VorabError } from '@vorab/runtime';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { compile } from 'vorab';
import { scratch, vorab } from '../support/cli.ts';

const model = `
import { dim, f32, nn, program } from 'vorab';
const N = dim('N', { max: 8 });
const net = nn.linear(4, 2);
export const apply = program({ x: f32(N, 4) }, ({ x }) => ({ y: net(x) }));
`;

const folder = scratch({ 'model.ts': model });
const nowhere = join(folder, 'libnone.so');
let both: string;
let onlyMlx: string;
let onlyBlas: string;
beforeAll(async () => {
  const file = join(folder, 'model.ts');
  const plans = async (...targets: string[]) => {
    const output = join(folder, `${targets.join('-')}.vorab`);
    return (await compile(file, { output, targets, binding: false })).artifact;
  };
  [both, onlyMlx, onlyBlas] = [await plans('blas', 'mlx'), await plans('mlx'), await plans('blas')];
});
afterEach(() => vi.unstubAllEnvs());

const withoutMlx = (): void => void vi.stubEnv('VORAB_MLX_LIBRARY', nowhere);

const refusal = async (opened: Promise<unknown>): Promise<VorabError> => {
  const error: unknown = await opened.catch((reason: unknown) => reason);
  if (error instanceof VorabError) return error;
  throw new TypeError(`expected a VorabError, found ${String(error)}`);
};

const x = Float32Array.from({ length: 8 }, (_, i) => i / 8);

test('a runtime that is missing is refused, with the reason and the cure', async () => {
  withoutMlx();
  const error = await refusal(open(both, { runtime: 'mlx', seed: 0 }));
  expect(error.code).toBe('backend-missing');
  expect(error.message).toBe(`the library of runtime 'mlx' is not there; tried
    ${nowhere} (VORAB_MLX_LIBRARY)
  fix: build it with \`npm run setup -- runtime-mlx\`, or name what may run instead: { allowFallback: ['mlx→blas'] }`);
});

test.each(['mlx→blas', 'mlx->blas'])('%s runs on blas, and the ledger says so', async (name) => {
  withoutMlx();
  const options = { runtime: 'mlx', seed: 0, allowFallback: [name] } as const;
  await using session = await open(both, options);
  const reason = "the library of runtime 'mlx' is not there";
  expect(session.info()).toMatchObject({
    runtime: 'blas',
    plan: 'blas',
    reason: `mlx→blas, allowed by the caller: ${reason}`,
    fallback: { from: 'mlx', to: 'blas', reason },
  });
  await using direct = await open(both, { runtime: 'blas', seed: 0 });
  const [fallen, expected] = await Promise.all(
    [session, direct].map(async (on) => ((await on.call('apply', { x }))['y'] as Tensor).data()),
  );
  expect(fallen).toEqual(expected);
  await session.call('apply', { x }, { out: { y: null } });
  const found = await session.expect({ fallbacks: 2 });
  expect(found.of('fallbacks')).toMatchObject([
    { kind: 'fallback', what: 'mlx→blas', why: reason, count: 2 },
  ]);
  // One more: the initialisation.
  expect((await session.stats()).fallbacks).toBe(3);
  await session.call('apply', { x }, { out: { y: null } });
  expect((await refusal(session.expect({ fallbacks: 0 }))).message).toContain(
    `fallbacks: 1, expected exactly 0\n      1  fallback    mlx→blas: ${reason}`,
  );
});

test('a runtime that is there is used, whatever may run instead', async () => {
  await using session = await open(both, { runtime: 'mlx', seed: 0, allowFallback: ['mlx→blas'] });
  expect(session.info()).toMatchObject({ runtime: 'mlx', fallback: undefined });
  await session.call('apply', { x });
  await session.expect({ fallbacks: 0 });
});

test('a plan that is missing is refused by name, or falls back by name', async () => {
  const error = await refusal(open(onlyBlas, { runtime: 'mlx', seed: 0 }));
  expect(error.message).toBe(
    "the artifact has no plan for runtime 'mlx'; it has: blas\n  fix: compile it with --targets blas,mlx, or open with { runtime: 'blas' } or { allowFallback: ['mlx→blas'] }",
  );
  const options = { runtime: 'mlx', seed: 0, allowFallback: ['mlx→blas'] } as const;
  await using session = await open(onlyBlas, options);
  expect(session.info().fallback?.reason).toBe(
    "the artifact has no plan for runtime 'mlx'; it has: blas",
  );
});

test('what may run instead must be able to', async () => {
  withoutMlx();
  const options = { runtime: 'mlx', seed: 0 } as const;
  const error = await refusal(open(onlyMlx, { ...options, allowFallback: ['mlx→blas'] }));
  expect(error.message).toContain(`mlx does not run here: the library of runtime 'mlx' is not there
  nor does blas instead: the artifact has no plan for runtime 'blas'; it has: mlx`);
  // Another one that was named comes after it: the reference needs no plan.
  const allowFallback = ['mlx→blas', 'blas→reference'];
  await using session = await open(onlyMlx, { ...options, allowFallback });
  expect(session.info().fallback).toEqual({
    from: 'mlx',
    to: 'reference',
    reason: "the library of runtime 'mlx' is not there",
  });
  expect(await refusal(open(onlyMlx, { ...options, allowFallback: ['blas→mlx'] }))).toMatchObject({
    code: 'backend-missing',
  });
});

test('nothing else than a refusal falls back', async () => {
  const options = { runtime: 'mlx', allowFallback: ['mlx→blas'] } as const;
  expect(await refusal(open(both, options))).toMatchObject({ code: 'state-missing' });
});

test('the command line takes the same names, and prints them', async () => {
  const args = ['run', both, '--runtime', 'mlx', '-i', 'x=random', '--ledger'];
  const env = { VORAB_MLX_LIBRARY: nowhere };
  const refused = await vorab(args, { env });
  expect(refused.stderr).toContain("allowFallback: ['mlx→blas']");
  expect(refused.code).toBe(1);
  const { code, stdout, stderr } = await vorab([...args, '--allow-fallback', 'mlx->blas'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('apply on blas');
  expect(stdout).toMatch(/1 {2}fallback .*mlx→blas: the library of runtime 'mlx' is not there/);
});

test('a capability that is required and not there is refused with its reason, or falls back', async () => {
  const { description = {} } = await examineRuntime('mlx');
  const { fuse } = description as { readonly fuse: Capability };
  expect(fuse.reason).not.toBe('');
  const options = { runtime: 'mlx', seed: 0 } as const;
  await using compiled = await open(both, { ...options, requires: ['compile'] });
  expect(compiled.info().runtime).toBe('mlx');
  if (!fuse.available) {
    const error = await refusal(open(both, { ...options, requires: ['compile', 'fuse'] }));
    expect(error.code).toBe('unsupported');
    expect(error.message).toBe(
      `open requires 'fuse', which runtime 'mlx' does not have on this machine (${String(description['device'])}): ${fuse.reason}; ${fuse.effect}\n  fix: open with another runtime, or without it in requires`,
    );
    const allowed = { ...options, requires: ['fuse'], allowFallback: ['mlx→blas'] };
    await using session = await open(both, allowed);
    expect(session.info()).toMatchObject({ runtime: 'blas', fallback: { from: 'mlx' } });
  }
});

test('an artifact that requires a capability is refused where that is not there', async () => {
  const artifact = join(folder, 'fused.vorab');
  const targets = ['--targets', 'blas,mlx,blas+mlx', '--require', 'fuse', '-o', artifact];
  const made = await vorab(['compile', join(folder, 'model.ts'), ...targets]);
  expect(made.code, made.stderr).toBe(0);
  const { description = {} } = await examineRuntime('mlx');
  const { fuse } = description as { readonly fuse: Capability };
  await using session = await open(artifact, { runtime: 'blas', seed: 0 });
  expect(session.info().runtime).toBe('blas');
  if (fuse.available) return;
  for (const runtime of ['mlx', 'blas+mlx'] as const) {
    const error = await refusal(open(artifact, { runtime, seed: 0 }));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain(
      `the artifact requires 'fuse', which runtime 'mlx' does not have on this machine`,
    );
    expect(error.message).toContain(`${fuse.reason}; ${fuse.effect}\n  fix: open with another`);
  }
  const { stdout } = await vorab(['explain', artifact, '--plan', 'mlx', '--entry', 'apply']);
  expect(stdout).toContain('  requires fuse\n');
});

test('a capability that a runtime says nothing of is refused, with those that it has', async () => {
  const error = await refusal(open(both, { runtime: 'blas', seed: 0, requires: ['teleport'] }));
  expect(error.message).toContain(
    "requires 'teleport', which runtime 'blas' does not have on this machine (cpu): it says nothing of it; its capabilities are: fuse",
  );
  const args = ['run', both, '-i', 'x=random', '--dim', 'N=2', '--runtime', 'reference'];
  const { code, stderr } = await vorab([...args, '--require', 'fuse']);
  expect(code).toBe(1);
  expect(stderr).toContain("requires 'fuse', which runtime 'reference' does not have");
});

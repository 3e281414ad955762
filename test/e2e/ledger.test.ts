/** What the ledger says of real programs on the real runtimes: every copy, cast and build, and nothing else. */
import { join } from 'node:path';
import { open, type Session, type Tensor, VorabError } from '@vorab/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from 'vorab';
import { root, scratch, vorab } from '../support/cli.ts';

const runtimes = ['blas', 'mlx'] as const;

/** `scale` makes what `classify` takes; `half` computes in f16 by a policy. */
const chainModel = `
import { dim, f32, fft, nn, precision, program } from 'vorab';
const N = dim('N', { max: 256 });
const net = nn.sequential(nn.linear(64, 32), nn.gelu(), nn.linear(32, 10));
export const scale = program({ pixels: f32(N, 64) }, ({ pixels }) => ({ image: pixels.div(16) }));
export const classify = program({ image: f32(N, 64) }, ({ image }) => ({
  probs: net(image).softmax(),
}));
export const turned = program({ image: f32(N, 64) }, ({ image }) => ({
  y: image.exp().transpose([1, 0]),
}));
/** Holds the factors of its Fourier transform. */
export const spectrum = program({ x: f32(N, 64) }, ({ x }) => {
  const [real] = fft([x, x]);
  return { real };
});
const wide = nn.linear(64, 10);
const narrow = precision({ params: 'f32', compute: 'f16', accumulate: 'f32' });
export const half = program({ image: f32(N, 64) }, ({ image }) => ({
  y: narrow.scope(() => wide(image)),
}));
`;

let digits: string;
let chain: string;
beforeAll(async () => {
  const folder = scratch({ 'chain.ts': chainModel });
  const output = join(folder, 'digits.vorab');
  digits = (await compile(join(root, 'examples/digits/model.ts'), { output })).artifact;
  chain = (await compile(join(folder, 'chain.ts'))).artifact;
});

function batch(size: number, step = 0): { image: Float32Array; label: Int32Array } {
  return {
    image: Float32Array.from({ length: size * 64 }, (_, i) => ((i + step) % 17) / 17),
    label: Int32Array.from({ length: size }, (_, i) => (i + step) % 10),
  };
}

interface Cast {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly location: string;
}

interface Explained {
  readonly casts: readonly Cast[];
  readonly steps: readonly { readonly locations: readonly string[] }[];
}

/** What `vorab explain` says of an entry. */
async function explained(artifact: string, plan: string, entry: string): Promise<Explained> {
  const args = ['explain', artifact, '--plan', plan, '--entry', entry, '--json'];
  const { code, stdout, stderr } = await vorab(args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout).plans[0].entries[0];
}

const images = (size: number): Float32Array => batch(size).image;

async function release(results: Awaited<ReturnType<Session['call']>>): Promise<void> {
  for (const value of Object.values(results)) (value as Tensor).dispose();
}

describe.each(runtimes)('a hundred steps of training on %s', (runtime) => {
  test('copy the batches in and the losses out, and nothing else', async () => {
    await using session = await open(digits, { runtime, seed: 0 });
    const sizes = [64, 29];
    for (let step = 0; step < 100; step++) {
      const size = sizes[step % 10 === 9 ? 1 : 0] ?? 64;
      const { loss } = await session.call('fit', batch(size, step));
      expect(await (loss as Tensor).item()).toBeGreaterThan(0);
      (loss as Tensor).dispose();
    }
    const { casts } = await explained(digits, runtime, 'fit');
    const images = 90 * 64 + 10 * 29;
    const found = await session.expect({
      copiesIn: 200,
      copiesOut: 100,
      copiesDevice: 0,
      bytesIn: images * (64 * 4 + 4),
      bytesOut: 400,
      casts: 100 * casts.length,
      builds: sizes.length,
      misses: sizes.length,
      hits: 98,
      evictions: 0,
      fallbacks: 0,
    });
    const copies = found.rows.filter(({ kind }) => kind === 'copy');
    expect(copies.map(({ what, why, count }) => [what, why, count])).toEqual([
      ['fit: output loss', 'read by the program', 100],
      ['fit: input image', 'copied when the call was made', 100],
      ['fit: input label', 'copied when the call was made', 100],
    ]);
    for (const { location } of copies) expect(location).toBe('model.ts:12:14');
  });

  test('build nothing that was prepared', async () => {
    await using session = await open(digits, { runtime, seed: 0 });
    await session.prepare('fit', { N: 64 });
    await session.expect({ builds: 1, copies: 0 });
    for (let step = 0; step < 5; step++) await release(await session.call('fit', batch(64, step)));
    const { totals } = await session.expect({ builds: 0, misses: 0, hits: 5 });
    expect(totals.buildMs).toBe(0);
  });
});

describe.each(runtimes)('on %s', (runtime) => {
  test('a result that is the input of another entry goes nowhere', async () => {
    await using session = await open(chain, { runtime, seed: 0 });
    const pixels = images(32).map((x) => x * 16);
    const scaled = await session.call('scale', { pixels });
    await session.expect({ copies: 1, bytesIn: 32 * 64 * 4 });
    const { probs } = await session.call('classify', { image: scaled['image'] });
    await session.expect({ copies: 0, bytes: 0 });
    const direct = await session.call('classify', { image: images(32) });
    const [chained, expected] = [await read(probs), await read(direct['probs'])];
    for (const [i, value] of expected.entries()) expect(chained[i]).toBeCloseTo(value, 5);
    const sync = session.callSync('classify', { image: scaled['image'] });
    expect(session.expectSync({ copiesIn: 1, copiesOut: 2 }).totals.layouts).toBe(0);
    expect(await read(sync['probs'])).toEqual(chained);
  });

  test('parameters stay where they are from call to call', async () => {
    await using session = await open(digits, { runtime, seed: 0 });
    const input = batch(16);
    const image = await session.tensor('f32', input.image, [16, 64]);
    const label = await session.tensor('i32', input.label, [16]);
    await session.expect({});
    for (let step = 0; step < 10; step++) {
      await release(await session.call('fit', { image, label }));
      await release(await session.call('classify', { image }));
    }
    await session.expect({ copies: 0, layouts: 0, builds: 2 });
  });

  test('executed casts are those that explain lists', async () => {
    await using session = await open(chain, { runtime, seed: 0 });
    for (let i = 0; i < 3; i++) await release(await session.call('half', { image: images(8) }));
    const { casts: listed } = await explained(chain, runtime, 'half');
    expect(listed.length).toBeGreaterThan(0);
    const { rows } = await session.expect({ casts: 3 * listed.length });
    const casts = rows.filter(({ kind }) => kind === 'cast');
    const found = casts.map(({ what, why, location }) => `${what}: ${why} ${location}`);
    const expected = listed.map(
      ({ from, to, reason, location }) => `half: ${from} → ${to}: ${reason} ${location}`,
    );
    expect(new Set(found)).toEqual(new Set(expected));
  });

  test('what is out of bounds names the line and the cure', async () => {
    await using session = await open(digits, { runtime, seed: 0 });
    await release(await session.call('classify', { image: images(4) }));
    const error: unknown = await session.expect({ copies: 0 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(VorabError);
    expect(String(error)).toContain(
      `model.ts:7:14: the ledger does not hold what was expected
    copies: 1, expected exactly 0
      1  copy in  1024 B  classify: input image: copied when the call was made  model.ts:7:14
  fix: pass tensors`,
    );
  });
});

test('a result in another order is made row-major, and counted with the line that turned it', async () => {
  await using session = await open(chain, { runtime: 'mlx', seed: 0 });
  await release(await session.call('turned', { image: images(4) }));
  const { rows } = await session.expect({ copies: 2, copiesIn: 1, layouts: 1, copiesOut: 0 });
  const { steps } = await explained(chain, 'mlx', 'turned');
  expect(rows.filter(({ kind }) => kind === 'layout')).toMatchObject([
    {
      direction: 'device',
      what: 'turned: output y',
      why: 'made row-major on the device',
      bytes: 4 * 64 * 4,
      location: steps.at(-1)?.locations[0],
    },
  ]);
  await using blas = await open(chain, { runtime: 'blas', seed: 0 });
  await release(await blas.call('turned', { image: images(4) }));
  await blas.expect({ copies: 1, layouts: 0 });
});

test('a constant that MLX cannot use where it is mapped is copied once, ahead, and says so', async () => {
  const x = images(8);
  const copy = 'constant 0: the device cannot use the file';
  for (const runtime of runtimes) {
    await using session = await open(chain, { runtime, seed: 0 });
    await session.prepare('spectrum', { N: 8 });
    const { rows, totals } = await session.expect({ copies: { atMost: 1 } });
    const [row] = rows.filter(({ kind }) => kind === 'copy');
    expect(totals.copies).toBe(row === undefined ? 0 : 1);
    if (row) expect(`${row.what}: ${row.why}`).toContain(copy);
    if (runtime === 'blas') expect(row).toBeUndefined();
    for (let i = 0; i < 3; i++) await release(await session.call('spectrum', { x }));
    await session.expect({ copiesIn: 3, copiesOut: 0, builds: 0 });
  }
});

test('the reference keeps the same ledger', async () => {
  await using session = await open(chain, { runtime: 'reference', seed: 0, functionCache: 2 });
  for (const size of [2, 3, 2, 4, 3]) {
    const { probs } = await session.call('classify', { image: images(size) });
    await read(probs);
  }
  const found = await session.expect({ builds: 4, hits: 1, evictions: 2, copies: 10 });
  expect(found.totals).toMatchObject({ copiesIn: 5, copiesOut: 5, bytesOut: 14 * 40 });
});

async function read(value: unknown): Promise<Float32Array> {
  return (await (value as Tensor).data()) as Float32Array;
}

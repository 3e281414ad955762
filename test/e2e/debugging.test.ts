/** Checks and taps as users meet them: the command line, a model's own lines, a typed binding. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeName, Tensor, VorabError } from '@vorab/runtime';
import { open } from '@vorab/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileModel, scratch, vorab } from '../support/cli.ts';

const model = `import { dim, embedding, f32, i32, init, nn, optim, parameter, tap, trainStep } from 'vorab';

const N = dim('N', { max: 8 });
const table = parameter(f32(4, 3), init.normal(1));
const head = nn.linear(3, 1);

export const fit = trainStep({
  inputs: { ids: i32(N), scale: f32(N, 1) },
  loss: ({ ids, scale }) => {
    const rows = embedding(table, ids);
    const hidden = tap('hidden', head(rows));
    const root = hidden.mul(hidden).mul(scale).sqrt();
    return root.div(scale).mean();
  },
  optimizer: optim.sgd({ learningRate: 0.1 }),
});
`;

const folder = scratch({ 'model.ts': model });
const file = join(folder, 'model.ts');
let plain: string;
let checked: string;
beforeAll(async () => {
  checked = await compileModel(
    file,
    '-o',
    join(folder, 'checked.vorab'),
    '--check-finite',
    '--check-indices',
  );
  plain = await compileModel(file, '-o', join(folder, 'plain.vorab'));
});

const good = { ids: Int32Array.of(0, 3), scale: Float32Array.of(1, 2) };

async function refusal(runtime: RuntimeName, inputs: object): Promise<VorabError> {
  await using session = await open(checked, { runtime, seed: 3 });
  await session.call('fit', good);
  const before = await session.state.read('table');
  const error = await session.call('fit', { ...inputs }).then(
    () => undefined,
    (e: unknown) => e as VorabError,
  );
  expect(await session.state.read('table')).toEqual(before);
  if (!error) throw new Error('the call did not fail');
  return error;
}

describe.each(['reference', 'blas', 'mlx'] as const)('on %s', (runtime) => {
  it('names the line of a NaN in the backward pass', async () => {
    const error = await refusal(runtime, { ...good, scale: Float32Array.of(1, 0) });
    expect(error.message).toMatch(
      /^model\.ts:13:17: fit: checkFinite at \[1, 0\]: NaN first appears in div/,
    );
    const negative = await refusal(runtime, { ...good, scale: Float32Array.of(1, -2) });
    expect(negative.message).toMatch(
      /^model\.ts:12:48: fit: checkFinite at \[1, 0\]: NaN first appears in sqrt/,
    );
  });

  it('names the line of an index outside', async () => {
    const error = await refusal(runtime, { ...good, ids: Int32Array.of(0, 4) });
    expect(error.message).toBe(
      'model.ts:10:18: fit: checkIndices at [1]: index 4 is outside [0, 4) of gather, whose axis 0 has 4',
    );
  });

  it('goes on without checks, and hands out taps', async () => {
    await using session = await open(plain, { runtime, seed: 3 });
    await session.call('fit', { ...good, ids: Int32Array.of(0, 4) });
    const { taps } = (await session.call('fit', good, {
      taps: ['hidden', 'hidden.grad'],
    })) as unknown as {
      readonly taps: Readonly<Record<string, Tensor>>;
    };
    expect(Object.keys(taps).toSorted()).toEqual(['hidden', 'hidden.grad']);
    expect(taps['hidden.grad']?.shape).toEqual([2, 1]);
  });
});

it('says what is slow in the help, and leaves taps out of the typed binding', async () => {
  const { stdout } = await vorab(['help', 'compile']);
  expect(stdout).toMatch(/--check-finite .*slow/);
  expect(readFileSync(`${plain}.ts`, 'utf8')).not.toContain(':taps');
  const { stdout: listed } = await vorab(['inspect', plain, '--json']);
  expect(listed).toContain('fit:taps');
});

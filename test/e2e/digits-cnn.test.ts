/** The digits as images: a small convolutional network learns them from its own file. */
import { join } from 'node:path';
import { open } from '@vorab/runtime';
import { expect, it } from 'vitest';
import { readDigits, size } from '../../examples/digits/digits.ts';
import { compileModel, root, scratch, vorab } from '../support/cli.ts';
import { accuracy, train } from '../support/digits.ts';

const folder = scratch();
const compiled = compileModel(
  join(root, 'test/e2e/models/digits-cnn.ts'),
  '--targets',
  'blas,mlx',
  '-o',
  join(folder, 'digits-cnn.vorab'),
);

// MLX's CPU build multiplies with reference BLAS: fewer epochs.
it.each([
  ['blas', 15],
  ['mlx', 8],
] as const)('reads 98 of 100 digits that it has not seen, on %s', async (runtime, epochs) => {
  const { training, test } = readDigits();
  expect(size(test)).toBeGreaterThan(300);
  await using model = await open(await compiled, { runtime, seed: 0 });
  await train(model, training, epochs);
  expect(await accuracy(model, test)).toBeGreaterThanOrEqual(0.98);
});

interface Explained {
  readonly plans: readonly {
    readonly name: string;
    readonly entries: readonly { readonly entry: string; readonly steps: readonly Step[] }[];
  }[];
}

interface Step {
  readonly name: string;
  readonly ops: readonly string[];
}

it('keeps convolutions whole, and pools in one loop', async () => {
  const { stdout } = await vorab(['explain', await compiled, '--json']);
  const plans = new Map((JSON.parse(stdout) as Explained).plans.map((p) => [p.name, p.entries]));
  const count = (plan: string, name: string): number | undefined =>
    plans
      .get(plan)
      ?.find(({ entry }) => entry === 'fit')
      ?.steps.filter((step) => step.name === name).length;
  // Two layers forward; the images have no gradient.
  expect([count('blas', 'conv'), count('blas', 'convKernelGradient')]).toEqual([3, 2]);
  expect([count('mlx', 'conv'), count('mlx', 'convKernelGradient')]).toEqual([3, 2]);
  const fit = plans.get('blas')?.find(({ entry }) => entry === 'fit');
  expect(fit?.steps.filter(({ ops }) => ops.includes('maxPool'))).toHaveLength(1);
  expect(fit?.steps.filter(({ name }) => /pad|window/.test(name))).toEqual([]);
});

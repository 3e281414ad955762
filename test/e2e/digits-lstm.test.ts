/** The digits as sequences of rows: three layers of LSTM learn them from their own file. */
import { join } from 'node:path';
import { open } from '@vorab/runtime';
import { expect, it } from 'vitest';
import { readDigits, size } from '../../examples/digits/digits.ts';
import { compileModel, root, scratch } from '../support/cli.ts';
import { accuracy, train } from '../support/digits.ts';

const folder = scratch();
const compiled = compileModel(
  join(root, 'test/e2e/models/digits-lstm.ts'),
  '--targets',
  'blas,mlx',
  '-o',
  join(folder, 'digits-lstm.vorab'),
);

it('reads 95 of 100 digits that it has not seen, on blas', async () => {
  const { training, test } = readDigits();
  expect(size(test)).toBeGreaterThan(300);
  await using model = await open(await compiled, { runtime: 'blas', seed: 0 });
  await train(model, training, 40);
  expect(await accuracy(model, test)).toBeGreaterThanOrEqual(0.95);
});

it('has the same parameters on mlx, and learns there too', async () => {
  const { training, test } = readDigits();
  await using model = await open(await compiled, { runtime: 'mlx', seed: 0 });
  const before = await accuracy(model, test);
  await train(model, training, 4);
  expect(await accuracy(model, test)).toBeGreaterThan(Math.max(0.5, before));
});

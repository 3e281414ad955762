import { basename } from 'node:path';
import { verify } from '@vorab/artifact';
import { f32, program, svd, withPlacement } from '@vorab/graph';
import { expect, test } from 'vitest';
import type { CompileOptions } from './compile.ts';
import { compilePrograms } from './compile.ts';

const here = { file: 'model.ts', line: 1, column: 1 };

const compiled = (target: string, options: Partial<CompileOptions> = {}) => {
  const run = program({ x: f32(8, 8) }, ({ x }) => {
    const { s } = svd(x.mul(2));
    return { y: withPlacement(target, () => x.add(s).exp()), s };
  });
  return compilePrograms([{ name: 'run', program: run, location: here }], {
    targets: ['blas+mlx'],
    relativePath: (file) => basename(file),
    ...options,
  });
};

test('a plan over two targets is legal, and reproducible', () => {
  const { bytes, program } = compiled('mlx');
  expect(verify(bytes)).toBeNull();
  const plan = program.plans.find(({ name }) => name === 'blas+mlx');
  expect(plan?.entries[0]?.regions.map(({ target }) => target)).toEqual(['blas', 'mlx']);
  expect(compiled('mlx').bytes).toEqual(bytes);
});

test('a step of several ops says which of them each reason is of', () => {
  const { program } = compiled('blas');
  const plan = program.plans.find(({ name }) => name === 'blas+mlx');
  const [call, ...others] = plan?.entries[0]?.regions.flatMap(({ steps }) => steps) ?? [];
  expect(others).toEqual([]);
  expect(program.strings[call?.placement?.reason ?? 0]).toBe(
    'mul, svd: cheapest here, what moves counted; broadcast, add, exp: the model asks for blas',
  );
});

import { f16, type Program, program, scan, svdvals, type Tensor } from '@vorab/graph';
import { expect, test } from 'vitest';
import { compilePrograms } from './compile.ts';

test('casts within bodies are recorded, on each target', () => {
  const values = program({ xs: f16(3, 2, 2) }, ({ xs }) => ({
    s: scan((c: Tensor, x: Tensor) => [c.add(svdvals(x)), null], xs.sum([0, 1]), xs)[0],
  })) as Program;
  const location = { file: 'model.ts', line: 1, column: 1 };
  const { program: made } = compilePrograms([{ name: 'values', program: values, location }], {
    targets: ['blas', 'mlx'],
    relativePath: () => 'model.ts',
  });
  for (const plan of made.plans) {
    const reasons = plan.entries[0]?.casts.map((cast) => made.strings[cast.reason]);
    expect(reasons).toContain('svdvals of f16 is computed in f32: LAPACK has no f16');
  }
});

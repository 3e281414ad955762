import { verify } from '@vorab/artifact';
import type { Tensor } from '@vorab/graph';
import {
  all,
  dim,
  f32,
  isFinite as finite,
  program,
  state,
  sum,
  update,
  where,
} from '@vorab/graph';
import { expect, test } from 'vitest';
import { compilePrograms } from '../compile.ts';

const N = dim('N', { max: 64 });
const location = { file: 'model.ts', line: 1, column: 1 };

/** Names of the steps of a program; throws where the artifact does not pass. */
function stepsOf(body: (x: Tensor) => Record<string, Tensor>): readonly string[] {
  const entry = { name: 'step', program: program({ x: f32(N, 4) }, ({ x }) => body(x)), location };
  const { bytes, program: written } = compilePrograms([entry], {
    targets: ['blas'],
    relativePath: () => 'model.ts',
  });
  expect(verify(bytes)).toBeNull();
  const plan = written.plans[0]?.entries.find((e) => e.entry === 0);
  return plan?.regions.flatMap((r) => r.steps.map((s) => String(s.name))) ?? [];
}

test('a scalar state that a reduction scales its operands by is not overwritten before the next row', () => {
  const scale = state(f32(), 2);
  const steps = stepsOf((x) => {
    const scaled = x.mul(scale);
    update(scale, where(all(finite(scaled)), scale.mul(2), scale));
    return { total: sum(scaled, 1) };
  });
  expect(steps.length).toBeGreaterThan(0);
});

test('a state that is normalised in one tape', () => {
  const rows = state(f32(8, 4), 1);
  const steps = stepsOf((x) => {
    update(rows, rows.sub(rows.mean(1, { keepDims: true })));
    return { y: x };
  });
  expect(steps).not.toContain('copy to state');
});

test('a column sum that its own columns are divided by', () => {
  const columns = state(f32(8, 4), 1);
  const total = state(f32(4), 0);
  const steps = stepsOf((x) => {
    update(total, total.add(columns.sum(0)));
    update(columns, columns.div(columns.sum(0)));
    return { y: x };
  });
  expect(steps.length).toBeGreaterThan(0);
});

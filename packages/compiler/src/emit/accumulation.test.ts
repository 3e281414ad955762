import { basename } from 'node:path';
import { fb, verify } from '@vorab/artifact';
import type { DType, Tensor } from '@vorab/graph';
import {
  cumsum,
  i32,
  matmul,
  program,
  scaledDotProductAttention,
  scan,
  scatterAdd,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { compilePrograms } from '../compile.ts';

/** Steps, and those of the bodies that they run. */
const withBodies = (steps: readonly fb.StepT[]): readonly fb.StepT[] =>
  steps.flatMap((step) => [
    step,
    ...(step.body instanceof fb.ControlT
      ? step.body.bodies.flatMap((body) => withBodies(body.steps))
      : []),
  ]);

/** What the steps of each plan of a program state together. */
function stated(dtype: DType, body: (x: Tensor, at: Tensor) => Tensor) {
  const run = program({ x: { dtype, shape: [2, 2, 4, 4] }, at: i32(2) }, ({ x, at }) => ({
    y: body(x as Tensor, at),
  }));
  const location = { file: 'model.ts', line: 1, column: 1 };
  const { bytes, program: artifact } = compilePrograms([{ name: 'run', program: run, location }], {
    targets: ['blas', 'mlx'],
    relativePath: (file) => basename(file),
  });
  expect(verify(bytes)).toBeNull();
  return artifact.plans.map(({ entries }) => {
    const regions = entries.flatMap((entry) => entry.regions);
    const steps = withBodies(regions.flatMap((region) => region.steps));
    return [...new Set(steps.flatMap(({ accumulates }) => accumulates))].map((d) => fb.DType[d]);
  });
}

const sums: Readonly<Record<string, (x: Tensor, at: Tensor) => Tensor>> = {
  'a product': (x) => matmul(x, x),
  'a sum': (x) => x.sum(),
  'a running sum': (x) => cumsum(x, 1),
  'a sum of updates': (x, at) => scatterAdd(x, at, x),
  attention: (x) => scaledDotProductAttention(x, x, x),
  'a norm': (x) => x.softmax(),
};

describe.each(['f16', 'bf16', 'f32', 'f64'] as const)('the steps of %s', (dtype) => {
  const wide = dtype === 'f64' ? 'F64' : 'F32';
  test.each(Object.keys(sums))('of %s say what they sum in', (name) => {
    expect(stated(dtype, sums[name] as (typeof sums)[string])).toEqual([[wide], [wide]]);
  });

  test('that sum nothing say nothing', () => {
    expect(stated(dtype, (x) => x.exp().max().add(1))).toEqual([[], []]);
  });

  test('of a loop say it of its body, or those of the body do', () => {
    const squared = (c: Tensor) => [matmul(c, c), null] as const;
    expect(stated(dtype, (x) => scan(squared, x, null, { length: 3 })[0])).toEqual([
      [wide],
      [wide],
    ]);
  });
});

import { dimKey, formatType } from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { stepsOf } from '../../../../test/metal/kernel-runs.ts';
import { models, trialOfModel } from '../../../../test/metal/models.ts';
import { compilePrograms } from '../compile.ts';
import type { Buffer, Kernel } from '../lower/ir.ts';

/** A kernel as text: how it is launched, then what Metal compiles. */
function printKernel(kernel: Kernel): string {
  const list = (prefix: string, buffers: readonly Buffer[]): string =>
    buffers.map(({ type }, i) => `${prefix}${i}: ${formatType(type)}`).join(', ');
  const { name, header, source, inputs, outputs, sizes, rows, threads, group } = kernel;
  return [
    `// ${name}`,
    `// ${list('x', inputs)} -> ${list('y', outputs)}; sizes [${sizes.map(dimKey).join(', ')}]`,
    `// ${threads} threads for each of ${dimKey(rows)} rows, ${group} rows in a threadgroup`,
    '',
    header.trim(),
    '',
    '{',
    `${source.trimEnd()}`,
    '}',
  ].join('\n');
}

test('the same programs give the same bytes', () => {
  const bytes = (): Uint8Array => {
    const programs = Object.keys(models).map((name, i) => ({
      name: `e${i}`,
      program: trialOfModel(name).program,
      location: { file: 'models.ts', line: 1, column: 1 },
    }));
    return compilePrograms(programs, { targets: ['mlx'] }).bytes;
  };
  expect(bytes()).toEqual(bytes());
});

// Text alone: test/conformance/metal.test.ts runs it on an emulation of Metal's threads. No Metal runs here.
describe('kernels as text', () => {
  test.each(Object.keys(models))('%s', async (name) => {
    const kernels = stepsOf(trialOfModel(name)).flatMap(({ body }) =>
      body.kind === 'kernel' ? [printKernel(body.kernel)] : [],
    );
    expect(kernels.length).toBeGreaterThan(0);
    await expect(`${kernels.join('\n\n')}\n`).toMatchFileSnapshot(`goldens/${name}.metal`);
  });
});

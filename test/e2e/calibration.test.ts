/** Rates of a machine: measured, used, and named in what is compiled with them. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rates } from '@vorab/compiler';
import { families, shippedRates } from '@vorab/compiler';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { root, scratch, vorab } from '../support/cli.ts';

const folder = scratch({
  'model.ts': `
import { f32, program } from 'vorab';
export const run = program({ x: f32(512, 512) }, ({ x }) => ({ y: x.matmul(x).exp().matmul(x) }));
`,
});
const at = (name: string): string => join(folder, name);

/** The shipped rates, with mlx slower by a factor. */
const slower = (factor: number): Rates => {
  const { mlx } = shippedRates.targets;
  if (!mlx) throw new Error('the shipped rates have no mlx');
  const ns = families.map((family) => [family, mlx.ns[family] * factor] as const);
  const changed = { ...mlx, ns: Object.fromEntries(ns) as typeof mlx.ns };
  return { ...shippedRates, targets: { ...shippedRates.targets, mlx: changed } };
};

const compile = (...args: readonly string[]) =>
  vorab(['compile', at('model.ts'), '--targets', 'blas+mlx', ...args]);

async function explained(artifact: string) {
  const { stdout } = await vorab(['explain', artifact, '--json']);
  const [plan] = JSON.parse(stdout).plans;
  const targets = plan.entries[0].steps.map((step: { target: string }) => step.target);
  return { rates: plan.rates, targets };
}

describe('a calibration', () => {
  it('changes the placement, and its hash is recorded', async () => {
    const placed: string[][] = [];
    for (const [name, factor] of [
      ['fast', 1],
      ['slow', 1000],
    ] as const) {
      const file = at(`${name}.json`);
      writeFileSync(file, JSON.stringify(slower(factor)));
      const artifact = at(`${name}.vorab`);
      const { code, stderr } = await compile('-o', artifact, '--calibration', file);
      expect(code, stderr).toBe(0);
      const { rates, targets } = await explained(artifact);
      const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
      expect(rates).toBe(`SHA-256 ${hash}`);
      placed.push(targets);
    }
    expect(placed).toEqual([['mlx'], ['blas']]);
  });

  it('gives the same bytes again, and without one the shipped rates do', async () => {
    await compile('-o', at('one.vorab'));
    await compile('-o', at('two.vorab'));
    expect(readFileSync(at('one.vorab')).equals(readFileSync(at('two.vorab')))).toBe(true);
    expect((await explained(at('one.vorab'))).rates).toBe('shipped');
  });

  it('that is none is refused, and one that nothing needs', async () => {
    writeFileSync(at('none.json'), JSON.stringify({ ...shippedRates, version: 2 }));
    const wrong = await compile('--calibration', at('none.json'));
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('its version is 2, expected 1');
    expect(wrong.stderr).toContain('vorab doctor --calibrate');
    const args = ['compile', at('model.ts'), '--calibration', at('fast.json')];
    const unused = await vorab(args);
    expect(unused.code).toBe(1);
    expect(unused.stderr).toContain('a calibration is for plans over several targets');
  });

  it('is measured by doctor', async () => {
    const file = at('here.json');
    const { code, stderr } = await vorab(['doctor', '--calibrate', file]);
    expect(code, stderr).toBe(0);
    const rates = JSON.parse(readFileSync(file, 'utf8')) as Rates;
    const schema = join(root, 'packages/compiler/schema/calibration.schema.json');
    const check = new Ajv2020().compile(JSON.parse(readFileSync(schema, 'utf8')));
    check(rates);
    expect(check.errors).toBeNull();
    expect(Object.keys(rates.targets)).toEqual(['blas', 'mlx']);
    for (const target of Object.values(rates.targets)) {
      expect(target.ns.contract).toBeGreaterThan(0);
      expect(target.ns.elementwise).toBeGreaterThan(0);
    }
    const compiled = await compile('-o', at('here.vorab'), '--calibration', file);
    expect(compiled.code, compiled.stderr).toBe(0);
  });
});

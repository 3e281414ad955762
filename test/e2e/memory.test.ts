import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, runNode, scratch, vorab } from '../support/cli.ts';

const folder = scratch({});
const workloads = [
  ['mlp_train', 'mlp_train'],
  ['gpt_train', 'gpt_train'],
  ['cnn_train', 'cnn_train'],
  ['encoder_b8', 'encoder'],
] as const;

/** Opens an artifact, runs a few steps, and prints how the resident set grew. */
const script = join(folder, 'grow.ts');
writeFileSync(
  script,
  `import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { open } from ${JSON.stringify(join(root, 'packages/runtime/src/index.ts'))};
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const resident = () => {
  collect();
  return Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
};
const [artifact, small, ports] = process.argv.slice(2);
// The library itself, and what Node keeps of first calls.
const first = await open(small, { runtime: 'blas', seed: 0 });
for (let i = 0; i < 3; i++) first.sync.run(valuesOf(JSON.parse(ports).small.inputs));
const { inputs, outputs } = JSON.parse(ports).large;
const given = valuesOf(inputs);
const out = valuesOf(outputs);
const before = resident();
const session = await open(artifact, { runtime: 'blas', seed: 0 });
for (let i = 0; i < 3; i++) session.sync.run(given, { out });
console.log(resident() - before);
await session.close();
function valuesOf(ports) {
  return Object.fromEntries(ports.map(({ name, type }) => {
    const [, dtype, extents] = /^(\\w+)\\[(.*)\\]$/.exec(type);
    const n = extents === '' ? 1 : extents.split(', ').reduce((a, b) => a * Number(b), 1);
    return [name, dtype === 'i32' ? new Int32Array(n).fill(1) : new Float32Array(n).fill(0.5)];
  }));
}
`,
);

interface Port {
  readonly name: string;
  readonly type: string;
}

async function json(args: readonly string[], env = {}) {
  const { code, stdout, stderr } = await vorab([...args, '--json'], { env });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** Compiles a workload of the bench; gives its artifact and what `inspect` says of it. */
async function compiled(name: string, model: string) {
  const artifact = join(folder, `${name}.vorab`);
  const sizes = JSON.parse(readFileSync(join(root, 'bench/workloads.json'), 'utf8'))[name];
  const env = { VORAB_BENCH_SIZES: JSON.stringify(sizes) };
  const file = `bench/models/${model}.ts`;
  await json(['compile', file, '-o', artifact, '--no-binding', '--targets', 'blas'], env);
  const inspection = await json(['inspect', artifact]);
  const entry = inspection.entries.find(({ kind }: { readonly kind: string }) => kind !== 'init');
  return { artifact, inspection, entry };
}

const bytesOf = ({ type }: Port): number => {
  const extents = /\[(.*)\]$/.exec(type)?.[1] ?? '';
  return (extents === '' ? [] : extents.split(', ')).reduce((a, b) => a * Number(b), 4);
};

describe.each(workloads)('%s', (name, model) => {
  it('plans at most 1.15 times what lives at once, and takes at most 1.2 times what it plans', async () => {
    const [small, large] = await Promise.all([compiled('tiny', 'tiny'), compiled(name, model)]);
    const [{ arenaBytes, peakBytes }] = large.inspection.plans[0].entries.filter(
      (e: { readonly entry: string }) => e.entry === large.entry.name,
    );
    expect(arenaBytes / peakBytes).toBeLessThanOrEqual(1.15);
    if (process.platform !== 'linux') return;
    const ports = JSON.stringify({ small: small.entry, large: large.entry });
    const { code, stdout, stderr } = await runNode(script, [large.artifact, small.artifact, ports]);
    expect(code, stderr).toBe(0);
    const states = (large.inspection.states as readonly Port[]).reduce((s, p) => s + bytesOf(p), 0);
    expect(Number(stdout) / (states + arenaBytes)).toBeLessThanOrEqual(1.2);
    expect(Number(stdout) / (states + arenaBytes)).toBeGreaterThan(0.8);
  });
});

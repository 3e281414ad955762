/**
 * Wall time of `npx vorab compile` of the digits example, from the start of the process to its end. Below 1.5 s on an
 * idle machine of two cores.
 *
 *   node bench/compile.mjs [runs]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const runs = Number(process.argv[2] ?? 9);
mkdirSync(join(root, 'out'), { recursive: true });

const args = ['vorab', 'compile', 'examples/digits/model.ts', '-o', 'out/bench.vorab', '--json'];
const times = [];
const parts = { load: [], compile: [], write: [] };
for (let run = 0; run < runs; run++) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: root, encoding: 'utf8' });
  times.push(performance.now() - start);
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  const told = JSON.parse(stdout).parts;
  for (const name of Object.keys(parts)) parts[name].push(told[name]);
}

const show = (name, values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, median] = [sorted[0], sorted[Math.floor(sorted.length / 2)]];
  console.log(`${name.padEnd(8)} least ${least.toFixed(0)} ms, median ${median.toFixed(0)} ms`);
};
show('all', times);
for (const [name, values] of Object.entries(parts)) show(name, values);

/**
 * Times the workloads of `workloads.json`, each an ordinary model that is compiled and opened as a user would do it.
 *
 *   npm run bench                                   all of them, as a table
 *   npm run bench -- chain 'gemm={"n":333}'         some, with other sizes
 *   npm run bench -- --json gemm                    one JSON line each, for programs
 *   npm run bench -- --runtime mlx --threads 1
 *   npm run bench -- --profile gpt_train            what each kind of step takes
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { StepProfile } from 'vorab';
import type { Limits } from './limits/index.ts';
import { measureLimits } from './limits/index.ts';
import type { Job, Port, Result } from './run.ts';
import type { Sizes } from './sizes.ts';
import { sizesOf, sizesVariable } from './sizes.ts';
import type { Workload } from './workloads.ts';
import { workloads } from './workloads.ts';

const root = resolve(import.meta.dirname, '..');
const vorab = join(root, 'node_modules/.bin/vorab');

interface Options {
  readonly json: boolean;
  readonly runtime: Job['runtime'];
  readonly threads: number | undefined;
  readonly profile: boolean;
}

/** What `vorab inspect --json` says of an artifact, as far as it is used here. */
interface Inspection {
  readonly entries: readonly {
    readonly kind: string;
    readonly inputs: readonly { readonly name: string; readonly type: string }[];
    readonly outputs: readonly { readonly name: string; readonly type: string }[];
  }[];
}

/** What a program prints; what it complains of is in the error. */
function jsonOf(command: string, args: readonly string[], env = process.env): unknown {
  return JSON.parse(
    execFileSync(command, args, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' }),
  );
}

function vorabJson(args: readonly string[], sizes: Sizes = {}): unknown {
  const env = { ...process.env, [sizesVariable]: JSON.stringify(sizes) };
  return jsonOf(vorab, [...args, '--json'], env);
}

/** `f32[4, 16]`. */
function portOf({ name, type }: { readonly name: string; readonly type: string }): Port {
  const [, dtype = '', extents = ''] = /^(\w+)\[(.*)\]$/.exec(type) ?? [];
  return { name, dtype, shape: extents === '' ? [] : extents.split(', ').map(Number) };
}

/** Compiles a workload; gives what is needed to run it. */
function compile(name: string, workload: Workload, sizes: Sizes, options: Options): Job {
  const folder = join(root, 'out/bench');
  mkdirSync(folder, { recursive: true });
  const artifact = join(folder, `${name}.vorab`);
  const { runtime, threads, profile } = options;
  const targets = runtime === 'mlx' ? 'mlx' : 'blas';
  const model = join(root, 'bench/models', workload.model);
  vorabJson(['compile', model, '-o', artifact, '--no-binding', '--targets', targets], sizes);
  const { entries } = vorabJson(['inspect', artifact]) as Inspection;
  const entry = entries.find(({ kind }) => kind !== 'init');
  if (!entry) throw new Error(`${workload.model} has no entry`);
  return {
    artifact,
    runtime,
    ...(threads === undefined ? {} : { threads }),
    profile,
    inputs: entry.inputs.map(portOf),
    outputs: entry.outputs.map(portOf),
    below: workload.below?.(sizes) ?? 0,
    trains: workload.trains ?? false,
    state: workload.state,
  };
}

function run(job: Job): Result {
  const args = ['--import', 'tsx', join(root, 'bench/run.ts'), JSON.stringify(job)];
  return jsonOf(process.execPath, args) as Result;
}

interface Line extends Result {
  readonly work: string;
  readonly GBps?: number;
  readonly GFLOPS?: number;
}

/** `chain`, or `chain={"n":1000}`. */
function time(argument: string, options: Options): Line {
  const [name = ''] = argument.split('=', 1);
  const sizes = sizesOf(name, argument.slice(name.length + 1));
  const workload = workloads[name];
  if (!workload) throw new Error(`there is no model of ${name}`);
  const result = run(compile(name, workload, sizes, options));
  const rate = (amount: number): number => amount / result.min_ms / 1e6;
  const { bytes, flops } = workload;
  return {
    work: name,
    ...result,
    ...(bytes && { GBps: rate(bytes(sizes)) }),
    ...(flops && { GFLOPS: rate(flops(sizes)) }),
  };
}

const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(6)) : value;

const heading = ['workload', 'first ms', 'min ms', 'median ms', 'rate', 'of the limit', 'check'];
const widths = [14, 10, 10, 10, 16, 14];

const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    .join(' ');

function shown(line: Line, limits: Limits): readonly string[] {
  const { GBps, GFLOPS } = line;
  const rate = GBps ? `${GBps.toFixed(1)} GB/s` : GFLOPS ? `${GFLOPS.toFixed(1)} GFLOPS` : '';
  const share = GBps ? GBps / limits.GBps : GFLOPS ? GFLOPS / limits.GFLOPS : undefined;
  return [
    line.work,
    line.first_ms.toFixed(2),
    line.min_ms.toFixed(3),
    line.med_ms.toFixed(3),
    rate,
    share === undefined ? '' : `${(100 * share).toFixed(0)} %`,
    `  ${line.check.map((value) => value.toPrecision(5)).join(' ')}`,
  ];
}

/** Steps that do the same, together: the longest first. */
function profileOf(steps: readonly StepProfile[]): readonly string[] {
  const kinds = new Map<string, { ms: number; count: number; step: StepProfile }>();
  for (const step of steps) {
    if (step.entry !== 'run') continue;
    const key = `${step.name} ${step.work}`;
    const kind = kinds.get(key) ?? { ms: 0, count: 0, step };
    kinds.set(key, { ...kind, ms: kind.ms + step.ms / step.runs, count: kind.count + 1 });
  }
  return [...kinds.values()]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 24)
    .map(({ ms, count, step: { name, work, gflops, gbps } }) => {
      const product = work.startsWith('product');
      const rate = product ? `${gflops.toFixed(0)} GFLOPS` : `${gbps.toFixed(1)} GB/s`;
      return `${ms.toFixed(3).padStart(10)} ms ${String(count).padStart(3)} × ${rate.padEnd(11)} ${work}: ${name}`;
    });
}

function table(works: readonly string[], options: Options): void {
  const limits = measureLimits();
  const { GFLOPS, GBps } = limits;
  console.log(`this machine: ${GFLOPS.toFixed(0)} GFLOPS of f32, ${GBps.toFixed(0)} GB/s\n`);
  console.log(row(heading));
  for (const work of works) {
    if (process.stdout.isTTY) process.stdout.write(`${work} …\r`);
    const line = time(work, options);
    console.log(row(shown(line, limits)));
    if (line.profile) console.log(profileOf(line.profile).join('\n'));
  }
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      runtime: { type: 'string', default: 'blas' },
      threads: { type: 'string' },
      profile: { type: 'boolean', default: false },
    },
  });
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  const options: Options = {
    json: values.json,
    runtime: values.runtime as Options['runtime'],
    threads,
    profile: values.profile,
  };
  const works = positionals.length > 0 ? positionals : Object.keys(workloads);
  if (!options.json) table(works, options);
  else for (const work of works) console.log(JSON.stringify(time(work, options), rounded));
}

try {
  main();
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}

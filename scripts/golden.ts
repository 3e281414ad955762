/**
 * Runs golden vectors through compiler, artifact and a runtime, and writes what comes out, one result file a family.
 *
 *   npm run golden -- --runtime reference|blas|mlx [--threads N] [--no-fuse] --out RESULTS CASES
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { opById } from '@vorab/artifact';
import type { NdArray, Program, Tensor } from '@vorab/graph';
import { ndarray, program, readNumber, vjp, writeNumber } from '@vorab/graph';
import type { RuntimeName } from '@vorab/runtime';
import { runtimeNames } from '@vorab/runtime';
import type { GoldenCase, GoldenFamily, GoldenTensor } from '../test/helpers/golden.ts';
import { arrayOf } from '../test/helpers/golden.ts';
import { goldenOps } from '../test/helpers/golden-ops.ts';
import type { OptimCase } from '../test/helpers/golden-optim.ts';
import { optimTrial } from '../test/helpers/golden-optim.ts';
import type { Artifact, Compiled, Outcome, Result, Trial } from '../test/helpers/trials.ts';
import { compileTrials, runTrials } from '../test/helpers/trials.ts';

/** What is written of a case. */
type Written =
  | { readonly name: string; readonly missing: string }
  | {
      readonly name: string;
      readonly outputs: readonly GoldenTensor[];
      readonly grads: readonly (GoldenTensor | null)[];
      /** Ops that the runtime has itself. */
      readonly native: readonly string[];
      /** Composites that it runs as the ops that they are made of. */
      readonly decomposed: readonly string[];
    };

interface Results {
  readonly outputs: readonly NdArray[];
  readonly grads: readonly (NdArray | null)[];
}

/** A case that can run, and how its results are read. */
interface Runnable {
  readonly trial: Trial;
  results(outcome: Outcome): Results;
}

// ------------------------------------------------------------------------------------------------ cases to trials

function runnable(one: GoldenCase): Runnable | undefined {
  const optim = optimTrial(one as unknown as OptimCase);
  if (optim) {
    return { trial: optim.trial, results: (o) => ({ outputs: optim.outputs(o), grads: [] }) };
  }
  return goldenOps[one.op] && opCase(one);
}

function opCase(one: GoldenCase): Runnable {
  const wanted = one.inputs.flatMap((_, i) => (one.grads?.[i] ? [i] : []));
  const given = [
    ...one.inputs.map((t, i) => [`x${i}`, t] as const),
    ...(one.cotangents ?? []).flatMap((t, i) =>
      t && wanted.length > 0 ? [[`ct${i}`, t] as const] : [],
    ),
  ];
  const types = Object.fromEntries(
    given.map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
  );
  const body = (inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
    const xs = one.inputs.map((_, i) => inputs[`x${i}`] as Tensor);
    const built = goldenOps[one.op]?.(xs, one.attrs) as Tensor | readonly Tensor[];
    const outputs = 'node' in built ? [built] : built;
    const flows = outputs.flatMap((y, i) => {
      const ct = inputs[`ct${i}`];
      return ct ? [{ y, ct }] : [];
    });
    const wrt = wanted.map((i) => xs[i] as Tensor);
    const grads =
      flows.length > 0
        ? vjp(
            flows.map(({ y }) => y),
            flows.map(({ ct }) => ct),
            wrt,
          )
        : [];
    return {
      ...Object.fromEntries(outputs.map((y, i) => [`y${i}`, y])),
      ...Object.fromEntries(grads.map((dx, i) => [`dx${wanted[i]}`, dx])),
    };
  };
  const inputs = Object.fromEntries(given.map(([name, t]) => [name, arrayOf(t)]));
  return {
    trial: {
      name: one.name,
      program: program(types, body) as Program,
      calls: [{ sizes: {}, inputs }],
    },
    results({ outputs: [arrays = {}] }) {
      const named = Object.entries(arrays);
      return {
        outputs: named.flatMap(([name, array]) => (name.startsWith('y') ? [array] : [])),
        grads: one.inputs.map((_, i) => arrays[`dx${i}`] ?? null),
      };
    },
  };
}

// ------------------------------------------------------------------------------------------------ results

/** The files give a gradient the dtype of the output that it comes from, also where a cast stands between. */
function asCotangent(array: NdArray, { cotangents = [] }: GoldenCase): NdArray {
  const dtype = cotangents.find((t) => t !== null)?.dtype ?? array.dtype;
  if (dtype === array.dtype) return array;
  const out = ndarray(dtype, array.shape);
  for (let i = 0; i < array.data.length; i++) writeNumber(out, i, readNumber(array, i));
  return out;
}

/** f32 in the fewest digits that name it, as the files have them. */
function shortest(x: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === x) return short;
  }
  return x;
}

function tensorOf(array: NdArray): GoldenTensor {
  const text = (x: number): GoldenTensor['data'][number] =>
    Number.isFinite(x) ? x : (String(x) as 'NaN' | 'Infinity' | '-Infinity');
  const { dtype, shape, data } = array;
  const number = dtype === 'f32' ? shortest : (x: number): number => x;
  return {
    shape,
    dtype,
    data: Array.from({ length: data.length }, (_, i) => text(number(readNumber(array, i)))),
  };
}

/** Ops of the case's portable function: those that the plan has too, and composites that it opened. */
function execution({ program: file, trials }: Artifact, trial: Trial, runtime: RuntimeName) {
  const at = trials.indexOf(trial);
  const nodes = file.functions[file.entries[at]?.function_ ?? 0]?.nodes ?? [];
  const ops = [...new Set(nodes.map(({ op }) => op))].map((id) => opById(id));
  const whole = new Set<number>();
  const plan = file.plans.find(({ name }) => name === runtime);
  for (const { steps } of plan?.entries[at]?.regions ?? []) {
    for (const { body } of steps) if (body && 'op' in body) whole.add(body.op);
  }
  const isOpened = (id: number, kind: string): boolean => kind === 'Composite' && !whole.has(id);
  const names = (opened: boolean): string[] =>
    ops.flatMap((op) => (op && isOpened(op.id, op.kind) === opened ? [op.name] : [])).sort();
  return { native: names(false), decomposed: names(true) };
}

function written(
  one: GoldenCase,
  run: Runnable | undefined,
  result: Result | undefined,
  compiled: Compiled,
  runtime: RuntimeName,
): Written {
  const { name, op } = one;
  if (!run) return { name, missing: `there is no ${op}` };
  if (!result) return { name, missing: 'it did not run' };
  if ('failure' in result) return { name, missing: `${result.where}: ${result.failure.message}` };
  const { outputs, grads } = run.results(result.outcome);
  const artifact = compiled.artifacts.find(({ trials }) => trials.includes(run.trial)) as Artifact;
  return {
    name,
    outputs: outputs.map(tensorOf),
    grads: grads.map((array) => array && tensorOf(asCotangent(array, one))),
    ...execution(artifact, run.trial, runtime),
  };
}

// ------------------------------------------------------------------------------------------------ command line

const usage =
  'usage: npm run golden -- --runtime reference|blas|mlx [--threads N] [--no-fuse] --out RESULTS CASES';

function fail(message: string): never {
  console.error(`golden: ${message}\n${usage}`);
  process.exit(2);
}

function options(): {
  readonly runtime: RuntimeName;
  readonly out: string;
  readonly cases: string;
  readonly threads: number | undefined;
  readonly fuse: boolean;
} {
  try {
    const { values, positionals } = parseArgs({
      options: {
        runtime: { type: 'string' },
        out: { type: 'string' },
        threads: { type: 'string' },
        'no-fuse': { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const runtime = runtimeNames.find((name) => name === values.runtime);
    const [cases] = positionals;
    if (!runtime) return fail(`there is no runtime '${values.runtime ?? ''}'`);
    if (!values.out || !cases || positionals.length > 1)
      return fail('expected --out RESULTS and one folder CASES');
    const threads = values.threads === undefined ? undefined : Number(values.threads);
    return { runtime, out: values.out, cases, threads, fuse: !values['no-fuse'] };
  } catch (error) {
    return fail((error as Error).message);
  }
}

function readFamilies(folder: string): readonly (GoldenFamily & { readonly file: string })[] {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ file, json: read(file) as Partial<GoldenFamily> }))
    .flatMap(({ file, json: { family = basename(file, '.json'), cases } }) =>
      cases ? [{ file, family, cases }] : [],
    );
}

const { runtime, out, cases: folder, threads, fuse } = options();
const families = readFamilies(folder);
mkdirSync(out, { recursive: true });
const all = families.flatMap(({ cases }) => cases);
const runs = new Map(all.map((one) => [one, runnable(one)]));
const compiled = compileTrials(
  [...runs.values()].flatMap((run) => (run ? [run.trial] : [])),
  fuse,
);
const results = await runTrials(compiled, runtime, threads === undefined ? {} : { threads });
let missing = 0;
for (const { file, family, cases } of families) {
  const lines = cases.map((one) => {
    const run = runs.get(one);
    return written(one, run, run && results.get(run.trial), compiled, runtime);
  });
  missing += lines.filter((line) => 'missing' in line).length;
  const body = lines.map((line) => JSON.stringify(line)).join(',\n');
  writeFileSync(
    join(out, file),
    `{"family": ${JSON.stringify(family)}, "results": [\n${body}\n]}\n`,
  );
}
console.log(
  `${runtime}: ${all.length - missing} cases ran, ${missing} are missing; results in ${out}`,
);

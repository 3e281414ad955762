import type { DType, Op, Program, Tensor } from '@vorab/graph';
import * as g from '@vorab/graph';
import { dtypes, program, registry } from '@vorab/graph';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { scalarRefusal, scalarRows } from '../../packages/compiler/src/metal/scalars.ts';
import type { OpCase } from '../helpers/cases.ts';
import { casesFor } from '../helpers/cases.ts';
import type { Closeness } from '../helpers/compare.ts';
import { arrayDifference, closeness, ofUlps } from '../helpers/compare.ts';
import { recipes, trialOf } from '../helpers/random-graph.ts';
import type { Trial } from '../helpers/trials.ts';
import { emulate } from '../metal/emulate.ts';
import type { ExpectedRun } from '../metal/kernel-runs.ts';
import { kernelRuns } from '../metal/kernel-runs.ts';
import { models, trialOfModel } from '../metal/models.ts';
import { opTrials } from './op-trials.ts';

// The text of Metal kernels, compiled by the host's C++ compiler and run on an emulation of Metal's threads, against
// the reference's meaning of each op. Metal itself, its compiler and its mathematics do not run here.

const metalDTypes = dtypes.filter((dtype) => dtype !== 'f64');
const elementwise = [...registry.values()].filter((op) => op.kind === 'elementwise');

type Near = (dtype: DType) => Closeness;

/** What differs, a line for each run. */
function complaints(runs: readonly ExpectedRun[], near: (run: ExpectedRun) => Near): string[] {
  return emulate(runs).flatMap((got, i) => {
    const run = runs[i] as ExpectedRun;
    return run.expected.flatMap((want, o) => {
      const why = arrayDifference(got[o], want, near(run)(want.dtype));
      return why ? [`${run.trial.name}: ${run.kernel.name}: y${o} ${why}`] : [];
    });
  });
}

/** The op, and a reduction over the last axis of what it gives. */
function rowTrial(one: OpCase): Trial | undefined {
  const inputs = Object.fromEntries(one.types.map((type, i) => [`x${i}`, type]));
  if ((one.types[0]?.shape.length ?? 0) === 0) return undefined;
  const body = (given: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
    const [y] = one.apply(one.types.map((_, i) => given[`x${i}`] as Tensor)) as readonly [Tensor];
    return { y, z: y.dtype === 'bool' ? g.any(y, -1) : g.max(y, -1) };
  };
  const arrays = Object.fromEntries(one.feeds.map((x, i) => [`x${i}`, x]));
  return {
    name: one.name,
    program: program(inputs, body) as Program,
    calls: [{ sizes: one.sizes, inputs: arrays }],
  };
}

const ofOp =
  (op: Op): Near =>
  (dtype) =>
    ofUlps(closeness[dtype], dtype, op.test?.ulp ?? 0);

test('every elementwise op has a row in Metal\u2019s language, or a reason for none', () => {
  const without = elementwise.filter((op) => !(op.name in scalarRows)).map((op) => op.name);
  expect(without).toEqual([]);
  const none = elementwise.filter((op) => 'none' in (scalarRows[op.name] ?? {}));
  expect(none.every((op) => (scalarRefusal(op) ?? '').length > 0)).toBe(true);
  expect(
    Object.keys(scalarRows).filter((name) => registry.get(name)?.kind !== 'elementwise'),
  ).toEqual([]);
});

describe('elementwise ops in a kernel mean what the reference says', () => {
  const found = new Map<Op, string[]>();
  const counts = new Map<Op, number>();
  beforeAll(() => {
    const ops = new Map<Trial, Op>();
    for (const op of elementwise) {
      for (const one of casesFor(op, metalDTypes)) {
        const trial = rowTrial(one);
        if (trial) ops.set(trial, op);
      }
    }
    const runs = [...ops.keys()].flatMap((trial) => kernelRuns(trial));
    const opOf = (run: ExpectedRun): Op => ops.get(run.trial) as Op;
    for (const run of runs) counts.set(opOf(run), (counts.get(opOf(run)) ?? 0) + 1);
    const byName = new Map([...ops].map(([trial, op]) => [trial.name, op]));
    for (const line of complaints(runs, (run) => ofOp(opOf(run)))) {
      const op = [...byName].find(([name]) => line.startsWith(`${name}: `))?.[1] as Op;
      found.set(op, [...(found.get(op) ?? []), line]);
    }
    console.log(
      `${runs.length} launches of ${new Set(runs.map((r) => r.kernel.name)).size} kernels`,
    );
  });
  test.each(elementwise.map((op) => [op.name, op] as const))('%s', (_, op) => {
    expect(counts.get(op) ?? 0).toBeGreaterThan(0);
    expect(found.get(op) ?? []).toEqual([]);
  });
});

describe('the emulation notices', () => {
  const [run] = kernelRuns(trialOfModel('softmax-wide')) as readonly [ExpectedRun];
  const changed = (from: string | RegExp, to: string): ExpectedRun => {
    const source = run.kernel.source.replace(from, to);
    expect(source).not.toBe(run.kernel.source);
    return { ...run, kernel: { ...run.kernel, source } };
  };
  const wrong = (of: ExpectedRun): string[] => complaints([of], () => (dtype) => closeness[dtype]);

  test('nothing where nothing is wrong', () => {
    expect(wrong(run)).toEqual([]);
  });

  test('a barrier that is missing', () => {
    const barrier = 'threadgroup_barrier(metal::mem_flags::mem_threadgroup);';
    expect(() => wrong(changed(barrier, ''))).toThrow('depends on the order of threads');
  });

  test('a barrier that not all threads reach', () => {
    const some = changed(/( *)(threadgroup_barrier\(.*?\);)/, '$1if (lane < 32) $2');
    expect(() => wrong(some)).toThrow('wait for each other for ever');
  });

  test('a place outside an array', () => {
    const beyond = changed('x0[row * 700 + j]', 'x0[row * 700 + j + 1]');
    expect(() => wrong(beyond)).toThrow(expect.objectContaining({ signal: 'SIGSEGV' }));
  });

  test('a place that nobody writes, and a value that is wrong', () => {
    expect(wrong(changed('y0[row * 700 + j] =', 'if (j > 0) y0[row * 700 + j] ='))).toHaveLength(1);
    expect(wrong(changed('vorab_sum::of(a', 'vorab_max::of(a'))).toHaveLength(1);
  });
});

const compositeDTypes: readonly DType[] = ['f32', 'f16', 'bf16', 'i32'];
const composites = [...registry.values()].filter((op) => op.kind === 'composite');

test('kernels of composites and of their gradients', () => {
  const trials = composites.flatMap((op) => opTrials(op, compositeDTypes));
  const near = new Map<Trial, Near>(trials.map((trial) => [trial, trial.near]));
  const runs = trials.flatMap((trial) => kernelRuns(trial));
  console.log(`${runs.length} launches of ${new Set(runs.map((r) => r.kernel.name)).size} kernels`);
  expect(runs.length).toBeGreaterThan(100);
  expect(complaints(runs, ({ trial }) => near.get(trial) as Near)).toEqual([]);
});

test('kernels of random programs', () => {
  const chosen = fc.sample(recipes, { seed: 20_260_817, numRuns: 400 });
  const runs = chosen.flatMap((recipe, i) => kernelRuns(trialOf(recipe, `graph ${i}`)));
  console.log(`${runs.length} launches of ${new Set(runs.map((r) => r.kernel.name)).size} kernels`);
  expect(runs.length).toBeGreaterThan(100);
  const near: Near = () => ({ rtol: 1e-3, part: 1e-4, atol: 1e-6 });
  expect(complaints(runs, () => near)).toEqual([]);
});

test('kernels of models: wide rows, symbolic ones, strides, masks, integers, 16-bit floats', () => {
  const runs = Object.keys(models).flatMap((name) => kernelRuns(trialOfModel(name)));
  const without = Object.keys(models).filter((name) => !runs.some((r) => r.trial.name === name));
  expect(without).toEqual([]);
  expect(complaints(runs, () => (dtype) => closeness[dtype])).toEqual([]);
});

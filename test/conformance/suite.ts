import type { DType, NdArray, Op } from '@vorab/graph';
import { dtypes, registry } from '@vorab/graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayDifference } from '../helpers/compare.ts';
import { configurations, withKernels } from '../helpers/configurations.ts';
import type { Arrays, Compiled, Outcome, Result, Trial } from '../helpers/trials.ts';
import { compileTrials, expected, isRefusal, runTrials } from '../helpers/trials.ts';
import type { OpTrial } from './op-trials.ts';
import { opTrials } from './op-trials.ts';
import { shapeSeed } from './shaped-cases.ts';

const all = await configurations();

/** Every op that is more than a leaf with identity. */
const ops = [...registry.values()].filter((op) => op.kind !== 'leaf' || op.evaluate !== null);

/** Every op × its cases × runtimes, forward and backward, against the reference evaluator of the graph package. */
export function conformance(fuse: boolean): void {
  const trials = new Map<Op, readonly OpTrial[]>();
  const results = new Map<string, ReadonlyMap<Trial, Result>>();
  const refused = new Map<string, number>();

  beforeAll(() => {
    for (const op of ops) trials.set(op, opTrials(op, dtypes));
  });

  describe('every op has a case', () => {
    test.each(ops.map((op) => [op.name, op] as const))('%s', (_, op) => {
      expect(trials.get(op)?.length).toBeGreaterThan(0);
    });
  });

  let compiled: Compiled;
  beforeAll(() => {
    compiled = compileTrials([...trials.values()].flat(), fuse);
  });

  describe.each(all)('$name', (configuration) => {
    const { name, runtime, options } = configuration;
    beforeAll(async () => {
      const run = (): Promise<ReadonlyMap<Trial, Result>> => runTrials(compiled, runtime, options);
      results.set(name, await withKernels(configuration, run));
    });
    test.each(ops.map((op) => [op.name, op] as const))('%s', (_, op) => {
      const wrong = (trials.get(op) ?? []).flatMap((trial) => {
        const result = results.get(name)?.get(trial);
        if (result && 'failure' in result && isRefusal(result.failure)) {
          const what = `${runtime}: ${result.failure.message.replace(/^\S+: /, '')}`;
          refused.set(what, (refused.get(what) ?? 0) + 1);
          return [];
        }
        return complaints(trial, result);
      });
      expect(wrong, `shapes from seed ${shapeSeed}`).toEqual([]);
    });
  });

  afterAll(() => {
    const count = [...trials.values()].reduce((sum, list) => sum + list.length, 0);
    console.log(`${count} programs, ${fuse ? 'fused' : 'unfused'}`);
    for (const [what, times] of refused) console.log(`refused ${times} times: ${what}`);
  });
}

/** What is wrong with the result of a trial: nothing, or a line for each call. */
export function complaints(
  trial: Trial & Partial<Pick<OpTrial, 'near'>>,
  result: Result | undefined,
): readonly string[] {
  if (!result) return [`${trial.name}: did not run`];
  if ('failure' in result) {
    return [`${trial.name}: ${result.where}: ${result.failure.message}`];
  }
  const want = expected(trial);
  const { outcome } = result;
  const near = (dtype: DType): ReturnType<OpTrial['near']> | undefined => trial.near?.(dtype);
  const outputs = want.outputs.flatMap((arrays, call) => {
    const why = differences(outcome.outputs[call], arrays, near);
    const sizes = JSON.stringify(trial.calls[call]?.sizes);
    return why.map((line) => `${trial.name}: call ${call} ${sizes}: ${line}`);
  });
  return [...outputs, ...stateDifferences(trial, outcome, want)];
}

function stateDifferences(
  trial: Trial & Partial<Pick<OpTrial, 'near'>>,
  got: Outcome,
  want: Outcome,
): readonly string[] {
  return want.states.flatMap((arrays, call) =>
    arrays.flatMap((array, i) => {
      const why = arrayDifference(got.states[call]?.[i], array, trial.near?.(array.dtype));
      return why ? [`${trial.name}: state ${i} after call ${call}: ${why}`] : [];
    }),
  );
}

function differences(
  got: Arrays | undefined,
  want: Arrays,
  near: (dtype: DType) => ReturnType<OpTrial['near']> | undefined,
): readonly string[] {
  return Object.entries(want).flatMap(([name, array]: [string, NdArray]) => {
    const why = arrayDifference(got?.[name], array, near(array.dtype));
    return why ? [`${name} ${why}`] : [];
  });
}

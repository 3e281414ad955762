import type { Dim, NdArray, Op, Program, Tensor } from '@vorab/graph';
import {
  dimKey,
  encodeInto,
  isFloat,
  ndarray,
  program,
  readNumber,
  registry,
  vmap,
} from '@vorab/graph';
import type { RuntimeName } from '@vorab/runtime';
import { describe, expect, test } from 'vitest';
import { complaints } from '../conformance/suite.ts';
import type { OpCase } from '../helpers/cases.ts';
import { casesFor } from '../helpers/cases.ts';
import type { Closeness } from '../helpers/compare.ts';
import { closeness, ofUlps } from '../helpers/compare.ts';
import type { Trial } from '../helpers/trials.ts';
import { compileTrials, isRefusal, runTrials } from '../helpers/trials.ts';

// Every op under vmap, compiled and run: what batch rules make is there on every runtime.

const count = 3;

/** The array times other factors, along a new first axis; integers as they are. */
function repeated(array: NdArray): NdArray {
  const n = array.data.length;
  const out = ndarray(array.dtype, [count, ...array.shape]);
  for (let b = 0; b < count; b++) {
    const by = isFloat(array.dtype) ? 1 - b / 8 : 1;
    encodeInto(
      out,
      b * n,
      Array.from({ length: n }, (_, k) => readNumber(array, k) * by),
    );
  }
  return out;
}

function trialOf(
  one: OpCase,
  mapped: readonly boolean[],
): Trial & { near: (d: never) => Closeness } {
  const types = one.types.map((t, i) => (mapped[i] ? { ...t, shape: [count, ...t.shape] } : t));
  const named = <T>(list: readonly T[]): Record<string, T> =>
    Object.fromEntries(list.map((t, i) => [`x${i}`, t]));
  const body = (given: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
    const f = vmap((...xs: readonly Tensor[]) => one.apply(xs), {
      in: mapped.map((m) => (m ? 0 : null)),
    });
    return named(f(...types.map((_, i) => given[`x${i}`] as Tensor)));
  };
  const inputs = named(one.feeds.map((array, i) => (mapped[i] ? repeated(array) : array)));
  const { ulp } = one.op.test ?? {};
  return {
    name: `${one.name}, mapped ${mapped}`,
    program: program(named(types), body) as Program,
    calls: [{ sizes: one.sizes, inputs }],
    near: (d) => (ulp === undefined ? closeness[d] : ofUlps(closeness[d], d, ulp)),
  };
}

function trialsOf(op: Op): readonly Trial[] {
  const cases = casesFor(op)
    .filter((one) => one.types.length > 0)
    .sort((a, b) => Number(a.special) - Number(b.special));
  const one = cases.find((c) => hasSizes(c) && !c.special) ?? cases.find(tellsSizes);
  if (!one) return [];
  const all = one.types.map(() => true);
  const first = all.map((_, i) => i === 0);
  return all.length === 1 ? [trialOf(one, all)] : [trialOf(one, all), trialOf(one, first)];
}

const extents = (one: OpCase): readonly Dim[] => one.types.flatMap((t) => t.shape);
const hasSizes = (one: OpCase): boolean => extents(one).every((d) => typeof d === 'number');
/** Whether operands tell the sizes of the dims that they have. */
const tellsSizes = (one: OpCase): boolean =>
  extents(one).every((d) => typeof d === 'number' || /^\w+$/.test(dimKey(d)));

const ops = [...registry.values()].filter((op) => op.kind !== 'leaf');
const trials = new Map(ops.map((op) => [op, trialsOf(op)]));

describe('vmap of every op, compiled', () => {
  const compiled = compileTrials([...trials.values()].flat(), true);
  test.each<RuntimeName>(['reference', 'blas', 'mlx'])('%s', async (runtime) => {
    const results = await runTrials(compiled, runtime);
    const wrong = [...trials.values()].flat().flatMap((one) => {
      const result = results.get(one);
      return result && 'failure' in result && isRefusal(result.failure)
        ? []
        : complaints(one, result);
    });
    expect(wrong).toEqual([]);
  });
  test('every op has a case', () => {
    const without = ops.filter((op) => trials.get(op)?.length === 0);
    expect(without.map((op) => op.name)).toEqual([]);
  });
});

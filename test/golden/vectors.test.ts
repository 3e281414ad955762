import type { NdArray, Tensor } from '@vorab/graph';
import { constant, evaluate, input, vjp, withTrace } from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import type { GoldenCase } from '../helpers/golden.ts';
import { arrayOf, difference, goldenFamilies } from '../helpers/golden.ts';
import { goldenOps, notYet } from '../helpers/golden-ops.ts';

// The reference against vectors that another implementation wrote.

interface Results {
  readonly outputs: readonly NdArray[];
  readonly grads: readonly (NdArray | null)[];
}

function run(one: GoldenCase): Results {
  return withTrace(() => {
    const inputs = one.inputs.map(({ dtype, shape }, i) => input(`x${i}`, { dtype, shape }));
    const feeds = new Map(inputs.map((t, i) => [t, arrayOf(one.inputs[i] as never)]));
    const built = goldenOps[one.op]?.(inputs, one.attrs) as Tensor | readonly Tensor[];
    const outputs = 'node' in built ? [built] : built;
    const wanted = inputs.filter((_, i) => one.grads?.[i]);
    const used = outputs.flatMap((t, i) =>
      one.cotangents?.[i] ? [{ t, ct: one.cotangents[i] }] : [],
    );
    const cts = used.map(({ ct }) => constant(arrayOf(ct as never)));
    const flowing =
      wanted.length > 0
        ? vjp(
            used.map(({ t }) => t),
            cts,
            wanted,
          )
        : [];
    const values = evaluate([...outputs, ...flowing], feeds);
    const grads = values.slice(outputs.length);
    return {
      outputs: values.slice(0, outputs.length),
      grads: inputs.map((t) => grads[wanted.indexOf(t)] ?? null),
    };
  });
}

function judge(family: string, one: GoldenCase): readonly string[] {
  const { outputs, grads } = run(one);
  const check = (kind: 'outputs' | 'grads', got: readonly (NdArray | null)[]): string[] =>
    (one[kind] ?? []).flatMap((want, i) => {
      const why = want && difference(family, one, got[i] ?? undefined, want, kind);
      return why ? [`${kind}[${i}] ${why}`] : [];
    });
  return [...check('outputs', outputs), ...check('grads', grads)];
}

const missing = new Map<string, number>();

for (const { family, cases } of goldenFamilies()) {
  const runnable = cases.filter((one) => goldenOps[one.op]);
  for (const { op } of cases) if (!goldenOps[op]) missing.set(op, (missing.get(op) ?? 0) + 1);
  describe(family, () => {
    test.each(runnable)('$name', (one) => {
      expect(judge(family, one)).toEqual([]);
    });
  });
}

test('the ops that do not exist yet are those that are listed', () => {
  const count = [...missing.values()].reduce((a, b) => a + b, 0);
  console.log(`${count} golden cases wait for ops: ${[...missing.keys()].join(' ')}`);
  expect([...missing.keys()].sort()).toEqual([...notYet].sort());
});

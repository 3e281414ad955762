/** Every op of the golden vectors under a precision policy: it builds, differentiates, and is as right as 16 bits allow. */
import type { Tensor } from '@vorab/graph';
import {
  evaluate,
  input,
  isFloat,
  ones,
  precision,
  pullback,
  readNumber,
  withTrace,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import type { GoldenCase, GoldenTensor } from '../helpers/golden.ts';
import { arrayOf, goldenFamilies } from '../helpers/golden.ts';
import { goldenOps } from '../helpers/golden-ops.ts';

const policy = precision({ params: 'f32', compute: 'bf16', accumulate: 'f32' });

// Products of bf16, the largest of which sum many terms.
const near = 0.06;

const usable = ({ op, inputs }: GoldenCase): boolean =>
  goldenOps[op] !== undefined && inputs.every((t) => t.dtype !== 'f64');

function build(one: GoldenCase): {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
} {
  const inputs = one.inputs.map((t, i) => input(`x${i}`, { dtype: t.dtype, shape: t.shape }));
  const built = goldenOps[one.op]?.(inputs, one.attrs) ?? [];
  return { inputs, outputs: 'node' in built ? [built] : built };
}

/** What is wrong with a case under the policy, if anything. */
function complaint(one: GoldenCase): string | undefined {
  return withTrace(() => {
    build(one);
    const { inputs, outputs } = policy.scope(() => build(one));
    const cts = outputs.map((y) => (isFloat(y.dtype) ? ones(y.shape, y.dtype) : null));
    const differentiable = inputs.filter((x) => isFloat(x.dtype));
    if (cts.some((ct) => ct) && one.grads?.some((g) => g !== null)) {
      for (const [i, dx] of pullback(outputs, cts, differentiable).entries())
        if (dx && dx.dtype !== differentiable[i]?.dtype) return `gradient ${i} is ${dx}`;
    }
    const feeds = new Map(inputs.map((x, i) => [x, arrayOf(one.inputs[i] as GoldenTensor)]));
    const got = evaluate(outputs, feeds);
    for (const [i, output] of one.outputs.entries()) {
      const want = arrayOf(output);
      const values = Array.from({ length: want.data.length }, (_, k) => readNumber(want, k));
      const largest = Math.max(1, ...values.filter(Number.isFinite).map(Math.abs));
      const far = values.findIndex((w, k) => {
        const g = readNumber(got[i] as never, k);
        return !(Object.is(g, w) || g === w || Math.abs(g - w) <= near * largest);
      });
      if (far >= 0)
        return `output ${i} at ${far}: ${readNumber(got[i] as never, far)}, expected ${values[far]}`;
    }
    return undefined;
  });
}

const cases = goldenFamilies().flatMap((family) => family.cases.filter(usable));

describe('every op of the golden vectors, in bf16 on f32', () => {
  test.each([...new Set(cases.map(({ op }) => op))])('%s', (op) => {
    const wrong = cases
      .filter((one) => one.op === op)
      .flatMap((one) => {
        const why = complaint(one);
        return why ? [`${one.name}: ${why}`] : [];
      });
    expect(wrong).toEqual([]);
  });
});

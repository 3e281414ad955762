import type { NdArray, Op, Tensor } from '@vorab/graph';
import {
  add,
  evaluate,
  formatType,
  input,
  isFloat,
  mul,
  pullback,
  readNumber,
  registry,
  sum,
  withTrace,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { arrayFor, randomOf } from '../helpers/arrays.ts';
import type { OpCase } from '../helpers/cases.ts';
import { casesFor } from '../helpers/cases.ts';

// Every gradient in the registry against central differences in f64, and every composite's own against that of its
// decomposition. An op without a case fails.

interface Built {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** One per float output, and its value. */
  readonly cotangents: readonly (Tensor | null)[];
  readonly feeds: Map<Tensor, NdArray>;
}

const isDifferentiable = (op: Op): boolean => op.vjp !== null && op.minInputs > 0;

function build(one: OpCase): Built {
  const { inputs, outputs } = one.build();
  const feeds = new Map(inputs.map((t, i) => [t, one.feeds[i] as NdArray]));
  const random = randomOf(`cotangents of ${one.name}`);
  const cotangents = outputs.map((y, i) => {
    if (!isFloat(y.dtype)) return null;
    const ct = input(`ct${i}`, y.type);
    const shape = evaluate(y, feeds, one.sizes).shape;
    feeds.set(ct, arrayFor(y.dtype, shape, { from: -1, to: 1 }, random));
    return ct;
  });
  return { inputs, outputs, cotangents, feeds };
}

const values = (array: NdArray): number[] =>
  Array.from({ length: array.data.length }, (_, i) => readNumber(array, i));

/** The gradients of Σ cotangent · output, by the rules. */
function byRule(one: OpCase, built: Built): readonly (number[] | null)[] {
  const cts = pullback(built.outputs, built.cotangents, built.inputs);
  const flowing = cts.filter((ct) => ct !== null);
  const arrays = evaluate(flowing, built.feeds, one.sizes);
  return cts.map((ct) => (ct ? values(arrays[flowing.indexOf(ct)] as NdArray) : null));
}

/** The same by central differences. */
function byDifferences(one: OpCase, built: Built): readonly number[][] {
  const loss = built.outputs
    .flatMap((y, i) => (built.cotangents[i] ? [sum(mul(y, built.cotangents[i]))] : []))
    .reduce((a, b) => add(a, b));
  const at = (): number => readNumber(evaluate(loss, built.feeds, one.sizes), 0);
  return built.inputs.map((t) => {
    const array = built.feeds.get(t) as NdArray;
    if (!isFloat(t.dtype)) return [];
    return values(array).map((x, i) => {
      const h = 1e-5 * Math.max(1, Math.min(Math.abs(x), 10));
      const moved = { ...array, data: Float64Array.from(array.data as Float64Array) };
      built.feeds.set(t, moved);
      moved.data[i] = x + h;
      const above = at();
      moved.data[i] = x - h;
      const below = at();
      built.feeds.set(t, array);
      return (above - below) / (2 * h);
    });
  });
}

function expectClose(got: readonly number[] | null, want: readonly number[], what: string): void {
  const scale = Math.max(1, ...want.map(Math.abs));
  for (const [i, w] of want.entries()) {
    const g = got?.[i] ?? 0;
    expect(Math.abs(g - w), `${what} at ${i}: ${g}, differences say ${w}`).toBeLessThan(
      2e-7 * scale,
    );
  }
}

const ops = [...registry.values()].filter((op) => op.kind !== 'leaf');

describe('every op has a case', () => {
  test.each(ops.map((op) => [op.name, op] as const))('%s', (_, op) => {
    expect(casesFor(op).length).toBeGreaterThan(0);
  });
});

const differentiable = ops
  .filter((op) => isDifferentiable(op) && op.test?.smooth !== false)
  .map((op) => ({ op, cases: casesFor(op, ['f64']).filter((one) => !one.special) }))
  .filter(({ cases }) => cases.some((one) => one.types.some((t) => isFloat(t.dtype))));

describe('against central differences', () => {
  for (const { op, cases } of differentiable) {
    test(op.name, () => {
      for (const one of cases) {
        withTrace(() => {
          const built = build(one);
          if (built.cotangents.every((ct) => ct === null)) return;
          const got = byRule(one, built);
          byDifferences(one, built).forEach((want, i) => {
            expectClose(got[i] ?? null, want, `${one.name}, input ${i}`);
          });
        });
      }
    });
  }
});

describe('against the decomposition', () => {
  for (const { op, cases } of differentiable) {
    if (op.kind !== 'composite') continue;
    test(op.name, () => {
      for (const one of cases) {
        withTrace(() => {
          const built = build(one);
          const { attrs } = built.outputs[0]?.node ?? { attrs: {} };
          const whole = byRule(one, built);
          const parts = byRule(one, { ...built, outputs: op.decompose(built.inputs, attrs) });
          built.inputs.forEach((t, i) => {
            if (isFloat(t.dtype)) expectClose(whole[i] ?? null, parts[i] ?? [], formatType(t.type));
          });
        });
      }
    });
  }
});

import type { NdArray, Op, Tensor } from '@vorab/graph';
import {
  add,
  encodeInto,
  evaluate,
  grad,
  input,
  isFloat,
  mul,
  ndarray,
  readNumber,
  registry,
  sum,
  vmap,
  withTrace,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import type { OpCase } from '../helpers/cases.ts';
import { casesFor } from '../helpers/cases.ts';
import { arrayDifference } from '../helpers/compare.ts';

// The gradient of a mapped op is the mapped gradient of the op, for every op of the registry.

const ops = [...registry.values()].filter((op) => op.kind !== 'leaf' && op.vjp !== null);

const casesOf = (op: Op): readonly OpCase[] =>
  casesFor(op, ['f64']).filter((one) => !one.special && one.types.some((t) => isFloat(t.dtype)));

/** The array times three factors, along a new first axis; integers as they are. */
function mapped(array: NdArray): NdArray {
  const n = array.data.length;
  const out = ndarray(array.dtype, [3, ...array.shape]);
  for (const [b, factor] of [0.8, 0.9, 1].entries()) {
    const by = isFloat(array.dtype) ? factor : 1;
    encodeInto(
      out,
      b * n,
      Array.from({ length: n }, (_, k) => readNumber(array, k) * by),
    );
  }
  return out;
}

/** Σ of squares of the float results. */
const lossOf = (one: OpCase, operands: readonly Tensor[]): Tensor | undefined => {
  const squares = one
    .apply(operands)
    .filter((y) => isFloat(y.dtype))
    .map((y) => sum(mul(y, y)));
  return squares.length === 0 ? undefined : squares.reduce((a, b) => add(a, b));
};

const floatsOf = (tensors: readonly Tensor[]): readonly Tensor[] =>
  tensors.filter((t) => isFloat(t.dtype));

describe('the gradient of vmap is vmap of the gradient', () => {
  test.each(ops.map((op) => [op.name, op] as const))('%s', (_, op) => {
    for (const one of casesOf(op)) {
      withTrace(() => {
        const operands = one.types.map((t, i) => input(`x${i}`, { ...t, shape: [3, ...t.shape] }));
        const single = one.types.map((t, i) => input(`y${i}`, t));
        if (!lossOf(one, single)) return;
        const loss = (...xs: readonly Tensor[]): Tensor => lossOf(one, xs) as Tensor;
        const outside = grad(sum(vmap(loss)(...operands)), floatsOf(operands));
        const inside = vmap((...xs: readonly Tensor[]) => grad(loss(...xs), floatsOf(xs)));
        const feeds = new Map(operands.map((t, i) => [t, mapped(one.feeds[i] as NdArray)]));
        const found = evaluate([...outside, ...inside(...operands)], feeds, one.sizes);
        outside.forEach((_x, i) => {
          const [got, want] = [found[i], found[outside.length + i] as NdArray];
          const why = arrayDifference(got, want, { rtol: 1e-8, part: 1e-9 });
          expect(why, `${one.name}, operand ${i}`).toBeUndefined();
        });
      });
    }
  });
});

import type { Dim, DType, NdArray, Op, Tensor, TensorType } from '@vorab/graph';
import {
  dim,
  encodeInto,
  evaluate,
  input,
  isFloat,
  ndarray,
  readNumber,
  registry,
  vmap,
  withTrace,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import type { OpCase } from '../helpers/cases.ts';
import { casesFor } from '../helpers/cases.ts';
import { arrayDifference } from '../helpers/compare.ts';

// vmap of every op of the registry equals a loop over its elements: for every case, every subset of mapped operands,
// and mapped axes of fixed and of symbolic extent.

/** Of every family one; the others differ in width only. */
const dtypes: readonly DType[] = ['f32', 'i32', 'u8', 'bool', 'u32'];
const count = 3;
const B = dim('B', { min: 0, max: 8 });

const ops = [...registry.values()].filter((op) => op.minInputs > 0 || op.maxInputs > 0);

/** The elements of an array, moved by `by` places: other values for each mapped element. */
function rotated(array: NdArray, by: number): NdArray {
  const n = array.data.length;
  const out = ndarray(array.dtype, array.shape);
  for (let i = 0; i < n; i++) out.data[i] = array.data[(i + by) % n] as never;
  return out;
}

/** Other values for each mapped element; of what an op may refuse (cholesky), multiples. */
function varied(one: OpCase, i: number, by: number): NdArray {
  const array = one.feeds[i] as NdArray;
  if (!one.op.fails || !isFloat(array.dtype)) return rotated(array, by);
  const out = ndarray(array.dtype, array.shape);
  const scaled = Array.from(
    { length: array.data.length },
    (_, k) => readNumber(array, k) * (1 + by / 4),
  );
  encodeInto(out, 0, scaled);
  return out;
}

/** Arrays of one shape along a new first axis. */
function stacked(arrays: readonly NdArray[]): NdArray {
  const [first] = arrays as readonly [NdArray];
  const out = ndarray(first.dtype, [arrays.length, ...first.shape]);
  for (const [i, a] of arrays.entries()) out.data.set(a.data as never, i * a.data.length);
  return out;
}

/** Every choice of mapped operands but none; of many operands, all, each alone, and all but each. */
function subsets(n: number): readonly (readonly boolean[])[] {
  const every = Array.from({ length: n }, () => true);
  if (n <= 3) {
    return Array.from({ length: 2 ** n - 1 }, (_, k) =>
      every.map((_, i) => ((k + 1) >> i) % 2 === 1),
    );
  }
  return [
    every,
    ...every.flatMap((_, i) => [every.map((_, k) => k === i), every.map((_, k) => k !== i)]),
  ];
}

const wide = ({ dtype, shape }: TensorType, size: Dim): TensorType => ({
  dtype,
  shape: [size, ...shape],
});

/** What is wrong with vmap of a case where these operands are mapped. */
function complaints(one: OpCase, mapped: readonly boolean[], size: Dim): readonly string[] {
  return withTrace(() => {
    const sizes = { ...one.sizes, B: count };
    const operands = one.types.map((t, i) => input(`x${i}`, mapped[i] ? wide(t, size) : t));
    const outputs = vmap((...xs: readonly Tensor[]) => one.apply(xs), {
      in: mapped.map((m) => (m ? 0 : null)),
    })(...operands);
    const elements = (i: number): NdArray[] =>
      Array.from({ length: count }, (_, b) => varied(one, i, b));
    const feeds = new Map(
      operands.map((t, i) => [t, mapped[i] ? stacked(elements(i)) : (one.feeds[i] as NdArray)]),
    );
    const got = evaluate(outputs, feeds, sizes);
    const alone = one.build();
    const loop = Array.from({ length: count }, (_, b) =>
      evaluate(
        alone.outputs,
        new Map(alone.inputs.map((t, i) => [t, varied(one, i, mapped[i] ? b : 0)])),
        sizes,
      ),
    );
    return got.flatMap((array, i) => {
      const why = arrayDifference(array, stacked(loop.map((r) => r[i] as NdArray)));
      const which = mapped.flatMap((m, k) => (m ? [k] : []));
      return why ? [`${one.name}, operands ${which} mapped, output ${i}: ${why}`] : [];
    });
  });
}

const casesOf = (op: Op): readonly OpCase[] =>
  casesFor(op, dtypes).filter((one) => one.types.length > 0);

describe('vmap equals a loop', () => {
  test.each(ops.map((op) => [op.name, op] as const))('%s', (_, op) => {
    const wrong = casesOf(op).flatMap((one, k) =>
      subsets(one.types.length).flatMap((mapped) => complaints(one, mapped, k % 2 ? B : count)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('a mapped axis of one element is the element, and one of none is empty', () => {
  test.each(ops.map((op) => [op.name, op] as const))('%s', (_, op) => {
    for (const one of casesOf(op).slice(0, 3)) {
      for (const mapped of subsets(one.types.length)) {
        const [single, none] = [1, 0].map((n) => onFirst(one, mapped, n));
        const alone = withTrace(() => {
          const { inputs, outputs } = one.build();
          return evaluate(
            outputs,
            new Map(inputs.map((t, i) => [t, varied(one, i, 0)])),
            one.sizes,
          );
        });
        alone.forEach((array, i) => {
          const want = stacked([array]);
          expect(arrayDifference(single?.[i], want), `${one.name} ${mapped}`).toBeUndefined();
          expect(none?.[i]?.shape, `${one.name} ${mapped}`).toEqual([0, ...array.shape]);
        });
      }
    }
  });
});

/** The first `n` (0 or 1) elements under vmap. */
function onFirst(one: OpCase, mapped: readonly boolean[], n: number): readonly NdArray[] {
  return withTrace(() => {
    const operands = one.types.map((t, i) => input(`x${i}`, mapped[i] ? wide(t, n) : t));
    const outputs = vmap((...xs: readonly Tensor[]) => one.apply(xs), {
      in: mapped.map((m) => (m ? 0 : null)),
    })(...operands);
    const empty = ({ dtype, shape }: NdArray): NdArray => ndarray(dtype, [0, ...shape]);
    const feeds = operands.map((t, i): [Tensor, NdArray] => {
      const array = varied(one, i, 0);
      return [t, mapped[i] ? (n === 1 ? stacked([array]) : empty(array)) : array];
    });
    return evaluate(outputs, new Map(feeds), one.sizes);
  });
}

describe('vmap of vmap equals a loop', () => {
  test.each(ops.map((op) => [op.name, op] as const))('%s', (_, op) => {
    const wrong = casesOf(op)
      .slice(0, 2)
      .flatMap((one) => subsets(one.types.length).flatMap((inner) => nested(one, inner)));
    expect(wrong).toEqual([]);
  });
});

/** As `complaints`, with an inner axis of 2 on the operands told, and an outer one on all. */
function nested(one: OpCase, inner: readonly boolean[]): readonly string[] {
  return withTrace(() => {
    const operands = one.types.map((t, i) =>
      input(`x${i}`, wide(inner[i] ? wide(t, 2) : t, count)),
    );
    const twice = vmap(
      vmap((...xs: readonly Tensor[]) => one.apply(xs), { in: inner.map((m) => (m ? 0 : null)) }),
    );
    const at = (i: number, b: number, c: number): NdArray =>
      varied(one, i, 2 * b + (inner[i] ? c : 0));
    const all = [0, 1, 2];
    const feeds = new Map(
      operands.map((t, i) => [
        t,
        stacked(all.map((b) => (inner[i] ? stacked([at(i, b, 0), at(i, b, 1)]) : at(i, b, 0)))),
      ]),
    );
    const got = evaluate(twice(...operands), feeds, one.sizes);
    const alone = one.build();
    const value = (b: number, c: number): readonly NdArray[] =>
      evaluate(alone.outputs, new Map(alone.inputs.map((t, i) => [t, at(i, b, c)])), one.sizes);
    const loop = all.map((b) => [value(b, 0), value(b, 1)]);
    return got.flatMap((array, i) => {
      const want = stacked(loop.map((row) => stacked(row.map((r) => r[i] as NdArray))));
      const why = arrayDifference(array, want);
      return why ? [`${one.name}, inner ${inner}, output ${i}: ${why}`] : [];
    });
  });
}

import { describe, expect, test } from 'vitest';
import type { DType } from '../dtype.ts';
import { bounds } from '../dtype.ts';
import { toNdArray, toNested } from '../ndarray.ts';
import type { ElementwiseOp } from '../op.ts';
import { bitcast, cast } from '../ops/cast.ts';
import { pow } from '../ops/exponential.ts';
import { constant } from '../ops/leaves.ts';
import { add, div, mod, mul } from '../ops/math.ts';
import { registry } from '../registry.ts';
import { evaluateElementwise } from './elementwise.ts';
import { evaluate } from './evaluate.ts';

const width = { i8: 8, u8: 8, i32: 32, u32: 32 } as const;
type Narrow = keyof typeof width;

function wrap(dtype: Narrow, x: bigint): number {
  const bits = width[dtype];
  return Number(dtype.startsWith('u') ? BigInt.asUintN(bits, x) : BigInt.asIntN(bits, x));
}

function edges(dtype: DType): readonly number[] {
  const [low, high] = bounds(dtype);
  const signed = low < 0 ? [-1, -2, -7, low + 1, low] : [];
  return [0, 1, 2, 3, 5, 7, 8, 31, 32, 33, Math.floor(high / 2), high - 1, high, ...signed];
}

const integerOps = [...registry.values()].filter(
  (op): op is ElementwiseOp =>
    op.kind === 'elementwise' && op.exact !== undefined && op.name !== 'where',
);

describe('numbers agree with the exact meaning on integers', () => {
  for (const dtype of Object.keys(width) as Narrow[]) {
    test.each(integerOps.map((op) => [op.name, op] as const))(`${dtype} %s`, (_, op) => {
      const values = edges(dtype);
      const columns = op.minInputs === 1 ? [values] : pairs(values);
      const inputs = columns.map((column) => toNdArray(column, dtype));
      const [type] = op.infer(
        inputs.map((x) => ({ dtype, shape: x.shape })),
        {},
      );
      const [got] = evaluateElementwise(op, inputs, {}, type ? [type] : []);
      const result = type?.dtype === 'bool' ? 'u8' : dtype;
      const want = (columns[0] ?? []).map((_, i) =>
        wrap(result, op.exact?.(...columns.map((column) => BigInt(column[i] as number))) ?? 0n),
      );
      expect(Array.from(got?.data ?? [], Number)).toEqual(want);
    });
  }
});

function pairs(values: readonly number[]): readonly number[][] {
  return [values.flatMap((x) => values.map(() => x)), values.flatMap(() => [...values])];
}

test('integers divide toward zero, their remainders have the sign of the divisor', () => {
  const x = constant([7, -7, 7, -7, 5, -(2 ** 31)], 'i32');
  const y = constant([2, 2, -2, -2, 0, -1], 'i32');
  expect(toNested(evaluate(div(x, y)))).toEqual([3, -3, -3, 3, 0, -(2 ** 31)]);
  expect(toNested(evaluate(mod(x, y)))).toEqual([1, 1, -1, -1, 0, 0]);
});

test('products of 32 bits keep their low bits', () => {
  const x = constant([0xffffffff, 0x9e3779b9], 'u32');
  expect(toNested(evaluate(mul(x, x)))).toEqual([1, Number(BigInt.asUintN(32, 0x9e3779b9n ** 2n))]);
});

test('i64 is exact beyond doubles', () => {
  const x = constant([2n ** 62n + 1n, -(2n ** 63n)], 'i64');
  expect(toNested(evaluate(add(x, 2)))).toEqual([2n ** 62n + 3n, -(2n ** 63n) + 2n]);
  expect(toNested(evaluate(pow(constant([3], 'i64'), constant([39], 'i64'))))).toEqual([3n ** 39n]);
});

test('casts truncate and saturate floats, wrap integers, and take NaN for true', () => {
  const x = constant([1.9, -1.9, 3e9, -3e9, Number.NaN, Number.POSITIVE_INFINITY]);
  expect(toNested(evaluate(cast(x, 'i32')))).toEqual([
    1, -1, 2147483647, -2147483648, 0, 2147483647,
  ]);
  expect(toNested(evaluate(cast(x, 'u8')))).toEqual([1, 0, 255, 0, 0, 255]);
  expect(toNested(evaluate(cast(x, 'i64')))).toEqual([
    1n,
    -1n,
    3000000000n,
    -3000000000n,
    0n,
    2n ** 63n - 1n,
  ]);
  expect(toNested(evaluate(cast(x, 'bool')))).toEqual([true, true, true, true, true, true]);
  expect(toNested(evaluate(cast(constant([300, -1], 'i32'), 'u8')))).toEqual([44, 255]);
  expect(toNested(evaluate(cast(constant([2n ** 33n + 5n], 'i64'), 'i32')))).toEqual([5]);
});

test('half floats round to even, from f32', () => {
  const x = constant([1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520], 'f64');
  expect(toNested(evaluate(cast(x, 'f16')))).toEqual([1, 1 + 2 ** -9, 65504, Infinity]);
  const y = constant([1 + 2 ** -8, 1 + 2 ** -8 + 2 ** -40], 'f64');
  // 2⁻⁴⁰ is beyond f32, and what is left is a tie.
  expect(toNested(evaluate(cast(y, 'bf16')))).toEqual([1, 1]);
});

test('a bitcast keeps the bits', () => {
  const bits = bitcast(constant([1, -2]), 'u32');
  expect(toNested(evaluate(bits))).toEqual([0x3f800000, 0xc0000000]);
  expect(toNested(evaluate(bitcast(bits, 'f32')))).toEqual([1, -2]);
});

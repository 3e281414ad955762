import { expect, test } from 'vitest';
import { dim, dimMul } from '../dim.ts';
import { ndarray, toNested } from '../ndarray.ts';
import {
  concat,
  flip,
  matmul,
  max,
  min,
  pad,
  prod,
  reshape,
  slice,
  sum,
  transpose,
} from '../ops/index.ts';
import { constant, input, sizeOf } from '../ops/leaves.ts';
import { add, mul } from '../ops/math.ts';
import { f32, i32 } from '../types.ts';
import { evaluate } from './evaluate.ts';

const N = dim('N', { max: 8 });
const x = constant([
  [1, 2, 3],
  [4, 5, 6],
]);

test('views of every form', () => {
  expect(toNested(evaluate(reshape(x, [3, 2])))).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(toNested(evaluate(transpose(x)))).toEqual([
    [1, 4],
    [2, 5],
    [3, 6],
  ]);
  expect(toNested(evaluate(flip(slice(x, [0, 0], [2, 3], [1, 2]), 1)))).toEqual([
    [3, 1],
    [6, 4],
  ]);
  expect(
    toNested(
      evaluate(
        pad(
          concat([x, x], 1),
          [
            [0, 1],
            [0, 0],
          ],
          9,
        ),
      ),
    ),
  ).toEqual([
    [1, 2, 3, 1, 2, 3],
    [4, 5, 6, 4, 5, 6],
    [9, 9, 9, 9, 9, 9],
  ]);
});

test('reductions accumulate in double, and integers wrap', () => {
  expect(toNested(evaluate(sum(constant([2 ** 24, 1, 1]))))).toBe(2 ** 24 + 2);
  expect(toNested(evaluate(prod(constant([65536, 65537], 'i32'))))).toBe(65536);
  expect(toNested(evaluate(sum(constant([true, true, false], 'bool'))))).toBe(2);
  expect(toNested(evaluate(sum(constant([2n ** 62n, 2n ** 62n], 'i64'))))).toBe(-(2n ** 63n));
});

test('a reduction over nothing is its identity', () => {
  const none = constant(ndarray('f32', [0, 2]));
  expect(toNested(evaluate(sum(none, 0)))).toEqual([0, 0]);
  expect(toNested(evaluate(max(none, 0)))).toEqual([-Infinity, -Infinity]);
  expect(toNested(evaluate(min(constant(ndarray('u8', [0])))))).toBe(255);
});

test('feeds tell the sizes of dims', () => {
  const a = input('a', f32(N, 2));
  const y = mul(sum(a), sizeOf(dimMul(N, 2)));
  expect(
    toNested(
      evaluate(y, {
        a: [
          [1, 2],
          [3, 4],
        ],
      }),
    ),
  ).toBe(40);
  expect(toNested(evaluate(y, { a: new Float32Array([1, 2, 3, 4]) }))).toBe(40);
  expect(toNested(evaluate(y, new Map([[a, [[1, 2]]]])))).toBe(6);
  expect(toNested(evaluate(sizeOf(N), {}, { N: 3 }))).toBe(3);
});

test('what is missing or does not fit is named', () => {
  const a = input('a', f32(N, 2));
  const b = input('b', i32(N));
  const y = matmul(a, constant([[1], [2]]));
  expect(() => evaluate(y)).toThrow("evaluate: 'a' has no value");
  expect(() => evaluate(y, { a: [[1, 2, 3]] })).toThrow(
    "'a' has shape [1, 3], expected [1, 2] for f32[N, 2]",
  );
  expect(() => evaluate(y, { a: [1, 2] })).toThrow("'a' is f32 of rank 1, expected f32[N, 2]");
  const z = add(sum(a, 1), b);
  expect(() => evaluate(z, { a: [[1, 2]], b: [1, 2] })).toThrow(/shape \[(1|2)/);
});

test('the evaluation of several tensors shares what they share', () => {
  const [total, largest] = evaluate([sum(x), max(x)]);
  expect([total?.data[0], largest?.data[0]]).toEqual([21, 6]);
});

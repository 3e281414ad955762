import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { promote } from './coerce.ts';
import type { DType } from './dtype.ts';
import { dtypes } from './dtype.ts';
import { GraphError, TypeRuleError } from './errors.ts';
import { castOp } from './ops/cast.ts';
import { add, where } from './ops/index.ts';
import { input } from './ops/leaves.ts';
import { evaluate } from './reference/evaluate.ts';

/** The table of docs/precision.md: what stands in the first column, and its results by dtype. */
function documented(): readonly (readonly [left: string, results: readonly string[]])[] {
  const page = readFileSync(new URL('../../../docs/precision.md', import.meta.url), 'utf8');
  const lines = page.slice(page.indexOf('|  | bool')).split('\n');
  const table = lines.slice(0, lines.indexOf('')).map((line) => line.split('|').slice(1, -1));
  const [head, , ...rows] = table.map((cells) => cells.map((c) => c.trim().replaceAll('*', '')));
  expect(head?.slice(1)).toEqual(dtypes);
  return rows.map(([left = '', ...results]) => [left, results]);
}

const literals: Readonly<Record<string, readonly (number | boolean)[]>> = {
  'true, false': [true, false],
  1: [1, -0],
  '-1': [-1],
  300: [300],
  '0.5': [0.5, -1e-30],
  NaN: [Number.NaN],
  Infinity: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
};

const tensor = (dtype: DType) => input(dtype, { dtype, shape: [2] });

/** The dtype that operands get, in whichever order; `–` for a refusal. */
function mixed(left: DType | number | boolean, right: DType): string {
  const a = typeof left === 'string' ? tensor(left) : left;
  const orders = [
    [a, tensor(right)],
    [tensor(right), a],
  ];
  const found = orders.map((operands) => {
    try {
      const [x, y] = promote(operands).map((t) => t.dtype);
      return x === y ? x : `${x} and ${y}`;
    } catch (error) {
      if (!(error instanceof TypeRuleError || error instanceof GraphError)) throw error;
      expect(error.cure, error.message).toBeTruthy();
      return '–';
    }
  });
  expect(found[0]).toBe(found[1]);
  return found[0] ?? '';
}

describe('the table of docs/precision.md', () => {
  const rows = documented();

  test('names every dtype and every kind of literal', () => {
    expect(rows.map(([left]) => left).toSorted()).toEqual(
      [...dtypes, ...Object.keys(literals)].toSorted(),
    );
  });

  test.each(rows)('%s', (left, results) => {
    const lefts = literals[left] ?? [left as DType];
    for (const one of lefts) expect(dtypes.map((right) => mixed(one, right))).toEqual(results);
  });
});

test('a cast that the rule inserts says why; equal dtypes and literals need none', () => {
  const sum = add(tensor('i32'), tensor('bf16'));
  const casts = sum.node.inputs.filter((t) => t.node.op === castOp);
  expect(casts.map((t) => t.node.note)).toEqual(['i32 operand beside bf16']);
  expect(add(tensor('f16'), 1).node.inputs.some((t) => t.node.op === castOp)).toBe(false);
});

test('a refusal shows both dtypes, the line and the cure', () => {
  const mix = (): unknown => where(tensor('bool'), tensor('f16'), tensor('f32'));
  expect(mix).toThrow(/coerce\.test\.ts:\d+:\d+: where\(.*f16 and f32, which do not mix/);
  expect(mix).toThrow(/fix: cast one of them, for example \.cast\('f16'\)/);
  expect(() => add(tensor('u8'), 300)).toThrow(/300 is outside u8, which holds 0 to 255/);
  expect(() => add(tensor('i32'), 0.5)).toThrow(/0.5 is not an integer, the tensor is i32/);
});

test('literals are rounded to the dtype beside them', () => {
  const sums = evaluate(add(input('x', { dtype: 'f16', shape: [1] }), 2049), { x: [0] });
  expect(sums.data[0]).toBe(0x6800);
});

/** Casts of every dtype to every dtype, bit for bit, on every runtime: the table of docs/precision.md. */
import { basename } from 'node:path';
import { compilePrograms } from '@vorab/compiler';
import type { DType, NdArray, Program, Tensor } from '@vorab/graph';
import { cast, dtypeBytes, dtypeKind, dtypes, ndarray, program } from '@vorab/graph';
import type { RuntimeName, TypedArray } from '@vorab/runtime';
import { decodeFloat, encodeFloat, open } from '@vorab/runtime';
import { describe, expect, test } from 'vitest';

const runtimes: readonly RuntimeName[] = ['reference', 'blas', 'mlx'];

// ------------------------------------------------------------------------------------------------ values

const powers = [7, 8, 15, 16, 24, 31, 32, 53, 62, 63, 64, 127, 128].flatMap((e) => [
  2 ** e,
  2 ** e - 1,
  2 ** e + 1,
  2 ** e - 0.5,
]);
const fractions = [0, 0.1, 0.5, 0.999, 1.5, 2.5, 127.5, 255.5, 2 ** -14, 2 ** -24, 2 ** -25, 1e-45];
const magnitudes = [...fractions, ...powers, 1e30, 65504, 65519, 65520, 3.4e38, 1e300, Infinity];
const floatValues = [...magnitudes, ...magnitudes.map((x) => -x), Number.NaN];

// Between two halves, and just beside it: what one rounding makes of them.
const wideIntegers = [24, 30, 40, 62].flatMap((e) => {
  const top = 1n << BigInt(e);
  return [8, 11, 24].flatMap((bits) => {
    const tie = top + (top >> BigInt(bits));
    return [top, tie, tie + 1n, tie - 1n];
  });
});
const smallIntegers = [0n, 1n, 2n, 100n, 127n, 128n, 255n, 256n, 257n, 65535n, 65536n, 2n ** 31n];
const integers = [
  ...smallIntegers,
  ...wideIntegers,
  2n ** 31n - 1n,
  2n ** 32n - 1n,
  2n ** 63n - 1n,
];

/** The edges of a dtype that it can hold. */
function valuesOf(dtype: DType): NdArray {
  const kind = dtypeKind(dtype);
  if (kind === 'float') {
    const array = ndarray(dtype, [floatValues.length]);
    for (const [i, x] of floatValues.entries())
      array.data[i] = dtype === 'f16' || dtype === 'bf16' ? encodeFloat(dtype, x) : x;
    return array;
  }
  if (kind === 'bool') return { dtype, shape: [2], data: Uint8Array.of(0, 1) };
  const bits = BigInt(8 * dtypeBytes(dtype));
  const [low, high] =
    kind === 'signed' ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  const held = [...integers, ...integers.map((x) => -x), low, high].filter(
    (x) => x >= low && x <= high,
  );
  const array = ndarray(dtype, [held.length]);
  for (const [i, x] of held.entries()) array.data[i] = (dtype === 'i64' ? x : Number(x)) as never;
  return array;
}

// ------------------------------------------------------------------------------------------------ meaning

/** One element, as an exact integer or as a number. */
function elementOf({ dtype, data }: NdArray, i: number): bigint | number {
  const x = data[i] as number | bigint;
  if (dtype === 'f16' || dtype === 'bf16') return decodeFloat(dtype, x as number);
  return dtypeKind(dtype) === 'float' ? x : BigInt(x);
}

// Of an integer: the double nearest to it that no further rounding can mistake for a tie.
function sticky(x: bigint): number {
  const size = x < 0n ? -x : x;
  const extra = BigInt(Math.max(0, size.toString(2).length - 48));
  const kept = size >> extra;
  const odd = kept << extra === size ? kept : kept | 1n;
  return Number(x < 0n ? -odd : odd) * 2 ** Number(extra);
}

function toFloat(x: bigint | number, dtype: DType): number {
  if (dtype === 'f64') return Number(x);
  const single = Math.fround(typeof x === 'bigint' ? sticky(x) : x);
  return dtype === 'f32' ? single : encodeFloat(dtype as 'f16', single);
}

function toInteger(x: bigint | number, dtype: DType): bigint {
  const bits = 8 * dtypeBytes(dtype);
  const signed = dtypeKind(dtype) === 'signed';
  if (typeof x === 'bigint') return signed ? BigInt.asIntN(bits, x) : BigInt.asUintN(bits, x);
  if (Number.isNaN(x)) return 0n;
  const low = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const high = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  if (!Number.isFinite(x)) return x > 0 ? high : low;
  const whole = BigInt(Math.trunc(x));
  return whole < low ? low : whole > high ? high : whole;
}

/** What docs/precision.md says of one element. */
function meaning(x: bigint | number, dtype: DType): number | bigint {
  const kind = dtypeKind(dtype);
  if (kind === 'bool') return Number(x) === 0 ? 0 : 1;
  if (kind === 'float') return toFloat(x, dtype);
  const whole = toInteger(x, dtype);
  return dtype === 'i64' ? whole : Number(whole);
}

// ------------------------------------------------------------------------------------------------ runs

const castAll = (from: DType): Program => {
  const given = valuesOf(from);
  return program({ x: { dtype: from, shape: given.shape } }, ({ x }) =>
    Object.fromEntries(dtypes.map((to) => [to, cast(x as Tensor, to).reshape([...given.shape])])),
  ) as Program;
};

const location = { file: 'casts.ts', line: 1, column: 1 };
const { bytes } = compilePrograms(
  dtypes.map((from) => ({ name: `from_${from}`, program: castAll(from), location })),
  { targets: ['blas', 'mlx'], relativePath: (file) => basename(file) },
);

const isNaNOf = (dtype: DType, x: number | bigint): boolean =>
  Number.isNaN(dtype === 'f16' || dtype === 'bf16' ? decodeFloat(dtype, Number(x)) : Number(x));

/** Elements that differ, as text. */
function differences(from: DType, to: DType, got: TypedArray): readonly string[] {
  const given = valuesOf(from);
  return Array.from({ length: given.data.length }, (_, i) => i).flatMap((i) => {
    const x = elementOf(given, i);
    const [found, wanted] = [got[i] as number | bigint, meaning(x, to)];
    const nan = isNaNOf(to, found) && isNaNOf(to, wanted);
    return Object.is(found, wanted) || nan ? [] : [`${x} to ${to}: ${found}, expected ${wanted}`];
  });
}

describe.each(runtimes)('%s', (runtime) => {
  test.each(dtypes)('from %s', async (from) => {
    await using session = await open(bytes, { runtime });
    const { data, shape } = valuesOf(from);
    const results = await session.call(`from_${from}`, { x: { data, shape } });
    const wrong: string[] = [];
    for (const to of dtypes) {
      const tensor = results[to];
      if (tensor && 'dispose' in tensor) wrong.push(...differences(from, to, await tensor.data()));
    }
    expect(wrong).toEqual([]);
  });
});

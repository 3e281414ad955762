import type { DType } from './dtype.ts';
import type { NdArray, Storage } from './ndarray.ts';

// Reading and writing single elements as JavaScript numbers, with each dtype's rounding and
// wrapping.

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** Rounds to the nearest half, ties to even; returns its bits. */
export function halfBits(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const a = Math.abs(x);
  if (a >= 65520) return sign | 0x7c00;
  if (a < 2 ** -14) return sign | roundEven(a * 2 ** 24);
  const exponent = Math.floor(Math.log2(a));
  const e = a < 2 ** exponent ? exponent - 1 : a >= 2 ** (exponent + 1) ? exponent + 1 : exponent;
  return sign | (((e + 15) << 10) + roundEven((a / 2 ** e - 1) * 1024));
}

/** The value of a half's bits. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

/** Rounds a double straight to bfloat16, ties to even; returns its bits. */
export function bfloatBits(x: number): number {
  if (Number.isNaN(x)) return 0x7fc0;
  f32[0] = x;
  let bits = u32[0] as number;
  // Undo the rounding to f32 where it moved away from x, or two roundings would differ from one.
  const away = Math.abs(f32[0] as number) > Math.abs(x);
  const exact = (f32[0] as number) === x;
  if (away) bits -= 1;
  const sticky = exact ? 0 : 1;
  const low = bits & 0xffff;
  const half = 0x8000;
  const up = low > half || (low === half && (sticky === 1 || (bits & 0x10000) !== 0));
  return ((bits >>> 16) + (up ? 1 : 0)) & 0xffff;
}

/** The value of a bfloat16's bits. */
export function bfloatValue(bits: number): number {
  u32[0] = bits << 16;
  return f32[0] as number;
}

/** Nearest integer, ties to even. */
export function roundEven(x: number): number {
  const r = Math.round(x);
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r;
}

export function readNumber(array: NdArray, i: number): number {
  const x = array.data[i] as number | bigint;
  if (array.dtype === 'f16') return halfValue(x as number);
  if (array.dtype === 'bf16') return bfloatValue(x as number);
  return Number(x);
}

/** Stores x: floats are rounded, integers wrap (typed arrays do both), bool is x != 0. */
export function writeNumber(array: NdArray, i: number, x: number): void {
  const { data, dtype } = array;
  if (data instanceof BigInt64Array) data[i] = Number.isFinite(x) ? BigInt(Math.trunc(x)) : 0n;
  else data[i] = encode(dtype, x);
}

/** Stores x in every element; see writeNumber. */
export function fillElements(array: NdArray, x: number): void {
  if (array.data.length === 0) return;
  writeNumber(array, 0, x);
  array.data.fill(array.data[0] as never);
}

function encode(dtype: DType, x: number): number {
  if (dtype === 'f16') return halfBits(x);
  if (dtype === 'bf16') return bfloatBits(x);
  if (dtype === 'bool') return x !== 0 ? 1 : 0;
  return x;
}

/**
 * All elements as numbers that typed code reads fast: the data themselves, decoded where they are
 * bit patterns or 64 bits wide.
 */
export function decode(array: NdArray): Numbers {
  const { data, dtype } = array;
  if (!(data instanceof BigInt64Array) && dtype !== 'f16' && dtype !== 'bf16') return data;
  return Float64Array.from({ length: data.length }, (_, i) => readNumber(array, i));
}

/** Storage whose elements are numbers. */
export type Numbers = Exclude<Storage, BigInt64Array>;

/** Stores all of `from` in `array` from element `at` on; see writeNumber. */
export function encodeInto(array: NdArray, at: number, from: ArrayLike<number>): void {
  const { data, dtype } = array;
  if (dtype === 'f32' || dtype === 'f64') {
    for (let i = 0; i < from.length; i++) data[at + i] = from[i] as number;
  } else {
    for (let i = 0; i < from.length; i++) writeNumber(array, at + i, from[i] as number);
  }
}

import type { DType } from '@vorab/graph';
import { bounds, isFloat, isHalf } from '@vorab/graph';

/** What a dtype is in Metal's language. */
export interface MetalType {
  readonly name: string;
  /** Unsigned, of the same width: its arithmetic wraps. */
  readonly unsigned: string;
}

const same = (name: string): MetalType => ({ name, unsigned: name });

/** dtype by dtype, or why Metal has none. bfloat16_t is MLX's name. */
export const metalTypes: { readonly [K in DType]: MetalType | { readonly none: string } } = {
  bool: same('bool'),
  u8: same('uint8_t'),
  i8: { name: 'int8_t', unsigned: 'uint8_t' },
  u32: same('uint'),
  i32: { name: 'int', unsigned: 'uint' },
  i64: { name: 'long', unsigned: 'ulong' },
  f16: same('half'),
  bf16: same('bfloat16_t'),
  f32: same('float'),
  f64: { none: 'Metal has no f64' },
};

/** The type of a dtype that Metal has. */
export function metalType(dtype: DType): MetalType {
  const type = metalTypes[dtype];
  if ('none' in type) throw new Error(type.none);
  return type;
}

/** A value of this dtype as Metal computes with it: 16-bit floats in f32. */
export function widened(text: string, dtype: DType): string {
  return isHalf(dtype) ? `float(${text})` : text;
}

/** A constant, rounded or wrapped to its dtype already. */
export function literal(value: number, dtype: DType): string {
  const { name } = metalType(dtype);
  if (dtype === 'bool') return value === 0 ? 'false' : 'true';
  if (isFloat(dtype)) return isHalf(dtype) ? `${name}(${float(value)})` : float(value);
  if (dtype === 'u32') return `${value}u`;
  // The least number has no literal: it would be the negation of one that does not fit.
  if (dtype === 'i64') {
    const [least] = bounds('i64');
    return value === least ? 'long(0x8000000000000000ul)' : `long(${BigInt(value)}l)`;
  }
  return dtype === 'i32' && value === bounds('i32')[0] ? 'int(0x80000000u)' : `${name}(${value})`;
}

function float(value: number): string {
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value < 0 ? '-INFINITY' : 'INFINITY';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

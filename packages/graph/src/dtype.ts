/** Element types. `bool` is stored as one byte, 0 or 1. */
export type DType = 'bool' | 'u8' | 'i8' | 'u32' | 'i32' | 'i64' | 'f16' | 'bf16' | 'f32' | 'f64';

export type DTypeKind = 'bool' | 'unsigned' | 'signed' | 'float';

interface DTypeInfo {
  readonly kind: DTypeKind;
  readonly bytes: number;
}

const table: { readonly [K in DType]: DTypeInfo } = {
  bool: { kind: 'bool', bytes: 1 },
  u8: { kind: 'unsigned', bytes: 1 },
  i8: { kind: 'signed', bytes: 1 },
  u32: { kind: 'unsigned', bytes: 4 },
  i32: { kind: 'signed', bytes: 4 },
  i64: { kind: 'signed', bytes: 8 },
  f16: { kind: 'float', bytes: 2 },
  bf16: { kind: 'float', bytes: 2 },
  f32: { kind: 'float', bytes: 4 },
  f64: { kind: 'float', bytes: 8 },
};

/** Every dtype, in the order of the artifact's enumeration. */
export const dtypes: readonly DType[] = Object.keys(table) as DType[];

/** What an op may accept; a named set of dtypes. */
export type DTypeClass = 'float' | 'integer' | 'number' | 'bits' | 'bool' | 'any';

export function dtypeKind(dtype: DType): DTypeKind {
  return table[dtype].kind;
}

/** Bytes of one element. */
export function dtypeBytes(dtype: DType): number {
  return table[dtype].bytes;
}

export function isFloat(dtype: DType): boolean {
  return table[dtype].kind === 'float';
}

/** Whether it is one of the 16-bit floats, f16 and bf16. */
export function isHalf(dtype: DType): boolean {
  return isFloat(dtype) && table[dtype].bytes === 2;
}

export function isInteger(dtype: DType): boolean {
  return table[dtype].kind === 'signed' || table[dtype].kind === 'unsigned';
}

/** The smallest and the largest value, ±∞ for floats; those of i64 rounded to doubles. */
export function bounds(dtype: DType): readonly [low: number, high: number] {
  const { kind, bytes } = table[dtype];
  if (kind === 'float') return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (kind === 'bool') return [0, 1];
  if (kind === 'unsigned') return [0, 2 ** (8 * bytes) - 1];
  return [-(2 ** (8 * bytes - 1)), 2 ** (8 * bytes - 1) - 1];
}

/** Whether the class has the dtype. */
export function inClass(dtype: DType, cls: DTypeClass): boolean {
  switch (cls) {
    case 'float':
      return isFloat(dtype);
    case 'integer':
      return isInteger(dtype);
    case 'number':
      return isFloat(dtype) || isInteger(dtype);
    case 'bits':
      return !isFloat(dtype);
    case 'bool':
      return dtype === 'bool';
    case 'any':
      return true;
    default:
      return cls satisfies never;
  }
}

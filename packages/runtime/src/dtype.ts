import { decodeFloat } from './half.ts';

/** Element types, in the order of the artifact's enumeration. `bool` is one byte, 0 or 1. */
export const dtypes = [
  'bool',
  'u8',
  'i8',
  'u32',
  'i32',
  'i64',
  'f16',
  'bf16',
  'f32',
  'f64',
] as const;

export type DType = (typeof dtypes)[number];

/** The JavaScript array of each dtype. f16 and bf16 are bits: decode with `decodeFloat`. */
export interface ArrayOf {
  readonly bool: Uint8Array;
  readonly u8: Uint8Array;
  readonly i8: Int8Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  readonly f16: Uint16Array;
  readonly bf16: Uint16Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

export type TypedArray = ArrayOf[DType];

/** A `Float16Array`, which only newer Nodes and TypeScripts know. */
export interface Float16ArrayLike extends ArrayBufferView {
  readonly length: number;
  readonly BYTES_PER_ELEMENT: number;
  readonly [Symbol.toStringTag]: 'Float16Array';
}

/** What is taken as an array of each dtype, as an input or to be filled: for f16 a `Float16Array` too. */
export type GivenArray<D extends DType> = D extends 'f16'
  ? ArrayOf[D] | Float16ArrayLike
  : ArrayOf[D];

/** One element as a JavaScript value. */
export interface ScalarOf {
  readonly bool: boolean;
  readonly u8: number;
  readonly i8: number;
  readonly u32: number;
  readonly i32: number;
  readonly i64: bigint;
  readonly f16: number;
  readonly bf16: number;
  readonly f32: number;
  readonly f64: number;
}

/** The elements of a buffer, or `length` of them from the byte `offset` on. */
type ArrayView<D extends DType> = (
  buffer: ArrayBuffer,
  offset?: number,
  length?: number,
) => ArrayOf[D];

interface DTypeRow<D extends DType> {
  readonly bytes: number;
  /** The array that a user is told to give. */
  readonly array: string;
  /** Every array that is taken, by its `Symbol.toStringTag`. */
  readonly tags: readonly string[];
  readonly view: ArrayView<D>;
  readonly safetensors: string;
}

const table: { readonly [D in DType]: DTypeRow<D> } = {
  bool: row(1, 'Uint8Array', ['Uint8Array'], (b, o, n) => new Uint8Array(b, o, n), 'BOOL'),
  u8: row(
    1,
    'Uint8Array',
    ['Uint8Array', 'Uint8ClampedArray'],
    (b, o, n) => new Uint8Array(b, o, n),
    'U8',
  ),
  i8: row(1, 'Int8Array', ['Int8Array'], (b, o, n) => new Int8Array(b, o, n), 'I8'),
  u32: row(4, 'Uint32Array', ['Uint32Array'], (b, o, n) => new Uint32Array(b, o, n), 'U32'),
  i32: row(4, 'Int32Array', ['Int32Array'], (b, o, n) => new Int32Array(b, o, n), 'I32'),
  i64: row(8, 'BigInt64Array', ['BigInt64Array'], (b, o, n) => new BigInt64Array(b, o, n), 'I64'),
  f16: row(
    2,
    'Uint16Array',
    ['Uint16Array', 'Float16Array'],
    (b, o, n) => new Uint16Array(b, o, n),
    'F16',
  ),
  bf16: row(2, 'Uint16Array', ['Uint16Array'], (b, o, n) => new Uint16Array(b, o, n), 'BF16'),
  f32: row(4, 'Float32Array', ['Float32Array'], (b, o, n) => new Float32Array(b, o, n), 'F32'),
  f64: row(8, 'Float64Array', ['Float64Array'], (b, o, n) => new Float64Array(b, o, n), 'F64'),
};

function row<D extends DType>(
  bytes: number,
  array: string,
  tags: readonly string[],
  view: ArrayView<D>,
  safetensors: string,
): DTypeRow<D> {
  return { bytes, array, tags, view, safetensors };
}

export function dtypeBytes(dtype: DType): number {
  return table[dtype].bytes;
}

/** The constructor of the array that a user is told to give. */
export function arrayConstructor(dtype: DType): unknown {
  return table[dtype].view(new ArrayBuffer(0)).constructor;
}

/** `Float32Array` for f32. */
export function arrayName(dtype: DType): string {
  return table[dtype].array;
}

/** Whether an array with this `Symbol.toStringTag` holds elements of `dtype`. */
export function arrayFits(dtype: DType, tag: string | undefined): boolean {
  return tag !== undefined && table[dtype].tags.includes(tag);
}

/** Elements of `buffer`: all, or `length` of them from the byte `offset` on. */
export function viewOf<D extends DType>(
  dtype: D,
  buffer: ArrayBuffer,
  offset?: number,
  length?: number,
): ArrayOf[D] {
  return table[dtype].view(buffer, offset, length);
}

/** `F32` for f32. */
export function safetensorsName(dtype: DType): string {
  return table[dtype].safetensors;
}

/** The dtype that safetensors calls `name`, if it is one of ours. */
export function fromSafetensors(name: string): DType | undefined {
  return dtypes.find((dtype) => table[dtype].safetensors === name);
}

/** Element `index` of an array of `dtype` as a JavaScript value. */
export function scalarAt<D extends DType>(dtype: D, array: TypedArray, index: number): ScalarOf[D];
export function scalarAt(
  dtype: DType,
  array: TypedArray,
  index: number,
): boolean | bigint | number {
  const element = array[index] ?? 0;
  if (dtype === 'bool') return element !== 0;
  if (dtype === 'f16' || dtype === 'bf16') return decodeFloat(dtype, Number(element));
  return element;
}

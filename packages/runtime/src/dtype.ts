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

/** Of the elements of a buffer, or of `length` of them from the byte `offset` on. */
interface ArrayConstructor<D extends DType> {
  new (buffer: ArrayBuffer, offset?: number, length?: number): ArrayOf[D];
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
}

interface DTypeRow<D extends DType> {
  /** The array that a user is told to give. */
  readonly array: ArrayConstructor<D>;
  readonly safetensors: string;
  /** Every array that is taken, by its `Symbol.toStringTag`. */
  readonly tags: readonly string[];
}

const table: { readonly [D in DType]: DTypeRow<D> } = {
  bool: row<'bool'>(Uint8Array, 'BOOL'),
  u8: row<'u8'>(Uint8Array, 'U8', 'Uint8ClampedArray'),
  i8: row<'i8'>(Int8Array, 'I8'),
  u32: row<'u32'>(Uint32Array, 'U32'),
  i32: row<'i32'>(Int32Array, 'I32'),
  i64: row<'i64'>(BigInt64Array, 'I64'),
  f16: row<'f16'>(Uint16Array, 'F16', 'Float16Array'),
  bf16: row<'bf16'>(Uint16Array, 'BF16'),
  f32: row<'f32'>(Float32Array, 'F32'),
  f64: row<'f64'>(Float64Array, 'F64'),
};

function row<D extends DType>(
  array: ArrayConstructor<D>,
  safetensors: string,
  ...others: readonly string[]
): DTypeRow<D> {
  return { array, safetensors, tags: [array.name, ...others] };
}

export function dtypeBytes(dtype: DType): number {
  return table[dtype].array.BYTES_PER_ELEMENT;
}

/** The constructor of the array that a user is told to give. */
export function arrayConstructor(dtype: DType): unknown {
  return table[dtype].array;
}

/** `Float32Array` for f32. */
export function arrayName(dtype: DType): string {
  return table[dtype].array.name;
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
  return new table[dtype].array(buffer, offset, length);
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

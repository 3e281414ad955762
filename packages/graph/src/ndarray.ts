import type { DType } from './dtype.ts';
import { readNumber, writeNumber } from './number.ts';

/** The typed arrays that hold each dtype; f16 and bf16 as their bit patterns. */
export interface StorageOf {
  bool: Uint8Array;
  u8: Uint8Array;
  i8: Int8Array;
  u32: Uint32Array;
  i32: Int32Array;
  i64: BigInt64Array;
  f16: Uint16Array;
  bf16: Uint16Array;
  f32: Float32Array;
  f64: Float64Array;
}

export type Storage = StorageOf[DType];

/** A dense row-major array on the JavaScript side. */
export interface NdArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Storage;
}

const constructors: { readonly [K in DType]: new (length: number) => StorageOf[K] } = {
  bool: Uint8Array,
  u8: Uint8Array,
  i8: Int8Array,
  u32: Uint32Array,
  i32: Int32Array,
  i64: BigInt64Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** Zeroed storage for `length` elements. */
export function allocate(dtype: DType, length: number): Storage {
  return new constructors[dtype](length);
}

export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function ndarray(dtype: DType, shape: readonly number[]): NdArray {
  return { dtype, shape, data: allocate(dtype, sizeOfShape(shape)) };
}

// ------------------------------------------------------------------------------------------------ for users

/** Numbers or booleans, nested by axis: `[[1, 2], [3, 4]]`. */
export type Nested = number | bigint | boolean | readonly Nested[];

/**
 * What stands for an array: one itself, nested lists, or flat typed data whose shape is known
 * elsewhere.
 */
export type ArrayData = NdArray | Nested | Storage;

/** The shape of nested lists, by their first elements. */
export function shapeOfNested(nested: Nested): readonly number[] {
  return Array.isArray(nested) ? [nested.length, ...shapeOfNested((nested[0] ?? 0) as Nested)] : [];
}

/**
 * Makes an array of a dtype. `shapeOf` tells the shape of flat typed data from their size.
 *
 * @throws RangeError when nested lists are ragged.
 */
export function toNdArray(
  value: ArrayData,
  dtype: DType,
  shapeOf: (size: number) => readonly number[] = (size) => [size],
): NdArray {
  if (typeof value === 'object' && 'dtype' in value) return value;
  if (ArrayBuffer.isView(value)) return { ...convert(value, dtype), shape: shapeOf(value.length) };
  const shape = shapeOfNested(value);
  const flat = flatten(value);
  if (flat.length !== sizeOfShape(shape))
    throw new RangeError(
      `nested lists are ragged: ${flat.length} elements for [${shape.join(', ')}]`,
    );
  return { ...convert(flat, dtype), shape };
}

function flatten(nested: Nested): readonly (number | bigint | boolean)[] {
  return typeof nested === 'object' ? nested.flatMap(flatten) : [nested];
}

function convert(from: Storage | readonly (number | bigint | boolean)[], dtype: DType): NdArray {
  const out = ndarray(dtype, [from.length]);
  if (from.constructor === out.data.constructor) return { ...out, data: from as Storage };
  for (let i = 0; i < from.length; i++) {
    const x = from[i] as number | bigint | boolean;
    if (out.data instanceof BigInt64Array) out.data[i] = BigInt(x);
    else writeNumber(out, i, Number(x));
  }
  return out;
}

/** The elements as lists nested by axis: numbers (i64: bigints), bool as booleans. */
export function toNested(array: NdArray): Nested {
  const { dtype, shape, data } = array;
  const element = (i: number): Nested => {
    if (dtype === 'bool') return data[i] !== 0;
    return dtype === 'i64' ? (data[i] as bigint) : readNumber(array, i);
  };
  const level = (axis: number, at: number, size: number): Nested => {
    const extent = shape[axis];
    if (extent === undefined) return element(at);
    const part = size / extent;
    return Array.from({ length: extent }, (_, i) => level(axis + 1, at + i * part, part));
  };
  return level(0, 0, data.length);
}

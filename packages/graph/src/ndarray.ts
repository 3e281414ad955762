import type { DType } from './dtype.ts';

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

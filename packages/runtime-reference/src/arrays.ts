import type { DType, NdArray } from '@vorab/graph';
import { allocate } from '@vorab/graph';
import { dtypes } from '@vorab/runtime';

/** The dtype with this number in artifacts. */
export function dtypeAt(number: number): DType {
  const dtype = dtypes[number];
  if (dtype === undefined) throw new RangeError(`there is no dtype ${number}`);
  return dtype;
}

const size = (shape: readonly number[]): number =>
  shape.reduce((product, extent) => product * extent, 1);

export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** An array with a copy of the first of `bytes`. */
export function arrayOf(dtype: DType, shape: readonly number[], bytes: Uint8Array): NdArray {
  const data = allocate(dtype, size(shape));
  const target = bytesOf(data);
  target.set(bytes.subarray(0, target.length));
  return { dtype, shape, data };
}

/** A copy of the elements. */
export function copyOf(array: NdArray): ArrayBuffer {
  const copy = new ArrayBuffer(array.data.byteLength);
  new Uint8Array(copy).set(bytesOf(array.data));
  return copy;
}

/** Copies the elements into `target`; false: it has another size now. */
export function fill(target: ArrayBufferView, array: NdArray): boolean {
  if (target.byteLength !== array.data.byteLength) return false;
  bytesOf(target).set(bytesOf(array.data));
  return true;
}

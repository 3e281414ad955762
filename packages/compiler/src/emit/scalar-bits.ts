import type { DType } from '@vorab/graph';
import { allocate, writeNumber } from '@vorab/graph';

/** The bits of a scalar in its dtype, zero-extended. */
export function scalarBits(value: number, dtype: DType): bigint {
  const data = allocate(dtype, 1);
  writeNumber({ dtype, shape: [], data }, 0, value);
  const wide = new DataView(new ArrayBuffer(8));
  new Uint8Array(wide.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return wide.getBigUint64(0, true);
}

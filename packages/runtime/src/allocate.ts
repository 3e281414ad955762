import { type ArrayOf, type DType, dtypeBytes, viewOf } from './dtype.ts';
import { VorabError } from './errors.ts';

/** Bytes of a cache line: where the kernels' vectors begin. */
const lineBytes = 64;

/**
 * A zeroed array that begins where the runtime wants it: `skip` gives the bytes to leave out at the begin of a buffer.
 * Throws `argument` for a shape that is none.
 */
export function allocate<D extends DType>(
  dtype: D,
  shape: readonly number[],
  skip: (buffer: ArrayBuffer) => number,
): ArrayOf[D] {
  const length = shape.reduce((product, extent) => product * extent, 1);
  const isShape = shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (!isShape || !Number.isSafeInteger(length)) {
    throw new VorabError({
      code: 'argument',
      message: `allocate: the shape [${shape.join(', ')}] is not one of whole numbers from 0 on`,
      cure: "allocate('f32', [64, 784])",
    });
  }
  const bytes = length * dtypeBytes(dtype);
  const buffer = new ArrayBuffer(bytes + lineBytes);
  return viewOf(dtype, buffer, skip(buffer), length);
}

import type { DType } from './dtype.ts';
import { isHalf } from './dtype.ts';
import type { Op } from './op.ts';

/** Whether an op adds or multiplies many numbers into one. */
export const accumulates = (op: Op): boolean =>
  op.accumulates === true || op.precision !== undefined || op.work !== undefined;

/** What sums of such operands run in, or in something wider, on every runtime. */
export const accumulatorOf = (dtype: DType): DType => (isHalf(dtype) ? 'f32' : dtype);

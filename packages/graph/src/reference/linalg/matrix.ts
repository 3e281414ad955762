import { DataError } from '../../errors.ts';
import type { NdArray } from '../../ndarray.ts';
import { ndarray, sizeOfShape } from '../../ndarray.ts';
import { decode, encodeInto } from '../../number.ts';
import type { TensorType } from '../../op.ts';

/** A dense row-major matrix of doubles. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

export function matrix(rows: number, cols: number): Matrix {
  return { rows, cols, data: new Float64Array(rows * cols) };
}

export function identity(n: number): Matrix {
  const eye = matrix(n, n);
  for (let i = 0; i < n; i++) eye.data[i * n + i] = 1;
  return eye;
}

export function at({ cols, data }: Matrix, i: number, j: number): number {
  return data[i * cols + j] as number;
}

export function put({ cols, data }: Matrix, i: number, j: number, x: number): void {
  data[i * cols + j] = x;
}

export function copyOf({ rows, cols, data }: Matrix): Matrix {
  return { rows, cols, data: data.slice() };
}

export function transposed(a: Matrix): Matrix {
  const out = matrix(a.cols, a.rows);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) put(out, j, i, at(a, i, j));
  return out;
}

/** What one matrix of a batch makes impossible. */
export class Refusal extends Error {
  readonly cure: string | undefined;

  constructor(message: string, cure?: string) {
    super(message);
    this.cure = cure;
  }
}

/** Every factorization is of finite numbers. `rows`: how much of each row is read. */
export function requireFinite(a: Matrix, read: (row: number) => number = () => a.cols): void {
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < read(i); j++) {
      if (!Number.isFinite(at(a, i, j)))
        throw new Refusal('the matrix holds NaN or an infinity', 'find where it comes from');
    }
  }
}

/** Only what lies on and below the diagonal is read. */
export const lowerTriangle = (row: number): number => row + 1;

/**
 * Applies an algorithm to each matrix of a batch. Every operand is `[...batch, rows, cols]`; every
 * result is `[...batch, ...]`.
 *
 * @throws DataError with the batch index where the algorithm refuses a matrix.
 */
export function eachMatrix(
  operands: readonly NdArray[],
  types: readonly TensorType[],
  solve: (matrices: readonly Matrix[]) => readonly ArrayLike<number>[],
): readonly NdArray[] {
  const batch = (operands[0] as NdArray).shape.slice(0, -2);
  const count = sizeOfShape(batch);
  const outs = types.map(({ dtype, shape }) => ndarray(dtype, shape as readonly number[]));
  const values = operands.map((x) => Float64Array.from(decode(x)));
  for (let b = 0; b < count; b++) {
    const matrices = operands.map(({ shape }, i) => {
      const [rows, cols] = shape.slice(-2) as [number, number];
      const data = (values[i] as Float64Array).subarray(b * rows * cols, (b + 1) * rows * cols);
      return { rows, cols, data };
    });
    const results = atBatch(batch, b, () => solve(matrices));
    for (const [i, out] of outs.entries()) {
      const size = out.data.length / count;
      encodeInto(out, b * size, results[i] as ArrayLike<number>);
    }
  }
  return outs;
}

function atBatch<T>(batch: readonly number[], b: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new DataError(error.message, indexOf(batch, b), error.cure);
  }
}

function indexOf(shape: readonly number[], flat: number): readonly number[] {
  const index: number[] = [];
  let rest = flat;
  for (const extent of shape.toReversed()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return index;
}

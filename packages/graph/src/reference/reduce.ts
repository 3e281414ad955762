import type { DType } from '../dtype.ts';
import { isInteger } from '../dtype.ts';
import type { NdArray } from '../ndarray.ts';
import { ndarray } from '../ndarray.ts';
import { decode, encodeInto } from '../number.ts';
import type { ReduceOp, TensorType } from '../op.ts';
import type { Layout } from './strided.ts';
import { forEachRow, stridesOf } from './strided.ts';

/** Reduces over axes in row-major order; floats accumulate in double. */
export function evaluateReduce(
  op: ReduceOp,
  x: NdArray,
  axes: readonly number[],
  type: TensorType,
): NdArray {
  const out = ndarray(x.dtype, type.shape as readonly number[]);
  const layouts = { from: { offset: 0, strides: stridesOf(x.shape) }, to: reducedLayout(x, axes) };
  if (op.exact && x.dtype === 'i64') reduceExactly(op.exact, op.identity('i64'), x, out, layouts);
  else reduceNumbers(op, x, out, layouts);
  return out;
}

interface Layouts {
  readonly from: Layout;
  readonly to: Layout;
}

// Where each axis of the input moves in the output: reduced ones do not.
function reducedLayout(x: NdArray, axes: readonly number[]): Layout {
  const kept = stridesOf(x.shape.filter((_, i) => !axes.includes(i)));
  let next = 0;
  return {
    offset: 0,
    strides: x.shape.map((_, i) => (axes.includes(i) ? 0 : (kept[next++] ?? 0))),
  };
}

function reduceNumbers(op: ReduceOp, x: NdArray, out: NdArray, { from, to }: Layouts): void {
  const data = decode(x);
  const sums = new Float64Array(out.data.length).fill(op.identity(x.dtype));
  const combine = combineOf(op, x.dtype);
  forEachRow(x.shape, from, to, (a, b, stepA, stepB, count) => {
    for (let i = 0; i < count; i++) {
      const at = b + i * stepB;
      sums[at] = combine(sums[at] as number, data[a + i * stepA] as number);
    }
  });
  encodeInto(out, 0, sums);
}

// Integers wrap as they leave the range in which doubles are exact.
function combineOf(op: ReduceOp, dtype: DType): (a: number, b: number) => number {
  const { combine, exact } = op;
  if (!exact || !isInteger(dtype)) return combine;
  return (a, b) => {
    const value = combine(a, b);
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
    return Number(BigInt.asIntN(32, exact(BigInt(a), BigInt(b))));
  };
}

const largest = 2n ** 63n - 1n;

function reduceExactly(
  exact: (a: bigint, b: bigint) => bigint,
  identity: number,
  x: NdArray,
  out: NdArray,
  { from, to }: Layouts,
): void {
  const data = x.data as BigInt64Array;
  // The largest i64 is no double: as a number it is one too large.
  const first = BigInt(identity) > largest ? largest : BigInt(identity);
  const sums = new Array<bigint>(out.data.length).fill(first);
  forEachRow(x.shape, from, to, (a, b, stepA, stepB, count) => {
    for (let i = 0; i < count; i++) {
      const at = b + i * stepB;
      sums[at] = BigInt.asIntN(64, exact(sums[at] as bigint, data[a + i * stepA] as bigint));
    }
  });
  (out.data as BigInt64Array).set(sums);
}

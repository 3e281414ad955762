import { isInteger } from '../dtype.ts';
import type { NdArray } from '../ndarray.ts';
import { ndarray } from '../ndarray.ts';
import type { Numbers } from '../number.ts';
import { decode, encodeInto } from '../number.ts';
import type { Attrs, ElementwiseOp, TensorType } from '../op.ts';

/** Applies an elementwise op to arrays of one shape. */
export function evaluateElementwise(
  op: ElementwiseOp,
  inputs: readonly NdArray[],
  attrs: Attrs,
  types: readonly TensorType[],
): readonly NdArray[] {
  if (op.evaluate) return op.evaluate(inputs, attrs, types);
  const [type] = types as readonly [TensorType];
  const out = ndarray(type.dtype, type.shape as readonly number[]);
  if (op.exact && inputs.some((x) => x.dtype === 'i64')) exactLoop(op.exact, inputs, out);
  else numberLoop(op, inputs, out);
  return [out];
}

function exactLoop(
  exact: NonNullable<ElementwiseOp['exact']>,
  inputs: readonly NdArray[],
  out: NdArray,
): void {
  const operands = inputs.map((x) => BigInt64Array.from<number | bigint>(x.data, BigInt));
  const wide = out.data instanceof BigInt64Array;
  for (let i = 0; i < out.data.length; i++) {
    const value = exact(...operands.map((x) => x[i] as bigint));
    out.data[i] = (wide ? value : Number(value)) as never;
  }
}

function numberLoop(op: ElementwiseOp, inputs: readonly NdArray[], out: NdArray): void {
  const operands = inputs.map(decode);
  const direct =
    !(out.data instanceof BigInt64Array) && out.dtype !== 'f16' && out.dtype !== 'bf16';
  const to = direct ? (out.data as Numbers) : new Float64Array(out.data.length);
  fill(meaningOf(op, out), operands, to);
  if (!direct) encodeInto(out, 0, to);
}

type Meaning = (...xs: readonly number[]) => number;

// Beyond the integers that doubles hold exactly, the low bits come from the exact meaning.
function meaningOf(op: ElementwiseOp, out: NdArray): Meaning {
  const { scalar, exact } = op;
  if (!exact || !isInteger(out.dtype)) return scalar;
  const wrapped = (...xs: readonly number[]): number =>
    Number(BigInt.asIntN(32, exact(...xs.map(BigInt))));
  const isSafe = (value: number): boolean => !(Math.abs(value) > Number.MAX_SAFE_INTEGER);
  if (op.minInputs === 2) {
    return (x = 0, y = 0) => {
      const value = scalar(x, y);
      return isSafe(value) ? value : wrapped(x, y);
    };
  }
  return (...xs) => {
    const value = scalar(...xs);
    return isSafe(value) ? value : wrapped(...xs);
  };
}

function fill(meaning: Meaning, operands: readonly Numbers[], to: Numbers): void {
  const [a, b, c] = operands;
  const n = to.length;
  if (operands.length > 3) {
    for (let i = 0; i < n; i++) to[i] = meaning(...operands.map((x) => x[i] as number));
  } else if (a && b && c) {
    for (let i = 0; i < n; i++) to[i] = meaning(a[i] as number, b[i] as number, c[i] as number);
  } else if (a && b) {
    for (let i = 0; i < n; i++) to[i] = meaning(a[i] as number, b[i] as number);
  } else if (a) {
    for (let i = 0; i < n; i++) to[i] = meaning(a[i] as number);
  }
}

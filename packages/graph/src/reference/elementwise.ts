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
  loopOf(op, isInteger(out.dtype))(to, ...operands);
  if (!direct) encodeInto(out, 0, to);
}

type Meaning = (...xs: readonly number[]) => number;
type Loop = (to: Numbers, ...operands: readonly Numbers[]) => void;

const loops = {
  numbers: new WeakMap<ElementwiseOp, Loop>(),
  integers: new WeakMap<ElementwiseOp, Loop>(),
};

function loopOf(op: ElementwiseOp, integers: boolean): Loop {
  const { exact } = op;
  const known = integers && exact ? loops.integers : loops.numbers;
  const loop = known.get(op) ?? makeLoop(op, integers && exact ? wrapping(exact) : undefined);
  known.set(op, loop);
  return loop;
}

// Beyond the integers that doubles hold exactly, the low bits come from the exact meaning.
function wrapping(exact: NonNullable<ElementwiseOp['exact']>): Meaning {
  return (...xs) => Number(BigInt.asIntN(32, exact(...xs.map(BigInt))));
}

// A loop of its own for every op, from source: one loop for all would call every meaning through a
// pointer, and box every number that comes back.
function makeLoop(op: ElementwiseOp, wrapped: Meaning | undefined): Loop {
  const names = Array.from({ length: op.minInputs }, (_, i) => `x${i}`);
  const operands = names.map((x) => `${x}[i]`).join(', ');
  const value = wrapped
    ? `const y = f(${operands}); to[i] = y >= 2 ** 53 || y <= -(2 ** 53) ? wrapped(${operands}) : y;`
    : `to[i] = f(${operands});`;
  const source = `return function ${op.name}Loop(${['to', ...names].join(', ')}) {
    for (let i = 0; i < to.length; i++) { ${value} }
  };`;
  return new Function('f', 'wrapped', source)(op.scalar, wrapped) as Loop;
}

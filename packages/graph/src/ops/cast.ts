import type { DType } from '../dtype.ts';
import { dtypeBytes, dtypeKind, isFloat, isHalf, isInteger } from '../dtype.ts';
import { elementwise } from '../elementwise.ts';
import { TypeRuleError } from '../errors.ts';
import type { NdArray, Storage } from '../ndarray.ts';
import { ndarray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { make1 } from '../node.ts';
import { decode, encodeInto } from '../number.ts';
import type { ElementwiseOp } from '../op.ts';

/**
 * Floats to integers truncate toward zero and saturate at the target's bounds, NaN gives 0;
 * integers to integers wrap; anything to bool is x != 0 (NaN is true); f16 and bf16 are rounded from
 * f32, as hardware does.
 */
export const castOp: ElementwiseOp = elementwise({
  name: 'cast',
  doc: 'x as another dtype: floats round, float to integer truncates and saturates (NaN: 0), integers wrap, bool is x ≠ 0',
  inputs: 1,
  attributes: { dtype: 'dtype' },
  accepts: 'any',
  type: (_, { dtype }) => dtype,
  scalar: (x) => x as number,
  evaluate: ([x], { dtype }) => [convert(x as NdArray, dtype)],
  partials: ({ inputs: [x], output }) => [
    x && isFloat(x.dtype) && isFloat(output.dtype) ? (t) => otherWay(t, x, output) : null,
  ],
});

// The tangent's dtype tells the direction: forward tangents have the operand's dtype, cotangents
// the result's.
function otherWay(t: Tensor, x: Tensor, output: Tensor): Tensor {
  const dtype = t.dtype === output.dtype ? x.dtype : output.dtype;
  const of = output.node.note ?? `a cast from ${x.dtype} to ${output.dtype}`;
  return t.dtype === dtype ? t : make1(castOp, [t], { dtype }, { note: `derivative of: ${of}` });
}

/** x as another dtype. `cast(labels, 'f32')` */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : make1(castOp, [x], { dtype });
}

export const bitcastOp: ElementwiseOp = elementwise({
  name: 'bitcast',
  doc: 'the same bits as another dtype of the same width',
  inputs: 1,
  attributes: { dtype: 'dtype' },
  accepts: 'any',
  type([from], { dtype }) {
    if (!from || dtypeBytes(from) !== dtypeBytes(dtype) || [from, dtype].includes('bool')) {
      throw new TypeRuleError(
        'dtype',
        `bitcast of ${from} to ${dtype}: expected equal widths, and no bool`,
      );
    }
    return dtype;
  },
  scalar: () => Number.NaN,
  evaluate([x], { dtype }) {
    const { data, shape } = x as NdArray;
    const out = ndarray(dtype, shape);
    const bytes = (array: Storage): Uint8Array =>
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    bytes(out.data).set(bytes(data));
    return [out];
  },
  partials: null,
});

/** The same bits as another dtype of the same width. */
export function bitcast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : make1(bitcastOp, [x], { dtype });
}

// ------------------------------------------------------------------------------------------------ meaning

function convert(x: NdArray, dtype: DType): NdArray {
  const out = ndarray(dtype, x.shape);
  if (x.data instanceof BigInt64Array) fromWide(x.data, out);
  else if (isFloat(x.dtype) && isInteger(dtype)) truncate(decode(x), out);
  else encodeInto(out, 0, isHalf(dtype) ? Float32Array.from(decode(x)) : decode(x));
  return out;
}

function fromWide(from: BigInt64Array, out: NdArray): void {
  const { data, dtype } = out;
  if (data instanceof BigInt64Array) data.set(from);
  else if (dtype === 'f64' || dtype === 'bool') encodeInto(out, 0, Float64Array.from(from, Number));
  else if (isFloat(dtype)) encodeInto(out, 0, Float32Array.from(from, unrounded));
  else for (const [i, x] of from.entries()) data[i] = Number(BigInt.asIntN(32, x));
}

// A double that rounds to f32 as x itself does: where it cannot hold x, its last bit is odd, so no tie looks like one.
function unrounded(x: bigint): number {
  const size = x < 0n ? -x : x;
  const cut = BigInt(Math.max(0, size.toString(2).length - 48));
  const kept = size >> cut;
  const odd = kept << cut === size ? kept : kept | 1n;
  return Number(x < 0n ? -odd : odd) * 2 ** Number(cut);
}

// Toward zero, held within the target's bounds; NaN gives 0.
function truncate(from: ArrayLike<number>, out: NdArray): void {
  const bits = 8 * dtypeBytes(out.dtype);
  const signed = dtypeKind(out.dtype) === 'signed';
  const low = signed ? -(2n ** BigInt(bits - 1)) : 0n;
  const high = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  const [lowNumber, highNumber] = [Number(low), Number(high)];
  const { data } = out;
  for (let i = 0; i < from.length; i++) {
    const x = Math.trunc(from[i] as number) || 0;
    if (!(data instanceof BigInt64Array)) data[i] = Math.min(Math.max(x, lowNumber), highNumber);
    else data[i] = x <= lowNumber ? low : x >= highNumber ? high : BigInt(x);
  }
}

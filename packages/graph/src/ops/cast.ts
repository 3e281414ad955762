import type { DType } from '../dtype.ts';
import { dtypeBytes, isFloat } from '../dtype.ts';
import { elementwise } from '../elementwise.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { make1 } from '../node.ts';
import type { ElementwiseOp } from '../op.ts';

/**
 * Floats to integers truncate toward zero and saturate at the target's bounds, NaN gives 0; integers to integers wrap;
 * anything to bool is x != 0 (NaN is true).
 */
export const castOp: ElementwiseOp = elementwise({
  name: 'cast',
  doc: 'x as another dtype: floats round, float to integer truncates and saturates (NaN: 0), integers wrap, bool is x ≠ 0',
  inputs: 1,
  attributes: { dtype: 'dtype' },
  accepts: 'any',
  type: (_, { dtype }) => dtype,
  scalar: (x) => x as number,
  partials: ({ inputs: [x], output }) => [
    x && isFloat(x.dtype) && isFloat(output.dtype) ? (t) => otherWay(t, x, output) : null,
  ],
});

// The tangent's dtype tells the direction: forward tangents have the operand's dtype, cotangents the result's.
function otherWay(t: Tensor, x: Tensor, output: Tensor): Tensor {
  return cast(t, t.dtype === output.dtype ? x.dtype : output.dtype);
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
  partials: null,
});

/** The same bits as another dtype of the same width. */
export function bitcast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : make1(bitcastOp, [x], { dtype });
}

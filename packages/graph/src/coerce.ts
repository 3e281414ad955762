import type { Dim } from './dim.ts';
import { dimEqual, dimKey } from './dim.ts';
import type { DType } from './dtype.ts';
import { isFloat } from './dtype.ts';
import { TypeRuleError } from './errors.ts';
import type { Tensor } from './node.ts';
import { make1 } from './node.ts';
import { broadcastInDim, reshapeTo } from './ops/axes.ts';
import { castOp } from './ops/cast.ts';
import { full } from './ops/leaves.ts';
import { policyHere } from './scope.ts';

/** A tensor, or a literal that takes the dtype of the tensors beside it. */
export type TensorLike = Tensor | number | boolean;

/**
 * Gives operands one dtype. Literals are weak. bool and integers beside a float take the float's
 * dtype (a recorded cast). Two different floats do not mix, but by a precision policy; nor do two
 * different integers, or integers and bool. The table is in docs/precision.md.
 */
export function promote(operands: readonly TensorLike[]): readonly Tensor[] {
  const dtype = commonDType(operands);
  return operands.map((x) =>
    typeof x === 'object' ? insertCast(x, dtype) : full(Number(x), [], dtype),
  );
}

function commonDType(operands: readonly TensorLike[]): DType {
  const found = [...new Set(operands.flatMap((x) => (typeof x === 'object' ? [x.dtype] : [])))];
  const floats = found.filter(isFloat);
  const candidates = floats.length > 0 ? floats : found;
  const [dtype, other] = candidates;
  if (!dtype)
    throw new TypeRuleError(
      'literal',
      'no operand is a tensor',
      'make one with full(value, shape, dtype)',
    );
  if (other) {
    const chosen = policyHere()?.mix(operands.filter((x) => typeof x === 'object'));
    if (chosen) return chosen;
    throw new TypeRuleError(
      'dtype-mix',
      `operands are ${dtype} and ${other}, which do not mix`,
      `cast one of them, for example .cast('${dtype}')`,
    );
  }
  if (dtype === 'bool' && operands.some((x) => typeof x === 'number')) {
    throw new TypeRuleError(
      'dtype-mix',
      'operands are bool and a number',
      "cast the bool tensor first, for example .cast('f32')",
    );
  }
  return dtype;
}

/** A cast that a rule asks for; recorded with the reason. */
export function insertCast(x: Tensor, dtype: DType, reason?: string): Tensor {
  if (x.dtype === dtype) return x;
  const policy = isFloat(x.dtype) && isFloat(dtype) ? 'precision policy: ' : '';
  const note = reason ?? `${policy}${x.dtype} operand beside ${dtype}`;
  return make1(castOp, [x], { dtype }, { note });
}

/** numpy's rule, right-aligned; a symbolic extent never counts as 1. */
export function broadcastShapes(shapes: readonly (readonly Dim[])[]): readonly Dim[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.flatMap((s) => s[axis - rank + s.length] ?? []);
    const wide = extents.filter((d) => d !== 1);
    const [extent = 1] = wide;
    const other = wide.find((d) => !dimEqual(d, extent));
    if (other === undefined) return extent;
    throw new TypeRuleError(
      'shape-mismatch',
      `cannot broadcast ${shapes.map((s) => `[${s.map(dimKey).join(', ')}]`).join(' with ')}: ` +
        `${dimKey(extent)} and ${dimKey(other)} differ on axis ${axis - rank}`,
      'make the extents equal, or 1 where one should repeat',
    );
  });
}

/** Repeats x to `shape` by numpy's rule. */
export function broadcastToShape(x: Tensor, shape: readonly Dim[]): Tensor {
  const offset = shape.length - x.rank;
  const kept = x.shape.flatMap((d, i) => (dimEqual(d, shape[i + offset] ?? 0) ? [i] : []));
  const bad = x.shape.findIndex((d, i) => !kept.includes(i) && d !== 1);
  if (offset < 0 || bad >= 0) {
    throw new TypeRuleError(
      'shape-mismatch',
      `cannot broadcast ${x} to [${shape.map(dimKey).join(', ')}]`,
    );
  }
  if (offset === 0 && kept.length === x.rank) return x;
  const squeezed = reshapeTo(
    x,
    kept.map((i) => x.shape[i] as Dim),
  );
  return broadcastInDim(
    squeezed,
    shape,
    kept.map((i) => i + offset),
  );
}

/** Operands of one dtype and one shape. */
export function align(operands: readonly TensorLike[]): readonly Tensor[] {
  return broadcastAll(promote(operands));
}

/** Operands of one shape; dtypes stay. */
export function broadcastAll(tensors: readonly Tensor[]): readonly Tensor[] {
  const shape = broadcastShapes(tensors.map((t) => t.shape));
  return tensors.map((t) => broadcastToShape(t, shape));
}

import type { Dim } from '../dim.ts';
import { dimSub } from '../dim.ts';
import { dtypeBytes, isInteger } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import { sizeOfShape } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import type { TensorType } from '../op.ts';
import { cast } from './cast.ts';
import { greaterEqual, less } from './compare.ts';
import { sizeOf } from './leaves.ts';
import { logicalAnd } from './logic.ts';
import { maximum, minimum } from './math.ts';

// What all ops share that read or write where data decide.

/** Indices are integers, and the axis is one of x. */
export function checkIndices(x: TensorType, indices: TensorType, axis: number): void {
  if (!isInteger(indices.dtype))
    throw new TypeRuleError(
      'dtype',
      `indices are ${indices.dtype}, expected integers`,
      "cast them first, for example .cast('i32')",
    );
  if (axis < 0 || axis >= x.shape.length)
    throw new TypeRuleError('axis', `axis ${axis} of rank ${x.shape.length}`);
}

/** What `gather` gives, and what `scatter` takes as updates. */
export function gatheredShape(x: TensorType, indices: TensorType, axis: number): readonly Dim[] {
  return [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
}

/** Extents before, at and after an axis. */
export function around(
  shape: readonly number[],
  axis: number,
): [outer: number, extent: number, inner: number] {
  return [
    sizeOfShape(shape.slice(0, axis)),
    shape[axis] as number,
    sizeOfShape(shape.slice(axis + 1)),
  ];
}

// A narrow dtype may hold no extent; a wide one keeps its values until they are clamped.
function wideEnough(indices: Tensor): Tensor {
  return dtypeBytes(indices.dtype) < 4 ? cast(indices, 'i32') : indices;
}

/** Indices held within 0 and `last`, as i32. */
export function clampTo(indices: Tensor, last: Dim): Tensor {
  const wide = wideEnough(indices);
  return cast(maximum(minimum(wide, sizeOf(last, wide.dtype)), 0), 'i32');
}

/** Indices held within the axis, as i32. */
export function clampIndices(indices: Tensor, extent: Dim): Tensor {
  return clampTo(indices, extent === 0 ? 0 : dimSub(extent, 1));
}

/** Where 0 ≤ index < `extent`. */
export function isInside(indices: Tensor, extent: Dim): Tensor {
  const wide = wideEnough(indices);
  return logicalAnd(greaterEqual(wide, 0), less(wide, sizeOf(extent, wide.dtype)));
}

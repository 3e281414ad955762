import { composite } from '../composite.ts';
import { indexed } from '../define.ts';
import type { Dim } from '../dim.ts';
import { dimEqual, elementCount } from '../dim.ts';
import type { DType } from '../dtype.ts';
import { isInteger } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { NdArray } from '../ndarray.ts';
import { ndarray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import { decode } from '../number.ts';
import type { CompositeOp, RoutineOp, TensorType } from '../op.ts';
import { leadingAxis, shiftAxis } from '../transforms/batch-rules.ts';
import { linear } from '../transforms/linear.ts';
import { broadcastInDim, normalizeAxis, range, reshapeTo, shapeText } from './axes.ts';
import { cast } from './cast.ts';
import { equal, select } from './compare.ts';
import { around, checkIndices, clampIndices, gatheredShape, isInside } from './index-rules.ts';
import { gatherBatch } from './indexing-batch.ts';
import { iota, sizeOf, zeros, zerosLike } from './leaves.ts';
import { add, mul } from './math.ts';
import { scattering } from './scatter-rules.ts';

// Reading and writing where data decide. Reads clamp an index to the axis; writes drop what lies
// outside. So no index leaves its array, and the gradient of a read is a write at the clamped
// place.

const clampTo = (i: number, extent: number): number => Math.min(Math.max(i, 0), extent - 1);

export const gatherOp: RoutineOp = indexed({
  name: 'gather',
  doc: 'x[:axis] + indices + x[axis+1:], the elements at the indices along axis; indices clamp',
  attributes: { axis: 'int' },
  inputs: 2,
  infer([x, indices], { axis }) {
    checkIndices(x as TensorType, indices as TensorType, axis);
    const shape = gatheredShape(x as TensorType, indices as TensorType, axis);
    return [{ dtype: (x as TensorType).dtype, shape }];
  },
  evaluate([x, indices], { axis }, types) {
    const from = x as NdArray;
    const at = decode(indices as NdArray);
    const out = ndarray(from.dtype, types[0]?.shape as readonly number[]);
    const [outer, extent, inner] = around(from.shape, axis);
    if (extent === 0) return [out];
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < at.length; i++, to += inner) {
        const start = (o * extent + clampTo(at[i] as number, extent)) * inner;
        out.data.set(from.data.subarray(start, start + inner) as never, to);
      }
    }
    return [out];
  },
  vjp: ({ inputs: [x, indices], cotangents: [ct], attrs }) => {
    if (!x || !indices || !ct) return [null, null];
    const inside = clampIndices(indices, x.shape[attrs.axis] as Dim);
    return [make1(scatterAddOp, [zerosLike(x), inside, ct], attrs), null];
  },
  jvp: linear,
  batch: gatherBatch,
});

export const scatterAddOp: RoutineOp = scattering({
  name: 'scatterAdd',
  accumulates: true,
  doc: 'x with updates added',
  takesBool: false,
  combine: (a, b) => a + b,
  exact: (a, b) => a + b,
  vjp: ({ inputs: [x, indices], cotangents: [ct], attrs: { axis } }) => {
    if (!x || !indices || !ct) return [null, null, null];
    const inside = isInside(indices, x.shape[axis] as Dim);
    return [ct, null, keepWhere(inside, gatherFrom(ct, indices, axis), axis)];
  },
});

/** `gather` with a canonical axis. */
export function gatherFrom(x: Tensor, indices: Tensor, axis: number): Tensor {
  return make1(gatherOp, [x, indices], { axis });
}

/** What was gathered where the condition, shaped as the indices, holds; zeros elsewhere. */
export function keepWhere(condition: Tensor, gathered: Tensor, axis: number): Tensor {
  const axes = range(condition.rank).map((i) => i + axis);
  const wide = broadcastInDim(condition, gathered.shape, axes);
  return select(wide, gathered, zerosLike(gathered));
}

export const takeAlongAxisOp: RoutineOp = indexed({
  name: 'takeAlongAxis',
  doc: 'out[…, i, …] = x[…, indices[…, i, …], …] along axis; indices clamp',
  attributes: { axis: 'int' },
  inputs: 2,
  infer([x, indices], { axis }) {
    const [from, at] = [x as TensorType, indices as TensorType];
    checkIndices(from, at, axis);
    const fits =
      from.shape.length === at.shape.length &&
      from.shape.every((d, i) => i === axis || dimEqual(d, at.shape[i] as Dim));
    if (!fits)
      throw new TypeRuleError(
        'shape-mismatch',
        `indices are ${shapeText(at.shape)}, expected ${shapeText(from.shape)} but for axis ${axis}`,
      );
    return [{ dtype: from.dtype, shape: at.shape }];
  },
  evaluate([x, indices], { axis }) {
    const [from, at] = [x as NdArray, indices as NdArray];
    const index = decode(at);
    const out = ndarray(from.dtype, at.shape);
    const [, extent, inner] = around(from.shape, axis);
    const count = at.shape[axis] as number;
    if (extent === 0) return [out];
    for (let o = 0; o < out.data.length; o++) {
      const outer = Math.floor(o / (inner * count));
      const place = (outer * extent + clampTo(index[o] as number, extent)) * inner + (o % inner);
      out.data[o] = from.data[place] as never;
    }
    return [out];
  },
  vjp: ({ inputs: [x, indices], cotangents: [ct], attrs: { axis } }) => [
    x && indices && ct ? addAlongAxis(x, indices, ct, axis) : null,
    null,
  ],
  jvp: linear,
  batch: shiftAxis,
});

/**
 * Zeros of x's type with updates, shaped as the indices, added at out[…, indices[…, i, …], …];
 * indices clamp: the transpose of takeAlongAxis.
 */
export function addAlongAxis(x: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor {
  const at = clampIndices(indices, x.shape[axis] as Dim);
  const flat = (t: Tensor): Tensor => reshapeTo(t, [elementCount(t.shape)]);
  const places = flat(linearIndex(at, x.shape, axis));
  const none = zeros([elementCount(x.shape)], x.dtype);
  return reshapeTo(make1(scatterAddOp, [none, places, flat(updates)], { axis: 0 }), x.shape);
}

// Where x[…, at[…, i, …], …] lies in row-major order.
function linearIndex(at: Tensor, shape: readonly Dim[], axis: number): Tensor {
  const parts = shape.map((_, i) => {
    const coordinate = i === axis ? at : iota(at.shape, i);
    return mul(coordinate, sizeOf(elementCount(shape.slice(i + 1)), 'i32'));
  });
  return parts.reduce((a, b) => add(a, b));
}

// ------------------------------------------------------------------------------------------------ builders

/**
 * The elements of x at integer indices along an axis: the result has the shape of x with the axis
 * replaced by the shape of the indices. Indices outside are clamped to the axis.
 *
 *     gather(rows, i32Indices)        // rows[indices]
 *     gather(x, indices, 1)           // x[:, indices]
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return checked(`gather(${x}, ${indices})`, () =>
    make1(gatherOp, [x, indices], { axis: normalizeAxis(axis, x.rank) }),
  );
}

/**
 * Rows of a table: `embedding(table, tokens)` is `[...tokens, width]`. Tokens outside are clamped.
 */
export function embedding(table: Tensor, indices: Tensor): Tensor {
  return gather(table, indices, 0);
}

/**
 * x with updates added at integer indices along an axis; updates for one index add up, those
 * outside are dropped. The updates are shaped as `gather(x, indices, axis)` is.
 */
export function scatterAdd(x: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor {
  return checked(`scatterAdd(${x}, ${indices}, ${updates})`, () =>
    make1(scatterAddOp, [x, indices, updates], { axis: normalizeAxis(axis, x.rank) }),
  );
}

/**
 * One element per place along an axis: indices are shaped as x but for the axis, and clamped to it.
 */
export function takeAlongAxis(x: Tensor, indices: Tensor, axis = -1): Tensor {
  return checked(`takeAlongAxis(${x}, ${indices})`, () =>
    make1(takeAlongAxisOp, [x, indices], { axis: normalizeAxis(axis, x.rank) }),
  );
}

export const oneHotOp: CompositeOp = composite({
  name: 'oneHot',
  doc: '1 where the new last axis equals the index, 0 elsewhere',
  attributes: { depth: 'dim', dtype: 'dtype' },
  decompose([indices], { depth, dtype }) {
    const x = indices as Tensor;
    if (!isInteger(x.dtype))
      throw new TypeRuleError('dtype', `indices are ${x.dtype}, expected integers`);
    const shape = [...x.shape, depth];
    const wide = broadcastInDim(x, shape, range(x.rank));
    return [cast(equal(wide, iota(shape, x.rank, x.dtype)), dtype)];
  },
  batch: leadingAxis,
});

/**
 * 1 at each index along a new last axis of extent `depth`, 0 elsewhere; an index outside gives
 * zeros.
 */
export function oneHot(indices: Tensor, depth: Dim, dtype: DType = 'f32'): Tensor {
  return make1(oneHotOp, [indices], { depth, dtype });
}

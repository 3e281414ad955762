import { composite } from '../composite.ts';
import { indexed } from '../define.ts';
import type { Dim } from '../dim.ts';
import { dimEqual, elementCount } from '../dim.ts';
import type { DType } from '../dtype.ts';
import { isInteger } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { NdArray } from '../ndarray.ts';
import { ndarray, sizeOfShape } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import { decode, readNumber, writeNumber } from '../number.ts';
import type { CompositeOp, RoutineOp, TensorType } from '../op.ts';
import { leadingAxis, shiftAxis } from '../transforms/batch-rules.ts';
import { broadcastInDim, normalizeAxis, range, reshapeTo, shapeText } from './axes.ts';
import { cast } from './cast.ts';
import { equal, greaterEqual, less, select } from './compare.ts';
import { gatherBatch, scatterAddBatch } from './indexing-batch.ts';
import { iota, sizeOf, zeros, zerosLike } from './leaves.ts';
import { logicalAnd } from './logic.ts';
import { add, maximum, minimum, mul, sub } from './math.ts';

// Reading and writing where data decide. Reads clamp an index to the axis; writes drop what lies
// outside. So no index leaves its array, and the gradient of a read is a write at the clamped
// place.

function checkIndices(x: TensorType, indices: TensorType, axis: number): void {
  if (!isInteger(indices.dtype))
    throw new TypeRuleError(
      'dtype',
      `indices are ${indices.dtype}, expected integers`,
      "cast them first, for example .cast('i32')",
    );
  if (axis < 0 || axis >= x.shape.length)
    throw new TypeRuleError('axis', `axis ${axis} of rank ${x.shape.length}`);
}

function gatheredShape(x: TensorType, indices: TensorType, axis: number): readonly Dim[] {
  return [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
}

/** Extents before, at and after an axis. */
function around(
  shape: readonly number[],
  axis: number,
): [outer: number, extent: number, inner: number] {
  return [
    sizeOfShape(shape.slice(0, axis)),
    shape[axis] as number,
    sizeOfShape(shape.slice(axis + 1)),
  ];
}

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
  batch: gatherBatch,
});

export const scatterAddOp: RoutineOp = indexed({
  name: 'scatterAdd',
  doc: 'x with updates (shaped as gather gives them) added at the indices along axis; indices outside are dropped',
  attributes: { axis: 'int' },
  inputs: 3,
  infer([x, indices, updates], { axis }) {
    const [base, change] = [x as TensorType, updates as TensorType];
    checkIndices(base, indices as TensorType, axis);
    const shape = gatheredShape(base, indices as TensorType, axis);
    const fits =
      shape.length === change.shape.length &&
      shape.every((d, i) => dimEqual(d, change.shape[i] as Dim));
    if (!fits)
      throw new TypeRuleError(
        'shape-mismatch',
        `updates are ${shapeText(change.shape)}, expected ${shapeText(shape)}`,
      );
    if (change.dtype !== base.dtype || base.dtype === 'bool') {
      throw new TypeRuleError(
        'dtype-mix',
        `updates are ${change.dtype}, x is ${base.dtype}`,
        'cast one of them',
      );
    }
    return [base];
  },
  evaluate([x, indices, updates], { axis }) {
    const base = x as NdArray;
    const at = decode(indices as NdArray);
    const out: NdArray = { ...base, data: base.data.slice() };
    const [outer, extent, inner] = around(base.shape, axis);
    let from = 0;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < at.length; i++, from += inner) {
        const index = at[i] as number;
        if (index < 0 || index >= extent) continue;
        const start = (o * extent + index) * inner;
        for (let k = 0; k < inner; k++) {
          const sum = readNumber(out, start + k) + readNumber(updates as NdArray, from + k);
          writeNumber(out, start + k, sum);
        }
      }
    }
    return [out];
  },
  vjp: ({ inputs: [x, indices], cotangents: [ct], attrs }) => {
    if (!x || !indices || !ct) return [null, null, null];
    const back = make1(gatherOp, [ct, indices], attrs);
    const inside = isInside(indices, x.shape[attrs.axis] as Dim);
    const axes = range(indices.rank).map((i) => i + attrs.axis);
    const wide = broadcastInDim(inside, back.shape, axes);
    return [ct, null, select(wide, back, zerosLike(back))];
  },
  batch: scatterAddBatch,
});

function clampIndices(indices: Tensor, extent: Dim): Tensor {
  const last = sub(sizeOf(extent, indices.dtype), 1);
  return maximum(minimum(indices, last), 0);
}

function isInside(indices: Tensor, extent: Dim): Tensor {
  return logicalAnd(greaterEqual(indices, 0), less(indices, sizeOf(extent, indices.dtype)));
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
  vjp: ({ inputs: [x, indices], cotangents: [ct], attrs: { axis } }) => {
    if (!x || !indices || !ct) return [null, null];
    const at = cast(clampIndices(indices, x.shape[axis] as Dim), 'i32');
    const flat = (t: Tensor): Tensor => reshapeTo(t, [elementCount(t.shape)]);
    const places = flat(linearIndex(at, x.shape, axis));
    const sum = make1(scatterAddOp, [zeros([elementCount(x.shape)], x.dtype), places, flat(ct)], {
      axis: 0,
    });
    return [reshapeTo(sum, x.shape), null];
  },
  batch: shiftAxis,
});

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

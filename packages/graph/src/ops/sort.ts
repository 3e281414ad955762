import { routine } from '../define.ts';
import type { Dim } from '../dim.ts';
import { dimBounds, dimKey, dimSub } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { NdArray } from '../ndarray.ts';
import { ndarray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { checked, make } from '../node.ts';
import { decode } from '../number.ts';
import type { RoutineOp } from '../op.ts';
import { shiftAxis } from '../transforms/batch-rules.ts';
import { normalizeAxis } from './axes.ts';
import { around } from './index-rules.ts';
import { addAlongAxis } from './indexing.ts';

/** One primitive for sort, argsort and topK: what is not read is not made. */
export const sortOp: RoutineOp = routine({
  name: 'sort',
  doc: 'the first `count` elements of x in order along axis, and their indices (i32); stable, −0 equals 0, NaN counts as largest',
  attributes: { axis: 'int', descending: 'bool', count: 'dim' },
  outputs: 2,
  infer([x], { axis, count }) {
    if (!x || axis < 0 || axis >= x.shape.length)
      throw new TypeRuleError('axis', `axis ${axis} of rank ${x?.shape.length}`);
    const extent = x.shape[axis] as Dim;
    if (dimBounds(count)[0] < 0 || dimBounds(dimSub(extent, count))[0] < 0) {
      throw new TypeRuleError(
        'k',
        `k is ${dimKey(count)}, but axis ${axis} has extent ${dimKey(extent)}`,
        'take a k between 0 and the extent of the axis',
      );
    }
    const shape = x.shape.with(axis, count);
    return [
      { dtype: x.dtype, shape },
      { dtype: 'i32', shape },
    ];
  },
  evaluate([x], { axis, descending, count }) {
    const from = x as NdArray;
    const order = from.data instanceof BigInt64Array ? byBigInt(from.data) : byNumber(decode(from));
    const shape = from.shape.with(axis, count as number);
    const [values, indices] = [ndarray(from.dtype, shape), ndarray('i32', shape)];
    const [outer, extent, inner] = around(from.shape, axis);
    for (let o = 0; o < outer * inner; o++) {
      const [row, column] = [Math.floor(o / inner), o % inner];
      const place = (i: number): number => (row * extent + i) * inner + column;
      const ranked = Array.from({ length: extent }, (_, i) => i).sort((a, b) =>
        descending ? order(place(b), place(a)) : order(place(a), place(b)),
      );
      for (let i = 0; i < (count as number); i++) {
        const to = (row * (count as number) + i) * inner + column;
        indices.data[to] = ranked[i] as never;
        values.data[to] = from.data[place(ranked[i] as number)] as never;
      }
    }
    return [values, indices];
  },
  vjp: ({ inputs: [x], outputs: [, indices], cotangents: [ct], attrs: { axis } }) => [
    x && indices && ct ? addAlongAxis(x, indices, ct, axis) : null,
  ],
  batch: shiftAxis,
});

type Order = (a: number, b: number) => number;

const byBigInt =
  (data: BigInt64Array): Order =>
  (a, b) => {
    const [x, y] = [data[a] as bigint, data[b] as bigint];
    return x < y ? -1 : x > y ? 1 : 0;
  };

const byNumber =
  (data: ArrayLike<number>): Order =>
  (a, b) => {
    const [x, y] = [data[a] as number, data[b] as number];
    if (x < y) return -1;
    return x > y ? 1 : Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  };

// ------------------------------------------------------------------------------------------------ builders

/** What sort and argsort take besides their axis. */
export interface SortOptions {
  /** From the largest to the smallest; default false. */
  readonly descending?: boolean;
}

function ordered(
  name: string,
  x: Tensor,
  axis: number,
  descending: boolean,
  k?: Dim,
): readonly [values: Tensor, indices: Tensor] {
  return checked(`${name}(${x})`, () => {
    const at = normalizeAxis(axis, x.rank);
    const count = k ?? (x.shape[at] as Dim);
    if (typeof count === 'number' && !Number.isInteger(count))
      throw new TypeRuleError('k', `k is ${count}, expected an integer`);
    const [values, indices] = make(sortOp, [x], { axis: at, descending, count });
    return [values as Tensor, indices as Tensor];
  });
}

/**
 * The elements in order along an axis, the last by default. Stable; NaN counts as largest, so it
 * comes last, or first where `descending`.
 *
 *     sort(x)                               // [3, 1, 2] is [1, 2, 3]
 *     sort(x, 0, { descending: true })
 */
export function sort(x: Tensor, axis = -1, options?: SortOptions): Tensor {
  return ordered('sort', x, axis, options?.descending ?? false)[0];
}

/**
 * The indices (i32) that put the elements in order along an axis, the last by default; equal
 * elements keep their order. `takeAlongAxis(x, argsort(x))` is `sort(x)`.
 */
export function argsort(x: Tensor, axis = -1, options?: SortOptions): Tensor {
  return ordered('argsort', x, axis, options?.descending ?? false)[1];
}

/**
 * The k largest elements along an axis, the last by default, the largest first, and their indices
 * (i32); of equal elements the first ones. NaN counts as largest.
 *
 *     const [values, indices] = topK(logits, 5);
 *
 * @throws GraphError when k is larger than the axis.
 */
export function topK(x: Tensor, k: Dim, axis = -1): readonly [values: Tensor, indices: Tensor] {
  return ordered(`topK(k = ${dimKey(k)})`, x, axis, true, k);
}

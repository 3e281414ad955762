import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimBounds, dimEqual, dimSub, elementCount } from '../dim.ts';
import { isInteger } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make, make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { range, reshapeTo, shapeText } from './axes.ts';
import { cast } from './cast.ts';
import { clampTo } from './index-rules.ts';
import { gatherFrom } from './indexing.ts';
import { constant, full, iota, sizeOf, zerosLike } from './leaves.ts';
import { add, mul } from './math.ts';
import { scatterOp } from './scatter.ts';
import { concat, sliceAxis } from './slice.ts';
import { stack } from './views.ts';

// Slices whose place is data. A start is clamped so that the slice lies inside (JAX's rule).

export const dynamicSliceOp: CompositeOp = composite({
  name: 'dynamicSlice',
  doc: 'x[starts[a] : starts[a] + sizes[a]] on every axis a; starts clamp so that the slice fits',
  attributes: { sizes: 'shape' },
  inputs: 2,
  decompose(inputs, { sizes }) {
    const [x, starts] = inputs as readonly [Tensor, Tensor];
    checkSlice(x, starts, sizes);
    const { rows, places } = rowsOf(x, starts, sizes);
    if (!places) return [x];
    return [reshapeTo(gatherFrom(rows, places, 0), sizes)];
  },
  vjp: ({ inputs: [x, starts], cotangents: [ct] }) =>
    x && starts && ct
      ? [make1(dynamicUpdateSliceOp, [zerosLike(x), ct, starts], {}), null]
      : [null, null],
  batch: ({ op, inputs, mapped, size, attrs: { sizes } }) => {
    const [x, starts] = inputs as readonly [Tensor, Tensor];
    return mapped[1] ? null : make(op, [x, fromFirst(starts)], { sizes: [size, ...sizes] });
  },
});

// Where all elements of a mapped axis start, which is now the first.
const fromFirst = (starts: Tensor): Tensor => concat([full(0, [1], starts.dtype), starts]);

export const dynamicUpdateSliceOp: CompositeOp = composite({
  name: 'dynamicUpdateSlice',
  doc: 'x with update in place of x[starts[a] : starts[a] + extent a of update]; starts clamp so that it fits',
  inputs: 3,
  decompose(inputs) {
    const [x, update, starts] = inputs as readonly [Tensor, Tensor, Tensor];
    if (update.dtype !== x.dtype) {
      const found = `the update is ${update.dtype}, x is ${x.dtype}`;
      throw new TypeRuleError('dtype-mix', found, 'cast one of them');
    }
    checkSlice(x, starts, update.shape);
    const { rows, places } = rowsOf(x, starts, update.shape);
    if (!places) return [update];
    const updates = reshapeTo(update, [...places.shape, ...rows.shape.slice(1)]);
    return [reshapeTo(make1(scatterOp, [rows, places, updates], { axis: 0 }), x.shape)];
  },
  vjp: ({ inputs: [, update, starts], cotangents: [ct] }) => {
    if (!update || !starts || !ct) return [null, null, null];
    return [
      make1(dynamicUpdateSliceOp, [ct, zerosLike(update), starts], {}),
      make1(dynamicSliceOp, [ct, starts], { sizes: update.shape }),
      null,
    ];
  },
  batch: ({ op, inputs, mapped, all }) => {
    const [x, update] = all() as readonly [Tensor, Tensor];
    return mapped[2] ? null : make(op, [x, update, fromFirst(inputs[2] as Tensor)], {});
  },
});

function checkSlice(x: Tensor, starts: Tensor, sizes: readonly Dim[]): void {
  if (!isInteger(starts.dtype))
    throw new TypeRuleError('dtype', `starts are ${starts.dtype}, expected integers`);
  if (starts.rank !== 1 || !dimEqual(starts.shape[0] as Dim, x.rank)) {
    throw new TypeRuleError(
      'shape',
      `starts are ${starts}, expected one for each of ${x.rank} axes`,
    );
  }
  const fits =
    sizes.length === x.rank &&
    sizes.every((size, a) => dimBounds(dimSub(x.shape[a] as Dim, size))[0] >= 0);
  if (fits) return;
  throw new TypeRuleError(
    'shape',
    `a slice of ${shapeText(sizes)} from ${shapeText(x.shape)}`,
    'make every size at most the extent of its axis',
  );
}

/**
 * x as rows that are taken whole (the trailing axes that the slice has in full), and which of them
 * the slice has; undefined: all.
 */
function rowsOf(
  x: Tensor,
  starts: Tensor,
  sizes: readonly Dim[],
): { readonly rows: Tensor; readonly places: Tensor | undefined } {
  const whole = (a: number): boolean => dimEqual(sizes[a] as Dim, x.shape[a] as Dim);
  const lead = 1 + range(x.rank).findLastIndex((a) => !whole(a));
  const row = elementCount(x.shape.slice(lead));
  const rows = reshapeTo(x, [elementCount(x.shape.slice(0, lead)), row]);
  if (lead === 0) return { rows, places: undefined };
  const shape = sizes.slice(0, lead);
  const parts = range(lead).map((a) => {
    const extent = x.shape[a] as Dim;
    const start = whole(a)
      ? full(0, [], 'i32')
      : startOn(starts, a, dimSub(extent, shape[a] as Dim));
    const stride = elementCount(x.shape.slice(a + 1, lead));
    return mul(add(iota(shape, a), start), sizeOf(stride, 'i32'));
  });
  return { rows, places: parts.reduce((a, b) => add(a, b)) };
}

function startOn(starts: Tensor, axis: number, last: Dim): Tensor {
  return clampTo(reshapeTo(sliceAxis(starts, 0, axis, axis + 1), []), last);
}

// ------------------------------------------------------------------------------------------------ builders

/** Where a dynamic slice begins: an integer vector, or for each axis a number or integer scalar. */
export type Starts = Tensor | readonly (number | Tensor)[];

function startsOf(starts: Starts, rank: number): Tensor {
  if ('node' in starts) return starts;
  if (starts.length !== rank)
    throw new TypeRuleError('rank', `${starts.length} starts for rank ${rank}`);
  const tensors = starts.filter((s) => typeof s === 'object');
  const wrong = tensors.find((t) => t.rank !== 0 || !isInteger(t.dtype));
  if (wrong) throw new TypeRuleError('dtype', `a start is ${wrong}, expected an integer scalar`);
  if (tensors.length === 0) return constant(starts as readonly number[], 'i32');
  const dtype = tensors.every((t) => t.dtype === tensors[0]?.dtype)
    ? (tensors[0] as Tensor).dtype
    : 'i64';
  return stack(starts.map((s) => (typeof s === 'object' ? cast(s, dtype) : full(s, [], dtype))));
}

/**
 * A part of x of fixed sizes at a place that is data. Starts are clamped, so that the part lies
 * inside x; negative ones count as 0.
 *
 *     dynamicSlice(cache, [step, 0], [1, 64])    // row `step`
 *
 * @throws GraphError when a size is larger than its axis.
 */
export function dynamicSlice(x: Tensor, starts: Starts, sizes: readonly Dim[]): Tensor {
  return checked(`dynamicSlice(${x})`, () =>
    make1(dynamicSliceOp, [x, startsOf(starts, x.rank)], { sizes }),
  );
}

/**
 * x with `update` in place of a part of it that begins where data say. Starts are clamped, so that
 * the part lies inside x.
 *
 *     dynamicUpdateSlice(cache, row, [step, 0])
 */
export function dynamicUpdateSlice(x: Tensor, update: Tensor, starts: Starts): Tensor {
  return checked(`dynamicUpdateSlice(${x}, ${update})`, () =>
    make1(dynamicUpdateSliceOp, [x, update, startsOf(starts, x.rank)], {}),
  );
}

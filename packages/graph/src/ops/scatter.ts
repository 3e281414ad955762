import type { Dim } from '../dim.ts';
import { elementCount } from '../dim.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { AttrsOf, RoutineOp, Vjp } from '../op.ts';
import { normalizeAxis, reshapeTo } from './axes.ts';
import { cast } from './cast.ts';
import { equal, select } from './compare.ts';
import { isInside } from './index-rules.ts';
import { gatherFrom, keepWhere, scatterAddOp } from './indexing.ts';
import { full, iota, zerosLike } from './leaves.ts';
import { logicalAnd } from './logic.ts';
import { div } from './math.ts';
import type { ScatterAttributes } from './scatter-rules.ts';
import { scattering } from './scatter-rules.ts';

// Writing where data decide, in other ways than scatterAdd, which stands beside gather.

// ------------------------------------------------------------------------------------------------ gradients

// Of several updates for one place, the last one stays.
function isLast(indices: Tensor, extent: Dim): Tensor {
  const flat = reshapeTo(indices, [elementCount(indices.shape)]);
  const turn = iota(flat.shape, 0);
  const none = full(-1, [extent], 'i32');
  const winner = gatherFrom(make1(scatterOp, [none, flat, turn], { axis: 0 }), flat, 0);
  return reshapeTo(equal(winner, turn), indices.shape);
}

// All that equal the extreme share the cotangent evenly, as in reductions.
const extremeVjp: Vjp<AttrsOf<ScatterAttributes>> = ({
  inputs,
  outputs,
  cotangents,
  attrs: { axis },
}) => {
  const [x, indices, updates] = inputs as readonly [Tensor, Tensor, Tensor];
  const [[y], [ct]] = [outputs, cotangents];
  if (!y || !ct) return [null, null, null];
  const mine = equal(x, y);
  const inside = isInside(indices, x.shape[axis] as Dim);
  const theirs = keepWhere(
    inside,
    cast(equal(updates, gatherFrom(y, indices, axis)), x.dtype),
    axis,
  );
  const count = make1(scatterAddOp, [cast(mine, x.dtype), indices, theirs], { axis });
  const share = div(ct, count);
  const back = gatherFrom(share, indices, axis);
  return [
    select(mine, share, zerosLike(share)),
    null,
    select(equal(theirs, 1), back, zerosLike(back)),
  ];
};

// ------------------------------------------------------------------------------------------------ ops

export const scatterOp: RoutineOp = scattering({
  name: 'scatter',
  doc: 'x with updates in place of its elements (the last of several stays)',
  takesBool: true,
  combine: (_, b) => b,
  exact: (_, b) => b,
  vjp: ({ inputs: [x, indices, updates], cotangents: [ct], attrs: { axis } }) => {
    if (!x || !indices || !updates || !ct) return [null, null, null];
    const extent = x.shape[axis] as Dim;
    const kept = logicalAnd(isInside(indices, extent), isLast(indices, extent));
    return [
      make1(scatterOp, [ct, indices, zerosLike(updates)], { axis }),
      null,
      keepWhere(kept, gatherFrom(ct, indices, axis), axis),
    ];
  },
});

export const scatterMaxOp: RoutineOp = scattering({
  name: 'scatterMax',
  doc: 'the larger of x and the updates (NaN where one is)',
  takesBool: false,
  combine: (a, b) => Math.max(a, b),
  exact: (a, b) => (a > b ? a : b),
  vjp: extremeVjp,
});

export const scatterMinOp: RoutineOp = scattering({
  name: 'scatterMin',
  doc: 'the smaller of x and the updates (NaN where one is)',
  takesBool: false,
  combine: (a, b) => Math.min(a, b),
  exact: (a, b) => (a < b ? a : b),
  vjp: extremeVjp,
});

// ------------------------------------------------------------------------------------------------ builders

function build(op: RoutineOp, x: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor {
  return checked(`${op.name}(${x}, ${indices}, ${updates})`, () =>
    make1(op, [x, indices, updates], { axis: normalizeAxis(axis, x.rank) }),
  );
}

/**
 * x with updates in place of its elements at integer indices along an axis. Of several updates for
 * one index the last one stays; those outside are dropped. The updates are shaped as
 * `gather(x, indices, axis)` is.
 *
 *     scatter(x, i32Indices, rows)        // x[indices] = rows
 */
export function scatter(x: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor {
  return build(scatterOp, x, indices, updates, axis);
}

/**
 * The larger of x and of the updates at integer indices along an axis; otherwise as `scatterAdd`.
 * NaN is passed on; equal largest elements share the gradient evenly.
 */
export function scatterMax(x: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor {
  return build(scatterMaxOp, x, indices, updates, axis);
}

/** The smaller of x and of the updates; otherwise as `scatterMax`. */
export function scatterMin(x: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor {
  return build(scatterMinOp, x, indices, updates, axis);
}

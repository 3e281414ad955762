import type { Dim } from '../dim.ts';
import { dimMul } from '../dim.ts';
import type { Tensor } from '../node.ts';
import { make1 } from '../node.ts';
import type { Batch } from '../op.ts';
import { broadcastInDim, range, reshapeTo } from './axes.ts';
import { cast } from './cast.ts';
import { select } from './compare.ts';
import { clampIndices, isInside } from './index-rules.ts';
import { full, iota, sizeOf } from './leaves.ts';
import { add, mul } from './math.ts';
import { moveAxis, transpose } from './transpose.ts';

// gather and the scatters under `vmap`, without a loop. Where the indices are mapped, the mapped axis
// and the indexed one become one axis, and each element's indices point into its own part of it.

// Where element b's part begins, shaped as the indices [size, …].
function offsets(indices: Tensor, size: Dim, extent: Dim): Tensor {
  const starts = mul(iota([size], 0, 'i32'), sizeOf(extent, 'i32'));
  return broadcastInDim(starts, indices.shape, [0]);
}

/** [size, …, extent, …] as [size · extent, …]. */
function joined(x: Tensor, axis: number): Tensor {
  const front = moveAxis(x, axis + 1, 1);
  const [size, extent, ...rest] = front.shape as readonly [Dim, Dim, ...Dim[]];
  return reshapeTo(front, [dimMul(size, extent), ...rest]);
}

/** [size, …before, …indices, …after] with the indices behind the first axis; or back. */
function indicesFirst(x: Tensor, axis: number, count: number): Tensor {
  const before = range(axis).map((a) => a + 1);
  const at = range(count).map((a) => a + 1 + axis);
  const after = range(x.rank - 1 - axis - count).map((a) => a + 1 + axis + count);
  return transpose(x, [0, ...at, ...before, ...after]);
}

function indicesBack(x: Tensor, axis: number, count: number): Tensor {
  const at = range(count).map((a) => a + 1);
  const before = range(axis).map((a) => a + 1 + count);
  const after = range(x.rank - 1 - axis - count).map((a) => a + 1 + axis + count);
  return transpose(x, [0, ...before, ...at, ...after]);
}

/** Under `vmap`: only x mapped, only the indices, or both. */
export const gatherBatch: Batch<{ readonly axis: number }> = (context) => {
  const { op, inputs, mapped, size, attrs } = context;
  const [x, indices] = inputs as readonly [Tensor, Tensor];
  const { axis } = attrs;
  if (!mapped[1]) return [make1(op, [x, indices], { axis: axis + 1 })];
  if (!mapped[0]) return [moveAxis(make1(op, [x, indices], { axis }), axis, 0)];
  const extent = x.shape[axis + 1] as Dim;
  const places = add(clampIndices(indices, extent), offsets(indices, size, extent));
  const found = make1(op, [joined(x, axis), places], { axis: 0 });
  return [indicesBack(found, axis, indices.rank - 1)];
};

/** Under `vmap`: updates of each element go to its own part of the joined axis, or are dropped. */
export const scatterBatch: Batch<{ readonly axis: number }> = (context) => {
  const { op, inputs, mapped, size, attrs, all } = context;
  const { axis } = attrs;
  const [x, indices, updates] = all() as readonly [Tensor, Tensor, Tensor];
  if (!mapped[1]) return [make1(op, [x, inputs[1] as Tensor, updates], { axis: axis + 1 })];
  const extent = x.shape[axis + 1] as Dim;
  const places = add(cast(indices, 'i32'), offsets(indices, size, extent));
  const kept = select(isInside(indices, extent), places, full(-1, places.shape, 'i32'));
  const count = indices.rank - 1;
  const sum = make1(op, [joined(x, axis), kept, indicesFirst(updates, axis, count)], { axis: 0 });
  const rest = x.shape.toSpliced(axis + 1, 1);
  const apart = reshapeTo(sum, [size, extent, ...rest.slice(1)]);
  return [moveAxis(apart, 1, axis + 1)];
};

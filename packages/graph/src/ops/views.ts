import { broadcastToShape } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { dimAdd, dimEqual, dimKey, dimMul, dimSub, exactQuotient } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { broadcastInDim, normalizeAxes, normalizeAxis, range, reshapeTo } from './axes.ts';
import { greaterEqual, lessEqual, where } from './compare.ts';
import { iota } from './leaves.ts';
import { add } from './math.ts';
import { concat, sliceAxis } from './slice.ts';

// Other ways to write reshape, broadcast, slice and concat.

/** New axes of extent 1, at these places of the result. `expandDims(x, -1)` */
export function expandDims(x: Tensor, axes: number | readonly number[]): Tensor {
  return checked(`expandDims(${x})`, () => {
    const count = typeof axes === 'number' ? 1 : axes.length;
    const added = normalizeAxes(axes, x.rank + count);
    const shape = [...x.shape];
    for (const axis of added.toSorted((a, b) => a - b)) shape.splice(axis, 0, 1);
    return reshapeTo(x, shape);
  });
}

/** Without these axes of extent 1; without axes, all axes of extent 1. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  return checked(`squeeze(${x})`, () => {
    const all = range(x.rank).filter((i) => x.shape[i] === 1);
    const removed = axes === undefined ? all : normalizeAxes(axes, x.rank);
    const wide = removed.find((i) => x.shape[i] !== 1);
    if (wide !== undefined) {
      throw new TypeRuleError(
        'shape',
        `axis ${wide} has extent ${dimKey(x.shape[wide] as Dim)}, expected 1`,
      );
    }
    return reshapeTo(
      x,
      x.shape.filter((_, i) => !removed.includes(i)),
    );
  });
}

/** x repeated to a shape by numpy's rule. `broadcastTo(bias, [N, 10])` */
export function broadcastTo(x: Tensor, shape: readonly Dim[]): Tensor {
  return checked(`broadcastTo(${x})`, () => broadcastToShape(x, shape));
}

/** All axes as one; `flatten(x, 1)` keeps the first. */
export function flatten(x: Tensor, from = 0): Tensor {
  return checked(`flatten(${x})`, () => {
    const kept = from < 0 ? from + x.rank : from;
    return reshapeTo(x, [...x.shape.slice(0, kept), dimMul(...x.shape.slice(kept))]);
  });
}

/** Tensors of one shape along a new axis. `stack([x, y], -1)` */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  return checked('stack', () => {
    const at = normalizeAxis(axis, (tensors[0]?.rank ?? 0) + 1);
    return concat(
      tensors.map((t) => expandDims(t, at)),
      at,
    );
  });
}

/**
 * Parts of an axis one after another: a number of equal parts, or their sizes.
 *
 *     const [q, k, v] = split(x, 3, -1);
 */
export function split(x: Tensor, parts: number | readonly Dim[], axis = 0): readonly Tensor[] {
  return checked(`split(${x})`, () => {
    const at = normalizeAxis(axis, x.rank);
    const sizes = typeof parts === 'number' ? equalParts(x.shape[at] as Dim, parts) : parts;
    if (!dimEqual(dimAdd(...sizes), x.shape[at] as Dim)) {
      throw new TypeRuleError(
        'shape',
        `sizes ${sizes.map(dimKey).join(' + ')} are not ${dimKey(x.shape[at] as Dim)}`,
      );
    }
    let start: Dim = 0;
    return sizes.map((size) => {
      const part = sliceAxis(x, at, start, dimAdd(start, size));
      start = dimAdd(start, size);
      return part;
    });
  });
}

function equalParts(extent: Dim, count: number): readonly Dim[] {
  const size =
    typeof extent === 'number' && extent % count !== 0 ? undefined : exactQuotient(extent, count);
  if (size === undefined)
    throw new TypeRuleError('shape', `${dimKey(extent)} does not divide into ${count} equal parts`);
  return range(count).map(() => size);
}

/** x next to itself, `reps` times along each axis (aligned to the last). */
export function tile(x: Tensor, reps: number | readonly number[]): Tensor {
  return checked(`tile(${x})`, () => {
    const list = typeof reps === 'number' ? [reps] : reps;
    const rank = Math.max(x.rank, list.length);
    const shape = [...range(rank - x.rank).map((): Dim => 1), ...x.shape];
    const times = [...range(rank - list.length).map(() => 1), ...list];
    const pairs = shape.flatMap((d, i): Dim[] => [times[i] as number, d]);
    const wide = broadcastInDim(
      reshapeTo(x, shape),
      pairs,
      range(rank).map((i) => 2 * i + 1),
    );
    return reshapeTo(
      wide,
      shape.map((d, i) => dimMul(d, times[i] as number)),
    );
  });
}

/** Every element along an axis, `times` times in a row. */
export function repeat(x: Tensor, times: number, axis = 0): Tensor {
  return checked(`repeat(${x})`, () => {
    const at = normalizeAxis(axis, x.rank);
    const shape = x.shape.toSpliced(at + 1, 0, times);
    const wide = broadcastInDim(
      x,
      shape,
      range(x.rank).map((i) => (i > at ? i + 1 : i)),
    );
    return reshapeTo(wide, x.shape.with(at, dimMul(x.shape[at] as Dim, times)));
  });
}

/** Elements moved up by `shifts` along axes; what leaves at the end comes in at the beginning. */
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  axes: number | readonly number[],
): Tensor {
  return checked(`roll(${x})`, () => {
    const list = typeof shifts === 'number' ? [shifts] : shifts;
    return normalizeAxes(axes, x.rank).reduce((y, axis, i) => rollAxis(y, list[i] ?? 0, axis), x);
  });
}

function rollAxis(x: Tensor, shift: number, axis: number): Tensor {
  const extent = x.shape[axis] as Dim;
  const by =
    typeof extent === 'number' && extent > 0 ? ((shift % extent) + extent) % extent : shift;
  if (by === 0) return x;
  const cut = by > 0 ? dimSub(extent, by) : -by;
  return concat([sliceAxis(x, axis, cut), sliceAxis(x, axis, 0, cut)], axis);
}

/** Zeros above the k-th diagonal of the last two axes. */
export function tril(x: Tensor, k = 0): Tensor {
  return checked(`tril(${x})`, () => {
    const { row, column } = places(x);
    return where(greaterEqual(add(row, k), column), x, 0);
  });
}

/** Zeros below the k-th diagonal of the last two axes. */
export function triu(x: Tensor, k = 0): Tensor {
  return checked(`triu(${x})`, () => {
    const { row, column } = places(x);
    return where(lessEqual(add(row, k), column), x, 0);
  });
}

function places(x: Tensor): { row: Tensor; column: Tensor } {
  if (x.rank < 2) throw new TypeRuleError('rank', `takes a matrix, got rank ${x.rank}`);
  const shape = x.shape.slice(-2);
  return { row: iota(shape, 0), column: iota(shape, 1) };
}

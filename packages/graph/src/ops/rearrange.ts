import { promote } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { dimKey, dimMul, dimSub } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { broadcastInDim, normalizeAxes, normalizeAxis, range, reshapeTo } from './axes.ts';
import { mul, sub } from './math.ts';
import { sliceAxis } from './slice.ts';
import { flip, swapAxes } from './transpose.ts';
import { expandDims, split } from './views.ts';

// More ways to cut tensors, and to put them together.

/**
 * Parts of an axis, `count` of them of equal extents; the last ones are smaller where it does not
 * divide. `chunk(x, 3)` of 7 rows has 3, 3 and 1.
 */
export function chunk(x: Tensor, count: number, axis = 0): readonly Tensor[] {
  return checked(`chunk(${x})`, () => {
    const at = normalizeAxis(axis, x.rank);
    const extent = x.shape[at] as Dim;
    if (!Number.isInteger(count) || count < 1)
      throw new TypeRuleError('literal', `the number of chunks is ${count}`);
    if (typeof extent !== 'number') return split(x, count, at);
    const size = Math.max(1, Math.ceil(extent / count));
    const starts = range(Math.max(1, Math.ceil(extent / size))).map((i) => i * size);
    return starts.map((start) => sliceAxis(x, at, start, Math.min(start + size, extent)));
  });
}

/** The parts of an axis one by one, without it: `const [x, y] = unstack(points, -1)`. */
export function unstack(x: Tensor, axis = 0): readonly Tensor[] {
  return checked(`unstack(${x})`, () => {
    const at = normalizeAxis(axis, x.rank);
    const extent = x.shape[at] as Dim;
    if (typeof extent !== 'number')
      throw new TypeRuleError(
        'shape',
        `axis ${at} has extent ${dimKey(extent)}, expected a number`,
      );
    const rest = x.shape.toSpliced(at, 1);
    return range(extent).map((i) => reshapeTo(sliceAxis(x, at, i, i + 1), rest));
  });
}

/** At least one axis: a scalar becomes a vector of one element. */
export function atLeast1d(x: Tensor): Tensor {
  return x.rank === 0 ? expandDims(x, 0) : x;
}

/** At least two axes; new ones come first. */
export function atLeast2d(x: Tensor): Tensor {
  return x.rank >= 2 ? x : expandDims(atLeast1d(x), 0);
}

/** At least three axes; as numpy's, a matrix gets its new one behind: [m, n] becomes [m, n, 1]. */
export function atLeast3d(x: Tensor): Tensor {
  return x.rank >= 3 ? x : expandDims(atLeast2d(x), -1);
}

/** Turned by `times` · 90° in the plane of two axes, from the first towards the second. */
export function rot90(x: Tensor, times = 1, axes: readonly [number, number] = [0, 1]): Tensor {
  return checked(`rot90(${x})`, () => {
    const [a, b] = normalizeAxes(axes, x.rank) as readonly [number, number];
    const quarter = ((times % 4) + 4) % 4;
    if (quarter === 2) return flip(x, [a, b]);
    if (quarter === 1) return swapAxes(flip(x, b), a, b);
    return quarter === 3 ? flip(swapAxes(x, a, b), b) : x;
  });
}

/** Differences of neighbours along an axis, the last by default, `order` times over. */
export function diff(x: Tensor, order = 1, axis = -1): Tensor {
  return checked(`diff(${x})`, () => {
    const at = normalizeAxis(axis, x.rank);
    if (!Number.isInteger(order) || order < 0)
      throw new TypeRuleError('literal', `the order is ${order}, expected an integer from 0 on`);
    return range(order).reduce((y) => {
      const extent = y.shape[at] as Dim;
      return sub(sliceAxis(y, at, 1), sliceAxis(y, at, 0, dimSub(extent, 1)));
    }, x);
  });
}

/**
 * The Kronecker product: every element of x times all of y, so that extents multiply. The ranks are
 * made equal first, new axes in front. `kron(eye(2), a)` is block-diagonal.
 */
export function kron(x: Tensor, y: Tensor): Tensor {
  return checked(`kron(${x}, ${y})`, () => {
    const rank = Math.max(x.rank, y.rank);
    const [a, b] = promote([x, y]).map((t) =>
      reshapeTo(t, [...range(rank - t.rank).map((): Dim => 1), ...t.shape]),
    ) as [Tensor, Tensor];
    const shape = a.shape.flatMap((d, i): Dim[] => [d, b.shape[i] as Dim]);
    const wide = (t: Tensor, at: number): Tensor =>
      broadcastInDim(
        t,
        shape,
        range(rank).map((i) => 2 * i + at),
      );
    const product = mul(wide(a, 0), wide(b, 1));
    return reshapeTo(
      product,
      a.shape.map((d, i) => dimMul(d, b.shape[i] as Dim)),
    );
  });
}

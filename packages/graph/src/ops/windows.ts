import { view } from '../define.ts';
import type { Dim } from '../dim.ts';
import { dimAdd, dimBounds, dimFloorDiv, dimKey, dimMul, dimSub } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { ViewOp } from '../op.ts';
import { shiftAxes } from '../transforms/batch-rules.ts';
import { normalizeAxis, range, reshapeTo, shapeText, sumAxes } from './axes.ts';
import { padOp, sliceAxis } from './slice.ts';
import { flip, transpose } from './transpose.ts';

// Sliding windows, and their transpose, which lays windows over one another and adds.

export const windowsOp: ViewOp = view({
  name: 'windows',
  doc: 'out[…, o, …, k, …] = x[…, stride · o + dilation · k, …]; window axes stand behind the last of axes',
  attributes: { axes: 'ints', sizes: 'ints', strides: 'ints', dilations: 'ints' },
  shape([x], { axes, sizes, strides, dilations }) {
    const shape = x ?? [];
    checkWindows(shape, axes, [sizes, strides, dilations]);
    const counts = axes.map((axis, i) =>
      windowCount(
        shape[axis] as Dim,
        axis,
        sizes[i] as number,
        strides[i] as number,
        dilations[i] as number,
      ),
    );
    const moved = shape.map((d, axis) => counts[axes.indexOf(axis)] ?? d);
    return moved.toSpliced(behind(axes), 0, ...sizes);
  },
  map: ([x], { axes, strides, dilations }) => {
    const own = range(x?.length ?? 0);
    const step = (axis: number): number => strides[axes.indexOf(axis)] ?? 1;
    const at = behind(axes);
    return {
      form: 'affine',
      start: own.map(() => 0),
      axes: own.toSpliced(at, 0, ...axes),
      steps: own.map(step).toSpliced(at, 0, ...dilations),
    };
  },
  vjp: ({ inputs: [x], cotangents: [ct], attrs }) => [
    x && ct ? overlapAdd(ct, x.shape, attrs) : null,
  ],
  batch: shiftAxes,
});

/** Where windows lie: the axes that they move along, ascending, and for each its window. */
export interface Windows {
  readonly axes: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

const behind = (axes: readonly number[]): number => (axes.at(-1) ?? -1) + 1;

function checkWindows(
  shape: readonly Dim[],
  axes: readonly number[],
  lists: readonly (readonly number[])[],
): void {
  const ascending = axes.every((a, i) => Number.isInteger(a) && a > (axes[i - 1] ?? -1));
  if (!ascending || (axes.at(-1) ?? -1) >= shape.length) {
    throw new TypeRuleError('axis', `window axes [${axes.join(', ')}] of ${shapeText(shape)}`);
  }
  for (const list of lists) {
    if (list.length === axes.length && list.every((n) => Number.isSafeInteger(n) && n >= 1))
      continue;
    throw new TypeRuleError(
      'window',
      `[${list.join(', ')}] for ${axes.length} axes: expected an integer from 1 for each`,
    );
  }
}

/** How far a window reaches: the places from its first element to its last. */
export function windowExtent(size: number, dilation: number): number {
  return dilation * (size - 1) + 1;
}

/** How many windows lie within an axis of this extent. */
export function windowCount(
  extent: Dim,
  axis: number,
  size: number,
  stride: number,
  dilation: number,
): Dim {
  const reach = windowExtent(size, dilation);
  const [least] = dimBounds(extent);
  if (least >= reach) return dimAdd(dimFloorDiv(dimSub(extent, reach), stride), 1);
  const dilated = dilation === 1 ? '' : ` (${size}, dilated by ${dilation})`;
  const known = typeof extent === 'number';
  throw new TypeRuleError(
    'window',
    `a window of ${reach}${dilated} does not fit in an extent of ${dimKey(extent)} on axis ${axis}${known ? '' : `, which may be ${least}`}`,
    `pad the input, ${known ? 'or make the window smaller' : 'make the window smaller, or give the dim a larger min'}`,
  );
}

/**
 * Sliding windows along axes: an axis of extent L becomes the floor((L − dilation · (size − 1) − 1) / stride) + 1
 * places of a window, and the windows' own axes, one each of extent `size`, stand behind the last of `axes`. Nothing
 * is copied where the result is reduced or multiplied.
 *
 *     windows(x, 1, 3)                              // f32[N, 8] to f32[N, 6, 3]
 *     windows(image, [1, 2], [2, 2], { strides: [2, 2] }).max([3, 4])
 *
 * @throws GraphError when a window does not fit, or axes do not ascend.
 */
export function windows(
  x: Tensor,
  axes: number | readonly number[],
  sizes: number | readonly number[],
  options: {
    readonly strides?: number | readonly number[];
    readonly dilations?: number | readonly number[];
  } = {},
): Tensor {
  return checked(`windows(${x})`, () => {
    const list = (typeof axes === 'number' ? [axes] : axes).map((a) => normalizeAxis(a, x.rank));
    const each = (value: number | readonly number[] = 1): readonly number[] =>
      typeof value === 'number' ? list.map(() => value) : value;
    const { strides, dilations } = options;
    return windowsOf(x, {
      axes: list,
      sizes: each(sizes),
      strides: each(strides),
      dilations: each(dilations),
    });
  });
}

/** `windows` as an op takes it. */
export function windowsOf(x: Tensor, { axes, sizes, strides, dilations }: Windows): Tensor {
  return axes.length === 0 ? x : make1(windowsOp, [x], { axes, sizes, strides, dilations });
}

// ------------------------------------------------------------------------------------------------ the transpose

/** The transpose of `windows`: x[i] = Σ ct[…, o, …, k, …] over all o and k with stride · o + dilation · k = i. */
export function overlapAdd(ct: Tensor, shape: readonly Dim[], windows: Windows): Tensor {
  const at = behind(windows.axes);
  return windows.axes.reduceRight((sum, axis, i) => {
    const [stride, dilation] = [windows.strides[i] as number, windows.dilations[i] as number];
    return foldAxis(nextTo(sum, axis, at + i), axis, shape[axis] as Dim, stride, dilation);
  }, ct);
}

// The window axis, right behind the axis that it moves along.
function nextTo(x: Tensor, axis: number, window: number): Tensor {
  const order = range(x.rank)
    .toSpliced(window, 1)
    .toSpliced(axis + 1, 0, window);
  return transpose(x, order);
}

// [.., count, size, ..] to [.., extent, ..].
function foldAxis(ct: Tensor, axis: number, extent: Dim, stride: number, dilation: number): Tensor {
  const size = ct.shape[axis + 1] as number;
  if (size === 1) return spread(dropAxis(ct, axis + 1), axis, extent, stride, 0);
  return (
    (dilation === 1 && stride >= size ? sideBySide(ct, axis, extent, stride) : undefined) ??
    overlapped(ct, axis, extent, stride, dilation)
  );
}

function dropAxis(x: Tensor, axis: number): Tensor {
  return reshapeTo(x, x.shape.toSpliced(axis, 1));
}

// Zeros between neighbours, `low` of them before, and as many behind as `extent` asks for.
function spread(x: Tensor, axis: number, extent: Dim, stride: number, low: number): Tensor {
  const covered = dimAdd(dimMul(dimSub(x.shape[axis] as Dim, 1), stride), 1);
  const high = dimSub(extent, covered);
  const at = <T>(value: T, other: T): readonly T[] =>
    x.shape.map((_, a) => (a === axis ? value : other));
  if (low === 0 && high === 0 && stride === 1) return x;
  return make1(padOp, [x], {
    low: at<Dim>(low, 0),
    high: at<Dim>(high, 0),
    interior: at(stride - 1, 0),
    value: 0,
  });
}

// Windows that do not overlap lie one after another; undefined where it cannot be proved how many places remain.
function sideBySide(ct: Tensor, axis: number, extent: Dim, stride: number): Tensor | undefined {
  const [count, size] = [ct.shape[axis] as Dim, ct.shape[axis + 1] as number];
  const rest = dimSub(extent, dimMul(count, stride));
  const [least, most] = dimBounds(rest);
  if (least < 0 && most > 0) return undefined;
  const wide = spread(ct, axis + 1, stride, 1, 0);
  const merged = [...ct.shape.slice(0, axis), dimMul(count, stride), ...ct.shape.slice(axis + 2)];
  const row = reshapeTo(size === stride ? ct : wide, merged);
  if (least < 0) return sliceAxis(row, axis, 0, extent);
  return spread(row, axis, extent, 1, 0);
}

/*
 * With the places spread by the stride behind `low = dilation · (size − 1)` zeros, and the window's elements in reverse,
 * x[i] = Σ_k p[i + dilation · k, k]: the elements (i + dilation · k) · size + k of p as one axis, which are windows
 * again. One copy and one reduction, whatever the size.
 */
function overlapped(
  ct: Tensor,
  axis: number,
  extent: Dim,
  stride: number,
  dilation: number,
): Tensor {
  const size = ct.shape[axis + 1] as number;
  const low = dilation * (size - 1);
  const p = spread(flip(ct, axis + 1), axis, extent, stride, low);
  const flat = reshapeTo(p, [
    ...p.shape.slice(0, axis),
    dimMul(p.shape[axis] as Dim, size),
    ...p.shape.slice(axis + 2),
  ]);
  const diagonals = windowsOf(flat, {
    axes: [axis],
    sizes: [size],
    strides: [size],
    dilations: [dilation * size + 1],
  });
  return sumAxes(diagonals, [axis + 1]);
}

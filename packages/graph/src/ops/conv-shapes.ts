import type { Dim } from '../dim.ts';
import { dimAdd, dimBounds, dimFloorDiv, dimKey, dimMul, dimSub } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { make1 } from '../node.ts';
import { range } from './axes.ts';
import { padOp, slice } from './slice.ts';
import { windowExtent } from './windows.ts';

// What convolutions and pooling say about space: pads, strides and dilations per spatial axis of [N, ...space, C].

/**
 * Zeros around the spatial axes: none (`'VALID'`), so many that strides alone decide the output's extent, the odd one
 * behind (`'SAME'`), the same number everywhere, or for each axis a number or [before, behind].
 */
export type Padding = 'SAME' | 'VALID' | number | readonly (number | readonly [number, number])[];

/** One number for every spatial axis, or one each. */
export type PerAxis = number | readonly number[];

/** Places added before and behind each spatial axis; a negative number takes places away. */
export interface Pads {
  readonly low: readonly Dim[];
  readonly high: readonly Dim[];
}

/** A list with one positive integer for each spatial axis. */
export function perAxis(what: string, value: PerAxis | undefined, rank: number): readonly number[] {
  const list = typeof value === 'object' ? value : range(rank).map(() => value ?? 1);
  if (list.length === rank && list.every((n) => Number.isSafeInteger(n) && n >= 1)) return list;
  throw new TypeRuleError(
    'window',
    `${what} is ${text(value)}, expected an integer from 1${rank === 1 ? '' : `, or ${rank} of them`}`,
  );
}

const text = (value: unknown): string => JSON.stringify(value) ?? 'undefined';

/** Pads in numbers, for windows of these sizes on axes of these extents. */
export function resolvePadding(
  padding: Padding,
  extents: readonly Dim[],
  sizes: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): Pads {
  const none = extents.map(() => 0);
  if (padding === 'VALID') return { low: none, high: none };
  if (padding === 'SAME') {
    const totals = extents.map((extent, i) =>
      sameTotal(extent, windowExtent(sizes[i] ?? 1, dilations[i] ?? 1), strides[i] ?? 1),
    );
    const low = totals.map((total) => dimFloorDiv(total, 2));
    return { low, high: totals.map((total, i) => dimSub(total, low[i] as Dim)) };
  }
  return pairs(padding, extents.length);
}

// As TensorFlow and JAX: ceil(extent / stride) windows.
function sameTotal(extent: Dim, reach: number, stride: number): Dim {
  const count = dimFloorDiv(dimAdd(extent, stride - 1), stride);
  const total = dimAdd(dimMul(dimSub(count, 1), stride), reach, dimMul(-1, extent));
  const [least, most] = dimBounds(total);
  if (least >= 0) return total;
  if (most <= 0) return 0;
  throw new TypeRuleError(
    'padding',
    `'SAME' with stride ${stride} pads an extent of ${dimKey(extent)} by ${dimKey(total)}, which may be negative`,
    'give the dim a multipleOf, or pads as numbers',
  );
}

/** Pads that are given as numbers. */
export function pairs(padding: Exclude<Padding, string>, rank: number): Pads {
  const list = typeof padding === 'number' ? range(rank).map(() => padding) : padding;
  const both = list.map((p) => (typeof p === 'number' ? ([p, p] as const) : p));
  const legal = both.every(
    (p) => p.length === 2 && p.every((n) => Number.isSafeInteger(n) && n >= 0),
  );
  if (both.length === rank && legal) {
    return { low: both.map(([low]) => low), high: both.map(([, high]) => high) };
  }
  throw new TypeRuleError(
    'padding',
    `padding is ${text(padding)}, expected 'SAME', 'VALID', a number from 0, or ${rank} of [before, behind]`,
  );
}

/** `dilation` − 1 of `value` between neighbours on the spatial axes, then pads; negative ones cut places off. */
export function padSpace(
  x: Tensor,
  { low, high }: Pads,
  dilations: readonly number[],
  value: number,
): Tensor {
  const removed = (pads: readonly Dim[]): readonly Dim[] =>
    pads.map((d) => positive(dimMul(-1, d)));
  const wide = padNode(x, { low: low.map(positive), high: high.map(positive) }, dilations, value);
  return crop(wide, { low: removed(low), high: removed(high) });
}

function padNode(
  x: Tensor,
  { low, high }: Pads,
  dilations: readonly number[],
  value: number,
): Tensor {
  const unchanged = [...low, ...high].every((d) => d === 0) && dilations.every((n) => n === 1);
  if (unchanged) return x;
  const interior = [0, ...dilations.map((n) => n - 1), 0];
  return make1(padOp, [x], { low: [0, ...low, 0], high: [0, ...high, 0], interior, value });
}

function crop(x: Tensor, { low, high }: Pads): Tensor {
  if ([...low, ...high].every((d) => d === 0)) return x;
  const stop = high.map((d, i) => dimSub(x.shape[i + 1] as Dim, d));
  return slice(x, [0, ...low], [undefined, ...stop]);
}

// The pad where it is one, 0 where it cuts.
function positive(pad: Dim): Dim {
  const [least, most] = dimBounds(pad);
  if (least >= 0) return pad;
  if (most <= 0) return 0;
  throw new TypeRuleError(
    'padding',
    `pads by ${dimKey(pad)}, which may be positive or negative`,
    'give the symbolic dims bounds, or a multipleOf, that decide it',
  );
}

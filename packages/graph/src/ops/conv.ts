import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimAdd, dimEqual, dimKey, dimMul, dimSub, elementCount } from '../dim.ts';
import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { range, reshapeTo, shapeText } from './axes.ts';
import type { Pads } from './conv-shapes.ts';
import { padSpace } from './conv-shapes.ts';
import { zerosLike } from './leaves.ts';
import { matmul, matmulOp } from './matmul.ts';
import { slice } from './slice.ts';
import { flip, swapAxes, transpose } from './transpose.ts';
import { windowCount, windowExtent, windowsOf } from './windows.ts';

// Convolution (cross-correlation, as everywhere in the field) of x: [N, ...space, C] with w: [...window, C / groups, O].
// Its gradients are convolutions again: that of x spreads the cotangent by the strides and meets the kernel reversed.

/** Everything that is constant about a convolution; one entry for each spatial axis. */
export interface ConvAttrs extends Pads {
  readonly strides: readonly number[];
  /** Distance of neighbours of x; more than 1 puts zeros between them, before the pads. */
  readonly inputDilation: readonly number[];
  /** Distance of neighbours of w. */
  readonly kernelDilation: readonly number[];
  /** Feature axes are cut into so many parts, each of which sees its own alone. */
  readonly groups: number;
}

const attributes = {
  strides: 'ints',
  low: 'shape',
  high: 'shape',
  inputDilation: 'ints',
  kernelDilation: 'ints',
  groups: 'int',
} as const;

export const convOp: CompositeOp = composite({
  name: 'conv',
  precision: 'compute',
  doc: 'out[n, o, f] = Σ x[n, stride · o + dilation · k − low, c] · w[k, c, f] over k and c; x: [N, ...space, C], w: [...window, C / groups, F]',
  attributes,
  inputs: 2,
  decompose(inputs, attrs) {
    const [x, w] = inputs as readonly [Tensor, Tensor];
    checkConv(x, w, attrs);
    const patches = patchesOf(x, windowOf(w), attrs);
    const out = make1(matmulOp, [patches.rows, byGroup(w, attrs.groups)], {});
    return [ungroup(out, [...patches.places, w.shape.at(-1) as Dim], attrs.groups)];
  },
  vjp: ({ inputs, cotangents: [ct], attrs }) => {
    const [x, w] = inputs as readonly [Tensor, Tensor];
    return ct
      ? [inputGradient(x, w, ct, attrs), kernelGradient(x, ct, windowOf(w), attrs)]
      : [null, null];
  },
  batch: ({ inputs, mapped, size, attrs, all }) => {
    if (mapped[1]) return batchAsGroups(convOp, all(), attrs);
    const [x, w] = inputs as readonly [Tensor, Tensor];
    const merged = reshapeTo(x, [dimMul(size, x.shape[1] as Dim), ...x.shape.slice(2)]);
    const out = make1(convOp, [merged, w], { ...attrs });
    return [reshapeTo(out, [size, x.shape[1] as Dim, ...out.shape.slice(1)])];
  },
});

export const convKernelGradientOp: CompositeOp = composite({
  name: 'convKernelGradient',
  doc: 'the gradient of conv for its kernel: out[k, c, f] = Σ x[n, stride · o + dilation · k − low, c] · ct[n, o, f] over n and o',
  attributes: { ...attributes, window: 'ints' },
  precision: 'compute',
  inputs: 2,
  decompose(inputs, { window, ...attrs }) {
    const [x, ct] = inputs as readonly [Tensor, Tensor];
    checkKernelGradient(x, ct, attrs);
    const { rows, places } = patchesOf(x, window, attrs);
    const [features, channels] = [
      ct.shape.at(-1) as Dim,
      perGroup(x.shape.at(-1) as Dim, attrs.groups),
    ];
    if (!sameShape([...places, features], ct.shape)) {
      throw new TypeRuleError(
        'shape-mismatch',
        `the cotangent is ${shapeText(ct.shape)}, expected ${shapeText([...places, features])}`,
      );
    }
    const sums = make1(matmulOp, [swapAxes(rows, -1, -2), byGroup(ct, attrs.groups)], {});
    return [ungroup(sums, [...window, channels, features], attrs.groups)];
  },
  // Linear in both operands: what conv and its gradient for x are to one another, with the kernel's cotangent as kernel.
  vjp: ({ inputs, cotangents: [kernel], attrs: { window: _, ...attrs } }) => {
    const [x, ct] = inputs as readonly [Tensor, Tensor];
    return kernel
      ? [inputGradient(x, kernel, ct, attrs), convolve(x, kernel, attrs)]
      : [null, null];
  },
  batch: ({ attrs, all }) => batchAsGroups(convKernelGradientOp, all(), attrs),
});

/** The convolution as its attributes say; a window of one place is a matrix product. */
export function convolve(x: Tensor, w: Tensor, attrs: ConvAttrs): Tensor {
  checkConv(x, w, attrs);
  const pointwise =
    attrs.groups === 1 &&
    windowOf(w).every((n) => n === 1) &&
    attrs.inputDilation.every((n) => n === 1);
  if (!pointwise) return make1(convOp, [x, w], { ...attrs });
  const padded = padSpace(x, attrs, attrs.inputDilation, 0);
  const strided = attrs.strides.every((n) => n === 1);
  const taken = strided ? padded : slice(padded, [], [], [1, ...attrs.strides, 1]);
  return matmul(taken, reshapeTo(w, w.shape.slice(-2)));
}

// Both operands mapped: each element is a group of its own, or a number of groups.
function batchAsGroups(
  op: CompositeOp,
  operands: readonly Tensor[],
  attrs: ConvAttrs,
): readonly Tensor[] | null {
  const size = operands[0]?.shape[0];
  if (typeof size !== 'number' || size < 1) return null;
  const joined = operands.map(groupLast);
  const out = make1(op, joined, { ...attrs, groups: size * attrs.groups });
  const own = perGroup(out.shape.at(-1) as Dim, size);
  return [groupFirst(reshapeTo(out, [...out.shape.slice(0, -1), size, own]))];
}

// ------------------------------------------------------------------------------------------------ checks

const windowOf = (w: Tensor): readonly number[] => w.shape.slice(0, -2) as readonly number[];

const sameShape = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((d, i) => dimEqual(d, b[i] as Dim));

function checkConv(x: Tensor, w: Tensor, attrs: ConvAttrs): void {
  const { strides, low, high, inputDilation, kernelDilation, groups } = attrs;
  if (x.rank < 3 || w.rank !== x.rank) {
    throw new TypeRuleError(
      'rank',
      `x is ${shapeText(x.shape)} and w is ${shapeText(w.shape)}, expected [batch, ...space, channels] and [...window, channels, features]`,
    );
  }
  checkFloats(x, w);
  checkStatic(w);
  if (!Number.isSafeInteger(groups) || groups < 1) {
    throw new TypeRuleError('groups', `groups is ${groups}, expected an integer from 1`);
  }
  const [channels, own, features] = [
    x.shape.at(-1),
    w.shape.at(-2),
    w.shape.at(-1),
  ] as readonly number[];
  if (!dimEqual(channels as Dim, (own as number) * groups)) {
    throw new TypeRuleError(
      'shape-mismatch',
      groups === 1
        ? `x has ${dimKey(channels as Dim)} channels, w takes ${own}`
        : `x has ${dimKey(channels as Dim)} channels, w takes ${own} in each of ${groups} groups`,
      'w is [...window, channels / groups, features]',
    );
  }
  if ((features as number) % groups !== 0) {
    throw new TypeRuleError('groups', `${features} features do not divide into ${groups} groups`);
  }
  windowOf(w).forEach((size, i) => {
    const spread = reachOf(x.shape[i + 1] as Dim, inputDilation[i] ?? 1);
    const extent = dimAdd(spread, low[i] ?? 0, high[i] ?? 0);
    windowCount(extent, i + 1, size, strides[i] ?? 1, kernelDilation[i] ?? 1);
  });
}

function checkFloats(x: Tensor, y: Tensor): void {
  if (isFloat(x.dtype) && x.dtype === y.dtype) return;
  throw new TypeRuleError(
    'dtype',
    `takes a float dtype, got ${x.dtype} and ${y.dtype}`,
    'cast the operands to one of them first',
  );
}

function checkStatic(w: Tensor): void {
  if (w.shape.every((d) => typeof d === 'number')) return;
  throw new TypeRuleError(
    'shape',
    `the kernel is ${shapeText(w.shape)}: its extents must be numbers`,
    'use symbolic dims for batch and space alone',
  );
}

function checkKernelGradient(x: Tensor, ct: Tensor, { groups }: ConvAttrs): void {
  checkFloats(x, ct);
  const divides = [x, ct].every((t) => (t.shape.at(-1) as number) % groups === 0);
  if (x.rank >= 3 && ct.rank === x.rank && divides) return;
  throw new TypeRuleError(
    'shape-mismatch',
    `x is ${shapeText(x.shape)}, the cotangent ${shapeText(ct.shape)}, in ${groups} groups`,
  );
}

// ------------------------------------------------------------------------------------------------ as products

const perGroup = (extent: Dim, groups: number): number => (extent as number) / groups;

/** The windows of x as rows of a matrix, `[M, window · channels]` or that for each group, and what counts them. */
function patchesOf(
  x: Tensor,
  window: readonly number[],
  attrs: ConvAttrs,
): { readonly rows: Tensor; readonly places: readonly Dim[] } {
  const { groups } = attrs;
  const spatial = window.length;
  const padded = padSpace(x, attrs, attrs.inputDilation, 0);
  const channels = padded.shape.at(-1) as Dim;
  const features = groups === 1 ? [channels] : [groups, perGroup(channels, groups)];
  const windows = windowsOf(reshapeTo(padded, [...padded.shape.slice(0, -1), ...features]), {
    axes: range(spatial).map((i) => i + 1),
    sizes: window,
    strides: attrs.strides,
    dilations: attrs.kernelDilation,
  });
  const places = windows.shape.slice(0, spatial + 1);
  const count = elementCount(places);
  const inner = dimMul(...window, features.at(-1) as Dim);
  if (groups === 1) return { rows: reshapeTo(windows, [count, inner]), places };
  return { rows: reshapeTo(groupFirst(windows), [groups, count, inner]), places };
}

// [..., G, C] to [G, ..., C].
function groupFirst(x: Tensor): Tensor {
  const at = x.rank - 2;
  return transpose(x, [at, ...range(at), at + 1]);
}

// [G, ..., C] to [..., G · C].
function groupLast(x: Tensor): Tensor {
  const at = x.rank - 1;
  const moved = transpose(x, [...range(at).slice(1), 0, at]);
  return reshapeTo(moved, [...moved.shape.slice(0, -2), dimMul(...moved.shape.slice(-2))]);
}

// [..., C, F] to [... · C, F], or that for each group.
function byGroup(w: Tensor, groups: number): Tensor {
  const features = w.shape.at(-1) as Dim;
  const rows = elementCount(w.shape.slice(0, -1));
  if (groups === 1) return reshapeTo(w, [rows, features]);
  const split = reshapeTo(w, [rows, groups, perGroup(features, groups)]);
  return groupFirst(split);
}

// [M, F] or [G, M, F / G] to a shape whose last axis is F.
function ungroup(x: Tensor, shape: readonly Dim[], groups: number): Tensor {
  return reshapeTo(groups === 1 ? x : transpose(x, [1, 0, 2]), shape);
}

// ------------------------------------------------------------------------------------------------ gradients

// The places of an extent whose neighbours are `dilation` apart, with those between them.
function reachOf(extent: Dim, dilation: number): Dim {
  return extent === 0 ? 0 : dimAdd(dimMul(dimSub(extent, 1), dilation), 1);
}

function inputGradient(x: Tensor, w: Tensor, ct: Tensor, attrs: ConvAttrs): Tensor {
  // No window lies over nothing.
  if (x.shape.some((d) => d === 0)) return zerosLike(x);
  const { strides, low, inputDilation, kernelDilation, groups } = attrs;
  const reach = windowOf(w).map((size, i) => windowExtent(size, kernelDilation[i] ?? 1) - 1);
  return convolve(ct, reversed(w, groups), {
    strides: inputDilation,
    inputDilation: strides,
    kernelDilation,
    groups,
    low: low.map((pad, i) => dimSub(reach[i] ?? 0, pad)),
    high: low.map((pad, i) => {
      const covered = reachOf(ct.shape[i + 1] as Dim, strides[i] ?? 1);
      return dimAdd(
        reachOf(x.shape[i + 1] as Dim, inputDilation[i] ?? 1),
        pad,
        dimMul(-1, covered),
      );
    }),
  });
}

// Every spatial axis reversed, channels and features of each group exchanged.
function reversed(w: Tensor, groups: number): Tensor {
  const window = windowOf(w);
  const turned = flip(
    w,
    window.flatMap((size, axis) => (size > 1 ? [axis] : [])),
  );
  if (groups === 1) return swapAxes(turned, -1, -2);
  const [channels, features] = w.shape.slice(-2) as readonly number[] as readonly [number, number];
  const own = features / groups;
  const split = reshapeTo(turned, [...window, channels, groups, own]);
  return reshapeTo(swapAxes(split, -1, -3), [...window, own, groups * channels]);
}

function kernelGradient(
  x: Tensor,
  ct: Tensor,
  window: readonly number[],
  attrs: ConvAttrs,
): Tensor {
  return make1(convKernelGradientOp, [x, ct], { ...attrs, window });
}

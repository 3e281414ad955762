import { view } from '../define.ts';
import type { Dim } from '../dim.ts';
import { dimAdd, dimBounds, dimEqual, dimFloorDiv, dimKey, dimMul, dimSub } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { ViewOp } from '../op.ts';
import { shiftAxis } from '../transforms/batch-rules.ts';
import { linear } from '../transforms/linear.ts';
import { broadcastInDim, normalizeAxis, range, reshapeTo, shapeText } from './axes.ts';
import { flip } from './transpose.ts';

// Slice and pad are each other's transposes.

export const sliceOp: ViewOp = view({
  name: 'slice',
  doc: 'x[start : stop : step] on every axis',
  attributes: { start: 'shape', stop: 'shape', step: 'ints' },
  shape([x], { start, stop, step }) {
    return (x ?? []).map((extent, i) =>
      sliceExtent(extent, start[i] as Dim, stop[i] as Dim, step[i] as number, i),
    );
  },
  map: (_, { start, step }) => ({ form: 'affine', start, axes: range(step.length), steps: step }),
  vjp: ({ inputs: [x], outputs: [y], cotangents: [ct], attrs: { start, step } }) => {
    if (!x || !y || !ct) return [null];
    // low + extent + (extent - 1) * (step - 1) + high = the input's extent.
    const high = x.shape.map((d, i) => {
      const extent = y.shape[i] as Dim;
      const covered = dimEqual(extent, 0)
        ? 0
        : dimAdd(extent, dimMul(dimSub(extent, 1), (step[i] as number) - 1));
      return dimSub(dimSub(d, start[i] as Dim), covered);
    });
    return [make1(padOp, [ct], { low: start, high, interior: step.map((s) => s - 1), value: 0 })];
  },
  batch: ({ inputs: [x], size, attrs: { start, stop, step } }) => [
    make1(sliceOp, [x as Tensor], {
      start: [0, ...start],
      stop: [size, ...stop],
      step: [1, ...step],
    }),
  ],
});

function sliceExtent(extent: Dim, start: Dim, stop: Dim, step: number, axis: number): Dim {
  const text = `slice ${dimKey(start)}:${dimKey(stop)}:${step} of extent ${dimKey(extent)} on axis ${axis}`;
  const legal =
    dimBounds(start)[0] >= 0 &&
    dimBounds(dimSub(stop, start))[0] >= 0 &&
    dimBounds(dimSub(extent, stop))[0] >= 0;
  if (!legal || !Number.isInteger(step) || step < 1) {
    throw new TypeRuleError(
      'slice',
      `${text}: expected 0 <= start <= stop <= extent and step >= 1`,
    );
  }
  return step === 1
    ? dimSub(stop, start)
    : dimFloorDiv(dimAdd(dimSub(stop, start), step - 1), step);
}

/**
 * x[start : stop : step] on every axis; a negative number counts from the end, a missing stop is
 * the end.
 *
 *     slice(x, [0, 1])          // from row 0, column 1
 *     slice(x, [0], [10], [2])  // rows 0 2 4 6 8
 */
export function slice(
  x: Tensor,
  start: readonly Dim[],
  stop: readonly (Dim | undefined)[] = [],
  step: readonly number[] = [],
): Tensor {
  const bound = (d: Dim | undefined, extent: Dim, fallback: Dim): Dim =>
    d === undefined ? fallback : typeof d === 'number' && d < 0 ? dimAdd(extent, d) : d;
  return checked(`slice(${x})`, () => {
    if (Math.max(start.length, stop.length, step.length) > x.rank) {
      throw new TypeRuleError('rank', `${start.length} starts for rank ${x.rank}`);
    }
    const full = {
      start: x.shape.map((d, i) => bound(start[i], d, 0)),
      stop: x.shape.map((d, i) => bound(stop[i], d, d)),
      step: x.shape.map((_, i) => step[i] ?? 1),
    };
    return make1(sliceOp, [x], full);
  });
}

/** Part of one axis: `sliceAxis(x, 1, 0, 3)` is x[:, 0:3]. */
export function sliceAxis(x: Tensor, axis: number, start: Dim, stop?: Dim, step = 1): Tensor {
  return checked(`slice(${x})`, () => {
    const at = normalizeAxis(axis, x.rank);
    const pick = <T>(value: T, other: T): T[] => x.shape.map((_, i) => (i === at ? value : other));
    return slice(x, pick<Dim>(start, 0), pick<Dim | undefined>(stop, undefined), pick(step, 1));
  });
}

export const padOp: ViewOp = view({
  name: 'pad',
  doc: 'value around the elements, and `interior` of them between neighbours',
  attributes: { low: 'shape', high: 'shape', interior: 'ints', value: 'float' },
  shape([x], { low, high, interior }) {
    return (x ?? []).map((extent, i) => {
      const between = interior[i] as number;
      const [a, b] = [low[i] as Dim, high[i] as Dim];
      if (dimBounds(a)[0] < 0 || dimBounds(b)[0] < 0 || between < 0) {
        throw new TypeRuleError(
          'pad',
          `pads ${dimKey(a)}, ${dimKey(b)}, interior ${between} on axis ${i}`,
          'use slice to remove elements',
        );
      }
      const gaps = between === 0 || dimEqual(extent, 0) ? 0 : dimMul(dimSub(extent, 1), between);
      return dimAdd(a, extent, gaps, b);
    });
  },
  map: (_, { low, interior, value }) => ({
    form: 'pieces',
    fill: value,
    pieces: [{ input: 0, start: low, step: interior.map((n) => n + 1) }],
  }),
  vjp: ({ inputs: [x], cotangents: [ct], attrs: { low, interior } }) => {
    if (!x || !ct) return [null];
    const step = interior.map((n) => n + 1);
    // Just past the last element, so that the slice has the input's extent.
    const stop = x.shape.map((d, i) =>
      dimEqual(d, 0)
        ? (low[i] as Dim)
        : dimAdd(low[i] as Dim, dimMul(dimSub(d, 1), step[i] as number), 1),
    );
    return [make1(sliceOp, [ct], { start: low, stop, step })];
  },
  batch: ({ inputs: [x], attrs: { low, high, interior, value } }) => [
    make1(padOp, [x as Tensor], {
      low: [0, ...low],
      high: [0, ...high],
      interior: [0, ...interior],
      value,
    }),
  ],
});

/**
 * What fills a pad instead of a value: the nearest element ('edge'), the elements mirrored without
 * the border ('reflect') or with it ('symmetric'), or those from the other end ('wrap').
 */
export type PadMode = 'edge' | 'reflect' | 'symmetric' | 'wrap';

/**
 * `value`, or what the mode says, around x: `pad(x, [[1, 1], [0, 2]])` adds a row above and below
 * and two columns behind.
 *
 *     pad(x, [[2, 2]], 'reflect')      // [1, 2, 3] is [3, 2, 1, 2, 3, 2, 1]
 *
 * @throws GraphError when a mirrored or wrapped pad is longer than what there is to repeat.
 */
export function pad(
  x: Tensor,
  pads: readonly (readonly [Dim, Dim])[],
  value: number | PadMode = 0,
): Tensor {
  return checked(`pad(${x})`, () => {
    if (pads.length !== x.rank)
      throw new TypeRuleError('rank', `${pads.length} pairs of pads for rank ${x.rank}`);
    if (typeof value === 'string')
      return pads.reduce((y, pair, axis) => padAxis(y, axis, pair, value), x);
    const low = pads.map((p) => p[0]);
    const high = pads.map((p) => p[1]);
    return make1(padOp, [x], { low, high, interior: pads.map(() => 0), value });
  });
}

function padAxis(x: Tensor, axis: number, pair: readonly [Dim, Dim], mode: PadMode): Tensor {
  const [low, high] = pair;
  const before = dimEqual(low, 0) ? [] : [besides(x, axis, low, mode, true)];
  const behind = dimEqual(high, 0) ? [] : [besides(x, axis, high, mode, false)];
  return concat([...before, x, ...behind], axis);
}

// The `count` elements that come before the first, or behind the last.
function besides(x: Tensor, axis: number, count: Dim, mode: PadMode, before: boolean): Tensor {
  const extent = x.shape[axis] as Dim;
  if (mode === 'edge') {
    const start = before ? 0 : dimSub(extent, 1);
    const edge = sliceAxis(x, axis, start, dimAdd(start, 1));
    const rest = edge.shape.toSpliced(axis, 1);
    const kept = range(x.rank).filter((a) => a !== axis);
    return broadcastInDim(reshapeTo(edge, rest), x.shape.with(axis, count), kept);
  }
  const border = mode === 'reflect' ? 1 : 0;
  const most = dimSub(extent, border);
  if (dimBounds(dimSub(most, count))[0] < 0) {
    throw new TypeRuleError(
      'pad',
      `a pad of ${dimKey(count)} on axis ${axis}, but '${mode}' has ${dimKey(most)} elements to repeat`,
      'pad twice, or less',
    );
  }
  const atFront = before !== (mode === 'wrap');
  const start = atFront ? border : dimSub(dimSub(extent, border), count);
  const part = sliceAxis(x, axis, start, dimAdd(start, count));
  return mode === 'wrap' ? part : flip(part, axis);
}

export const concatOp: ViewOp = view({
  name: 'concat',
  doc: 'operands one after another along axis',
  attributes: { axis: 'int' },
  inputs: [1, Number.POSITIVE_INFINITY],
  shape(inputs, { axis }) {
    const [first] = inputs as readonly [readonly Dim[]];
    for (const other of inputs) {
      if (
        other.length !== first.length ||
        other.some((d, i) => i !== axis && !dimEqual(d, first[i] as Dim))
      ) {
        throw new TypeRuleError(
          'shape',
          `concat along axis ${axis} of ${shapeText(first)} and ${shapeText(other)}`,
        );
      }
    }
    return first.map((d, i) => (i === axis ? dimAdd(...inputs.map((s) => s[axis] as Dim)) : d));
  },
  map(inputs, { axis }) {
    let at: Dim = 0;
    const pieces = inputs.map((shape, input) => {
      const start = shape.map((_, i) => (i === axis ? at : 0));
      at = dimAdd(at, shape[axis] as Dim);
      return { input, start, step: shape.map(() => 1) };
    });
    return { form: 'pieces', fill: null, pieces };
  },
  vjp({ inputs, cotangents: [ct], attrs: { axis } }) {
    let at: Dim = 0;
    return inputs.map((x) => {
      const start = at;
      at = dimAdd(at, x.shape[axis] as Dim);
      return ct ? sliceAxis(ct, axis, start, at) : null;
    });
  },
  jvp: linear,
  batch: shiftAxis,
});

/** Operands one after another along an axis. `concat([a, b], -1)` */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  return checked('concat', () => {
    if (!first) throw new TypeRuleError('arity', 'concat of no tensors');
    const at = normalizeAxis(axis, first.rank);
    return tensors.length === 1 ? first : make1(concatOp, tensors, { axis: at });
  });
}

import type { Dim } from '../dim.ts';
import { dimAdd, dimBounds, dimEqual, dimFloorDiv, dimKey, dimMul, dimSub, elementCount, exactQuotient } from '../dim.ts';
import { reduction, view } from '../define.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { ReduceOp, ViewOp } from '../op.ts';

// Ops that move elements, and `sum`: broadcast and sum, slice and pad are each other's transposes.

const shapeText = (shape: readonly Dim[]): string => `[${shape.map(dimKey).join(', ')}]`;
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Resolves negative axes; axes must be in range and distinct. */
export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number): readonly number[] {
  const list = axes === undefined ? range(rank) : typeof axes === 'number' ? [axes] : axes;
  const resolved = list.map((axis) => normalizeAxis(axis, rank));
  const repeated = resolved.find((axis, i) => resolved.indexOf(axis) !== i);
  if (repeated !== undefined) throw new TypeRuleError('axis', `axis ${repeated} is given twice in [${list.join(', ')}]`);
  return resolved;
}

export function normalizeAxis(axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  const valid = rank === 0 ? 'a scalar has no axes' : `expected ${-rank} to ${rank - 1}`;
  throw new TypeRuleError('axis', `axis ${axis} is out of range for rank ${rank}: ${valid}`);
}

const ascending = (axes: readonly number[]): readonly number[] => axes.toSorted((a, b) => a - b);

// ------------------------------------------------------------------------------------------------ sum, broadcast

export const sumOp: ReduceOp = reduction({
  name: 'sum',
  doc: 'Σ x over axes',
  accepts: (dtype) => dtype !== 'bool',
  identity: () => 0,
  combine: (a, b) => a + b,
  vjp: ({ inputs: [x], cotangents: [ct], attrs: { axes } }) => [x && ct ? unreduce(ct, x.shape, axes) : null],
});

export const broadcastOp: ViewOp = view({
  name: 'broadcast',
  doc: 'input axis i becomes output axis axes[i]; every other output axis repeats',
  attributes: { shape: 'shape', axes: 'ints' },
  shape([x], { shape, axes }) {
    const fits = x?.length === axes.length && axes.every((o, i) => o > (axes[i - 1] ?? -1) && o < shape.length);
    if (!x || !fits) throw new TypeRuleError('axis', `broadcast axes [${axes.join(', ')}] do not fit`);
    axes.forEach((o, i) => {
      if (!dimEqual(x[i] as Dim, shape[o] as Dim)) {
        throw new TypeRuleError('shape', `broadcast of ${shapeText(x)} to ${shapeText(shape)} on axes [${axes.join(', ')}]`);
      }
    });
    return shape;
  },
  map: ([x], { shape, axes }) => ({
    form: 'affine',
    start: (x ?? []).map(() => 0),
    axes: shape.map((_, o) => axes.indexOf(o)),
    steps: shape.map((_, o) => (axes.includes(o) ? 1 : 0)),
  }),
  vjp: ({ cotangents: [ct], attrs: { shape, axes } }) => [
    ct ? sumAxes(ct, range(shape.length).filter((o) => !axes.includes(o))) : null,
  ],
});

/** Repeats what a reduction over `axes` of something shaped `shape` gave. */
export function unreduce(x: Tensor, shape: readonly Dim[], axes: readonly number[]): Tensor {
  return broadcastInDim(x, shape, range(shape.length).filter((i) => !axes.includes(i)));
}

/** Input axis i becomes output axis axes[i], with the same extent; every other output axis repeats. */
export function broadcastInDim(x: Tensor, shape: readonly Dim[], axes: readonly number[]): Tensor {
  return axes.length === shape.length ? x : make1(broadcastOp, [x], { shape, axes });
}

/** The sum over canonical axes, which disappear; sums of bool count in i32. */
export function sumAxes(x: Tensor, axes: readonly number[]): Tensor {
  return axes.length === 0 ? x : make1(sumOp, [x], { axes: ascending(axes) });
}

/** Puts axes of extent 1 back where a reduction removed them. */
export function keepDims(x: Tensor, shape: readonly Dim[], axes: readonly number[]): Tensor {
  return reshapeTo(
    x,
    shape.map((d, i) => (axes.includes(i) ? 1 : d)),
  );
}

// ------------------------------------------------------------------------------------------------ reshape

export const reshapeOp: ViewOp = view({
  name: 'reshape',
  doc: 'the same elements in row-major order, in another shape',
  attributes: { shape: 'shape' },
  shape([x], { shape }) {
    const [from, to] = [elementCount(x ?? []), elementCount(shape)];
    if (!dimEqual(from, to)) {
      throw new TypeRuleError(
        'shape',
        `reshape of ${shapeText(x ?? [])} to ${shapeText(shape)}: ${dimKey(from)} elements, expected ${dimKey(to)}`,
      );
    }
    return shape;
  },
  map: () => ({ form: 'linear' }),
  vjp: ({ inputs: [x], cotangents: [ct] }) => [x && ct ? reshapeTo(ct, x.shape) : null],
});

/** Reshape without -1. */
export function reshapeTo(x: Tensor, shape: readonly Dim[]): Tensor {
  const same = shape.length === x.rank && shape.every((d, i) => dimEqual(d, x.shape[i] as Dim));
  return same ? x : make1(reshapeOp, [x], { shape });
}

/**
 * The same elements in row-major order, in another shape; one extent may be -1 and is inferred.
 *
 *     reshape(x, [N, 8, 8]);   reshape(x, [-1, 10])
 *
 * @throws GraphError when the element counts differ, or -1 cannot be inferred exactly.
 */
export function reshape(x: Tensor, shape: readonly Dim[]): Tensor {
  return checked(`reshape(${x})`, () => reshapeTo(x, inferMinusOne(x.shape, shape)));
}

function inferMinusOne(from: readonly Dim[], to: readonly Dim[]): readonly Dim[] {
  const unknown = to.flatMap((d, i) => (d === -1 ? [i] : []));
  if (unknown.length === 0) return to;
  const known = elementCount(to.filter((d) => d !== -1));
  const missing = known === 0 ? undefined : exactQuotient(elementCount(from), known);
  if (unknown.length > 1 || missing === undefined) {
    throw new TypeRuleError('shape', `cannot infer -1 in ${shapeText(to)} from ${shapeText(from)}`);
  }
  return to.map((d) => (d === -1 ? missing : d));
}

// ------------------------------------------------------------------------------------------------ transpose, flip

export const transposeOp: ViewOp = view({
  name: 'transpose',
  doc: 'output axis i is input axis axes[i]',
  attributes: { axes: 'ints' },
  shape([x], { axes }) {
    if (!x || axes.length !== x.length || ascending(axes).some((a, i) => a !== i)) {
      throw new TypeRuleError('axis', `[${axes.join(', ')}] is not a permutation of the axes of ${shapeText(x ?? [])}`);
    }
    return axes.map((a) => x[a] as Dim);
  },
  map: ([x], { axes }) => ({ form: 'affine', start: (x ?? []).map(() => 0), axes, steps: axes.map(() => 1) }),
  vjp: ({ cotangents: [ct], attrs: { axes } }) => [ct ? transposeTo(ct, range(axes.length).map((i) => axes.indexOf(i))) : null],
});

function transposeTo(x: Tensor, axes: readonly number[]): Tensor {
  return axes.every((a, i) => a === i) ? x : make1(transposeOp, [x], { axes });
}

/** Output axis i is input axis axes[i]; without axes, all axes are reversed. `transpose(x, [0, 2, 1])` */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  return checked(`transpose(${x})`, () =>
    transposeTo(x, axes ? normalizeAxes(axes, x.rank) : range(x.rank).reverse()),
  );
}

/** Exchanges two axes. */
export function swapAxes(x: Tensor, a: number, b: number): Tensor {
  return checked(`swapAxes(${x})`, () => {
    const [i, j] = [normalizeAxis(a, x.rank), normalizeAxis(b, x.rank)];
    return transposeTo(x, range(x.rank).map((k) => (k === i ? j : k === j ? i : k)));
  });
}

export const flipOp: ViewOp = view({
  name: 'flip',
  doc: 'reverses axes',
  attributes: { axes: 'ints' },
  shape: ([x]) => x ?? [],
  map: ([x], { axes }) => ({
    form: 'affine',
    start: (x ?? []).map((d, i) => (axes.includes(i) ? dimSub(d, 1) : 0)),
    axes: range(x?.length ?? 0),
    steps: (x ?? []).map((_, i) => (axes.includes(i) ? -1 : 1)),
  }),
  vjp: ({ cotangents: [ct], attrs }) => [ct ? make1(flipOp, [ct], attrs) : null],
});

/** Reverses the order along axes (all by default). */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  return checked(`flip(${x})`, () => {
    const list = ascending(normalizeAxes(axes, x.rank));
    return list.length === 0 ? x : make1(flipOp, [x], { axes: list });
  });
}

// ------------------------------------------------------------------------------------------------ slice, pad, concat

export const sliceOp: ViewOp = view({
  name: 'slice',
  doc: 'x[start : stop : step] on every axis',
  attributes: { start: 'shape', stop: 'shape', step: 'ints' },
  shape([x], { start, stop, step }) {
    return (x ?? []).map((extent, i) => sliceExtent(extent, start[i] as Dim, stop[i] as Dim, step[i] as number, i));
  },
  map: (_, { start, step }) => ({ form: 'affine', start, axes: range(step.length), steps: step }),
  vjp: ({ inputs: [x], outputs: [y], cotangents: [ct], attrs: { start, step } }) => {
    if (!x || !y || !ct) return [null];
    // low + extent + (extent - 1) * (step - 1) + high = the input's extent.
    const high = x.shape.map((d, i) => {
      const extent = y.shape[i] as Dim;
      const covered = dimEqual(extent, 0) ? 0 : dimAdd(extent, dimMul(dimSub(extent, 1), (step[i] as number) - 1));
      return dimSub(dimSub(d, start[i] as Dim), covered);
    });
    return [make1(padOp, [ct], { low: start, high, interior: step.map((s) => s - 1), value: 0 })];
  },
});

function sliceExtent(extent: Dim, start: Dim, stop: Dim, step: number, axis: number): Dim {
  const text = `slice ${dimKey(start)}:${dimKey(stop)}:${step} of extent ${dimKey(extent)} on axis ${axis}`;
  const legal = dimBounds(start)[0] >= 0 && dimBounds(dimSub(stop, start))[0] >= 0 && dimBounds(dimSub(extent, stop))[0] >= 0;
  if (!legal || !Number.isInteger(step) || step < 1) {
    throw new TypeRuleError('slice', `${text}: expected 0 <= start <= stop <= extent and step >= 1`);
  }
  return step === 1 ? dimSub(stop, start) : dimFloorDiv(dimAdd(dimSub(stop, start), step - 1), step);
}

/**
 * x[start : stop : step] on every axis; a negative number counts from the end, a missing stop is the end.
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
        throw new TypeRuleError('pad', `pads ${dimKey(a)}, ${dimKey(b)}, interior ${between} on axis ${i}`, 'use slice to remove elements');
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
      dimEqual(d, 0) ? (low[i] as Dim) : dimAdd(low[i] as Dim, dimMul(dimSub(d, 1), step[i] as number), 1),
    );
    return [make1(sliceOp, [ct], { start: low, stop, step })];
  },
});

/** `value` around x: `pad(x, [[1, 1], [0, 2]])` adds a row above and below and two columns behind. */
export function pad(x: Tensor, pads: readonly (readonly [Dim, Dim])[], value = 0): Tensor {
  return checked(`pad(${x})`, () => {
    if (pads.length !== x.rank) throw new TypeRuleError('rank', `${pads.length} pairs of pads for rank ${x.rank}`);
    const low = pads.map((p) => p[0]);
    const high = pads.map((p) => p[1]);
    return make1(padOp, [x], { low, high, interior: pads.map(() => 0), value });
  });
}

export const concatOp: ViewOp = view({
  name: 'concat',
  doc: 'operands one after another along axis',
  attributes: { axis: 'int' },
  inputs: [1, Number.POSITIVE_INFINITY],
  shape(inputs, { axis }) {
    const [first] = inputs as readonly [readonly Dim[]];
    for (const other of inputs) {
      if (other.length !== first.length || other.some((d, i) => i !== axis && !dimEqual(d, first[i] as Dim))) {
        throw new TypeRuleError('shape', `concat along axis ${axis} of ${shapeText(first)} and ${shapeText(other)}`);
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

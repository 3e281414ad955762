import { reduction, view } from '../define.ts';
import type { Dim } from '../dim.ts';
import { dimEqual, dimKey, elementCount, exactQuotient } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { ReduceOp, ViewOp } from '../op.ts';

// Axes, and the ops that the builders of all others need: broadcast and sum (each other's
// transposes), reshape.

/** `[N, 64]`. */
export function shapeText(shape: readonly Dim[]): string {
  return `[${shape.map(dimKey).join(', ')}]`;
}

/** 0, 1, … n − 1. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** Resolves negative axes; axes must be in range and distinct. */
export function normalizeAxes(
  axes: number | readonly number[] | undefined,
  rank: number,
): readonly number[] {
  const list = axes === undefined ? range(rank) : typeof axes === 'number' ? [axes] : axes;
  const resolved = list.map((axis) => normalizeAxis(axis, rank));
  const repeated = resolved.find((axis, i) => resolved.indexOf(axis) !== i);
  if (repeated !== undefined)
    throw new TypeRuleError('axis', `axis ${repeated} is given twice in [${list.join(', ')}]`);
  return resolved;
}

/** Resolves a negative axis. */
export function normalizeAxis(axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  const valid = rank === 0 ? 'a scalar has no axes' : `expected ${-rank} to ${rank - 1}`;
  throw new TypeRuleError('axis', `axis ${axis} is out of range for rank ${rank}: ${valid}`);
}

export function ascending(axes: readonly number[]): readonly number[] {
  return axes.toSorted((a, b) => a - b);
}

// ------------------------------------------------------------------------------------------------ sum, broadcast

export const sumOp: ReduceOp = reduction({
  name: 'sum',
  precision: 'accumulate',
  doc: 'Σ x over axes',
  accepts: (dtype) => dtype !== 'bool',
  identity: () => 0,
  combine: (a, b) => a + b,
  exact: (a, b) => a + b,
  vjp: ({ inputs: [x], cotangents: [ct], attrs: { axes } }) => [
    x && ct ? unreduce(ct, x.shape, axes) : null,
  ],
});

export const broadcastOp: ViewOp = view({
  name: 'broadcast',
  doc: 'input axis i becomes output axis axes[i]; every other output axis repeats',
  attributes: { shape: 'shape', axes: 'ints' },
  shape([x], { shape, axes }) {
    const fits =
      x?.length === axes.length &&
      axes.every((o, i) => o > (axes[i - 1] ?? -1) && o < shape.length);
    if (!x || !fits)
      throw new TypeRuleError('axis', `broadcast axes [${axes.join(', ')}] do not fit`);
    axes.forEach((o, i) => {
      if (!dimEqual(x[i] as Dim, shape[o] as Dim)) {
        throw new TypeRuleError(
          'shape',
          `broadcast of ${shapeText(x)} to ${shapeText(shape)} on axes [${axes.join(', ')}]`,
        );
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
    ct
      ? sumAxes(
          ct,
          range(shape.length).filter((o) => !axes.includes(o)),
        )
      : null,
  ],
  batch: ({ inputs: [x], size, attrs: { shape, axes } }) => [
    make1(broadcastOp, [x as Tensor], {
      shape: [size, ...shape],
      axes: [0, ...axes.map((a) => a + 1)],
    }),
  ],
});

/** Repeats what a reduction over `axes` of something shaped `shape` gave. */
export function unreduce(x: Tensor, shape: readonly Dim[], axes: readonly number[]): Tensor {
  return broadcastInDim(
    x,
    shape,
    range(shape.length).filter((i) => !axes.includes(i)),
  );
}

/**
 * Input axis i becomes output axis axes[i], with the same extent; every other output axis repeats.
 */
export function broadcastInDim(x: Tensor, shape: readonly Dim[], axes: readonly number[]): Tensor {
  return axes.length === shape.length ? x : make1(broadcastOp, [x], { shape, axes });
}

/** The sum over canonical axes, which disappear. */
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
  batch: ({ inputs: [x], size, attrs: { shape } }) => [reshapeTo(x as Tensor, [size, ...shape])],
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

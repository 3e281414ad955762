import type { Dim, Tensor } from '@vorab/graph';
import { dimAdd, dimEqual, dimMul } from '@vorab/graph';

/** An index of a tensor as start + Σ coefficients[d] · iteration index d. */
export interface AffineIndex {
  readonly start: Dim;
  readonly coefficients: ReadonlyMap<number, Dim>;
}

export type IndexMap = readonly AffineIndex[];

/** Axis i of the tensor is iteration dim dims[i]; -1: the index is always 0. */
export function directMap(dims: readonly number[]): IndexMap {
  return dims.map((d) => ({ start: 0, coefficients: new Map(d < 0 ? [] : [[d, 1 as Dim]]) }));
}

/** The strides of dense row-major memory. */
export function rowMajor(shape: readonly Dim[]): readonly Dim[] {
  let stride: Dim = 1;
  return shape
    .toReversed()
    .map((extent) => {
      const here = stride;
      // An empty axis leaves the strides as if it had one element: they must not look like a broadcast.
      stride = dimMul(stride, extent === 0 ? 1 : extent);
      return here;
    })
    .toReversed();
}

/** Where an indexed tensor really lies: a base tensor that is dense in memory, and the index into it. */
export interface Resolved {
  readonly base: Tensor;
  readonly map: IndexMap;
}

/**
 * Follows views that only change the index (affine ones, and reshapes that add or drop extents of 1) down to a tensor
 * for which `dense` holds, or to one that no index map can pass.
 */
export function resolveViews(
  tensor: Tensor,
  map: IndexMap,
  dense: (t: Tensor) => boolean,
): Resolved {
  let [base, at] = [tensor, map];
  while (!dense(base)) {
    const next = throughView(base, at);
    if (!next) break;
    [base, at] = [next.base, next.map];
  }
  return { base, map: at };
}

/** One view further down, or undefined where the operand's index is no affine function of ours. */
export function throughView(tensor: Tensor, map: IndexMap): Resolved | undefined {
  const { node } = tensor;
  const [x] = node.inputs;
  if (node.op.kind !== 'view' || node.inputs.length !== 1 || !x) return undefined;
  const view = node.op.map([x.shape], node.attrs);
  if (view.form === 'pieces') return undefined;
  if (view.form === 'linear') {
    const axes = onesMatched(x.shape, tensor.shape);
    const zero: AffineIndex = { start: 0, coefficients: new Map() };
    return axes && { base: x, map: axes.map((o) => (o < 0 ? zero : (map[o] ?? zero))) };
  }
  const through = x.shape.map((_, axis) =>
    view.axes.reduce<AffineIndex>(
      (sum, from, o) => (from === axis ? addScaled(sum, map[o], view.steps[o] ?? 1) : sum),
      { start: view.start[axis] ?? 0, coefficients: new Map() },
    ),
  );
  return { base: x, map: through };
}

function addScaled(sum: AffineIndex, term: AffineIndex | undefined, scale: number): AffineIndex {
  if (!term) return sum;
  const coefficients = new Map(sum.coefficients);
  for (const [d, c] of term.coefficients) {
    coefficients.set(d, dimAdd(coefficients.get(d) ?? 0, dimMul(c, scale)));
  }
  return { start: dimAdd(sum.start, dimMul(term.start, scale)), coefficients };
}

/** For each axis of `from`, the axis of `to` that it becomes when only extents of 1 come and go (-1: dropped). */
function onesMatched(from: readonly Dim[], to: readonly Dim[]): readonly number[] | undefined {
  const kept = to.flatMap((d, o) => (d === 1 ? [] : [o]));
  let next = 0;
  const axes = from.map((d) => {
    if (d === 1) return -1;
    const o = kept[next++];
    return o !== undefined && dimEqual(d, to[o] as Dim) ? o : Number.NaN;
  });
  return next === kept.length && !axes.some(Number.isNaN) ? axes : undefined;
}

/** Offset and one stride per iteration dim, for dense memory of the base's shape. */
export function strided(
  map: IndexMap,
  shape: readonly Dim[],
  rank: number,
): { offset: Dim; strides: readonly Dim[] } {
  const base = rowMajor(shape);
  const offset = dimAdd(0, ...map.map((index, axis) => dimMul(index.start, base[axis] ?? 0)));
  const strides = Array.from({ length: rank }, (_, d) =>
    dimAdd(0, ...map.map((index, axis) => dimMul(index.coefficients.get(d) ?? 0, base[axis] ?? 0))),
  );
  return { offset, strides };
}

import type { Dim } from '../dim.ts';
import { dimEqual, dimKey } from '../dim.ts';
import { userError } from '../fail.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { normalizeAxis } from '../ops/axes.ts';
import { moveAxis } from '../ops/transpose.ts';
import type { TensorTree } from '../tree.ts';
import type { AxisTree } from './axis-tree.ts';
import { axesOf, axesOfArguments } from './axis-tree.ts';
import { batched, repeatFirst } from './batch.ts';
import type { FlatArguments, TensorFunction } from './function.ts';
import { flattenArguments, runOnLeaves } from './function.ts';

/** Which axes `vmap` maps. */
export interface VmapOptions {
  /**
   * The mapped axis: one for all arguments, or an array with one for each, which may itself have the
   * form of the argument. null: not mapped, the same for every element. Default 0.
   */
  readonly in?: AxisTree;
  /** Where the mapped axis is in the results; null: a result that does not depend on it. Default 0. */
  readonly out?: AxisTree;
}

/**
 * A function of single elements as a function of all of them at once (`jax.vmap`): it runs once, on
 * stand-ins without the mapped axis, and each op is then replaced by the op on the whole axis. There
 * is no loop, and what does not depend on a mapped argument is computed once. Captured tensors are
 * not mapped. It nests, and takes and gives what `grad`, `jvp` and other transforms make.
 *
 *     const perExample = vmap((x, y) => loss(x, y));          // f32[N, 64], i32[N]: f32[N]
 *     vmap((a, b) => a.matmul(b), { in: [0, null], out: 1 })  // f32[N, 3, 4], f32[4, 5]: f32[3, N, 5]
 *
 * A key that is not mapped is one key for all elements; the key of the program is refused. Map over
 * keys: `vmap((k) => random.normal(k, [3]))(random.splitKey(key, N))`.
 *
 * @throws GraphError when an axis is out of range, mapped extents differ, nothing is mapped, the
 * function returns anything but tensors, a result with `out: null` is mapped, or the function updates a
 * state or draws from the program's key.
 */
export function vmap<A extends readonly TensorTree[], R extends TensorTree>(
  f: TensorFunction<A, R>,
  options: VmapOptions = {},
): TensorFunction<A, R> {
  const { in: inAxes = 0, out: outAxes = 0 } = options;
  return (...args: A): R => {
    const flat = flattenArguments(args, 'vmap');
    const axes = axesOfArguments(inAxes, args);
    const { size, fronts } = mappedArguments(flat, axes);
    const types = fronts.map((t) => t && { dtype: t.dtype, shape: t.shape.slice(1) });
    const { leaves, result } = runOnLeaves(f, flat, types, { what: 'vmap', repeats: true });
    const found = batched(
      result.leaves,
      leaves,
      fronts.filter((t) => t !== null),
      size,
    );
    const out = axesOf(outAxes, result.rebuild(result.leaves), 'vmap: `out`');
    const placed = found.map((t, i) => {
      const axis = out[i] as number | null;
      return placeResult(t, result.leaves[i] as Tensor, axis, size);
    });
    return result.rebuild(placed) as R;
  };
}

interface Mapped {
  readonly size: Dim;
  /** Mapped arguments with the mapped axis first; null: not mapped. */
  readonly fronts: readonly (Tensor | null)[];
}

function mappedArguments(args: FlatArguments, axes: readonly (number | null)[]): Mapped {
  const fronts = args.leaves.map((t, i) => {
    const axis = axes[i];
    if (axis === null || axis === undefined) return null;
    return checked(`vmap: ${args.names[i]}, ${t}`, () =>
      moveAxis(t, normalizeAxis(axis, t.rank), 0),
    );
  });
  const first = fronts.findIndex((t) => t !== null);
  const size = fronts[first]?.shape[0];
  if (size === undefined) {
    throw userError({
      code: 'vmap-nothing',
      message: 'vmap: no argument is mapped',
      cure: 'give the axis of at least one argument, for example { in: [0, null] }',
    });
  }
  const other = fronts.findIndex((t) => t && !dimEqual(t.shape[0] as Dim, size));
  if (other < 0) return { size, fronts };
  const named = (i: number): string =>
    `axis ${axes[i]} of ${args.leaves[i]} (${args.names[i]}) has extent ${dimKey(fronts[i]?.shape[0] as Dim)}`;
  throw userError({
    code: 'shape-mismatch',
    message: `vmap: the mapped axes differ: ${named(first)}, ${named(other)}`,
    cure: 'map axes of one extent, or leave an argument unmapped with null',
  });
}

function placeResult(mapped: Tensor | null, own: Tensor, axis: number | null, size: Dim): Tensor {
  if (axis === null) {
    if (!mapped) return own;
    throw userError({
      code: 'vmap-out',
      message: `vmap: a result, ${own} for each element, depends on a mapped argument, but its \`out\` is null`,
      cure: 'give the place of the mapped axis, for example { out: 0 }',
    });
  }
  const front = mapped ?? repeatFirst(own, size);
  return checked(`vmap: a result, ${front}, with \`out\` ${axis}`, () =>
    moveAxis(front, 0, normalizeAxis(axis, front.rank)),
  );
}

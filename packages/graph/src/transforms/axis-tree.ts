import { userError } from '../fail.ts';
import { Tensor } from '../node.ts';
import type { TensorTree } from '../tree.ts';

/** An axis, or none (null), for all tensors below; or a tree of the form of the tensors' own. */
export type AxisTree = number | null | readonly AxisTree[] | { readonly [key: string]: AxisTree };

/** One axis for each tensor of each argument; an array is one entry for each argument. */
export function axesOfArguments(
  axes: AxisTree,
  args: readonly TensorTree[],
): readonly (number | null)[] {
  const what = 'vmap: `in`';
  if (!Array.isArray(axes)) return args.flatMap((arg) => axesOf(axes, arg, what));
  if (axes.length === args.length) {
    return args.flatMap((arg, i) => axesOf(axes[i] as AxisTree, arg, `${what}[${i}]`));
  }
  throw userError({
    code: 'vmap-axes',
    message: `${what} has ${axes.length} entries for ${args.length} arguments`,
    cure: 'give one entry for each argument, or one number for all',
  });
}

/** One axis for each tensor of a tree, in the order of `flatten`. */
export function axesOf(axes: AxisTree, tree: TensorTree, what: string): readonly (number | null)[] {
  if (axes === null || typeof axes === 'number') {
    if (axes === null || Number.isInteger(axes)) return tensorsIn(tree).map(() => axes);
    throw userError({ code: 'axis', message: `${what} is ${axes}, expected an integer or null` });
  }
  if (tree === null || tree === undefined) return [];
  const parts = childrenOf(tree);
  const given = typeof axes === 'object' && axes !== null ? Object.keys(axes).sort() : [];
  if (parts && given.join() === [...parts.keys()].sort().join()) {
    const at = axes as { readonly [key: string]: AxisTree };
    return [...parts].flatMap(([key, part]) => axesOf(at[key] as AxisTree, part, `${what}.${key}`));
  }
  throw userError({
    code: 'vmap-axes',
    message: `${what} does not have the form of the tensors: ${describe(axes)} for ${describe(tree)}`,
    cure: 'give a number or null, or one for each part',
  });
}

function tensorsIn(tree: TensorTree): readonly Tensor[] {
  if (tree instanceof Tensor) return [tree];
  if (tree === null || tree === undefined) return [];
  return [...(childrenOf(tree) ?? [])].flatMap(([, part]) => tensorsIn(part));
}

function childrenOf(tree: TensorTree): ReadonlyMap<string, TensorTree> | undefined {
  if (tree instanceof Tensor || tree === null || tree === undefined) return undefined;
  if (Array.isArray(tree)) return new Map(tree.map((part, i) => [String(i), part]));
  const of = tree as { readonly [key: string]: TensorTree };
  return new Map(
    Object.keys(of)
      .sort()
      .map((key) => [key, of[key]]),
  );
}

function describe(tree: unknown): string {
  if (tree instanceof Tensor) return String(tree);
  if (Array.isArray(tree)) return `an array of ${tree.length}`;
  return typeof tree === 'object' && tree !== null
    ? `{ ${Object.keys(tree).join(', ')} }`
    : String(tree);
}

import { isFloat } from '../dtype.ts';
import { userError } from '../fail.ts';
import type { Node, Tensor } from '../node.ts';
import { formatType, make, tensorKey } from '../node.ts';
import type { TensorType } from '../op.ts';
import type { TracedFunction } from '../scope.ts';
import { currentScope, withScope } from '../scope.ts';
import { parameterLeaf } from '../subgraph.ts';
import type { FlatTree, TensorTree } from '../tree.ts';
import { flatten } from '../tree.ts';
import { dependents } from './dependents.ts';

// What transforms of functions share: a function of tensors is run once on leaves that stand for its
// arguments. So captured tensors are constants to it, as they are in JAX, and derivatives nest.

/** A function that takes and gives tensors, or arrays and records of them. */
export type TensorFunction<A extends readonly TensorTree[], R extends TensorTree> = (
  ...args: A
) => R;

/** Arguments, taken apart. */
export interface FlatArguments {
  readonly trees: readonly FlatTree[];
  /** The tensors of all arguments in order. */
  readonly leaves: readonly Tensor[];
  /** How messages name each: `argument 1, w`. */
  readonly names: readonly string[];
  /** The arguments again, with other tensors. */
  rebuild(leaves: readonly Tensor[]): readonly TensorTree[];
}

/** @throws GraphError at the user's line when an argument holds anything but tensors. */
export function flattenArguments(args: readonly TensorTree[], what: string): FlatArguments {
  const trees = args.map((arg, i) => flatten(arg, `${what}: argument ${i}`));
  const leaves = trees.flatMap((tree) => tree.leaves);
  const names = trees.flatMap((tree, i) =>
    tree.paths.map((path) => (path === '' ? `argument ${i}` : `argument ${i}, ${path}`)),
  );
  return { trees, leaves, names, rebuild: (values) => perTree(trees, values) };
}

function perTree(trees: readonly FlatTree[], values: readonly Tensor[]): readonly TensorTree[] {
  let at = 0;
  return trees.map((tree) => {
    const own = values.slice(at, at + tree.leaves.length);
    at += own.length;
    return tree.rebuild(own);
  });
}

/** A function as it ran on leaves. */
export interface OnLeaves {
  readonly leaves: readonly Tensor[];
  readonly result: FlatTree;
}

/**
 * Runs a function on new leaves of these types; null: the argument itself.
 *
 * @throws GraphError when it updates a state: leaves stand for nothing outside of it.
 */
export function runOnLeaves(
  f: (...args: never) => unknown,
  args: FlatArguments,
  types: readonly (TensorType | null)[],
  { what, repeats }: TracedFunction,
): OnLeaves {
  const given = args.leaves.map((t, i) => {
    const type = types[i];
    return type ? parameterLeaf(`argument ${i}`, type) : t;
  });
  const leaves = given.filter((_, i) => types[i]);
  const outer = currentScope().within;
  const within = { ...outer, what, repeats: repeats || (outer?.repeats ?? false) };
  const result = withScope({ within }, () => resultOf(f, args.rebuild(given), what));
  return { leaves, result };
}

/**
 * Runs a function of tensors.
 *
 * @throws GraphError at the user's line when it returns anything but tensors, or none.
 */
export function resultOf(
  f: (...args: never) => unknown,
  given: readonly TensorTree[],
  what: string,
): FlatTree {
  const body = f as (...args: readonly TensorTree[]) => TensorTree;
  const result = flatten(body(...given), `${what}: what the function returns`);
  if (result.leaves.length > 0) return result;
  throw userError({
    code: 'no-result',
    message: `${what}: the function returns no tensor`,
    cure: 'return a tensor, or an array or a plain object of tensors',
  });
}

/** Tensors with values in place of leaves that they depend on; source lines are kept. */
export function withValues(
  tensors: readonly Tensor[],
  leaves: readonly Tensor[],
  values: readonly Tensor[],
): readonly Tensor[] {
  const now = new Map(leaves.map((leaf, i) => [tensorKey(leaf), values[i] as Tensor]));
  const at = (t: Tensor): Tensor => now.get(tensorKey(t)) ?? t;
  for (const node of dependents(tensors, leaves)) {
    for (const [i, t] of remade(node, node.inputs.map(at)).entries()) {
      now.set(`${node.id}.${i}`, t);
    }
  }
  return tensors.map(at);
}

function remade({ op, attrs, stacks, note }: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  return withScope({ inherited: stacks, keepStacks: false }, () =>
    make(op, inputs, attrs, { note }),
  );
}

/**
 * Runs a function on leaves to be differentiated by.
 *
 * @throws GraphError at the user's line when an argument is not of floats, or the function uses the
 * tensor from around it that it should have used as its argument.
 */
export function runOnFloats(
  f: (...args: never) => unknown,
  args: FlatArguments,
  what: string,
): OnLeaves {
  const at = args.leaves.findIndex((t) => !isFloat(t.dtype));
  if (at >= 0) {
    throw userError({
      code: 'no-gradient',
      message: `${what}: ${args.names[at]} is ${args.leaves[at]}: only float tensors have derivatives`,
      cure: 'capture it instead of taking it as an argument: (x) => f(x, labels)',
    });
  }
  const types = args.leaves.map((t) => t.type);
  const run = runOnLeaves(f, args, types, { what, repeats: false });
  checkUsed(run, args, what);
  return run;
}

function checkUsed({ leaves, result }: OnLeaves, args: FlatArguments, what: string): void {
  const reached = (t: Tensor): boolean =>
    result.leaves.some((y) => y.node === t.node) || dependents(result.leaves, [t]).length > 0;
  const at = leaves.findIndex((leaf, i) => !reached(leaf) && reached(args.leaves[i] as Tensor));
  if (at < 0) return;
  throw userError({
    code: 'captured',
    message: `${what}: the function captures ${args.leaves[at]} instead of using it as ${args.names[at]}`,
    cure: 'what a function captures is constant to it: use its argument, or grad(loss, [w])',
  });
}

/** Tangents have the form of the arguments, and the types. */
export function checkTangents(args: FlatArguments, tangents: FlatArguments, what: string): void {
  const form = (of: FlatArguments): string => of.trees.map((t) => t.form).join();
  const found = form(tangents);
  if (found !== form(args)) {
    throw userError({
      code: 'tangent',
      message: `${what}: the tangents have the form ${found}, the arguments ${form(args)}`,
      cure: 'give one tangent for each tensor of the arguments',
    });
  }
  const at = args.leaves.findIndex(
    (t, i) => formatType(t.type) !== formatType((tangents.leaves[i] as Tensor).type),
  );
  if (at < 0) return;
  throw userError({
    code: 'tangent',
    message: `${what}: ${args.names[at]} is ${args.leaves[at]}, its tangent ${tangents.leaves[at]}`,
    cure: 'a tangent has the dtype and shape of its argument',
  });
}

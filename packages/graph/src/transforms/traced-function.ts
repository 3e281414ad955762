import type { Subgraph, Tensor } from '../node.ts';
import { parameterLeaf, traceBody } from '../subgraph.ts';
import type { FlatTree, TensorTree } from '../tree.ts';
import type { FlatArguments } from './function.ts';
import { flattenArguments, resultOf } from './function.ts';

/** A function as a closed graph, and what it is applied to. */
export interface TracedCall {
  readonly graph: Subgraph;
  /** One for each parameter: the tensors of the arguments, then the captured ones. */
  readonly operands: readonly Tensor[];
  /** How many operands are arguments. */
  readonly count: number;
  readonly args: FlatArguments;
  readonly result: FlatTree;
}

/** Runs a function on leaves for its arguments; all that it computes stays inside. */
export function traceFunction(
  f: (...args: never) => TensorTree,
  args: readonly TensorTree[],
  what: string,
): TracedCall {
  const flat = flattenArguments(args, what);
  const own = flat.leaves.map((t, i) => parameterLeaf(`argument${i}`, t.type));
  let result: FlatTree | undefined;
  const { graph, captured } = traceBody(what, own, { what, repeats: false, lazy: true }, () => {
    result = resultOf(f, flat.rebuild(own), what);
    return result.leaves;
  });
  return {
    graph,
    operands: [...flat.leaves, ...captured],
    count: own.length,
    args: flat,
    result: result as unknown as FlatTree,
  };
}

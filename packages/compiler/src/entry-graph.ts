import type { DimSymbol, Node, StateVariable, Tensor, TensorType } from '@vorab/graph';
import { dimSymbols, formatType, topologicalOrder } from '@vorab/graph';

/** Memory that a graph reads and overwrites: a state of an entry, or a carry of a body. */
export interface StateSlot {
  /** The value when the graph begins. */
  readonly tensor: Tensor;
  readonly type: TensorType;
}

/** What passes and lowering work on: an entry, or the body of a control step. Immutable. */
export interface StepGraph {
  readonly name: string;
  readonly inputs: readonly NamedTensor[];
  /** States that are read or written, in the order of first use. */
  readonly states: readonly StateSlot[];
  readonly outputs: readonly NamedTensor[];
  readonly updates: readonly { readonly state: StateSlot; readonly value: Tensor }[];
}

/** One entry between trace and artifact: what goes in, what comes out, what is written. */
export interface EntryGraph extends StepGraph {
  readonly states: readonly StateVariable[];
  readonly updates: readonly { readonly state: StateVariable; readonly value: Tensor }[];
}

export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/** What the entry computes: outputs first, then the new values of states. */
export function roots(graph: StepGraph): readonly Tensor[] {
  return [...graph.outputs.map((o) => o.tensor), ...graph.updates.map((u) => u.value)];
}

/** Every node, each after its inputs. */
export function nodesOf(graph: StepGraph): readonly Node[] {
  return topologicalOrder(roots(graph));
}

/** The states whose old value something needs. */
export function statesRead(graph: EntryGraph): readonly StateVariable[] {
  const nodes = new Set(nodesOf(graph));
  return graph.states.filter((state) => nodes.has(state.tensor.node));
}

/** The same entry with other roots, in the order of `roots`. */
export function withRoots<G extends StepGraph>(graph: G, tensors: readonly Tensor[]): G {
  const at = (i: number): Tensor => tensors[i] as Tensor;
  return {
    ...graph,
    outputs: graph.outputs.map((o, i) => ({ ...o, tensor: at(i) })),
    updates: graph.updates.map((u, i) => ({ ...u, value: at(graph.outputs.length + i) })),
  };
}

/**
 * Checks every node against its op's own type rule, and that leaves with identity are the entry's own.
 *
 * @throws Error that names the pass: a broken graph is a defect of the compiler, not of the user's model.
 */
export function verifyGraph(graph: StepGraph, after: string): void {
  const known = new Set([
    ...graph.inputs.map((i) => i.tensor.node),
    ...graph.states.map((s) => s.tensor.node),
  ]);
  for (const node of nodesOf(graph)) {
    const fail = (what: string): never => {
      throw new Error(`after ${after}: ${node.op.name} (node ${node.id}) ${what}`);
    };
    if (node.op.kind === 'leaf' && node.op.evaluate === null && !known.has(node))
      fail('is not of this entry');
    const types = node.op.infer(
      node.inputs.map((t) => t.type),
      node.attrs,
    );
    const same =
      types.length === node.types.length && types.every((t, i) => sameType(t, node.types[i]));
    if (!same)
      fail(
        `has type ${node.types.map(formatType).join()}, its rule says ${types.map(formatType).join()}`,
      );
  }
}

/** Equal dtype and provably equal extents. */
export function sameType(a: TensorType, b: TensorType | undefined): boolean {
  return b !== undefined && formatType(a) === formatType(b);
}

/** The symbols that the inputs bind. */
export function inputSymbols(graph: EntryGraph): readonly DimSymbol[] {
  const found = new Map<string, DimSymbol>();
  for (const { tensor } of graph.inputs) {
    for (const symbol of tensor.shape.flatMap(dimSymbols)) found.set(symbol.name, symbol);
  }
  return [...found.values()];
}

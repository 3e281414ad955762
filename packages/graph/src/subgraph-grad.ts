import { isFloat } from './dtype.ts';
import { pullback } from './grad.ts';
import type { Subgraph, Tensor } from './node.ts';
import { adopt } from './node.ts';
import { withScope } from './scope.ts';
import { parameterLeaf } from './subgraph.ts';
import { topologicalOrder } from './topo.ts';

/** The gradient of a function, as a function. */
export interface GraphVjp {
  /** From the operands, then the cotangents that are present, to the cotangents that flow. */
  readonly graph: Subgraph;
  /** For each parameter, which result is its cotangent; null where none flows. */
  readonly flows: readonly (number | null)[];
}

const known = new WeakMap<Subgraph, Map<string, GraphVjp>>();

/**
 * The vector-Jacobian product of a function; `present` says which results have a cotangent. Computes
 * the forward pass again as far as it needs it: inlined beside it, both merge.
 */
export function vjpOfGraph(graph: Subgraph, present: readonly boolean[]): GraphVjp {
  const key = present.map(Number).join('');
  const of = known.get(graph) ?? new Map<string, GraphVjp>();
  known.set(graph, of);
  const found = of.get(key) ?? derive(graph, present);
  of.set(key, found);
  return found;
}

function derive(graph: Subgraph, present: readonly boolean[]): GraphVjp {
  const { parameters } = graph;
  const { cotangents, found } = pullbackOf(graph, present);
  const flows = found.map((ct, i) => (isFloat((parameters[i] as Tensor).dtype) ? ct : null));
  const results = flows.filter((ct) => ct !== null);
  const given = cotangents.filter((ct) => ct !== null);
  let next = 0;
  return {
    graph: { name: `gradient of ${graph.name}`, parameters: [...parameters, ...given], results },
    flows: flows.map((ct) => (ct === null ? null : next++)),
  };
}

/** Cotangents of a function's parameters on its own nodes, for leaves as cotangents of its results. */
export function pullbackOf(
  graph: Subgraph,
  present: readonly boolean[],
): {
  readonly cotangents: readonly (Tensor | null)[];
  readonly found: readonly (Tensor | null)[];
} {
  const cotangents = graph.results.map((t, i) =>
    present[i] && isFloat(t.dtype) ? parameterLeaf(`cotangent${i}`, t.type) : null,
  );
  // A table of its own, with the forward nodes in it: what the backward pass repeats of them merges.
  const found = withScope({ nodes: new Map() }, () => {
    for (const node of topologicalOrder(graph.results)) adopt(node);
    return pullback(graph.results, cotangents, graph.parameters);
  });
  return { cotangents, found };
}

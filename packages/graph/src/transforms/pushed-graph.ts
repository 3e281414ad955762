import { isFloat } from '../dtype.ts';
import type { Subgraph, Tensor } from '../node.ts';
import { adopt } from '../node.ts';
import { withScope } from '../scope.ts';
import { parameterLeaf } from '../subgraph.ts';
import { topologicalOrder } from '../topo.ts';
import { pushforward } from './pushforward.ts';

/** The forward derivative of a function, on its own nodes. */
export interface PushedGraph {
  /** A leaf for the tangent of each parameter that moves. */
  readonly tangents: readonly (Tensor | null)[];
  /** From the operands and the tangents of those that move to the tangents of results that move. */
  readonly graph: Subgraph;
  /** Tangents of the results; null: it does not move. */
  readonly found: readonly (Tensor | null)[];
}

const known = new WeakMap<Subgraph, Map<string, PushedGraph>>();

/** Derives a function in the direction of tangents of the parameters that move. */
export function pushedGraph(graph: Subgraph, moving: readonly boolean[]): PushedGraph {
  const key = moving.map(Number).join('');
  const of = known.get(graph) ?? new Map<string, PushedGraph>();
  known.set(graph, of);
  const found = of.get(key) ?? derive(graph, moving);
  of.set(key, found);
  return found;
}

function derive({ name, parameters, results }: Subgraph, moving: readonly boolean[]): PushedGraph {
  const tangents = parameters.map((p, i) =>
    moving[i] && isFloat(p.dtype) ? parameterLeaf(`tangent${i}`, p.type) : null,
  );
  // A table of its own, with the function's nodes in it: what is repeated of them merges.
  const found = withScope({ nodes: new Map() }, () => {
    for (const node of topologicalOrder(results)) adopt(node);
    return pushforward(results, parameters, tangents);
  });
  const graph = {
    name: `tangents of ${name}`,
    parameters: [...parameters, ...tangents.filter((t) => t !== null)],
    results: found.filter((t) => t !== null),
  };
  return { graph, tangents, found };
}

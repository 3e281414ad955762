import type { Dim } from '../dim.ts';
import { dimKey } from '../dim.ts';
import type { Subgraph, Tensor } from '../node.ts';
import { tensorKey } from '../node.ts';
import { withScope } from '../scope.ts';
import { parameterLeaf } from '../subgraph.ts';
import { batched, repeatFirst } from './batch.ts';
import { dependents } from './dependents.ts';

/** Which parameters are mapped, and over how many elements. */
export interface Mapping {
  readonly mapped: readonly boolean[];
  readonly size: Dim;
}

/** Which results depend on the parameters told. */
export function reachedResults(graph: Subgraph, from: readonly boolean[]): readonly boolean[] {
  const leaves = graph.parameters.filter((_, i) => from[i]);
  const keys = new Set(leaves.map(tensorKey));
  const nodes = new Set(dependents(graph.results, leaves));
  return graph.results.map((t) => keys.has(tensorKey(t)) || nodes.has(t.node));
}

const known = new WeakMap<Subgraph, Map<string, Subgraph>>();

/**
 * A function on mapped operands. Results are mapped where `results` says so (default: all), also if
 * they depend on no mapped operand; where it does not, they must depend on none. The same function
 * for the same mapping, so that calls share it.
 */
export function batchedGraph(
  graph: Subgraph,
  { mapped, size }: Mapping,
  results: readonly boolean[] = graph.results.map(() => true),
): Subgraph {
  const flags = (list: readonly boolean[]): string => list.map(Number).join('');
  const key = `${flags(mapped)} ${dimKey(size)} ${flags(results)}`;
  const of = known.get(graph) ?? new Map<string, Subgraph>();
  known.set(graph, of);
  const found = of.get(key) ?? derive(graph, { mapped, size }, results);
  of.set(key, found);
  return found;
}

function derive(graph: Subgraph, { mapped, size }: Mapping, wanted: readonly boolean[]): Subgraph {
  const { name, parameters, results } = graph;
  const own = parameters.filter((_, i) => mapped[i]);
  const leaves = own.map((p, i) =>
    parameterLeaf(`mapped${i}`, { dtype: p.dtype, shape: [size, ...p.shape] }),
  );
  let next = 0;
  return {
    name,
    // Unmapped parameters stay the leaves that they are.
    parameters: parameters.map((p, i) => (mapped[i] ? (leaves[next++] as Tensor) : p)),
    results: withScope({ nodes: new Map() }, () =>
      batched(results, own, leaves, size).map((t, i) => {
        const alone = results[i] as Tensor;
        return wanted[i] ? (t ?? repeatFirst(alone, size)) : alone;
      }),
    ),
  };
}

import type { Dim } from '../dim.ts';
import type { Subgraph } from '../node.ts';
import { withScope } from '../scope.ts';
import { parameterLeaf } from '../subgraph.ts';
import { batched, repeatFirst } from './batch.ts';

/** Which parameters are mapped, and over how many elements. */
export interface Mapping {
  readonly mapped: readonly boolean[];
  readonly size: Dim;
}

/** A function on mapped operands; its results are all mapped. */
export function batchedGraph(graph: Subgraph, { mapped, size }: Mapping): Subgraph {
  const { name, parameters, results } = graph;
  return withScope({ nodes: new Map() }, () => {
    const leaves = parameters.map((p, i) =>
      parameterLeaf(
        `operand${i}`,
        mapped[i] ? { dtype: p.dtype, shape: [size, ...p.shape] } : p.type,
      ),
    );
    const isMapped = (_: unknown, i: number): boolean => mapped[i] ?? false;
    const own = parameters.filter(isMapped);
    // Unmapped parameters stay the leaves that they are.
    const found = batched(results, own, leaves.filter(isMapped), size);
    return {
      name,
      parameters: leaves.map((leaf, i) => (mapped[i] ? leaf : (parameters[i] ?? leaf))),
      results: found.map((t, i) => t ?? repeatFirst(results[i] as never, size)),
    };
  });
}

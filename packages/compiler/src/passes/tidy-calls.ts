import type { Narrowed, Node, Tensor } from '@vorab/graph';
import { mergeScans, rebuild, tensorKey } from '@vorab/graph';
import type { StepGraph } from '../entry-graph.ts';
import { nodesOf, roots, withRoots } from '../entry-graph.ts';
import type { Origins } from './rewrite.ts';

/**
 * Steps that two scans have in common are run once, and what nobody uses of an op that runs functions
 * is not computed: of a gradient, say, the part with respect to data.
 */
export function tidyCalls<G extends StepGraph>(graph: G, origins: Origins): G {
  if (!nodesOf(graph).some((node) => node.op.kind === 'call')) return graph;
  const keep = (made: Node, from: Node): void => {
    const origin = origins.get(from);
    if (origin && !origins.has(made)) origins.set(made, origin);
  };
  let tensors = mergeScans(roots(graph), keep);
  for (;;) {
    const current = withRoots(graph, tensors);
    const narrowed = findNarrower(current, tensors);
    if (narrowed.size === 0) return current;
    tensors = rebuild(tensors, (node) => narrowed.get(node), keep);
  }
}

function findNarrower(graph: StepGraph, tensors: readonly Tensor[]): ReadonlyMap<Node, Narrowed> {
  const nodes = nodesOf(graph);
  const used = new Set([...tensors, ...nodes.flatMap((node) => node.inputs)].map(tensorKey));
  const found = new Map<Node, Narrowed>();
  for (const node of nodes) {
    if (node.op.kind !== 'call') continue;
    const narrower = node.op.narrow(
      node.attrs,
      node.types.map((_, i) => used.has(`${node.id}.${i}`)),
    );
    if (narrower) found.set(node, narrower);
  }
  return found;
}

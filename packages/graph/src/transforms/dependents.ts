import type { Node, Tensor } from '../node.ts';
import { tensorKey } from '../node.ts';
import { topologicalOrder } from '../topo.ts';

/** The nodes through which one of `leaves` reaches an output, in the order of computation. */
export function dependents(outputs: readonly Tensor[], leaves: readonly Tensor[]): readonly Node[] {
  const sources = new Set(leaves.map(tensorKey));
  // A node is made after its inputs: what is older than every leaf depends on none.
  const oldest = leaves.reduce((id, t) => Math.min(id, t.node.id), Number.POSITIVE_INFINITY);
  const reached = new Set<Node>();
  const stop = (t: Tensor): boolean => t.node.id < oldest || sources.has(tensorKey(t));
  return topologicalOrder(outputs, stop).filter((node) => {
    const active = node.inputs.some((t) => sources.has(tensorKey(t)) || reached.has(t.node));
    if (active) reached.add(node);
    return active;
  });
}

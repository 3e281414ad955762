import type { Node, Tensor } from '../node.ts';
import { tensorKey } from '../node.ts';
import { topologicalOrder } from '../topo.ts';

/** The nodes through which one of `leaves` reaches an output, in the order of computation. */
export function dependents(outputs: readonly Tensor[], leaves: readonly Tensor[]): readonly Node[] {
  const sources = new Set(leaves.map(tensorKey));
  const reached = new Set<Node>();
  return topologicalOrder(outputs, (t) => sources.has(tensorKey(t))).filter((node) => {
    const active = node.inputs.some((t) => sources.has(tensorKey(t)) || reached.has(t.node));
    if (active) reached.add(node);
    return active;
  });
}

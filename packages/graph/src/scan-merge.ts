import type { Node, Subgraph, Tensor } from './node.ts';
import { tensorKey } from './node.ts';
import type { Attrs } from './op.ts';
import { rebuild } from './rebuild.ts';
import { topologicalOrder } from './topo.ts';

/**
 * Where a graph holds a scan and another that only gives more of the same steps, as the gradient of
 * a scan makes it, the larger stands for both.
 */
export function mergeScans(
  roots: readonly Tensor[],
  onMade?: (made: Node, from: Node) => void,
): readonly Tensor[] {
  const order = topologicalOrder(roots);
  const larger = findLarger(order.filter(runsBody));
  if (larger.size === 0) return roots;
  const change = (node: Node): { attrs: Attrs } | undefined => {
    const attrs = larger.get(node);
    return attrs && { attrs };
  };
  return rebuild(roots, change, onMade);
}

const runsBody = (node: Node): boolean => node.op.kind === 'call' && 'sequences' in node.attrs;

/** For each scan that a larger one stands for, the attributes of that one. */
function findLarger(scans: readonly Node[]): ReadonlyMap<Node, Attrs> {
  const groups = new Map<string, Node[]>();
  for (const node of scans) {
    const { length, carries, sequences, reverse } = node.attrs;
    const settings = [length, carries, sequences, reverse].map(String).join();
    const key = `${settings} ${node.inputs.map(tensorKey).join()}`;
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const found = new Map<Node, Attrs>();
  for (const group of groups.values()) {
    for (const node of group) {
      const best = group
        .filter((other) => gives(bodyOf(other), bodyOf(node)))
        .sort((a, b) => bodyOf(b).results.length - bodyOf(a).results.length)[0];
      if (best && best !== node) found.set(node, best.attrs);
    }
  }
  return found;
}

const bodyOf = (node: Node): Subgraph => node.attrs['body'] as Subgraph;

/** Whether a body begins with all that another gives, computed by the same nodes. */
function gives(body: Subgraph, of: Subgraph): boolean {
  const begins = (all: readonly Tensor[], part: readonly Tensor[]): boolean =>
    part.every((t, i) => {
      const other = all[i];
      return other !== undefined && tensorKey(other) === tensorKey(t);
    });
  return begins(body.parameters, of.parameters) && begins(body.results, of.results);
}

import type { Node, Subgraph, Tensor } from './node.ts';
import { adopt, make, tensorKey } from './node.ts';
import type { Attrs } from './op.ts';
import { withScope } from './scope.ts';
import { topologicalOrder } from './topo.ts';

/**
 * Where a graph holds a scan and another that only gives more of the same steps, as the gradient of
 * a scan makes it, the larger stands for both.
 */
export function mergeScans(roots: readonly Tensor[]): readonly Tensor[] {
  const order = topologicalOrder(roots);
  const larger = findLarger(order.filter(runsBody));
  if (larger.size === 0) return roots;
  const now = new Map<string, Tensor>();
  const at = (t: Tensor): Tensor => now.get(tensorKey(t)) ?? t;
  withScope({ nodes: new Map() }, () => {
    for (const node of order) {
      const attrs = larger.get(node);
      const inputs = node.inputs.map(at);
      const same = !attrs && inputs.every((t, i) => t === node.inputs[i]);
      if (node.op.kind === 'leaf' && !node.op.evaluate) continue;
      const made = same
        ? adopt(node)
        : withScope({ inherited: node.stacks }, () =>
            make(node.op, inputs, attrs ?? node.attrs, { note: node.note }),
          );
      for (const i of node.types.keys()) now.set(`${node.id}.${i}`, made[i] as Tensor);
    }
  });
  return roots.map(at);
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

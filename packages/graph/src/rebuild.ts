import type { Node, Tensor } from './node.ts';
import { adopt, make, tensorKey } from './node.ts';
import type { Attrs } from './op.ts';
import { withLocationsOf, withScope } from './scope.ts';
import { topologicalOrder } from './topo.ts';

/** A node in other form: with other attributes, fewer operands, or fewer outputs. */
export interface NodeChange {
  readonly attrs: Attrs;
  /** Which operands are left; default: all. */
  readonly inputs?: readonly number[];
  /** Which output each output of the new node was; default: the same. What is missing has no reader. */
  readonly outputs?: readonly number[];
}

/** The same tensors with some nodes changed, in a table of its own; lines are kept. */
export function rebuild(
  roots: readonly Tensor[],
  change: (node: Node) => NodeChange | undefined,
  onMade: (made: Node, from: Node) => void = () => {},
): readonly Tensor[] {
  const now = new Map<string, Tensor>();
  const at = (t: Tensor): Tensor => now.get(tensorKey(t)) ?? t;
  withScope({ nodes: new Map() }, () => {
    for (const node of topologicalOrder(roots)) {
      if (node.op.kind === 'leaf' && !node.op.evaluate) continue;
      const changed = change(node);
      const made = changed ? remake(node, changed, at) : renew(node, at);
      if (made[0]) onMade(made[0].node, node);
      for (const [k, t] of made.entries()) now.set(`${node.id}.${changed?.outputs?.[k] ?? k}`, t);
    }
  });
  return roots.map(at);
}

function renew(node: Node, at: (t: Tensor) => Tensor): readonly Tensor[] {
  const inputs = node.inputs.map(at);
  const same = inputs.every((t, i) => tensorKey(t) === tensorKey(node.inputs[i] as Tensor));
  return same ? adopt(node) : remake(node, { attrs: node.attrs }, at);
}

function remake(node: Node, change: NodeChange, at: (t: Tensor) => Tensor): readonly Tensor[] {
  const left = change.inputs?.map((i) => node.inputs[i] as Tensor) ?? node.inputs;
  return withLocationsOf(node, () =>
    make(node.op, left.map(at), change.attrs, { note: node.note }),
  );
}

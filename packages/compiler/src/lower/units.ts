import type { Node, Tensor } from '@vorab/graph';
import type { Group, Grouping } from './group.ts';

/** What becomes steps together: a group, or a node that is in none. */
export type Unit = Group | Node;

/** Every unit that the roots need, each after what it reads: the order in which a walk from the roots completes them. */
export function unitsInOrder(
  roots: readonly Tensor[],
  { groupOf }: Pick<Grouping, 'groupOf'>,
  readsOf: (unit: Unit) => readonly Tensor[] = inputsOf,
): readonly Unit[] {
  const order: Unit[] = [];
  const waiting = new Map<Unit, Unit[]>();
  const stack: Unit[] = [];
  const unitOf = (node: Node): Unit => groupOf.get(node) ?? node;
  const enter = (unit: Unit): void => {
    if (waiting.has(unit)) return;
    const inputs = new Set(readsOf(unit).map((t) => unitOf(t.node)));
    inputs.delete(unit);
    waiting.set(unit, [...inputs].reverse());
    stack.push(unit);
  };
  for (const root of roots) {
    enter(unitOf(root.node));
    for (let unit = stack.at(-1); unit; unit = stack.at(-1)) {
      const next = waiting.get(unit)?.pop();
      if (next) enter(next);
      else order.push(stack.pop() as Unit);
    }
  }
  return order;
}

function inputsOf(unit: Unit): readonly Tensor[] {
  return 'nodes' in unit ? unit.nodes.flatMap((member) => member.inputs) : unit.inputs;
}

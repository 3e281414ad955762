import type { Node, Tensor } from './node.ts';

/**
 * Every node that the roots need, each after its inputs; the order depends on the graph alone. What only tensors that
 * `stop` names need is left out.
 */
export function topologicalOrder(
  roots: readonly Tensor[],
  stop: (t: Tensor) => boolean = () => false,
): readonly Node[] {
  const order: Node[] = [];
  const state = new Map<Node, number>();
  for (const root of roots) {
    const stack: Node[] = [root.node];
    for (let node = stack.at(-1); node; node = stack.at(-1)) {
      const next = state.get(node) ?? 0;
      const input = node.inputs[next];
      if (next > node.inputs.length) stack.pop();
      else if (input) {
        state.set(node, next + 1);
        if (!state.has(input.node) && !stop(input)) stack.push(input.node);
      } else {
        state.set(node, next + 1);
        order.push(node);
        stack.pop();
      }
    }
  }
  return order;
}

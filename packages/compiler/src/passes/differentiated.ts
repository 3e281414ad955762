import type { Node, Subgraph, Tensor } from '@vorab/graph';
import {
  functionsOf,
  make,
  tensorKey,
  topologicalOrder,
  withLocationsOf,
  withScope,
} from '@vorab/graph';
import type { Rule } from './rewrite.ts';

const saysHow = ({ op }: Node): boolean => op.kind === 'composite' && op.derivativeOnly === true;

/** Opens stopGradient, checkpoint and customVjp, also inside the functions that nodes hold. */
export const differentiated: Rule = {
  name: 'differentiated',
  why: 'after differentiation, a composite that only says how to differentiate is its decomposition',
  apply: (node) => {
    const { op, inputs, attrs } = node;
    if (op.kind === 'composite' && op.derivativeOnly) return op.decompose(inputs, attrs);
    return holdsUnopened(node) ? make(op, inputs, openedAttrs(node)) : null;
  },
};

const holdsUnopened = (node: Node): boolean => functionsOf(node).some((f) => opened(f) !== f);

function openedAttrs({ op, attrs }: Node): Node['attrs'] {
  const functions = Object.entries(op.attributes).flatMap(([name, kind]) =>
    kind === 'function' ? [[name, opened(attrs[name] as Subgraph)] as const] : [],
  );
  return { ...attrs, ...Object.fromEntries(functions) };
}

const known = new WeakMap<Subgraph, Subgraph>();

/** The same function, itself where there is nothing to open. */
function opened(graph: Subgraph): Subgraph {
  const found = known.get(graph) ?? open(graph);
  known.set(graph, found);
  return found;
}

function open(graph: Subgraph): Subgraph {
  const order = topologicalOrder(graph.results);
  if (!order.some((node) => saysHow(node) || holdsUnopened(node))) return graph;
  const now = new Map<string, Tensor>();
  const at = (t: Tensor): Tensor => now.get(tensorKey(t)) ?? t;
  withScope({ nodes: new Map() }, () => {
    for (const node of order) {
      if (node.op.kind === 'leaf') continue;
      const made = withLocationsOf(node, () => remade(node, node.inputs.map(at)));
      for (const [i, t] of made.entries()) now.set(`${node.id}.${i}`, t);
    }
  });
  // What was inside may hold more.
  return opened({ ...graph, results: graph.results.map(at) });
}

function remade(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  const { op, attrs, note } = node;
  if (op.kind === 'composite' && op.derivativeOnly) return op.decompose(inputs, attrs);
  return make(op, inputs, holdsUnopened(node) ? openedAttrs(node) : attrs, { note });
}

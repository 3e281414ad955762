import {
  type Attrs,
  dimKey,
  type NdArray,
  type Node,
  type Op,
  type Subgraph,
  type Tensor,
} from '@vorab/graph';
import type { StepGraph } from './entry-graph.ts';
import { nodesOf } from './entry-graph.ts';

/** A stable text form of an entry between two passes, for goldens and for reading: one line a node. */
export function printGraph(graph: StepGraph): string {
  const names = new Map<Node, string>();
  for (const { name, tensor } of graph.inputs) names.set(tensor.node, name);
  for (const [i, state] of graph.states.entries()) names.set(state.tensor.node, `state${i}`);
  let next = 0;
  const nameOf = (t: Tensor): string => {
    const name = names.get(t.node) ?? '?';
    return t.node.types.length > 1 ? `${name}.${t.index}` : name;
  };
  const lines: string[] = [];
  for (const node of nodesOf(graph)) {
    if (names.has(node)) continue;
    names.set(node, `%${next++}`);
    const attrs = printAttrs(node.op, node.attrs);
    const operands = node.inputs.map(nameOf).join(' ');
    lines.push(
      `${names.get(node)} = ${[node.op.name + attrs, operands].join(' ').trim()} : ${node.outputs().join(', ')}`,
    );
  }
  lines.push(...graph.outputs.map(({ name, tensor }) => `output ${name} = ${nameOf(tensor)}`));
  lines.push(
    ...graph.updates.map(({ state, value }) => `update ${nameOf(state.tensor)} = ${nameOf(value)}`),
  );
  return lines.join('\n');
}

function printAttrs(op: Op, attrs: Attrs): string {
  const parts = Object.keys(op.attributes).map((name) => `${name}=${printAttr(attrs[name])}`);
  return parts.length > 0 ? `{${parts.join(' ')}}` : '';
}

function printAttr(value: Attrs[string] | undefined): string {
  if (Array.isArray(value))
    return `[${value.map((d) => (typeof d === 'boolean' ? d : dimKey(d))).join(' ')}]`;
  if (typeof value === 'object' && value !== null && 'data' in value) {
    const { dtype, shape } = value as NdArray;
    return `${dtype}[${shape.join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null && 'parameters' in value) {
    return `'${(value as Subgraph).name}'`;
  }
  return Object.is(value, -0) ? '-0' : String(value);
}

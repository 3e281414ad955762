import { fb } from '@vorab/artifact';
import type { Node, Subgraph, Tensor } from '@vorab/graph';
import { tensorKey, topologicalOrder } from '@vorab/graph';
import type { EntryGraph } from '../entry-graph.ts';
import { roots, statesRead } from '../entry-graph.ts';
import type { Origins } from '../passes/rewrite.ts';
import { isIdentityLeaf } from '../passes/rewrite.ts';
import type { Emitter } from './emitter.ts';

/** Writes the portable function of an entry; returns its index and where each node went. */
export function emitFunction(
  emitter: Emitter,
  graph: EntryGraph,
): { index: number; origins: Origins } {
  const { table, origins } = functionTable(emitter, {
    name: graph.name,
    parameters: [...graph.inputs.map((i) => i.tensor), ...statesRead(graph).map((s) => s.tensor)],
    results: roots(graph),
  });
  return { index: emitter.program.functions.push(table) - 1, origins };
}

/** A function as its table, and where each node went. */
export function functionTable(
  emitter: Emitter,
  { name, parameters, results }: Subgraph,
): { table: fb.FunctionT; origins: Origins } {
  const values = new Map<string, number>();
  for (const [i, t] of parameters.entries()) values.set(tensorKey(t), i);
  let next = parameters.length;
  const origins: Origins = new Map();
  const valueIndex = (t: Tensor): number => {
    const value = values.get(tensorKey(t));
    if (value === undefined)
      throw new Error(`'${name}': ${t.node.op.name} is used before it is computed`);
    return value;
  };
  const nodes: fb.NodeT[] = [];
  for (const node of topologicalOrder(results)) {
    if (isIdentityLeaf(node)) continue;
    origins.set(node, [nodes.length]);
    nodes.push(nodeTable(emitter, node, node.inputs.map(valueIndex)));
    for (const t of node.outputs()) values.set(tensorKey(t), next++);
  }
  const table = new fb.FunctionT(
    name,
    parameters.map((t) => emitter.type(t.type)),
    nodes,
    results.map(valueIndex),
  );
  return { table, origins };
}

function nodeTable(emitter: Emitter, node: Node, inputs: number[]): fb.NodeT {
  return new fb.NodeT(
    emitter.opId(node.op),
    inputs,
    emitter.attributes(node.op, node.attrs),
    node.types.map((type) => emitter.type(type)),
    emitter.locations(node.stacks),
  );
}

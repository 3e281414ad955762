import type { Node, Tensor } from '@vorab/graph';
import { adopt, make, tensorKey, withLocationsOf, withScope } from '@vorab/graph';
import type { EntryGraph } from '../entry-graph.ts';
import { nodesOf, roots, sameType, withRoots } from '../entry-graph.ts';

/** Replaces a node by tensors of the same types, or leaves it (null). Inputs are rewritten already. */
export interface Rule {
  readonly name: string;
  /** Why the replacement means the same. */
  readonly why: string;
  apply(node: Node): readonly Tensor[] | null;
}

/** Where nodes of a rewritten graph come from: positions in the entry's portable function. */
export type Origins = Map<Node, readonly number[]>;

export interface RewriteResult {
  readonly graph: EntryGraph;
  /** How often each rule fired. */
  readonly hits: ReadonlyMap<string, number>;
}

const maxRounds = 64;

/**
 * Applies rules from the inputs to the roots, again and again until none fires.
 *
 * @throws Error when a rule changes a type, or the rules do not settle.
 */
export function rewrite(
  graph: EntryGraph,
  rules: readonly Rule[],
  origins?: Origins,
): RewriteResult {
  const hits = new Map<string, number>();
  let current = graph;
  for (let round = 0; round < maxRounds; round++) {
    const before = total(hits);
    current = rewriteOnce(current, rules, hits, origins);
    if (total(hits) === before) return { graph: current, hits };
  }
  throw new Error(
    `rewrite: the rules ${[...hits.keys()].join(', ')} do not settle on '${graph.name}'`,
  );
}

const total = (hits: ReadonlyMap<string, number>): number =>
  [...hits.values()].reduce((a, b) => a + b, 0);

function rewriteOnce(
  graph: EntryGraph,
  rules: readonly Rule[],
  hits: Map<string, number>,
  origins: Origins | undefined,
): EntryGraph {
  const replaced = new Map<string, Tensor>();
  const now = (t: Tensor): Tensor => replaced.get(tensorKey(t)) ?? t;
  // One table for the whole round: equal subexpressions become one node.
  withScope({ nodes: new Map() }, () => {
    for (const node of nodesOf(graph)) {
      const outputs = withLocationsOf(node, () =>
        replace(node, node.inputs.map(now), rules, hits, origins),
      );
      for (const [i, t] of outputs.entries()) replaced.set(`${node.id}.${i}`, t);
    }
  });
  return withRoots(graph, roots(graph).map(now));
}

function replace(
  node: Node,
  inputs: readonly Tensor[],
  rules: readonly Rule[],
  hits: Map<string, number>,
  origins: Origins | undefined,
): readonly Tensor[] {
  if (isIdentityLeaf(node)) return node.outputs();
  const same = inputs.every((t, i) => tensorKey(t) === tensorKey(node.inputs[i] as Tensor));
  let outputs = same ? adopt(node) : make(node.op, inputs, node.attrs, { note: node.note });
  inherit(outputs, node, origins);
  const rebuilt = outputs[0]?.node ?? node;
  for (const rule of rules) {
    const result = rule.apply(rebuilt);
    if (!result) continue;
    check(rule, rebuilt, result);
    hits.set(rule.name, (hits.get(rule.name) ?? 0) + 1);
    inherit(result, node, origins);
    outputs = result;
    break;
  }
  return outputs;
}

/** Inputs and states: never merged, never replaced. */
export function isIdentityLeaf(node: Node): boolean {
  return node.op.kind === 'leaf' && node.op.evaluate === null;
}

function check(rule: Rule, node: Node, result: readonly Tensor[]): void {
  const same =
    result.length === node.types.length && result.every((t, i) => sameType(t.type, node.types[i]));
  if (same) return;
  throw new Error(
    `rule '${rule.name}' turns ${node.op.name} (${node.outputs().join()}) into ${result.join()}`,
  );
}

// What a rule built comes from where the node came from, as far down as nothing is known yet.
function inherit(tensors: readonly Tensor[], from: Node, origins: Origins | undefined): void {
  const origin = origins?.get(from);
  if (!origins || !origin) return;
  const stack = tensors.map((t) => t.node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (origins.has(node) || isIdentityLeaf(node)) continue;
    origins.set(node, origin);
    stack.push(...node.inputs.map((t) => t.node));
  }
}

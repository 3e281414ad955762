import type { Node, Tensor } from '@vorab/graph';
import { adopt, make, tensorKey, topologicalOrder, withLocationsOf, withScope } from '@vorab/graph';
import type { StepGraph } from '../entry-graph.ts';
import { nodesOf, roots, sameType, withRoots } from '../entry-graph.ts';

/** Replaces a node by tensors of the same types, or leaves it (null). Inputs are rewritten already. */
export interface Rule {
  readonly name: string;
  /** Why the replacement means the same. */
  readonly why: string;
  /** `original`: the node of the graph that is being rewritten, or `node` itself where a rule built it. */
  apply(node: Node, original: Node): readonly Tensor[] | null;
}

/** Where nodes of a rewritten graph come from: positions in the entry's portable function. */
export type Origins = Map<Node, readonly number[]>;

export interface RewriteResult<G extends StepGraph> {
  readonly graph: G;
  /** How often each rule fired. */
  readonly hits: ReadonlyMap<string, number>;
}

const maxRounds = 64;
/** How deep rules may open what rules built. */
const maxDepth = 256;

/**
 * Applies rules from the inputs to the roots, and to what they build, until none fires.
 *
 * @throws Error when a rule changes a type, or the rules do not settle.
 */
export function rewrite<G extends StepGraph>(
  graph: G,
  rules: readonly Rule[],
  origins?: Origins,
): RewriteResult<G> {
  const hits = new Map<string, number>();
  let current = graph;
  for (let round = 0; round < maxRounds; round++) {
    const before = total(hits);
    current = new Round(current, rules, hits, origins).run();
    if (total(hits) === before) return { graph: current, hits };
  }
  throw unsettled(graph, hits);
}

const total = (hits: ReadonlyMap<string, number>): number =>
  [...hits.values()].reduce((a, b) => a + b, 0);

const unsettled = (graph: StepGraph, hits: ReadonlyMap<string, number>): Error =>
  new Error(`rewrite: the rules ${[...hits.keys()].join(', ')} do not settle on '${graph.name}'`);

/** One walk from the inputs to the roots. */
class Round<G extends StepGraph> {
  private readonly graph: G;
  private readonly rules: readonly Rule[];
  private readonly hits: Map<string, number>;
  private readonly origins: Origins | undefined;
  private readonly replaced: Map<string, Tensor> = new Map();
  private readonly settled: Set<Node> = new Set();

  constructor(
    graph: G,
    rules: readonly Rule[],
    hits: Map<string, number>,
    origins: Origins | undefined,
  ) {
    this.graph = graph;
    this.rules = rules;
    this.hits = hits;
    this.origins = origins;
  }

  // One table for the whole round: equal subexpressions become one node.
  run(): G {
    withScope({ nodes: new Map() }, () => {
      for (const node of nodesOf(this.graph)) this.process(node, 0);
    });
    return withRoots(this.graph, roots(this.graph).map(this.now));
  }

  private readonly now = (t: Tensor): Tensor => this.replaced.get(tensorKey(t)) ?? t;

  private process(node: Node, depth: number): void {
    if (depth > maxDepth) throw unsettled(this.graph, this.hits);
    const outputs = withLocationsOf(node, () => this.replace(node, depth));
    for (const [i, t] of outputs.entries()) this.replaced.set(`${node.id}.${i}`, t);
    for (const t of outputs) this.settled.add(t.node);
    this.settled.add(node);
  }

  private replace(node: Node, depth: number): readonly Tensor[] {
    if (isIdentityLeaf(node)) return node.outputs();
    const inputs = node.inputs.map(this.now);
    const same = inputs.every((t, i) => tensorKey(t) === tensorKey(node.inputs[i] as Tensor));
    const rebuilt = same ? adopt(node) : make(node.op, inputs, node.attrs, { note: node.note });
    inherit(rebuilt, node, this.origins);
    const result = this.apply(rebuilt[0]?.node ?? node, node);
    if (!result) return rebuilt;
    inherit(result, node, this.origins);
    for (const built of topologicalOrder(result, (t) => this.settled.has(t.node))) {
      if (!this.settled.has(built)) this.process(built, depth + 1);
    }
    return result.map(this.now);
  }

  private apply(node: Node, original: Node): readonly Tensor[] | undefined {
    for (const rule of this.rules) {
      const result = rule.apply(node, original);
      if (!result) continue;
      check(rule, node, result);
      this.hits.set(rule.name, (this.hits.get(rule.name) ?? 0) + 1);
      return result;
    }
    return undefined;
  }
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

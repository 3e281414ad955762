import { userError } from './fail.ts';
import type { Node, Subgraph, Tensor } from './node.ts';
import { attrKey, make, nextNodeId, tensorKey } from './node.ts';
import type { AttrKind, AttrTypes, TensorType } from './op.ts';
import { input } from './ops/leaves.ts';
import type { TracedFunction } from './scope.ts';
import { currentScope, withLocationsOf, withScope } from './scope.ts';
import { topologicalOrder } from './topo.ts';

// Functions inside graphs. A Subgraph is closed: its results depend on its parameters alone, so that
// it can be moved, bound, differentiated and written down by itself.

/** A body as it was traced: what it takes besides its own parameters are the captured tensors. */
export interface Traced {
  /** Parameters: the body's own, then one for each captured tensor. */
  readonly graph: Subgraph;
  /** Tensors from around the body, in the order of first use. */
  readonly captured: readonly Tensor[];
}

const parameters = new WeakSet<Node>();

/** Whether a node stands for a parameter of a function inside a graph. */
export function isParameter(node: Node): boolean {
  return parameters.has(node);
}

/** A leaf that stands for a parameter of a function. */
export function parameterLeaf(name: string, type: TensorType): Tensor {
  const leaf = input(name, type);
  parameters.add(leaf.node);
  return leaf;
}

/** Loops and branches within each other: an artifact holds its tables nested at most 64 deep. */
const deepest = 16;

function tooDeep(what: string): Error {
  return userError({
    code: 'nesting',
    message: `${what} lies in more than ${deepest - 1} loops and branches`,
    cure: 'compute with tensors of more axes what the inner ones do, or trace fewer of them',
  });
}

/**
 * Traces a body on parameters of its own. What it uses from around it becomes further parameters.
 * What does not depend on its own is computed outside, once, unless the body is `lazy`; only leaves
 * and views come along into it.
 */
export function traceBody(
  name: string,
  own: readonly Tensor[],
  within: TracedFunction,
  body: () => readonly Tensor[],
): Traced {
  const outer = currentScope().within;
  const repeats = within.repeats || (outer?.repeats ?? false);
  const depth = (within.depth ?? 0) + (outer?.depth ?? 0);
  if (depth > deepest) throw tooDeep(within.what);
  const first = within.lazy ? nextNodeId() : Number.POSITIVE_INFINITY;
  const nodes = new Layer(currentScope().nodes);
  const results = withScope({ within: { ...within, repeats, depth }, nodes }, body);
  const traced = close(name, own, results, first);
  return { ...traced, graph: interned(traced.graph) };
}

/** Bodies that take the same operands: after `own` of their own, all that any of them has captured. */
export function shareCaptured(
  bodies: readonly Traced[],
  own: number,
): { readonly captured: readonly Tensor[]; readonly graphs: readonly Subgraph[] } {
  const all = new Map(bodies.flatMap((b) => b.captured.map((t) => [tensorKey(t), t] as const)));
  const graphs = bodies.map(({ graph, captured }) => {
    const at = new Map(captured.map((t, i) => [tensorKey(t), graph.parameters[own + i] as Tensor]));
    const rest = [...all].map(([key, t]) => at.get(key) ?? parameterLeaf('unused', t.type));
    return interned({ ...graph, parameters: [...graph.parameters.slice(0, own), ...rest] });
  });
  return { captured: [...all.values()], graphs };
}

// Knows what is known around it, and keeps what is new to itself: a node that one body makes is not
// taken for one from around the next.
class Layer extends Map<string, Node> {
  constructor(readonly around: Map<string, Node> | undefined) {
    super();
  }

  override get(key: string): Node | undefined {
    return super.get(key) ?? this.around?.get(key);
  }
}

// By the table of the whole trace: equal bodies are one function, as equal nodes are one node.
const graphs = new WeakMap<Map<string, Node>, Map<string, Subgraph>>();

function interned(graph: Subgraph): Subgraph {
  let table = currentScope().nodes;
  while (table instanceof Layer) table = table.around;
  if (!table) return graph;
  const known = graphs.get(table) ?? new Map<string, Subgraph>();
  graphs.set(table, known);
  const key = graphKey(graph);
  const found = known.get(key) ?? graph;
  known.set(key, found);
  return found;
}

/** Equal for functions that compute the same by the same ops in the same order. */
function graphKey({ name, parameters: own, results }: Subgraph): string {
  const numbers = new Map(own.map((t, i) => [t.node, i]));
  const at = (t: Tensor): string => `${numbers.get(t.node)}.${t.index}`;
  const lines = [name, ...own.map(String)];
  for (const node of topologicalOrder(results)) {
    if (numbers.has(node)) continue;
    numbers.set(node, numbers.size);
    const attrs = Object.entries(node.op.attributes).map(([attribute, kind]) =>
      attrKey(kind, node.attrs[attribute] as AttrTypes[AttrKind]),
    );
    lines.push([node.op.name, ...node.inputs.map(at), ...attrs].join(';'));
  }
  return [...lines, ...results.map(at)].join('\n');
}

function close(
  name: string,
  own: readonly Tensor[],
  results: readonly Tensor[],
  first: number,
): Traced {
  const inside = new Inside(own, first);
  inside.visit(results);
  const captured = [...inside.captured.values()];
  const leaves = captured.map((t, i) => parameterLeaf(`captured${i}`, t.type));
  const replaced = new Map(captured.map((t, i) => [tensorKey(t), leaves[i] as Tensor]));
  const closed =
    captured.length === 0
      ? results
      : withScope({ nodes: new Map() }, () => substitute(results, replaced));
  return { graph: { name, parameters: [...own, ...leaves], results: closed }, captured };
}

/**
 * Decides which nodes a body keeps: those that depend on its parameters, those made from id `first`
 * on, and what costs nothing there.
 */
class Inside {
  readonly captured: Map<string, Tensor> = new Map();
  private readonly own: ReadonlySet<string>;
  private readonly dependent: Set<Node> = new Set();

  constructor(
    own: readonly Tensor[],
    private readonly first: number,
  ) {
    this.own = new Set(own.map(tensorKey));
  }

  visit(results: readonly Tensor[]): void {
    const isOwn = (t: Tensor): boolean => this.own.has(tensorKey(t));
    const order = topologicalOrder(results, isOwn);
    for (const node of order) {
      const depends = node.inputs.some((t) => isOwn(t) || this.dependent.has(t.node));
      const made = node.id >= this.first && node.inputs.length > 0;
      if (depends || made) this.dependent.add(node);
    }
    for (const node of order) if (this.dependent.has(node)) node.inputs.forEach(this.take);
    results.forEach(this.take);
  }

  private readonly take = (t: Tensor): void => {
    const key = tensorKey(t);
    if (this.own.has(key) || this.dependent.has(t.node) || this.captured.has(key)) return;
    if (comesAlong(t.node)) t.node.inputs.forEach(this.take);
    else this.captured.set(key, t);
  };
}

/** Leaves with a value of their own, and views that need no memory: cheaper to repeat than to hand in. */
export function comesAlong(node: Node): boolean {
  if (node.op.kind === 'leaf') return node.op.evaluate !== null;
  if (node.op.kind !== 'view') return false;
  const map = node.op.map(
    node.inputs.map((t) => t.shape),
    node.attrs,
  );
  return map.form !== 'pieces';
}

/** Tensors with others in place of some that they depend on, made in the current scope; lines are kept. */
export function substitute(
  roots: readonly Tensor[],
  replaced: ReadonlyMap<string, Tensor>,
): readonly Tensor[] {
  const now = new Map(replaced);
  const at = (t: Tensor): Tensor => now.get(tensorKey(t)) ?? t;
  for (const node of topologicalOrder(roots, (t) => replaced.has(tensorKey(t)))) {
    if (replaced.has(`${node.id}.0`) || (node.op.kind === 'leaf' && !node.op.evaluate)) continue;
    const made = withLocationsOf(node, () =>
      make(node.op, node.inputs.map(at), node.attrs, { note: node.note }),
    );
    for (const [i, t] of made.entries()) {
      const key = `${node.id}.${i}`;
      if (!replaced.has(key)) now.set(key, t);
    }
  }
  return roots.map(at);
}

/** The results of a function on these operands, as nodes of the current graph. */
export function inline(graph: Subgraph, operands: readonly Tensor[]): readonly Tensor[] {
  return substitute(
    graph.results,
    new Map(graph.parameters.map((p, i) => [tensorKey(p), operands[i] as Tensor])),
  );
}

/** Types of a function's parameters, and of its results. */
export const parameterTypes = (graph: Subgraph): readonly TensorType[] =>
  graph.parameters.map((t) => t.type);
export const resultTypes = (graph: Subgraph): readonly TensorType[] =>
  graph.results.map((t) => t.type);

/** Keys of the leaves that tensors depend on: of a function's results, the parameters that they need. */
export function parametersOf(results: readonly Tensor[]): ReadonlySet<string> {
  const leaves = topologicalOrder(results).filter((node) => node.inputs.length === 0);
  return new Set(leaves.map((node) => `${node.id}.0`));
}

const selections = new WeakMap<Subgraph, Map<string, Subgraph>>();

/** Some parameters and some results of a function, which must need no others; the same object for the same ones. */
export function selected(
  graph: Subgraph,
  inputs: readonly number[],
  outputs: readonly number[],
): Subgraph {
  const key = `${inputs.join()} ${outputs.join()}`;
  const of = selections.get(graph) ?? new Map<string, Subgraph>();
  selections.set(graph, of);
  const made = of.get(key) ?? {
    name: graph.name,
    parameters: inputs.map((i) => graph.parameters[i] as Tensor),
    results: outputs.map((i) => graph.results[i] as Tensor),
  };
  of.set(key, made);
  return made;
}

/** The functions that the attributes of an op, as a node has them, hold. */
export function functionsOf(node: Pick<Node, 'op' | 'attrs'>): readonly Subgraph[] {
  return Object.entries(node.op.attributes).flatMap(([name, kind]) =>
    kind === 'function' ? [node.attrs[name] as Subgraph] : [],
  );
}

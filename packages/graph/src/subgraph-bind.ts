import type { Dim, DimEnv } from './dim.ts';
import { dimSymbols, evaluateDim } from './dim.ts';
import type { Node, Subgraph, Tensor } from './node.ts';
import { make, tensorKey } from './node.ts';
import type { Attrs, Op, TensorType } from './op.ts';
import { withScope } from './scope.ts';
import { parameterLeaf } from './subgraph.ts';
import { topologicalOrder } from './topo.ts';

// Types, attributes and functions with numbers for dims.

/** A shape, or attributes, with numbers for dims. */
export function bindShape(shape: readonly Dim[], env: DimEnv): readonly number[] {
  return shape.map((d) => evaluateDim(d, env));
}

/** A type with numbers for dims. */
export function bindType(type: TensorType, env: DimEnv): TensorType {
  return { dtype: type.dtype, shape: bindShape(type.shape, env) };
}

/** Attributes with numbers for dims, in functions too. */
export function bindAttrs(op: Op, attrs: Attrs, env: DimEnv): Attrs {
  const bound: Record<string, Attrs[string]> = { ...attrs };
  for (const [name, kind] of Object.entries(op.attributes)) {
    const value = attrs[name];
    if (kind === 'dim') bound[name] = evaluateDim(value as Dim, env);
    if (kind === 'shape') bound[name] = bindShape(value as readonly Dim[], env);
    if (kind === 'function') bound[name] = bindGraph(value as Subgraph, env);
  }
  return bound;
}

// By function, then by the sizes: what is remembered of a function is remembered by its identity.
const maxBound = 64;
const boundGraphs = new WeakMap<Subgraph, Map<string, Subgraph>>();

/** A function with numbers for dims: the same object for the same sizes, itself where it has none. */
export function bindGraph(graph: Subgraph, env: DimEnv): Subgraph {
  const names = symbolsIn(graph);
  if (names.length === 0) return graph;
  const key = names.map((name) => `${name}=${env.get(name)}`).join();
  const known = boundGraphs.get(graph) ?? new Map<string, Subgraph>();
  boundGraphs.set(graph, known);
  const found = known.get(key) ?? rebind(graph, env);
  if (known.size >= maxBound) known.clear();
  known.set(key, found);
  return found;
}

function rebind(graph: Subgraph, env: DimEnv): Subgraph {
  const now = new Map<string, Tensor>();
  const leaves = graph.parameters.map((p, i) =>
    parameterLeaf(`operand${i}`, bindType(p.type, env)),
  );
  for (const [i, p] of graph.parameters.entries()) now.set(tensorKey(p), leaves[i] as Tensor);
  const at = (t: Tensor): Tensor => now.get(tensorKey(t)) as Tensor;
  withScope({ nodes: new Map() }, () => {
    for (const node of topologicalOrder(graph.results, (t) => now.has(tensorKey(t)))) {
      if (now.has(`${node.id}.0`)) continue;
      const made = withScope({ inherited: node.stacks, wish: node.wish }, () =>
        make(node.op, node.inputs.map(at), bindAttrs(node.op, node.attrs, env)),
      );
      for (const [i, t] of made.entries()) now.set(`${node.id}.${i}`, t);
    }
  });
  return { name: graph.name, parameters: leaves, results: graph.results.map(at) };
}

const symbolNames = new WeakMap<Subgraph, readonly string[]>();

/** Names of the dims in a function: in its types and attributes, and in those of the functions within. */
function symbolsIn(graph: Subgraph): readonly string[] {
  const known = symbolNames.get(graph);
  if (known) return known;
  const shapes = graph.parameters.flatMap((t) => t.shape);
  const nodes = topologicalOrder(graph.results);
  const found = [...shapes, ...nodes.flatMap(dimsOf)].flatMap(dimSymbols).map((s) => s.name);
  const names = [...new Set(found)].sort();
  symbolNames.set(graph, names);
  return names;
}

/** The dims in a node's types and attributes, those in its functions too. */
export function dimsOf(node: Node): readonly Dim[] {
  const inAttributes = Object.entries(node.op.attributes).flatMap(([name, kind]) => {
    if (kind === 'shape') return node.attrs[name] as readonly Dim[];
    if (kind === 'dim') return [node.attrs[name] as Dim];
    if (kind !== 'function') return [];
    const graph = node.attrs[name] as Subgraph;
    return [
      ...graph.parameters.flatMap((t) => t.shape),
      ...topologicalOrder(graph.results).flatMap(dimsOf),
    ];
  });
  return [...node.types.flatMap((t) => t.shape), ...inAttributes];
}

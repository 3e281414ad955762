import type { Node, Subgraph, Tensor } from '@vorab/graph';
import { make, sameTensor, tensorKey, topologicalOrder } from '@vorab/graph';
import type { StateSlot, StepGraph } from '../entry-graph.ts';
import type { Target } from '../targets/target.ts';
import type { Origins, Rule } from './rewrite.ts';
import { isIdentityLeaf } from './rewrite.ts';

/** Passes over one graph for a target, as `prepareFor` runs them. */
export type Prepare = (graph: StepGraph) => StepGraph;

/**
 * A function as a graph that overwrites its carries: its first parameters, whose next values are its
 * first results.
 */
export function bodyGraph({ name, parameters, results }: Subgraph, carries: number): StepGraph {
  const named = (tensors: readonly Tensor[]): StepGraph['inputs'] =>
    tensors.map((tensor, i) => ({ name: String(i), tensor }));
  const states: readonly StateSlot[] = parameters
    .slice(0, carries)
    .map((tensor) => ({ tensor, type: tensor.type }));
  const updates = states.flatMap((state, i) => {
    const value = results[i] as Tensor;
    return sameTensor(value, state.tensor) ? [] : [{ state, value }];
  });
  return {
    name,
    inputs: named(parameters.slice(carries)),
    states,
    outputs: named(results.slice(carries)),
    updates,
  };
}

/** Where each node of a function stands in it: as the artifact counts them. */
export function positionsOf({ results }: Subgraph): Origins {
  const nodes = topologicalOrder(results).filter((node) => !isIdentityLeaf(node));
  return new Map(nodes.map((node, i) => [node, [i]]));
}

// By target and options: the same function is prepared once, and so stored once.
const prepared = new WeakMap<Subgraph, Map<string, Subgraph>>();

/** For a target that runs functions itself: hands it functions of ops that it has. */
export function prepareBodiesRule(target: Target, fuse: boolean, prepare: Prepare): Rule {
  const key = `${target.name} ${fuse}`;
  const of = (graph: Subgraph): Subgraph => {
    const known = prepared.get(graph) ?? new Map<string, Subgraph>();
    prepared.set(graph, known);
    const made = known.get(key) ?? prepareBody(graph, prepare);
    known.set(key, made);
    // What is prepared is settled.
    prepared.set(made, (prepared.get(made) ?? new Map<string, Subgraph>()).set(key, made));
    return made;
  };
  return {
    name: 'prepare bodies',
    why: 'a function of the same results, in ops that the target has',
    apply: (node) => withFunctions(node, of),
  };
}

function prepareBody(graph: Subgraph, prepare: Prepare): Subgraph {
  const results = prepare(bodyGraph(graph, 0)).outputs.map((o) => o.tensor);
  const same = results.every((t, i) => tensorKey(t) === tensorKey(graph.results[i] as Tensor));
  return same ? graph : { ...graph, results };
}

function withFunctions(node: Node, of: (graph: Subgraph) => Subgraph): readonly Tensor[] | null {
  if (node.op.kind !== 'call') return null;
  const names = Object.entries(node.op.attributes).flatMap(([name, kind]) =>
    kind === 'function' ? [name] : [],
  );
  const changed = names.map((name) => [name, of(node.attrs[name] as Subgraph)] as const);
  if (changed.every(([name, graph]) => graph === node.attrs[name])) return null;
  const attrs = { ...node.attrs, ...Object.fromEntries(changed) };
  return make(node.op, node.inputs, attrs, { note: node.note });
}

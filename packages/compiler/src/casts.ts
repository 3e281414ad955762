import type { Node } from '@vorab/graph';
import { functionsOf, topologicalOrder } from '@vorab/graph';
import type { StepGraph } from './entry-graph.ts';
import { nodesOf } from './entry-graph.ts';
import type { Lowered } from './lower/arena.ts';

/** The casts that somebody else than the model asks for, of an entry in ops of its target. */
export function insertedCasts(prepared: StepGraph, lowered: Lowered): readonly Node[] {
  const nodes = [...nodesOf(prepared), ...inBodies(lowered), ...inFunctions(lowered)];
  return [...new Set(nodes)].filter((n) => n.op.name === 'cast' && n.note !== undefined);
}

/** Nodes of bodies that are lowered. */
function inBodies({ steps }: Lowered): readonly Node[] {
  return steps.flatMap(({ body }) =>
    body.kind === 'control'
      ? body.bodies.flatMap((b) => [...nodesOf(b.prepared), ...inBodies(b.lowered)])
      : [],
  );
}

/** Nodes of functions that the target runs itself. */
function inFunctions({ steps }: Lowered): readonly Node[] {
  const within = (node: Node): readonly Node[] =>
    functionsOf(node)
      .flatMap(({ results }) => topologicalOrder(results))
      .flatMap((inner) => [inner, ...within(inner)]);
  return steps.flatMap(({ body, nodes }) =>
    body.kind === 'apply' && body.op.kind === 'call' ? nodes.flatMap(within) : [],
  );
}

import type { Node } from '@vorab/graph';
import { GraphError, resolveCallSite } from '@vorab/graph';
import type { EntryGraph } from '../entry-graph.ts';
import { nodesOf } from '../entry-graph.ts';
import type { Target } from '../targets/index.ts';
import { targets as allTargets } from '../targets/index.ts';
import { problemOf } from './build-problem.ts';

/**
 * Holds what the model asks for against the plans that are made.
 *
 * @throws GraphError at the user's line for a target that is not there, that no plan has, or that cannot run the op.
 */
export function checkWishes(graph: EntryGraph, plans: readonly (readonly Target[])[]): void {
  for (const node of nodesOf(graph)) {
    if (node.wish) checkWish(node, node.wish.target, plans);
  }
}

function checkWish(node: Node, wanted: string, plans: readonly (readonly Target[])[]): void {
  const target = allTargets[wanted];
  const names = Object.keys(allTargets).join(', ');
  if (!target) throw wishError(node, `there is no target '${wanted}'`, `name one of ${names}`);
  const having = plans.filter((plan) => plan.includes(target));
  if (having.length === 0) {
    const other = Object.keys(allTargets).find((name) => name !== wanted);
    throw wishError(
      node,
      `no plan of this compilation has target '${wanted}'`,
      `compile with --targets ${other}+${wanted}`,
    );
  }
  const problem = problemOf(node, target);
  if (problem === undefined || having.every((plan) => plan.length === 1)) return;
  const cure = 'take the wish away, or cast to a dtype that the target has';
  throw wishError(node, `'${wanted}' cannot run it: ${problem}`, cure);
}

function wishError(node: Node, what: string, cure: string): GraphError {
  const site = node.wish?.callSites[0];
  return new GraphError({
    code: 'placement',
    message: `placement of ${node.op.name} on '${node.wish?.target}': ${what}`,
    cure,
    location: site && resolveCallSite(site),
  });
}

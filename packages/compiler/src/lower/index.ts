import type { StepGraph } from '../entry-graph.ts';
import type { Target } from '../targets/target.ts';
import type { Lowered } from './arena.ts';
import { lowerToArena } from './arena.ts';
import { checkMemory } from './check-memory.ts';
import type { LowerGraph } from './control.ts';
import { updateInPlace } from './in-place.ts';
import type { MemoryPlan } from './memory.ts';
import { planMemory } from './memory.ts';
import { lowerToOps } from './ops.ts';

/** Steps in their final order, and the memory plan where the target has an arena. */
export function lower(
  graph: StepGraph,
  target: Target,
  fuse: boolean,
): { readonly lowered: Lowered; readonly memory: MemoryPlan | undefined } {
  if (target.form === 'ops') return { lowered: lowerToOps(graph, target, fuse), memory: undefined };
  return lowerWithMemory(graph, target, fuse);
}

function lowerWithMemory(
  graph: StepGraph,
  target: Target,
  fuse: boolean,
): { readonly lowered: Lowered; readonly memory: MemoryPlan } {
  const lowerBody: LowerGraph = (body) => lowerWithMemory(body, target, fuse);
  const lowered = updateInPlace(lowerToArena(graph, target, fuse, lowerBody));
  const memory = planMemory(lowered.steps);
  checkMemory(lowered.steps, memory);
  return { lowered, memory };
}

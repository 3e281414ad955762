import type { CallOp, Node, Subgraph } from '@vorab/graph';
import type { StepGraph } from '../entry-graph.ts';
import { verifyGraph } from '../entry-graph.ts';
import { bodyGraph, positionsOf } from '../passes/bodies.ts';
import { prepareFor } from '../passes/index.ts';
import type { Origins } from '../passes/rewrite.ts';
import type { Target } from '../targets/target.ts';
import type { Lowered } from './arena.ts';
import type { MemoryPlan } from './memory.ts';

/** How one function of an op runs: a plan within a plan, over memory of its own. */
export interface LoweredBody {
  /** The function as the op has it. */
  readonly graph: Subgraph;
  /** The same in ops of the target: what its steps compute. */
  readonly prepared: StepGraph;
  /** How many of its first parameters its first results overwrite; its inputs and outputs come after these. */
  readonly carries: number;
  readonly lowered: Lowered;
  readonly memory: MemoryPlan;
  /** Where nodes of its steps stand in the function. */
  readonly origins: Origins;
}

/** Lowers a graph to steps in their final order, with a plan of their memory. */
export type LowerGraph = (graph: StepGraph) => {
  readonly lowered: Lowered;
  readonly memory: MemoryPlan;
};

/** The functions of a node as plans of their own, in the order of its attributes. */
export function lowerBodies(
  node: Node,
  op: CallOp,
  target: Target,
  fuse: boolean,
  lower: LowerGraph,
): readonly LoweredBody[] {
  return Object.entries(op.attributes).flatMap(([name, kind]) => {
    if (kind !== 'function') return [];
    const graph = node.attrs[name] as Subgraph;
    const carries = op.carries(name, node.attrs);
    const origins = positionsOf(graph);
    const prepared = prepareFor(bodyGraph(graph, carries), target, fuse, origins);
    verifyGraph(prepared, `prepare a body of ${op.name} for ${target.name}`);
    return [{ graph, prepared, carries, origins, ...lower(prepared) }];
  });
}

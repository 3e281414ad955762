import { fb } from '@vorab/artifact';
import type { Node } from '@vorab/graph';
import type { Emitter } from './emit/emitter.ts';
import { emitFunction } from './emit/function.ts';
import type { EmittedPart } from './emit/split.ts';
import { emitSplitPlan } from './emit/split.ts';
import type { EntryGraph } from './entry-graph.ts';
import { statesRead } from './entry-graph.ts';
import type { Origins } from './passes/rewrite.ts';
import type { BuiltProblem } from './placement/build-problem.ts';
import type { Part } from './placement/parts.ts';
import { partsOf } from './placement/parts.ts';
import { joinReasons } from './placement/reasons.ts';
import type { Routed } from './placement/route.ts';
import { targetsOf } from './placement/router.ts';
import type { Placed } from './placement/stages.ts';
import { stagesOf } from './placement/stages.ts';
import type { Target } from './targets/index.ts';

/** An entry whose portable function is written. */
export interface EmittedEntry {
  readonly graph: EntryGraph;
  readonly calls: number;
  /** Its place among the entries. */
  readonly index: number;
  readonly origins: Origins;
}

/** Plans a graph, as the entry of this number, for one target. */
export type PlanEntry = (
  graph: EntryGraph,
  entry: number,
  target: Target,
  origins: Origins,
) => fb.EntryPlanT;

export interface SplitRequest {
  readonly name: string;
  readonly targets: readonly Target[];
  readonly built: BuiltProblem;
  readonly routed: Routed;
  /** SHA-256 of the file with the rates, where it is not the compiler that ships them. */
  readonly calibration: string | undefined;
  readonly requires: readonly string[];
}

/** Writes a plan over several targets, the plans of its parts, and the parts as entries. */
export function emitSplit(
  emitter: Emitter,
  request: SplitRequest,
  entries: readonly EmittedEntry[],
  planEntry: PlanEntry,
): void {
  new Split(emitter, request, planEntry).emit(entries);
}

class Split {
  private readonly emitter: Emitter;
  private readonly request: SplitRequest;
  private readonly planEntry: PlanEntry;
  private readonly placed: readonly string[];
  private readonly reasons: ReadonlyMap<number, string>;
  private readonly partPlans: ReadonlyMap<string, fb.PlanT>;

  constructor(emitter: Emitter, request: SplitRequest, planEntry: PlanEntry) {
    this.emitter = emitter;
    this.request = request;
    this.planEntry = planEntry;
    const { answer } = request.routed;
    this.placed = targetsOf(answer);
    const reasons = answer.placements.map((p) => [p.node, p.reason ?? ''] as const);
    this.reasons = new Map(reasons);
    this.partPlans = new Map(request.targets.map(({ name }) => [name, this.partPlan(name)]));
  }

  emit(entries: readonly EmittedEntry[]): void {
    const { name, targets, routed, calibration, requires } = this.request;
    const plans = entries.map((entry, i) => this.entry(entry, i));
    const { plans: all } = this.emitter.program;
    const parts = [...this.partPlans.values()].map((plan) => all.push(plan) - 1);
    const names = targets.map((t) => t.name);
    const rates = calibration ?? null;
    const needs = [...requires];
    all.push(new fb.PlanT(name, names, plans, false, parts, [], routed.router, rates, needs));
  }

  private partPlan(target: string): fb.PlanT {
    const { built, name } = this.request;
    const holds = [...built.states].flatMap(([state, id]) =>
      this.placed[id] === target ? (this.emitter.stateIndex.get(state) ?? []) : [],
    );
    return new fb.PlanT(
      `${name}/${target}`,
      [target],
      [],
      true,
      [],
      holds.sort((a, b) => a - b),
    );
  }

  private entry({ graph, index, origins }: EmittedEntry, at: number): fb.EntryPlanT {
    const { name, built, targets } = this.request;
    const ids = built.nodes[at] ?? new Map<Node, number>();
    const placed: Placed = {
      targets: targets.map((t) => t.name),
      targetOf: (node) => this.placed[ids.get(node) ?? -1] ?? '',
      ownerOf: (state) => this.placed[built.states.get(state) ?? -1] ?? '',
    };
    const parts = partsOf(name, graph, stagesOf(graph, placed), placed);
    const emitted = parts.map((part) => this.part(part, index, ids));
    return emitSplitPlan(this.emitter, graph, index, origins, emitted);
  }

  private part(part: Part, of: number, ids: ReadonlyMap<Node, number>): EmittedPart {
    const { graph } = part;
    const { index, origins } = emitFunction(this.emitter, graph);
    const entry = this.emitter.program.entries.push(this.partEntry(part, of, index)) - 1;
    const target = this.request.targets.find((t) => t.name === part.target) as Target;
    const plan = this.planEntry(graph, entry, target, origins);
    this.partPlans.get(target.name)?.entries.push(plan);
    const idOf = (node: Node): number | undefined => ids.get(part.origins.get(node) ?? node);
    const byPosition = new Map<number, number>();
    for (const [node, positions] of origins) {
      const id = idOf(node);
      if (id !== undefined) for (const position of positions) byPosition.set(position, id);
    }
    const counted = new Set<number>();
    for (const step of plan.regions.flatMap((region) => region.steps)) {
      const found = step.nodes.flatMap((position) => byPosition.get(position) ?? []);
      step.placement = this.placement(found, counted);
    }
    return { part, entry, placement: this.placement([...byPosition.values()], new Set()) };
  }

  private partEntry({ graph }: Part, of: number, function_: number): fb.EntryT {
    const { emitter } = this;
    const caller = emitter.program.entries[of] as fb.EntryT;
    const port = ({ name, tensor }: EntryGraph['inputs'][number]): fb.PortT =>
      new fb.PortT(name, emitter.type(tensor.type));
    return new fb.EntryT(
      graph.name,
      null,
      fb.EntryKind.Part,
      function_,
      graph.inputs.map(port),
      graph.outputs.map(port),
      statesRead(graph).map((state) => emitter.stateIndex.get(state) ?? 0),
      graph.updates.map(({ state }) => emitter.stateIndex.get(state) ?? 0),
      caller.location,
      [...caller.symbols],
    );
  }

  /** Why nodes of the problem run where they do, and what those not counted before cost on each target. */
  private placement(found: readonly number[], counted: Set<number>): fb.PlacementT {
    const { emitter } = this;
    const ids = [...new Set(found)];
    const fresh = ids.filter((id) => !counted.has(id));
    for (const id of fresh) counted.add(id);
    const { nodes } = this.request.built.problem;
    const reason = joinReasons(
      ids.map((id) => ({ op: nodes[id]?.name ?? '', reason: this.reasons.get(id) ?? '' })),
    );
    const costs = this.request.targets.map(({ name }) => {
      const of = fresh.flatMap((id) => nodes[id]?.costs.find((c) => c.target === name) ?? []);
      const problem = of.find((cost) => cost.problem !== null)?.problem ?? '';
      const ns = of.reduce((sum, cost) => sum + cost.ns, 0);
      return new fb.PlacementCostT(name, BigInt(ns), emitter.string(problem));
    });
    return new fb.PlacementT(emitter.string(reason), costs);
  }
}

import type { Node, StateVariable, Tensor, TensorType } from '@vorab/graph';
import {
  dimMax,
  dtypeBytes,
  elementCount,
  formatLocation,
  resolveCallSite,
  stateOf,
  tensorKey,
} from '@vorab/graph';
import { CompileError } from '../compile-error.ts';
import type { EntryGraph } from '../entry-graph.ts';
import { nodesOf } from '../entry-graph.ts';
import { isIdentityLeaf } from '../passes/rewrite.ts';
import type { Target } from '../targets/index.ts';
import type { PlacementCost, PlacementNode, PlacementProblem, PlacementValue } from './problem.ts';
import type { Rates } from './rates.ts';
import { costOf, workOf } from './work.ts';

/** Of 1000 calls of each program, an entry that initialises runs once. */
export const callsOf = { program: 1000, init: 1 } as const;

/** An entry whose ops are to be placed. */
export interface EntryToPlace {
  readonly graph: EntryGraph;
  readonly calls: number;
}

export interface ProblemOptions {
  readonly plan: string;
  readonly targets: readonly Target[];
  readonly rates: Rates;
  readonly fuse: boolean;
  nameOf(state: StateVariable): string;
  /** How a source file is named in the artifact. */
  relativePath(file: string): string;
}

/** The question, and which node of it each node of each entry is, and each state. */
export interface BuiltProblem {
  readonly problem: PlacementProblem;
  readonly nodes: readonly ReadonlyMap<Node, number>[];
  readonly states: ReadonlyMap<StateVariable, number>;
}

/** Whether a node is placed. Leaves are where they are needed. */
export const isPlaced = (node: Node): boolean => node.op.kind !== 'leaf';

/** Every op of every entry, and every state, as one problem: a state lives on one target for all of them. */
export function buildProblem(
  entries: readonly EntryToPlace[],
  options: ProblemOptions,
): BuiltProblem {
  return new ProblemBuilder(options).build(entries);
}

class ProblemBuilder {
  private readonly options: ProblemOptions;
  private readonly nodes: PlacementNode[] = [];
  private readonly values: PlacementValue[] = [];
  private readonly states: Map<StateVariable, number> = new Map();

  constructor(options: ProblemOptions) {
    this.options = options;
  }

  build(entries: readonly EntryToPlace[]): BuiltProblem {
    const { plan, targets, rates } = this.options;
    for (const state of entries.flatMap(({ graph }) => graph.states)) this.addState(state);
    const nodes = entries.map((entry) => this.addEntry(entry));
    const names = targets.map(({ name }) => name);
    const links = rates.links.filter(
      ({ from, to }) => names.includes(to) && (from === 'host' || names.includes(from)),
    );
    const problem: PlacementProblem = {
      version: 1,
      plan,
      targets: names,
      nodes: this.nodes,
      values: this.values,
      links,
    };
    return { problem, nodes, states: this.states };
  }

  private addState(state: StateVariable): void {
    if (this.states.has(state)) return;
    const { targets, nameOf } = this.options;
    const costs = targets.map((target) => ({
      target: target.name,
      ns: 0,
      problem: target.refuses(state.type) ?? null,
    }));
    const id = this.nodes.length;
    this.states.set(state, id);
    this.nodes.push({
      id,
      kind: 'state',
      name: nameOf(state),
      entry: null,
      location: this.location(state.callSites),
      calls: callsOf.program,
      costs,
      wish: null,
    });
  }

  private addEntry({ graph, calls }: EntryToPlace): ReadonlyMap<Node, number> {
    const ids = new Map<Node, number>();
    const placed = nodesOf(graph).filter(isPlaced);
    for (const node of placed) ids.set(node, this.addNode(node, graph.name, calls));
    const readers = new Map<string, { tensor: Tensor; to: Set<number> }>();
    const read = (tensor: Tensor, by: number): void => {
      const key = tensorKey(tensor);
      const known = readers.get(key) ?? { tensor, to: new Set() };
      readers.set(key, known);
      known.to.add(by);
    };
    for (const node of placed) {
      for (const t of node.inputs) read(t, ids.get(node) ?? 0);
    }
    for (const { state, value } of graph.updates) read(value, this.states.get(state) ?? 0);
    for (const { tensor, to } of readers.values()) this.addValue(tensor, [...to], ids, calls);
    return ids;
  }

  private addNode(node: Node, entry: string, calls: number): number {
    const { targets } = this.options;
    const id = this.nodes.length;
    this.nodes.push({
      id,
      kind: 'op',
      name: node.op.name,
      entry,
      location: this.location(node.stacks[0] ?? []),
      calls,
      costs: targets.map((target) => this.cost(node, target)),
      wish: node.wish?.target ?? null,
    });
    return id;
  }

  private cost(node: Node, target: Target): PlacementCost {
    const { rates, fuse } = this.options;
    const of = rates.targets[target.name];
    if (!of) {
      throw new CompileError(
        `the rates of '${rates.machine}' have no target '${target.name}'\n  fix: calibrate on a machine that has it, with \`vorab doctor --calibrate FILE\``,
      );
    }
    const problem = problemOf(node, target) ?? null;
    return {
      target: target.name,
      ns: problem === null ? costOf(node, target, of, fuse) : 0,
      problem,
    };
  }

  private addValue(
    tensor: Tensor,
    to: readonly number[],
    ids: ReadonlyMap<Node, number>,
    calls: number,
  ): void {
    const state = stateOf(tensor);
    const from = state ? this.states.get(state) : ids.get(tensor.node);
    if (from === undefined && !isIdentityLeaf(tensor.node)) return;
    const bytes = dimMax(elementCount(tensor.shape)) * dtypeBytes(tensor.dtype);
    this.values.push({ from: from ?? null, to, bytes, calls });
  }

  private location(stack: StateVariable['callSites']): string | null {
    const [site] = stack;
    if (!site) return null;
    const { file, line, column } = resolveCallSite(site);
    return formatLocation({ file: this.options.relativePath(file), line, column });
  }
}

/** Why a target cannot run a node, if it cannot. */
export function problemOf(node: Node, target: Target): string | undefined {
  const inner = workOf(node).map((work) => work.node);
  const types = [node, ...inner].flatMap((n): readonly TensorType[] => [
    ...n.types,
    ...n.inputs.map((t) => t.type),
  ]);
  for (const type of types) {
    const problem = target.refuses(type);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

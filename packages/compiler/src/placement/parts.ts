import type { Node, StateVariable, Tensor } from '@vorab/graph';
import { input, make, stateOf, tensorKey, withLocationsOf, withScope } from '@vorab/graph';
import type { EntryGraph, NamedTensor } from '../entry-graph.ts';
import { isIdentityLeaf } from '../passes/rewrite.ts';
import { isPlaced } from './build-problem.ts';
import type { Placed, Stage } from './stages.ts';

/** Where an input of a part comes from, or an output goes: a port of the entry, or a tensor between parts. */
export type PartPort =
  | { readonly kind: 'port'; readonly index: number }
  | { readonly kind: 'between'; readonly tensor: Tensor };

/** What one target runs of an entry, as an entry of its own. */
export interface Part {
  readonly target: string;
  readonly graph: EntryGraph;
  readonly inputs: readonly PartPort[];
  readonly outputs: readonly PartPort[];
  /** The entry's node that each node of the part's graph is. */
  readonly origins: ReadonlyMap<Node, Node>;
}

/** The parts of an entry, in the order in which they run; their names begin with that of the plan. */
export function partsOf(
  plan: string,
  graph: EntryGraph,
  stages: readonly Stage[],
  placed: Placed,
): readonly Part[] {
  const homes = new Map<Node, number>();
  for (const [i, { nodes }] of stages.entries()) for (const node of nodes) homes.set(node, i);
  const between = new Map<string, string>();
  const parts = stages.map(
    (_, i) => new PartBuilder(plan, graph, stages, i, homes, placed, between),
  );
  for (const part of parts) part.read();
  return parts.map((part) => part.finish());
}

class PartBuilder {
  private readonly plan: string;
  private readonly graph: EntryGraph;
  private readonly stage: Stage;
  private readonly index: number;
  private readonly stages: readonly Stage[];
  private readonly homes: ReadonlyMap<Node, number>;
  private readonly placed: Placed;
  /** Names of tensors between parts, by key; all parts share it. */
  private readonly between: Map<string, string>;
  private readonly ports: { port: PartPort; named: NamedTensor }[] = [];
  private readonly now: Map<string, Tensor> = new Map();
  private readonly origins: Map<Node, Node> = new Map();
  private readonly used: Set<StateVariable> = new Set();

  constructor(
    plan: string,
    graph: EntryGraph,
    stages: readonly Stage[],
    index: number,
    homes: ReadonlyMap<Node, number>,
    placed: Placed,
    between: Map<string, string>,
  ) {
    this.plan = plan;
    this.graph = graph;
    this.stages = stages;
    this.index = index;
    this.stage = stages[index] as Stage;
    this.homes = homes;
    this.placed = placed;
    this.between = between;
  }

  /** Makes the part's nodes; what other parts must give is known afterwards. */
  read(): void {
    withScope({ nodes: new Map() }, () => {
      for (const node of this.stage.nodes) this.copy(node);
      for (const t of this.own()) this.local(t);
    });
  }

  finish(): Part {
    const { plan, graph, index, stage } = this;
    const outputs: { port: PartPort; named: NamedTensor }[] = [];
    for (const [i, { name, tensor }] of graph.outputs.entries()) {
      if (this.home(tensor) !== index) continue;
      outputs.push({
        port: { kind: 'port', index: i },
        named: { name, tensor: this.local(tensor) },
      });
    }
    for (const tensor of this.made()) {
      const name = this.between.get(tensorKey(tensor));
      if (name === undefined) continue;
      const named = { name, tensor: this.local(tensor) };
      outputs.push({ port: { kind: 'between', tensor }, named });
    }
    const updates = graph.updates
      .filter(({ state }) => stage.writes.includes(state))
      .map(({ state, value }) => ({ state, value: this.local(value) }));
    const touched = new Set([...this.used, ...stage.writes]);
    return {
      target: stage.target,
      graph: {
        name: `${plan}/${graph.name}/${index}:${stage.target}`,
        inputs: this.ports.map(({ named }) => named),
        outputs: outputs.map(({ named }) => named),
        states: graph.states.filter((state) => touched.has(state)),
        updates,
      },
      inputs: this.ports.map(({ port }) => port),
      outputs: outputs.map(({ port }) => port),
      origins: this.origins,
    };
  }

  private copy(node: Node): void {
    const inputs = node.inputs.map((t) => this.local(t));
    const made = withLocationsOf(node, () =>
      make(node.op, inputs, node.attrs, { note: node.note }),
    );
    for (const [i, t] of made.entries()) this.now.set(`${node.id}.${i}`, t);
    if (made[0]) this.origins.set(made[0].node, node);
  }

  /** What this part gives beside its tensors between parts: outputs, and new values of states. */
  private own(): readonly Tensor[] {
    const { graph, stage, index } = this;
    return [
      ...graph.outputs.map((o) => o.tensor).filter((t) => this.home(t) === index),
      ...graph.updates.filter((u) => stage.writes.includes(u.state)).map((u) => u.value),
      ...stage.loads.map((state) => state.tensor),
    ];
  }

  private made(): readonly Tensor[] {
    const { nodes, loads } = this.stage;
    return [...nodes.flatMap((node) => node.outputs()), ...loads.map((state) => state.tensor)];
  }

  /** The stage that gives an output of the entry. */
  private home(t: Tensor): number {
    const state = stateOf(t);
    if (!state) return this.homes.get(t.node) ?? 0;
    return this.stages.findIndex(({ loads }) => loads.includes(state));
  }

  /** A tensor of the entry as this part has it. */
  private local(t: Tensor): Tensor {
    const key = tensorKey(t);
    const known = this.now.get(key);
    if (known) return known;
    const state = stateOf(t);
    if (state && this.placed.ownerOf(state) === this.stage.target) {
      this.used.add(state);
      return t;
    }
    if (!isPlaced(t.node) && !isIdentityLeaf(t.node)) return t;
    const made = this.takes(t, state !== undefined);
    this.now.set(key, made);
    return made;
  }

  private takes(t: Tensor, isState: boolean): Tensor {
    const index = this.graph.inputs.findIndex(({ tensor }) => tensorKey(tensor) === tensorKey(t));
    const own = this.graph.inputs[index];
    if (!isState && own) {
      this.ports.push({ port: { kind: 'port', index }, named: own });
      return t;
    }
    const key = tensorKey(t);
    const name = this.between.get(key) ?? `#${this.between.size}`;
    this.between.set(key, name);
    const tensor = input(name, t.type);
    this.ports.push({ port: { kind: 'between', tensor: t }, named: { name, tensor } });
    return tensor;
  }
}

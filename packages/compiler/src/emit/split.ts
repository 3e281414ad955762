import { fb } from '@vorab/artifact';
import type { Node, StateVariable, Tensor } from '@vorab/graph';
import { dimMax, dtypeBytes, elementCount, tensorKey } from '@vorab/graph';
import type { EntryGraph } from '../entry-graph.ts';
import { statesRead } from '../entry-graph.ts';
import type { Origins } from '../passes/rewrite.ts';
import type { Part, PartPort } from '../placement/parts.ts';
import type { Emitter } from './emitter.ts';

/** A part whose entry and plan are written. */
export interface EmittedPart {
  readonly part: Part;
  /** Its entry. */
  readonly entry: number;
  readonly placement: fb.PlacementT;
}

/** Writes the plan of an entry over several targets: calls of its parts, and transfers between them. */
export function emitSplitPlan(
  emitter: Emitter,
  graph: EntryGraph,
  entry: number,
  origins: Origins,
  parts: readonly EmittedPart[],
): fb.EntryPlanT {
  const split = new SplitEmitter(emitter, graph, origins);
  const regions = parts.map((part) => split.region(part));
  const steps = regions.flatMap((region) => region.steps);
  const write = steps.findIndex(({ body }) => body instanceof fb.CallT && body.writes.length > 0);
  const firstWrite = write < 0 ? steps.length : write;
  return new fb.EntryPlanT(entry, split.values, regions, 0n, 0n, firstWrite, []);
}

class SplitEmitter {
  readonly values: fb.ValueT[] = [];
  private readonly emitter: Emitter;
  private readonly graph: EntryGraph;
  private readonly origins: Origins;
  private readonly indices: Map<string, number> = new Map();
  /** The target that makes each tensor between parts. */
  private readonly makers: Map<string, string> = new Map();

  constructor(emitter: Emitter, graph: EntryGraph, origins: Origins) {
    this.emitter = emitter;
    this.graph = graph;
    this.origins = origins;
  }

  region({ part, entry, placement }: EmittedPart): fb.RegionT {
    const { target, graph } = part;
    const moves = part.inputs.flatMap((port) => this.transfer(port, target));
    const state = (s: StateVariable): number => this.state(s);
    const call = new fb.CallT(
      entry,
      part.inputs.map((port) => this.input(port, target)),
      part.outputs.map((port) => this.output(port, target)),
      statesRead(graph).map(state),
      graph.updates.map((u) => state(u.state)),
    );
    const nodes = [...part.origins.values()];
    const step = new fb.StepT(
      fb.StepBody.Call,
      call,
      graph.name,
      0,
      0,
      this.positions(nodes),
      this.lines(nodes),
      placement,
    );
    return new fb.RegionT(target, [...moves, step]);
  }

  // A value comes to a target once, however many of its parts read it.
  private transfer(port: PartPort, target: string): readonly fb.StepT[] {
    if (port.kind === 'port') return [];
    const { tensor } = port;
    const maker = this.makers.get(tensorKey(tensor)) ?? target;
    if (maker === target || this.indices.has(`${tensorKey(tensor)} on ${target}`)) return [];
    const body = new fb.TransferT(this.device(tensor, maker), this.device(tensor, target));
    const { node } = tensor;
    const reason = this.emitter.string(`made on ${maker}, needed on ${target}`);
    const [nodes, lines] = [this.positions([node]), this.lines([node])];
    const name = `${node.op.name} to ${target}`;
    return [new fb.StepT(fb.StepBody.Transfer, body, name, reason, 0, nodes, lines)];
  }

  private input(port: PartPort, target: string): number {
    if (port.kind === 'between') return this.device(port.tensor, target);
    const { tensor } = this.graph.inputs[port.index] as EntryGraph['inputs'][number];
    return this.value(`input ${port.index}`, tensor, fb.Storage.Input, port.index);
  }

  private output(port: PartPort, target: string): number {
    if (port.kind === 'between') {
      this.makers.set(tensorKey(port.tensor), target);
      return this.device(port.tensor, target);
    }
    const { tensor } = this.graph.outputs[port.index] as EntryGraph['outputs'][number];
    return this.value(`output ${port.index}`, tensor, fb.Storage.Output, port.index);
  }

  private state(state: StateVariable): number {
    const index = this.emitter.stateIndex.get(state) ?? 0;
    return this.value(`state ${index}`, state.tensor, fb.Storage.State, index);
  }

  private device(tensor: Tensor, target: string): number {
    return this.value(`${tensorKey(tensor)} on ${target}`, tensor, fb.Storage.Device, 0);
  }

  private value(key: string, { type }: Tensor, storage: fb.Storage, index: number): number {
    const known = this.indices.get(key);
    if (known !== undefined) return known;
    const bytes = BigInt(dimMax(elementCount(type.shape)) * dtypeBytes(type.dtype));
    const made = new fb.ValueT(this.emitter.type(type), storage, index, 0n, bytes);
    const at = this.values.push(made) - 1;
    this.indices.set(key, at);
    return at;
  }

  private positions(nodes: readonly Node[]): number[] {
    const found = nodes.flatMap((node) => this.origins.get(node) ?? []);
    return [...new Set(found)].sort((a, b) => a - b);
  }

  private lines(nodes: readonly Node[]): number[] {
    return this.emitter.locations(nodes.map((node) => node.stacks[0] ?? []));
  }
}

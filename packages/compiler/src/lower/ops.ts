import type { Node, Tensor } from '@vorab/graph';
import { opNamed, tensorKey } from '@vorab/graph';
import type { StepGraph } from '../entry-graph.ts';
import { nodesOf, roots } from '../entry-graph.ts';
import type { Target } from '../targets/target.ts';
import type { Lowered } from './arena.ts';
import { isGiven } from './demand.ts';
import type { Buffer, Operand, Place, Step } from './ir.ts';
import type { KernelGroup, Kernels } from './kernels.ts';
import { findKernels, noKernels } from './kernels.ts';
import type { Unit } from './units.ts';
import { unitsInOrder } from './units.ts';

/** Lowers a decomposed entry to one step per op, over arrays that the target holds itself. */
export function lowerToOps(graph: StepGraph, target: Target, fuse: boolean): Lowered {
  return new OpsLowering(graph, target, fuse).run();
}

class OpsLowering {
  private readonly graph: StepGraph;
  private readonly target: Target;
  private readonly kernels: Kernels;
  private readonly buffers: Buffer[] = [];
  private readonly held: Map<string, Buffer> = new Map();
  private readonly steps: Step[] = [];

  constructor(graph: StepGraph, target: Target, fuse: boolean) {
    this.graph = graph;
    this.target = target;
    for (const [index, { tensor }] of graph.inputs.entries()) {
      this.hold(tensor, { kind: 'input', index });
    }
    for (const state of graph.states) this.hold(state.tensor, { kind: 'state', state });
    const find = fuse && target.writesKernels;
    this.kernels = find ? findKernels(graph, nodesOf(graph), (t) => this.bufferOf(t)) : noKernels;
  }

  run(): Lowered {
    const { groupOf, kernels } = this.kernels;
    const readsOf = (unit: Unit): readonly Tensor[] =>
      'nodes' in unit ? (kernels.get(unit)?.reads ?? []) : unit.inputs;
    for (const unit of unitsInOrder(roots(this.graph), { groupOf }, readsOf)) this.unit(unit);
    this.bindResults();
    return { steps: this.steps, buffers: this.buffers };
  }

  private unit(unit: Unit): void {
    if ('nodes' in unit) {
      const kernel = this.kernels.kernels.get(unit);
      if (kernel) this.steps.push(this.kernelStep(kernel));
    } else if (!isGiven(unit)) {
      const operands = (tensors: readonly Tensor[]): readonly Operand[] =>
        tensors.map((t) => this.operand(t));
      const { refusals } = this.kernels;
      const refused = refusals.get(unit);
      const step = applyStep(unit, operands(unit.inputs), operands(unit.outputs()), this.target);
      this.steps.push(refused ? { ...step, border: `no Metal kernel: ${refused}` } : step);
    }
  }

  private kernelStep({ kernel, name, nodes, reads, outputs, group, border }: KernelGroup): Step {
    const read = new Set(reads.map(tensorKey));
    const own = new Map<string, Buffer>();
    const operand = (t: Tensor): Operand => {
      const key = tensorKey(t);
      if (read.has(key) || outputs.has(key)) return this.operand(t);
      const inner = own.get(key) ?? this.buffer(t, { kind: 'device' });
      own.set(key, inner);
      return { buffer: inner, shape: t.shape };
    };
    const steps = nodes.map((node) =>
      applyStep(node, node.inputs.map(operand), node.outputs().map(operand), this.target),
    );
    const heavy = group.nodes.filter((n) => n.op.kind === 'reduce');
    return {
      body: { kind: 'kernel', kernel, steps },
      name,
      reason: `one Metal kernel where the device has Metal, since ${this.target.name} does not join a reduction with what precedes and follows it; these steps elsewhere`,
      border,
      nodes: [...heavy, ...group.nodes.filter((n) => !heavy.includes(n))],
    };
  }

  private hold(t: Tensor, place: Place): Buffer {
    const buffer = this.buffer(t, place);
    this.held.set(tensorKey(t), buffer);
    return buffer;
  }

  private buffer({ type }: Tensor, place: Place): Buffer {
    const buffer = { id: this.buffers.length, type, place };
    this.buffers.push(buffer);
    return buffer;
  }

  private bufferOf(t: Tensor): Buffer {
    const known = this.held.get(tensorKey(t));
    if (known) return known;
    const { node } = t;
    return this.hold(t, isGiven(node) ? { kind: 'constant', node } : { kind: 'device' });
  }

  private operand(t: Tensor): Operand {
    return { buffer: this.bufferOf(t), shape: t.shape };
  }

  private bindResults(): void {
    const { outputs, updates } = this.graph;
    for (const [index, { tensor }] of outputs.entries()) {
      this.bind(tensor, this.operand(tensor), { kind: 'output', index });
    }
    // All old values are taken before the first new one is bound: two states may exchange theirs.
    const taken = updates.map(({ value }) =>
      this.bufferOf(value).place.kind === 'state'
        ? this.bind(value, this.operand(value), { kind: 'device' })
        : this.operand(value),
    );
    for (const [i, { state, value }] of updates.entries()) {
      this.bind(value, taken[i] as Operand, { kind: 'state', state });
    }
  }

  private bind(t: Tensor, from: Operand, place: Place): Operand {
    const own = place.kind === 'state' ? this.bufferOf(place.state.tensor) : this.buffer(t, place);
    const to = { buffer: own, shape: t.shape };
    this.steps.push(bindStep(t, from, to));
    return to;
  }
}

// A reshape to the same shape: a new name for the array, no work.
function bindStep(t: Tensor, from: Operand, to: Operand): Step {
  const what =
    to.buffer.place.kind === 'state'
      ? 'state'
      : to.buffer.place.kind === 'output'
        ? 'output'
        : 'value';
  return {
    body: {
      kind: 'apply',
      op: opNamed('reshape'),
      attrs: { shape: t.shape },
      inputs: [from],
      outputs: [to],
    },
    name: `bind ${what}`,
    reason: 'a result gets its name; nothing moves',
    border: '',
    nodes: [t.node],
  };
}

function applyStep(
  node: Node,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  target: Target,
): Step {
  const whole = node.op.kind === 'composite' ? ', whole' : '';
  return {
    body: { kind: 'apply', op: node.op, attrs: node.attrs, inputs, outputs },
    name: node.op.name,
    reason: target.onHost(node.op)
      ? `${node.op.name} runs on the CPU by LAPACK, whose failures name the matrix`
      : `${target.name} has its own ${node.op.name}${whole}`,
    border: `${target.name} joins steps itself where it compiles a function`,
    nodes: [node],
  };
}

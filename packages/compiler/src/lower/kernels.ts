import type { DType, Node, Tensor } from '@vorab/graph';
import { dimMax, dimMul, tensorKey } from '@vorab/graph';
import type { StepGraph } from '../entry-graph.ts';
import { roots } from '../entry-graph.ts';
import { reduceRefusal } from '../metal/reduce.ts';
import { scalarRefusal } from '../metal/scalars.ts';
import { metalTypes } from '../metal/types.ts';
import { writeKernel } from '../metal/write-kernel.ts';
import type { Form } from './demand.ts';
import { isGiven, viewMap } from './demand.ts';
import type { Group, Grouping } from './group.ts';
import { groupLoops, levelOf } from './group.ts';
import type { Buffer, Kernel, Tape } from './ir.ts';
import { nameOf } from './step-name.ts';
import { buildTape, indexArithmetic, loopOrder, wholeAccess } from './tape.ts';

/** A group that a device with Metal runs as one kernel. */
export interface KernelGroup {
  readonly group: Group;
  readonly name: string;
  readonly kernel: Kernel;
  /** What it reads from outside. */
  readonly reads: readonly Tensor[];
  /** Every node that its steps compute, each after its inputs: the group, and views and splats on the way to it. */
  readonly nodes: readonly Node[];
  readonly outputs: ReadonlySet<string>;
  /** Why no more is in it. */
  readonly border: string;
}

export interface Kernels {
  readonly groupOf: ReadonlyMap<Node, Group>;
  readonly kernels: ReadonlyMap<Group, KernelGroup>;
  /** Of nodes that would be in one: why they are not. */
  readonly refusals: ReadonlyMap<Node, string>;
}

export const noKernels: Kernels = { groupOf: new Map(), kernels: new Map(), refusals: new Map() };

/** Metal's limit. */
const maxBuffers = 31;
/** A row longer than this needs as many others as below, or most of a device has nothing to do. */
const longRow = 16_384;
const manyRows = 64;

/** Finds the groups that become kernels: reductions along rows with what precedes and follows them. */
export function findKernels(
  graph: StepGraph,
  nodes: readonly Node[],
  bufferOf: (t: Tensor) => Buffer,
): Kernels {
  const finder = new KernelFinder(graph, nodes, bufferOf);
  return finder.find();
}

class KernelFinder {
  private readonly bufferOf: (t: Tensor) => Buffer;
  private readonly position: ReadonlyMap<Node, number>;
  private readonly forms: ReadonlyMap<Node, Form>;
  private readonly grouping: Grouping;
  private readonly readers: Map<string, Node[]> = new Map();
  private readonly roots: ReadonlySet<string>;

  constructor(graph: StepGraph, nodes: readonly Node[], bufferOf: (t: Tensor) => Buffer) {
    this.bufferOf = bufferOf;
    this.position = new Map(nodes.map((node, i) => [node, i]));
    this.forms = new Map(nodes.map((node) => [node, formOf(node)]));
    this.grouping = groupLoops(nodes, this.forms, true);
    this.roots = new Set(roots(graph).map(tensorKey));
    for (const node of nodes) {
      for (const key of new Set(node.inputs.map(tensorKey))) {
        const list = this.readers.get(key);
        if (list) list.push(node);
        else this.readers.set(key, [node]);
      }
    }
  }

  find(): Kernels {
    const kernels = new Map<Group, KernelGroup>();
    const groupOf = new Map<Node, Group>();
    const refusals = new Map<Node, string>();
    for (const group of this.grouping.groups) {
      if (!isCandidate(group)) continue;
      const refused = refusalOf(group);
      const made = refused === undefined ? this.kernelOf(group) : refused;
      for (const node of group.nodes) {
        if (typeof made === 'string') refusals.set(node, made);
        else groupOf.set(node, group);
      }
      if (typeof made !== 'string') kernels.set(group, made);
    }
    return { groupOf, kernels, refusals };
  }

  private kernelOf(group: Group): KernelGroup | string {
    const reads = new Map<string, Tensor>();
    const outside = new Map<string, string>();
    for (const node of group.nodes) {
      const [t] = node.outputs() as readonly [Tensor];
      const why = this.readOutside(t, group);
      if (why !== undefined) outside.set(tensorKey(t), why);
    }
    const tape = buildTape(group, {
      groupOf: this.grouping.groupOf,
      isDense: (t) => this.forms.get(t.node) !== 'folded',
      bufferOf: (t) => {
        reads.set(tensorKey(t), t);
        return this.bufferOf(t);
      },
      destinations: (t) =>
        outside.has(tensorKey(t)) ? [wholeAccess(this.bufferOf(t), t.shape)] : [],
      arithmetic: indexArithmetic(),
    });
    const name = nameOf(group.nodes, 'kernel');
    const refused = tapeRefusal(tape);
    if (refused !== undefined) return refused;
    const kernel = writeKernel(tape, name);
    const buffers = kernel.inputs.length + kernel.outputs.length + 1;
    if (buffers > maxBuffers)
      return `Metal gives a kernel ${maxBuffers} buffers, this has ${buffers}`;
    return {
      group,
      name,
      kernel,
      reads: [...reads.values()],
      nodes: this.nodesWithin(group, reads),
      outputs: new Set(outside.keys()),
      border: group.border || ([...outside.values()][0] ?? ''),
    };
  }

  /** Why something outside a group reads a value of it, or undefined. */
  private readOutside(t: Tensor, group: Group): string | undefined {
    const key = tensorKey(t);
    if (this.roots.has(key)) return 'its results leave the entry';
    for (const reader of this.readers.get(key) ?? []) {
      if (this.grouping.groupOf.get(reader) === group) continue;
      // A kept value is repeated over the row without a view.
      const [view] = reader.outputs() as readonly [Tensor];
      const folded = this.forms.get(reader) === 'folded' && !this.roots.has(tensorKey(view));
      const within = this.readers.get(tensorKey(view)) ?? [];
      if (folded && within.every((r) => this.grouping.groupOf.get(r) === group)) continue;
      return `${reader.op.name} reads it in another step`;
    }
    return undefined;
  }

  private nodesWithin(group: Group, reads: ReadonlyMap<string, Tensor>): readonly Node[] {
    const found = new Set<Node>(group.nodes);
    const stack = [...group.nodes];
    for (let node = stack.pop(); node; node = stack.pop()) {
      for (const t of node.inputs) {
        if (reads.has(tensorKey(t)) || found.has(t.node)) continue;
        if (this.forms.get(t.node) !== 'folded')
          throw new Error(
            `a kernel reads ${t.node.op.name} (node ${t.node.id}), but does not load it`,
          );
        found.add(t.node);
        stack.push(t.node);
      }
    }
    const at = (node: Node): number => this.position.get(node) ?? 0;
    return [...found].sort((a, b) => at(a) - at(b));
  }
}

// Every value of the target is an array of its own, so that a view costs nothing there and no routine needs a copy.
function formOf(node: Node): Form {
  const { kind } = node.op;
  if (kind === 'elementwise' || kind === 'reduce') return 'loop';
  if (kind === 'view') {
    const map = viewMap(node);
    return node.inputs.length === 1 && map?.form !== 'pieces' ? 'folded' : 'routine';
  }
  if (kind !== 'leaf') return 'routine';
  return isGiven(node) ? 'given' : 'folded';
}

// A reduction alone is the target's own; so is what comes after it, which is small.
function isCandidate(group: Group): boolean {
  const full = (n: Node): boolean => n.op.kind === 'elementwise' && levelOf(n, group) === 'full';
  return group.reduced !== undefined && group.reduced.length > 0 && group.nodes.some(full);
}

function refusalOf(group: Group): string | undefined {
  for (const node of group.nodes) {
    for (const t of [...node.inputs, ...node.outputs()]) {
      const refused = dtypeRefusal(t.dtype);
      if (refused !== undefined) return refused;
    }
    const refused = node.op.kind === 'reduce' ? reduceRefusal(node.op) : scalarRefusal(node.op);
    if (refused !== undefined) return refused;
  }
  if (loopOrder(group).inner > 0)
    return 'it does not reduce along the last axis, where threads of a row would read side by side';
  return undefined;
}

function dtypeRefusal(dtype: DType): string | undefined {
  const type = metalTypes[dtype];
  return 'none' in type ? type.none : undefined;
}

function tapeRefusal({ dims, reduced }: Tape): string | undefined {
  const count = (of: Tape['dims']): number => dimMax(dimMul(1, ...of));
  const [rows, length] = [count(dims.slice(0, -reduced)), count(dims.slice(-reduced))];
  if (length <= longRow || rows >= manyRows) return undefined;
  return `up to ${length} elements for one threadgroup, and at most ${rows} of these: MLX splits such a reduction`;
}

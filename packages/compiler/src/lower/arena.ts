import type { CallOp, Dim, Node, Tensor, TensorType } from '@vorab/graph';
import { isHalf, sameTensor, tensorKey } from '@vorab/graph';
import type { StepGraph } from '../entry-graph.ts';
import { nodesOf, roots } from '../entry-graph.ts';
import type { Target } from '../targets/target.ts';
import { directMap, resolveViews, strided } from './affine.ts';
import type { LowerGraph } from './control.ts';
import { lowerBodies } from './control.ts';
import type { Form } from './demand.ts';
import { decideForms, viewMap } from './demand.ts';
import type { DenseValues } from './dense.ts';
import { findDense, ownerOf } from './dense.ts';
import type { Group, Grouping } from './group.ts';
import { groupLoops, levelOf } from './group.ts';
import type { Access, Buffer, Operand, Place, Step } from './ir.ts';
import type { PlacedValues } from './placed.ts';
import { hasGaps, movedTo, nothingPlaced, placeValues } from './placed.ts';
import { nameOf } from './step-name.ts';
import { buildTape, copyTape, fillTape, indexArithmetic, loopOrder, wholeAccess } from './tape.ts';
import { unitsInOrder } from './units.ts';

/** Steps in an order of computation, over buffers; writes of state are separate copies until `updateInPlace`. */
export interface Lowered {
  readonly steps: readonly Step[];
  readonly buffers: readonly Buffer[];
}

/**
 * Lowers a decomposed entry to loops, contractions and routines over an arena. Views become strides; only copies
 * that must happen are steps.
 */
export function lowerToArena(
  graph: StepGraph,
  target: Target,
  fuse: boolean,
  lowerBody: LowerGraph,
): Lowered {
  return new ArenaLowering(graph, target, fuse, lowerBody).run();
}

class ArenaLowering {
  private readonly graph: StepGraph;
  private readonly target: Target;
  private readonly fuse: boolean;
  private readonly lowerBody: LowerGraph;
  private readonly nodes: readonly Node[];
  private readonly forms: ReadonlyMap<Node, Form>;
  private readonly grouping: Grouping;
  private readonly placed: PlacedValues;
  private readonly dense: DenseValues;
  private readonly buffers: Buffer[] = [];
  private readonly owned: Map<string, Buffer> = new Map();
  private readonly direct: Map<string, Buffer[]> = new Map();
  private readonly steps: Step[] = [];
  private readonly used: ReadonlySet<string>;

  constructor(graph: StepGraph, target: Target, fuse: boolean, lowerBody: LowerGraph) {
    this.graph = graph;
    this.target = target;
    this.fuse = fuse;
    this.lowerBody = lowerBody;
    this.nodes = nodesOf(graph);
    this.used = new Set(this.nodes.flatMap((node) => node.inputs.map(tensorKey)));
    this.forms = decideForms(this.nodes, roots(graph));
    this.grouping = groupLoops(this.nodes, this.forms, fuse);
    this.placed = fuse ? this.placeValues() : nothingPlaced;
    this.dense = findDense(this.nodes, this.forms, this.grouping, this.placed);
  }

  // New values of states are left to `updateInPlace`.
  private placeValues(): PlacedValues {
    const kept = this.graph.updates.map(({ value }) => tensorKey(ownerOf(value, this.forms)));
    return placeValues(this.nodes, this.forms, this.grouping, new Set(kept));
  }

  run(): Lowered {
    this.giveMemory();
    const copies = [...this.routeOutputs(), ...this.routeUpdates()];
    for (const unit of unitsInOrder(roots(this.graph), this.grouping)) this.lowerUnit(unit);
    for (const copy of copies) copy();
    return { steps: this.steps, buffers: this.buffers };
  }

  // ---------------------------------------------------------------------------------------------- memory

  private giveMemory(): void {
    for (const [index, i] of this.graph.inputs.entries())
      this.own(i.tensor, { kind: 'input', index });
    for (const state of this.graph.states) this.own(state.tensor, { kind: 'state', state });
    for (const node of this.nodes) {
      if (this.forms.get(node) === 'given' && 'data' in node.attrs)
        this.own(first(node), { kind: 'constant', node });
    }
  }

  private own(t: Tensor, place: Place): Buffer {
    const buffer = this.buffer(t.type, place);
    this.owned.set(tensorKey(t), buffer);
    return buffer;
  }

  private buffer(type: TensorType, place: Place): Buffer {
    const buffer = { id: this.buffers.length, type, place };
    this.buffers.push(buffer);
    return buffer;
  }

  private bufferOf(t: Tensor): Buffer {
    const owner = this.dense.owner(t);
    return this.owned.get(tensorKey(owner)) ?? this.own(owner, { kind: 'arena' });
  }

  // Each result is stored where it is wanted by the step that computes it; what no step computes is copied.
  private routeOutputs(): readonly (() => void)[] {
    return this.graph.outputs.flatMap(({ tensor }, index) => {
      const buffer = this.buffer(tensor.type, { kind: 'output', index });
      return this.route(tensor, buffer, `output '${this.graph.outputs[index]?.name}'`);
    });
  }

  private routeUpdates(): readonly (() => void)[] {
    return this.graph.updates.flatMap(({ state, value }) => {
      const buffer = this.owned.get(tensorKey(state.tensor)) as Buffer;
      return this.route(value, buffer, 'an update of state');
    });
  }

  private route(t: Tensor, to: Buffer, what: string): readonly (() => void)[] {
    const owner = this.dense.owner(t);
    const group = this.grouping.groupOf.get(owner.node);
    // A state is written in place only where the tape can do so after all its loads; `updateInPlace` decides the rest.
    const column = group && loopOrder(group).inner > 0 && levelOf(owner.node, group) === 'full';
    if (group && !(to.place.kind === 'state' && column)) {
      const list = this.direct.get(tensorKey(owner)) ?? [];
      this.direct.set(tensorKey(owner), [...list, to]);
      return [];
    }
    // A routine or the pieces of a view fill an output themselves when it is the only one who wants their result.
    const own = !group && to.place.kind === 'output' && sameTensor(t, owner) && this.wantedOnce(t);
    if (own && !this.owned.has(tensorKey(t)) && !hasGaps(t.node)) {
      this.owned.set(tensorKey(t), to);
      return [];
    }
    const made = group || this.forms.get(owner.node) === 'pieces';
    if (made && !this.owned.has(tensorKey(owner))) this.own(owner, { kind: 'arena' });
    return [
      () =>
        this.copy(
          this.bufferOf(owner),
          to,
          t,
          `${what} is a value that no tape can store there itself`,
        ),
    ];
  }

  private wantedOnce(t: Tensor): boolean {
    return (
      !this.used.has(tensorKey(t)) && roots(this.graph).filter((r) => sameTensor(r, t)).length === 1
    );
  }

  private readonly buffersOf = (t: Tensor): readonly Buffer[] => {
    const key = tensorKey(t);
    const own = this.dense.stored.has(key) || this.owned.has(key) ? [this.bufferOf(t)] : [];
    return [...own, ...(this.direct.get(key) ?? [])];
  };

  // ---------------------------------------------------------------------------------------------- steps

  private lowerUnit(unit: Group | Node): void {
    if ('nodes' in unit) {
      const [copy] = unit.nodes;
      if (!copy || !this.placed.isPlaced(copy)) this.lowerGroup(unit);
    } else if (unit.op.kind === 'call') this.lowerControl(unit, unit.op);
    else if (this.forms.get(unit) === 'routine') this.lowerRoutine(unit);
    else if (this.forms.get(unit) === 'pieces') this.lowerPieces(unit);
  }

  private lowerGroup(group: Group): void {
    const tape = buildTape(group, {
      groupOf: this.grouping.groupOf,
      isDense: (t) => this.dense.isDense(t),
      bufferOf: (t) => this.bufferOf(t),
      destinations: (t) => this.placed.places(t, this.buffersOf),
      arithmetic: indexArithmetic(),
    });
    const { contract } = group;
    const body = contract
      ? { ...this.contraction(contract), epilogue: tape }
      : { kind: 'fused' as const, ...tape };
    const heavy = group.nodes.filter((n) => n.op.kind === 'contract' || n.op.kind === 'reduce');
    this.steps.push({
      body,
      name: nameOf(group.nodes),
      reason: contract
        ? `${this.target.name} multiplies with BLAS and runs what follows on each finished block${widening(contract)}`
        : `${this.target.name} runs elementwise ops, reductions and views as one tape`,
      border: group.border || this.borderOf(group),
      nodes: [...heavy, ...group.nodes.filter((n) => !heavy.includes(n))],
    });
  }

  private borderOf(group: Group): string {
    const reasons = group.nodes.flatMap((n) => this.dense.reasons.get(`${n.id}.0`) ?? []);
    return reasons[0] ?? 'its results leave the entry';
  }

  private contraction(node: Node): {
    kind: 'contract';
    batch: readonly Dim[];
    m: Dim;
    n: Dim;
    k: Dim;
    a: Access;
    b: Access;
  } {
    const [a, b] = node.inputs as readonly [Tensor, Tensor];
    const rank = a.rank;
    const batch = a.shape.slice(0, -2);
    const axes = batch.map((_, i) => i);
    // Iteration dims: batch, m, n, k.
    const [m, n, k] = [rank - 2, rank - 1, rank];
    return {
      kind: 'contract',
      batch,
      m: a.shape[rank - 2] as Dim,
      n: b.shape[rank - 1] as Dim,
      k: a.shape[rank - 1] as Dim,
      a: this.accessOf(a, [...axes, m, k], rank + 1),
      b: this.accessOf(b, [...axes, k, n], rank + 1),
    };
  }

  private accessOf(t: Tensor, dims: readonly number[], rank: number): Access {
    const { base, map } = resolveViews(t, directMap(dims), (x) => this.dense.isDense(x));
    return { buffer: this.bufferOf(base), ...strided(map, base.shape, rank) };
  }

  private operands(tensors: readonly Tensor[]): readonly Operand[] {
    return tensors.map((t) => ({ buffer: this.bufferOf(t), shape: t.shape }));
  }

  private lowerControl(node: Node, op: CallOp): void {
    const bodies = lowerBodies(node, op, this.target, this.fuse, this.lowerBody);
    const bytes = Math.max(0, ...bodies.map((b) => b.memory.arenaBytes));
    const type: TensorType = { dtype: 'u8', shape: [bytes] };
    this.steps.push({
      body: {
        kind: 'control',
        op,
        attrs: node.attrs,
        inputs: this.operands(node.inputs),
        outputs: this.operands(node.outputs()),
        bodies,
        scratch: bytes > 0 ? this.buffer(type, { kind: 'arena' }) : null,
      },
      name: op.name,
      reason: `${this.target.name} runs the steps of its functions in place, over one scratch`,
      border: 'control flow reads and writes whole tensors',
      nodes: [node],
    });
  }

  private lowerRoutine(node: Node): void {
    this.steps.push({
      body: {
        kind: 'apply',
        op: node.op,
        attrs: node.attrs,
        inputs: this.operands(node.inputs),
        outputs: this.operands(node.outputs()),
      },
      name: node.op.name,
      reason: `${this.target.name} has its own ${node.op.name}`,
      border: 'a routine reads and writes whole tensors',
      nodes: [node],
    });
  }

  // The fill first (where pieces leave gaps), then each operand into its place.
  private lowerPieces(node: Node): void {
    const [out] = node.outputs() as readonly [Tensor];
    const map = viewMap(node);
    if (map?.form !== 'pieces') return;
    for (const to of this.placed.places(out, this.buffersOf)) {
      if (map.fill !== null) {
        this.pieceStep(node, 'fill', fillTape(out.shape, out.dtype, map.fill, to));
      }
      for (const { input, start, step } of map.pieces) {
        if (this.placed.isPlaced(node, input)) continue;
        const x = node.inputs[input] as Tensor;
        const axes = x.shape.map((_, a) => a);
        const from = this.accessOf(x, axes, x.rank);
        const piece = movedTo({ axes, start, step }, to);
        this.pieceStep(node, 'copy', copyTape(x.shape, x.dtype, from, piece));
      }
    }
  }

  private pieceStep(node: Node, what: string, tape: ReturnType<typeof copyTape>): void {
    this.steps.push({
      body: { kind: 'fused', ...tape },
      name: `${what} for ${node.op.name}`,
      reason: `${node.op.name} needs its operands side by side in memory`,
      border: 'a copy',
      nodes: [node],
    });
  }

  private copy(from: Buffer, to: Buffer, t: Tensor, reason: string): void {
    const tape = copyTape(t.shape, t.dtype, wholeAccess(from, t.shape), wholeAccess(to, t.shape));
    this.steps.push({
      body: { kind: 'fused', ...tape },
      name: 'copy',
      reason,
      border: 'a copy',
      nodes: [t.node],
    });
  }
}

// BLAS has no product of 16-bit floats.
function widening({ inputs: [x] }: Node): string {
  if (!x || !isHalf(x.dtype)) return '';
  return `; ${x.dtype} operands are widened to f32 block by block, summed in f32, and the sum is rounded once`;
}

const first = (node: Node): Tensor => node.outputs()[0] as Tensor;

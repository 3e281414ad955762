import { fb } from '@vorab/artifact';
import type { Dim, DType, Node, StateVariable } from '@vorab/graph';
import { dimKey, dimMax, dtypeBytes, elementCount, sameTensor } from '@vorab/graph';
import type { StateSlot } from '../entry-graph.ts';
import type { Lowered } from '../lower/arena.ts';
import type { LoweredBody } from '../lower/control.ts';
import type {
  Access,
  Buffer,
  Instr,
  KernelBody,
  Operand,
  Step,
  StepBody,
  Tape,
} from '../lower/ir.ts';
import { writesOf } from '../lower/ir.ts';
import type { MemoryPlan } from '../lower/memory.ts';
import type { Origins } from '../passes/rewrite.ts';
import { accumulationOf } from './accumulation.ts';
import type { Emitter } from './emitter.ts';
import { dtypeCode } from './emitter.ts';
import { scalarBits } from './scalar-bits.ts';

/** Steps over values: of an entry, or of a body. */
interface PlannedSteps {
  readonly lowered: Lowered;
  readonly memory: MemoryPlan | undefined;
  readonly origins: ReadonlyMap<Node, readonly number[]>;
}

/** What is written of one entry for one target. */
export interface PlannedEntry extends PlannedSteps {
  readonly entry: number;
  readonly target: string;
  readonly origins: Origins;
  readonly casts: readonly Node[];
}

/** Writes the plan of one entry. */
export function emitEntryPlan(emitter: Emitter, planned: PlannedEntry): fb.EntryPlanT {
  const { entry, target, lowered, memory, casts } = planned;
  const stateIndex = (state: StateSlot): number =>
    emitter.stateIndex.get(state as StateVariable) ?? 0;
  const plan = new StepsEmitter(emitter, planned, { first: 0, stateIndex });
  const steps = plan.emit();
  const firstWrite = lowered.steps.findIndex((s) =>
    writesOf(s.body).some((b) => b.place.kind === 'state'),
  );
  return new fb.EntryPlanT(
    entry,
    plan.values,
    [new fb.RegionT(target, steps)],
    BigInt(memory?.arenaBytes ?? 0),
    BigInt(memory?.peakBytes ?? 0),
    firstWrite < 0 ? steps.length : firstWrite,
    casts.map((node) => emitCast(emitter, node)),
  );
}

function emitCast(emitter: Emitter, node: Node): fb.CastRecordT {
  return new fb.CastRecordT(
    dtypeCode(node.inputs[0]?.dtype ?? 'f32'),
    dtypeCode(node.types[0]?.dtype ?? 'f32'),
    emitter.string(node.note ?? 'asked for in the model'),
    emitter.locations(node.stacks, 1)[0] ?? 0,
  );
}

function emitBody(emitter: Emitter, body: LoweredBody): fb.BodyT {
  const { graph, carries, memory } = body;
  const slots = graph.parameters.slice(0, carries);
  const stateIndex = ({ tensor }: StateSlot): number =>
    slots.findIndex((t) => sameTensor(t, tensor));
  const plan = new StepsEmitter(emitter, body, { first: carries, stateIndex });
  const steps = plan.emit();
  return new fb.BodyT(carries, plan.values, steps, BigInt(memory.arenaBytes));
}

/** How places of a plan are numbered. */
interface Numbering {
  /** The number of the first input, and of the first output. */
  readonly first: number;
  stateIndex(state: StateSlot): number;
}

const storageOf: { readonly [K in Buffer['place']['kind']]: fb.Storage } = {
  input: fb.Storage.Input,
  output: fb.Storage.Output,
  state: fb.Storage.State,
  constant: fb.Storage.Constant,
  arena: fb.Storage.Arena,
  device: fb.Storage.Device,
};

class StepsEmitter {
  readonly values: fb.ValueT[] = [];
  private readonly emitter: Emitter;
  private readonly planned: PlannedSteps;
  private readonly numbering: Numbering;
  private readonly indices: Map<string, number> = new Map();

  constructor(emitter: Emitter, planned: PlannedSteps, numbering: Numbering) {
    this.emitter = emitter;
    this.planned = planned;
    this.numbering = numbering;
  }

  emit(): fb.StepT[] {
    return this.planned.lowered.steps.map((step) => this.step(step));
  }

  private step(step: Step): fb.StepT {
    const { emitter } = this;
    const body = this.body(step.body);
    const nodes = [...new Set(step.nodes.flatMap((n) => this.planned.origins.get(n) ?? []))].sort(
      (a, b) => a - b,
    );
    const places = [...new Set(step.nodes.flatMap((n) => emitter.locations(n.stacks, 2)))].slice(
      0,
      4,
    );
    return new fb.StepT(
      stepBodyType(step.body),
      body,
      step.name,
      emitter.string(step.reason),
      emitter.string(step.border),
      nodes,
      places,
      null,
      [...accumulationOf(step.body)].map(dtypeCode).sort((a, b) => a - b),
    );
  }

  private body(body: StepBody): fb.FusedT | fb.ContractT | fb.ApplyT | fb.ControlT | fb.KernelT {
    if (body.kind === 'fused') return this.tape(body);
    if (body.kind === 'kernel') return this.kernel(body);
    if (body.kind === 'control') {
      return new fb.ControlT(
        this.emitter.opId(body.op),
        body.inputs.map((o) => this.operand(o)),
        body.outputs.map((o) => this.operand(o)),
        this.emitter.attributes(body.op, body.attrs),
        body.bodies.map((each) => emitBody(this.emitter, each)),
        body.scratch ? [this.value(body.scratch)] : [],
      );
    }
    if (body.kind === 'apply') {
      return new fb.ApplyT(
        this.emitter.opId(body.op),
        body.inputs.map((o) => this.operand(o)),
        body.outputs.map((o) => this.operand(o)),
        this.emitter.attributes(body.op, body.attrs),
      );
    }
    const { emitter } = this;
    return new fb.ContractT(
      emitter.dims(body.batch),
      emitter.dim(body.m),
      emitter.dim(body.n),
      emitter.dim(body.k),
      this.access(body.a),
      this.access(body.b),
      this.tape(body.epilogue),
    );
  }

  private kernel({ kernel, steps }: KernelBody): fb.KernelT {
    const { emitter } = this;
    return new fb.KernelT(
      kernel.name,
      kernel.inputs.map((b) => this.value(b)),
      kernel.outputs.map((b) => this.value(b)),
      emitter.dims(kernel.sizes),
      emitter.dim(kernel.rows),
      kernel.threads,
      kernel.group,
      emitter.string(kernel.header),
      emitter.string(kernel.source),
      steps.map((step) => this.step(step)),
    );
  }

  private tape(tape: Tape): fb.FusedT {
    return new fb.FusedT(
      this.emitter.dims(tape.dims),
      tape.reduced,
      tape.inner,
      tape.accesses.map((a) => this.access(a)),
      tape.instrs.map((i) => this.instr(i)),
    );
  }

  private access({ buffer, offset, strides }: Access): fb.AccessT {
    return new fb.AccessT(this.value(buffer), this.emitter.dim(offset), this.emitter.dims(strides));
  }

  // Symbols first appear here in the order of use, as everything in the file.
  private instr(instr: Instr): fb.InstrT {
    const { emitter } = this;
    const make = (
      kind: fb.InstrKind,
      dtype: DType,
      a = 0,
      b = 0,
      imm = 0n,
      op = 0,
      c = 0,
      d = 0,
    ): fb.InstrT => new fb.InstrT(imm, op, a, b, c, d, kind, dtypeCode(dtype));
    switch (instr.kind) {
      case 'load':
        return make(fb.InstrKind.Load, instr.dtype, instr.access);
      case 'const':
        return make(fb.InstrKind.Const, instr.dtype, 0, 0, scalarBits(instr.value, instr.dtype));
      case 'index':
        return make(fb.InstrKind.Index, instr.dtype, instr.dim);
      case 'size':
        return make(fb.InstrKind.Size, instr.dtype, 0, 0, BigInt(emitter.dim(instr.dim)));
      case 'acc':
        return make(fb.InstrKind.Acc, instr.dtype);
      case 'scalar': {
        const [a, b, c, d] = instr.args;
        return make(fb.InstrKind.Scalar, instr.dtype, a, b, 0n, emitter.opId(instr.op), c, d);
      }
      case 'reduce':
        return make(fb.InstrKind.Reduce, instr.dtype, instr.arg, 0, 0n, emitter.opId(instr.op));
      case 'store':
        return make(fb.InstrKind.Store, instr.dtype, instr.access, instr.arg);
      default:
        return instr satisfies never;
    }
  }

  private operand({ buffer, shape }: Operand): number {
    const own = this.value(buffer);
    const same = shape.map(dimKey).join() === buffer.type.shape.map(dimKey).join();
    return same ? own : this.alias(own, buffer, shape);
  }

  private alias(own: number, buffer: Buffer, shape: readonly Dim[]): number {
    const { dtype } = buffer.type;
    const type = this.emitter.type({ dtype, shape });
    return this.once(
      `${own} as ${type}`,
      () => new fb.ValueT(type, fb.Storage.Alias, own, 0n, bytesOf(dtype, shape)),
    );
  }

  private value(buffer: Buffer): number {
    return this.once(`buffer ${buffer.id}`, () => {
      const { type, place } = buffer;
      const at = this.planned.memory?.places.get(buffer);
      const bytes = at ? BigInt(at.bytes) : bytesOf(type.dtype, type.shape);
      return new fb.ValueT(
        this.emitter.type(type),
        storageOf[place.kind],
        this.placeIndex(buffer),
        BigInt(at?.offset ?? 0),
        bytes,
      );
    });
  }

  private placeIndex({ place }: Buffer): number {
    switch (place.kind) {
      case 'input':
      case 'output':
        return this.numbering.first + place.index;
      case 'state':
        return this.numbering.stateIndex(place.state);
      case 'constant':
        return this.emitter.constant(
          place.node.attrs['data'] as Parameters<Emitter['constant']>[0],
        );
      case 'arena':
      case 'device':
        return 0;
      default:
        return place satisfies never;
    }
  }

  private once(key: string, make: () => fb.ValueT): number {
    const known = this.indices.get(key);
    if (known !== undefined) return known;
    const index = this.values.push(make()) - 1;
    this.indices.set(key, index);
    return index;
  }
}

function bytesOf(dtype: DType, shape: readonly Dim[]): bigint {
  return BigInt(dimMax(elementCount(shape)) * dtypeBytes(dtype));
}

const stepBodyTypes: { readonly [K in StepBody['kind']]: fb.StepBody } = {
  fused: fb.StepBody.Fused,
  contract: fb.StepBody.Contract,
  apply: fb.StepBody.Apply,
  control: fb.StepBody.Control,
  kernel: fb.StepBody.Kernel,
};

function stepBodyType({ kind }: StepBody): fb.StepBody {
  return stepBodyTypes[kind];
}

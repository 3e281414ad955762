import type { Attrs, CallOp, Dim, DType, Node, Op, TensorType } from '@vorab/graph';
import type { StateSlot } from '../entry-graph.ts';
import type { LoweredBody } from './control.ts';

// What lowering produces and memory planning completes: steps over buffers. `emit` writes it down.

/** Where a buffer lives. */
export type Place =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'output'; readonly index: number }
  | { readonly kind: 'state'; readonly state: StateSlot }
  | { readonly kind: 'constant'; readonly node: Node }
  | { readonly kind: 'arena' }
  | { readonly kind: 'device' };

/** Dense row-major memory for one tensor. */
export interface Buffer {
  readonly id: number;
  readonly type: TensorType;
  readonly place: Place;
}

/** Another shape over a buffer's bytes. Without it, the buffer's own. */
export interface Operand {
  readonly buffer: Buffer;
  readonly shape: readonly Dim[];
}

/** offset + Σ index[d] · strides[d], in elements. */
export interface Access {
  readonly buffer: Buffer;
  readonly offset: Dim;
  readonly strides: readonly Dim[];
}

export type Instr =
  | { readonly kind: 'load'; readonly dtype: DType; readonly access: number }
  | { readonly kind: 'const'; readonly dtype: DType; readonly value: number }
  | { readonly kind: 'index'; readonly dtype: DType; readonly dim: number }
  | { readonly kind: 'size'; readonly dtype: DType; readonly dim: Dim }
  | { readonly kind: 'acc'; readonly dtype: DType }
  | {
      readonly kind: 'scalar';
      readonly dtype: DType;
      readonly op: Op;
      readonly args: readonly number[];
    }
  | { readonly kind: 'reduce'; readonly dtype: DType; readonly op: Op; readonly arg: number }
  | {
      readonly kind: 'store';
      readonly dtype: DType;
      readonly access: number;
      readonly arg: number;
    };

export interface Tape {
  /** outer (kept), reduced, inner (kept). */
  readonly dims: readonly Dim[];
  readonly reduced: number;
  readonly inner: number;
  readonly accesses: readonly Access[];
  readonly instrs: readonly Instr[];
}

export interface ContractBody {
  readonly kind: 'contract';
  readonly batch: readonly Dim[];
  readonly m: Dim;
  readonly n: Dim;
  readonly k: Dim;
  readonly a: Access;
  readonly b: Access;
  readonly epilogue: Tape;
}

export interface ApplyBody {
  readonly kind: 'apply';
  readonly op: Op;
  readonly attrs: Attrs;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

/** An op that runs functions, each lowered to steps of its own. */
export interface ControlBody {
  readonly kind: 'control';
  readonly op: CallOp;
  readonly attrs: Attrs;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  readonly bodies: readonly LoweredBody[];
  /** Holds the arena of whichever body runs. */
  readonly scratch: Buffer | null;
}

/** A tape in row mode in Metal's language, and how it is launched. */
export interface Kernel {
  /** Equal kernels have equal names. */
  readonly name: string;
  /** Functions that it calls. */
  readonly header: string;
  /** Its body; MLX writes the signature. */
  readonly source: string;
  /** x0, x1, … and y0, y1, … */
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
  /** What `sizes` holds. */
  readonly sizes: readonly Dim[];
  readonly rows: Dim;
  /** Threads of one row, and rows of one threadgroup. */
  readonly threads: number;
  readonly group: number;
}

/** Steps that a device with Metal runs as one kernel, and every other device as they are. */
export interface KernelBody {
  readonly kind: 'kernel';
  readonly kernel: Kernel;
  readonly steps: readonly Step[];
}

export type StepBody =
  | (Tape & { readonly kind: 'fused' })
  | ContractBody
  | ApplyBody
  | ControlBody
  | KernelBody;

export interface Step {
  readonly body: StepBody;
  readonly name: string;
  readonly reason: string;
  readonly border: string;
  /** The graph nodes that it computes; the most telling first. */
  readonly nodes: readonly Node[];
}

/** Whether a step runs tapes; every other one reads and writes whole values. */
export function isTape(body: StepBody): body is (Tape & { readonly kind: 'fused' }) | ContractBody {
  return body.kind === 'fused' || body.kind === 'contract';
}

/** The accesses of a step, read or written. */
export function readsOf(body: StepBody): readonly Buffer[] {
  if (body.kind === 'apply' || body.kind === 'control') return body.inputs.map((o) => o.buffer);
  if (body.kind === 'kernel') return body.kernel.inputs;
  if (body.kind === 'contract')
    return [body.a.buffer, body.b.buffer, ...tapeBuffers(body.epilogue, 'load')];
  return tapeBuffers(body, 'load');
}

export function writesOf(body: StepBody): readonly Buffer[] {
  if (body.kind === 'apply') return body.outputs.map((o) => o.buffer);
  if (body.kind === 'kernel') return body.kernel.outputs;
  if (body.kind === 'control') {
    const outputs = body.outputs.map((o) => o.buffer);
    return body.scratch ? [...outputs, body.scratch] : outputs;
  }
  return tapeBuffers(body.kind === 'contract' ? body.epilogue : body, 'store');
}

/** Whether a step may refuse its data when it runs. */
export function mayFail({ body }: Step): boolean {
  if (body.kind !== 'apply' && body.kind !== 'control') return false;
  const within = body.kind === 'control' ? body.bodies : [];
  return body.op.fails === true || within.some((b) => b.lowered.steps.some(mayFail));
}

function tapeBuffers(tape: Tape, kind: 'load' | 'store'): readonly Buffer[] {
  return tape.instrs.flatMap((i) =>
    i.kind === kind ? (tape.accesses[i.access]?.buffer ?? []) : [],
  );
}

import type { Dim, DimEnv, NdArray, Op, RunFunction } from '@vorab/graph';
import {
  bindAttrs,
  bindType,
  evaluateDim,
  finish,
  ndarray,
  readNumber,
  sameTensor,
  writeNumber,
} from '@vorab/graph';
import type { Lowered } from './arena.ts';
import type { LoweredBody } from './control.ts';
import type {
  Access,
  Buffer,
  ContractBody,
  ControlBody,
  Instr,
  KernelBody,
  Step,
  Tape,
} from './ir.ts';
import type { MemoryPlan } from './memory.ts';
import { varies } from './varies.ts';

/** Evaluates a routine on dense arrays: the reference's own meaning. */
export type EvaluateOp = (
  op: Op,
  inputs: readonly NdArray[],
  attrs: Readonly<Record<string, unknown>>,
  outputs: readonly NdArray[],
) => void;

/**
 * Runs lowered steps one element at a time, as the schema defines them: slow, and independent of every kernel. Tests
 * hold it against the reference, so that a wrong plan is found without native code.
 */
export class StepInterpreter {
  private readonly memory: Map<Buffer, NdArray> = new Map();
  private readonly env: DimEnv;
  private readonly evaluateOp: EvaluateOp;

  constructor(env: DimEnv, evaluateOp: EvaluateOp) {
    this.env = env;
    this.evaluateOp = evaluateOp;
  }

  /** The array behind a buffer; zeros until something is stored. */
  array(buffer: Buffer): NdArray {
    const known = this.memory.get(buffer);
    if (known) return known;
    const made = ndarray(buffer.type.dtype, this.numbers(buffer.type.shape));
    this.memory.set(buffer, made);
    return made;
  }

  /** Uses an array as it is, without a copy. */
  bind(buffer: Buffer, array: NdArray): void {
    this.memory.set(buffer, array);
  }

  run({ steps }: Lowered): void {
    for (const step of steps) this.step(step);
  }

  private numbers(dims: readonly Dim[]): number[] {
    return dims.map((d) => evaluateDim(d, this.env));
  }

  private step({ body }: Step): void {
    if (body.kind === 'control') this.control(body);
    else if (body.kind === 'fused') this.tape(body);
    else if (body.kind === 'contract') this.contract(body);
    else if (body.kind === 'kernel') this.kernel(body);
    else {
      const inputs = body.inputs.map((o) => ({
        ...this.array(o.buffer),
        shape: this.numbers(o.shape),
      }));
      const outputs = body.outputs.map((o) => this.array(o.buffer));
      this.evaluateOp(body.op, inputs, body.attrs, outputs);
    }
  }

  /** Its steps, which mean the same. */
  protected kernel({ steps }: KernelBody): void {
    for (const step of steps) this.step(step);
  }

  private control({ op, attrs, inputs, outputs, bodies }: ControlBody): void {
    const names = Object.keys(op.attributes).filter((name) => op.attributes[name] === 'function');
    const given = inputs.map((o) => ({ ...this.array(o.buffer), shape: this.numbers(o.shape) }));
    const types = outputs.map(({ buffer: { type } }) => bindType(type, this.env));
    const body = (name: string): LoweredBody => bodies[names.indexOf(name)] as LoweredBody;
    const inner = this;
    // biome-ignore lint/correctness/useYield: a body runs in one step
    const run: RunFunction = function* (name, operands) {
      return inner.body(body(name), operands);
    };
    const results = finish(op.steps(given, bindAttrs(op, attrs, this.env), types, run));
    for (const [i, o] of outputs.entries()) {
      this.array(o.buffer).data.set((results[i] as NdArray).data as never);
    }
  }

  // Carries are overwritten where they lie, so each run gets copies of its own.
  private body(
    { graph, carries, lowered, memory }: LoweredBody,
    operands: readonly NdArray[],
  ): NdArray[] {
    const inner = new StepInterpreter(this.env, this.evaluateOp);
    const arena = new ArrayBuffer(memory.arenaBytes);
    const slots = graph.parameters.slice(0, carries);
    const carried = operands.slice(0, carries).map((x) => ({ ...x, data: x.data.slice() }));
    const results: NdArray[] = [...carried] as NdArray[];
    for (const buffer of lowered.buffers) {
      const { place } = buffer;
      if (place.kind === 'input') inner.bind(buffer, operands[carries + place.index] as NdArray);
      if (place.kind === 'output') results[carries + place.index] = inner.array(buffer);
      if (place.kind === 'constant') inner.bind(buffer, place.node.attrs['data'] as NdArray);
      const own = arrayInArena(buffer, memory, arena, this.env);
      if (own) inner.bind(buffer, own);
      if (place.kind !== 'state') continue;
      const at = slots.findIndex((t) => sameTensor(t, place.state.tensor));
      inner.bind(buffer, carried[at] as NdArray);
    }
    inner.run(lowered);
    return results;
  }

  private contract(body: ContractBody): void {
    const [a, b] = [this.reader(body.a), this.reader(body.b)];
    const k = evaluateDim(body.k, this.env);
    this.tape(body.epilogue, (index) => {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += a([...index, i]) * b([...index, i]);
      return sum;
    });
  }

  private reader(access: Access): (index: readonly number[]) => number {
    const array = this.array(access.buffer);
    const address = this.address(access);
    return (index) => readNumber(array, address(index));
  }

  private address({ buffer, offset, strides }: Access): (index: readonly number[]) => number {
    const [start, ...steps] = this.numbers([offset, ...strides]);
    const size = this.array(buffer).data.length;
    return (index) => {
      const at = steps.reduce((sum, s, d) => sum + s * (index[d] ?? 0), start ?? 0);
      if (at < 0 || at >= size)
        throw new RangeError(`address ${at} of buffer ${buffer.id}, which has ${size}`);
      return at;
    };
  }

  // Kept dims outside; for each, stage by stage: what a reduction needs, the reduction, what follows it.
  private tape(tape: Tape, acc?: (index: readonly number[]) => number): void {
    const dims = this.numbers(tape.dims);
    const kept = dims.length - tape.reduced - tape.inner;
    const run = new TapeRun(
      tape,
      tape.accesses.map((a) => ({ array: this.array(a.buffer), at: this.address(a) })),
      acc,
    );
    const sizes = (i: Instr): number => (i.kind === 'size' ? evaluateDim(i.dim, this.env) : 0);
    const constants = tape.instrs.map(sizes);
    for (const outer of indices(dims.slice(0, kept))) {
      for (const inner of indices(dims.slice(kept + tape.reduced))) {
        const places = [...indices(dims.slice(kept, kept + tape.reduced))].map((r) => [
          ...outer,
          ...r,
          ...inner,
        ]);
        const zero = [...outer, ...Array.from({ length: tape.reduced }, () => 0), ...inner];
        run.point(places, zero, constants);
      }
    }
  }
}

/** The array at a buffer's place in an arena, if it has one there. */
export function arrayInArena(
  buffer: Buffer,
  memory: MemoryPlan | undefined,
  arena: ArrayBuffer,
  env: DimEnv,
): NdArray | undefined {
  const place = memory?.places.get(buffer);
  if (!place) return undefined;
  const { type } = buffer;
  const own = ndarray(type.dtype, bindType(type, env).shape as readonly number[]);
  if (own.data.byteLength > place.bytes) {
    throw new RangeError(
      `buffer ${buffer.id} has ${place.bytes} bytes, needs ${own.data.byteLength}`,
    );
  }
  type Storage = new (b: ArrayBuffer, o: number, n: number) => NdArray['data'];
  const storage = own.data.constructor as Storage;
  return { ...own, data: new storage(arena, place.offset, own.data.length) };
}

function* indices(dims: readonly number[]): Generator<number[]> {
  if (dims.some((d) => d === 0)) return;
  const index = dims.map(() => 0);
  for (;;) {
    yield [...index];
    let d = dims.length - 1;
    while (d >= 0 && ++(index[d] as number) === dims[d]) index[d--] = 0;
    if (d < 0) return;
  }
}

interface Place {
  readonly array: NdArray;
  at(index: readonly number[]): number;
}

class TapeRun {
  private readonly tape: Tape;
  private readonly places: readonly Place[];
  private readonly acc: ((index: readonly number[]) => number) | undefined;
  /** Which values vary over the reduced dims. */
  private readonly full: readonly boolean[];
  private readonly rounding: readonly NdArray[];

  constructor(tape: Tape, places: readonly Place[], acc?: (index: readonly number[]) => number) {
    this.tape = tape;
    this.places = places;
    this.acc = acc;
    const full: boolean[] = [];
    for (const instr of tape.instrs) full.push(varies(instr, tape, full));
    this.full = full;
    this.rounding = tape.instrs.map((i) => ndarray(i.dtype, [1]));
  }

  /** All instructions at one kept point: full values at every reduced place, kept values once. */
  point(
    reduced: readonly (readonly number[])[],
    zero: readonly number[],
    sizes: readonly number[],
  ): void {
    const values: (number[] | number)[] = [];
    this.tape.instrs.forEach((instr, i) => {
      const full = this.full[i] ?? false;
      const each = (index: readonly number[], at: number): number => {
        const pick = (a: number): number => {
          const v = values[a];
          return typeof v === 'number' ? v : ((v ?? [])[at] as number);
        };
        return this.one(instr, i, index, pick, sizes[i] ?? 0);
      };
      if (instr.kind === 'reduce') values[i] = this.reduce(instr, i, values[instr.arg]);
      else values[i] = full ? reduced.map(each) : each(zero, 0);
    });
  }

  private reduce(
    instr: Instr & { kind: 'reduce' },
    id: number,
    values: number[] | number | undefined,
  ): number {
    if (instr.op.kind !== 'reduce') throw new Error(`${instr.op.name} does not reduce`);
    const { op } = instr;
    const all = Array.isArray(values) ? values : [values as number];
    return this.round(
      id,
      all.reduce((a, b) => op.combine(a, b), op.identity(instr.dtype)),
    );
  }

  private one(
    instr: Instr,
    id: number,
    index: readonly number[],
    value: (i: number) => number,
    size: number,
  ): number {
    switch (instr.kind) {
      case 'load': {
        const { array, at } = this.places[instr.access] as Place;
        return readNumber(array, at(index));
      }
      case 'const':
        return this.round(id, instr.value);
      case 'index':
        return index[instr.dim] ?? 0;
      case 'size':
        return this.round(id, size);
      case 'acc':
        return this.round(id, this.acc?.(index) ?? Number.NaN);
      case 'scalar':
        if (instr.op.kind !== 'elementwise') throw new Error(`${instr.op.name} is not elementwise`);
        return this.round(id, instr.op.scalar(...instr.args.map(value)));
      case 'store': {
        const { array, at } = this.places[instr.access] as Place;
        writeNumber(array, at(index), value(instr.arg));
        return 0;
      }
      case 'reduce':
        throw new Error('reduced elsewhere');
      default:
        return instr satisfies never;
    }
  }

  private round(id: number, x: number): number {
    const one = this.rounding[id] as NdArray;
    writeNumber(one, 0, x);
    return readNumber(one, 0);
  }
}

import { Binding, type fb } from '@vorab/artifact';
import type { NdArray } from '@vorab/graph';
import { evaluateInSteps, ndarray } from '@vorab/graph';
import type {
  BackendEntry,
  BackendInput,
  BackendOutput,
  BackendSession,
  BackendStatName,
} from '@vorab/runtime';
import { backendStats } from '@vorab/runtime';
import { arrayOf, bytesOf, copyOf, dtypeAt, fill } from './arrays.ts';
import { atNode, ReferenceFailure } from './failure.ts';
import { Functions, type PreparedNode } from './program.ts';
import { Queue, type Steps } from './queue.ts';

type Counts = { [K in BackendStatName]: number };

/** An input of a call: its array, or what says where it is. */
interface Call {
  readonly entry: fb.EntryT;
  readonly symbols: readonly number[];
  readonly inputs: readonly NdArray[];
  readonly outputs: readonly BackendOutput[];
}

/** States and tensors as arrays; every call evaluates the entry's function node by node. */
export class ReferenceSession implements BackendSession {
  readonly #program: fb.ProgramT;
  readonly #functions: Functions;
  readonly #queue: Queue;
  readonly #states: NdArray[];
  readonly #tensors: Map<number, NdArray> = new Map();
  readonly #counts: Counts;
  #nextSlot = 0;

  constructor(file: Uint8Array, program: fb.ProgramT, capacity: number) {
    this.#program = program;
    this.#functions = new Functions(file, program);
    this.#queue = new Queue(capacity);
    this.#counts = Object.fromEntries(backendStats.map((name) => [name, 0])) as Counts;
    const binding = new Binding(
      program,
      program.symbols.map(({ min }) => Number(min)),
    );
    this.#states = program.states.map((state) => {
      const type = this.#typeAt(state.type);
      return ndarray(dtypeAt(type.dtype), binding.shape(type));
    });
  }

  bindEntry(index: number): BackendEntry {
    const entry = this.#program.entries[index];
    if (entry === undefined) throw new ReferenceFailure('argument', `there is no entry ${index}`);
    const symbols = new Float64Array(this.#program.symbols.length);
    const control = new Float64Array(1 + entry.outputs.length);
    const callOf = (args: readonly (BackendInput | BackendOutput)[]): Call =>
      this.#call(entry, Array.from(symbols), args);
    return {
      symbols,
      control,
      sync: (...args) => {
        const call = callOf(args);
        control.set(
          this.#queue.run(() => this.#run(call)),
          1,
        );
      },
      start: (...args) => {
        const call = callOf(args);
        const started = this.#queue.post(() => this.#run(call));
        control[0] = this.#queue.lastId;
        return started;
      },
    };
  }

  prepare(entry: number, symbols: Float64Array): Promise<void> {
    const values = Array.from(symbols);
    return this.#post(() => {
      this.#functions.prepare(this.#program.entries[entry]?.function_ ?? 0, values);
    });
  }

  readState(state: number): Promise<ArrayBuffer> {
    return this.#post(() => copyOf(this.#state(state)));
  }

  readStateSync(state: number): ArrayBuffer {
    return this.#queue.run(() => once(() => copyOf(this.#state(state))));
  }

  writeState(state: number, data: ArrayBufferView): Promise<void> {
    const value = this.#stateFrom(state, data);
    return this.#post(() => {
      this.#states[state] = value;
    });
  }

  writeStateSync(state: number, data: ArrayBufferView): void {
    const value = this.#stateFrom(state, data);
    this.#queue.run(() =>
      once(() => {
        this.#states[state] = value;
      }),
    );
  }

  createTensor(dtype: number, shape: Float64Array, data: ArrayBufferView): Promise<number> {
    const array = arrayOf(dtypeAt(dtype), Array.from(shape), bytesOf(data));
    return this.#post(() => this.#keep(array));
  }

  readTensor(slot: number): Promise<ArrayBuffer> {
    const array = this.#tensor(slot);
    return this.#post(() => copyOf(array));
  }

  readTensorSync(slot: number): ArrayBuffer {
    const array = this.#tensor(slot);
    return this.#queue.run(() => once(() => copyOf(array)));
  }

  releaseTensor(slot: number): void {
    this.#tensors.delete(slot);
  }

  stats(): Promise<readonly number[]> {
    return this.#post(() => this.#stats());
  }

  statsSync(): readonly number[] {
    return this.#queue.run(() => once(() => this.#stats()));
  }

  profile(): Promise<string> {
    return this.#post(() => '[]');
  }

  abort(call: number): void {
    this.#queue.abort(call);
  }

  close(): Promise<void> {
    const closed = this.#queue.post(() => once(() => this.#tensors.clear()), true);
    this.#queue.close();
    return closed;
  }

  outstanding(): number {
    return this.#queue.outstanding;
  }

  liveTensors(): number {
    return this.#tensors.size;
  }

  #post<T>(work: () => T): Promise<T> {
    return this.#queue.post(() => once(work));
  }

  #typeAt(index: number): fb.TensorTypeT {
    const type = this.#program.types[index];
    if (type === undefined) throw new RangeError(`there is no type ${index}`);
    return type;
  }

  #call(
    entry: fb.EntryT,
    symbols: readonly number[],
    args: readonly (BackendInput | BackendOutput)[],
  ): Call {
    const binding = new Binding(this.#program, symbols);
    const inputs = entry.inputs.map((port, i) => {
      const arg = args[i];
      if (typeof arg === 'number') return this.#tensor(arg);
      if (arg === undefined || arg === null) throw new ReferenceFailure('argument', 'no input');
      const type = this.#typeAt(port.type);
      this.#counts.copiesIn++;
      this.#counts.bytesIn += arg.byteLength;
      return arrayOf(dtypeAt(type.dtype), binding.shape(type), bytesOf(arg));
    });
    const outputs = args.slice(entry.inputs.length).map((arg) => {
      if (typeof arg === 'number') throw new ReferenceFailure('argument', 'a number as an output');
      return arg;
    });
    return { entry, symbols, inputs, outputs };
  }

  *#run({ entry, symbols, inputs, outputs }: Call): Steps<readonly number[]> {
    const prepared = this.#functions.prepare(entry.function_, symbols);
    const values = new Array<NdArray | undefined>(prepared.values);
    const given = [...inputs, ...entry.reads.map((state) => this.#state(state))];
    for (const [i, array] of given.entries()) values[i] = array;
    for (const [n, node] of prepared.nodes.entries()) {
      const made = yield* evaluated(node, n, values);
      for (const [o, array] of made.entries()) values[node.first + o] = array;
      for (const value of node.dead) values[value] = undefined;
      this.#counts.steps++;
      yield;
    }
    const results = prepared.results.map((value) => defined(values[value]));
    this.#counts.runs++;
    for (const [i, state] of entry.writes.entries()) {
      this.#states[state] = defined(results[outputs.length + i]);
    }
    return outputs.map((output, i) => this.#deliver(output, defined(results[i])));
  }

  /** The slot of a tensor, -1 for none, -2 for an array that could not be filled. */
  #deliver(output: BackendOutput, array: NdArray): number {
    if (output === undefined) return this.#keep(array);
    if (output === null) return -1;
    this.#counts.copiesOut++;
    this.#counts.bytesOut += array.data.byteLength;
    return fill(output, array) ? -1 : -2;
  }

  #keep(array: NdArray): number {
    const slot = this.#nextSlot++;
    this.#tensors.set(slot, array);
    return slot;
  }

  #tensor(slot: number): NdArray {
    const array = this.#tensors.get(slot);
    if (array === undefined) throw new ReferenceFailure('argument', 'the tensor is disposed');
    return array;
  }

  #state(index: number): NdArray {
    const state = this.#states[index];
    if (state === undefined) throw new ReferenceFailure('argument', `there is no state ${index}`);
    return state;
  }

  #stateFrom(index: number, data: ArrayBufferView): NdArray {
    const { dtype, shape } = this.#state(index);
    return arrayOf(dtype, shape, bytesOf(data));
  }

  #stats(): readonly number[] {
    const counts: Counts = {
      ...this.#counts,
      builds: this.#functions.builds,
      cacheHits: this.#functions.hits,
      tensorsLive: this.#tensors.size,
    };
    return backendStats.map((name) => counts[name]);
  }
}

function* evaluated(
  { op, inputs, attrs, types }: PreparedNode,
  node: number,
  values: readonly (NdArray | undefined)[],
): Steps<readonly NdArray[]> {
  try {
    const operands = inputs.map((value) => defined(values[value]));
    return yield* evaluateInSteps(op, operands, attrs, types);
  } catch (error) {
    throw atNode(error, node);
  }
}

// biome-ignore lint/correctness/useYield: work in one step
function* once<T>(work: () => T): Steps<T> {
  return work();
}

function defined<T>(value: T | undefined): T {
  // The verifier has checked every index; this is for the type.
  if (value === undefined) throw new TypeError('a verified program refers to a missing value');
  return value;
}

import { Binding, type fb } from '@vorab/artifact';
import type { NdArray } from '@vorab/graph';
import { evaluateInSteps, ndarray } from '@vorab/graph';
import type {
  BackendEntry,
  BackendInput,
  BackendOptions,
  BackendOutput,
  BackendSession,
} from '@vorab/runtime';
import { arrayOf, bytesOf, copyOf, dtypeAt, fill } from './arrays.ts';
import { atNode, ReferenceFailure } from './failure.ts';
import { Counts } from './ledger.ts';
import { Functions, type PreparedFunction, type PreparedNode } from './program.ts';
import { Queue, type Steps } from './queue.ts';
import { Tensors } from './tensors.ts';

/** Bindings of an entry that stay prepared unless the caller says otherwise. */
const defaultCache = 64;

/** An input of a call: its array, or what says where it is. */
interface Call {
  readonly index: number;
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
  readonly #counts: Counts = new Counts();
  readonly #tensors: Tensors = new Tensors(this.#counts);
  #steps = 0;

  constructor(file: Uint8Array, program: fb.ProgramT, options: BackendOptions) {
    this.#program = program;
    this.#functions = new Functions(file, program, options.cache ?? defaultCache);
    this.#queue = new Queue(options.queue);
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
      this.#call(index, entry, Array.from(symbols), args);
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
      this.#prepared(entry, values);
    });
  }

  readState(state: number): Promise<ArrayBuffer> {
    return this.#post(() => this.#stateCopy(state));
  }

  readStateSync(state: number): ArrayBuffer {
    return this.#queue.run(() => once(() => this.#stateCopy(state)));
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
    return this.#post(() => {
      this.#counts.add('tensorHeld', 0, 0, array.data.byteLength);
      return this.#tensors.keep(array, undefined);
    });
  }

  readTensor(slot: number): Promise<ArrayBuffer> {
    const tensor = this.#tensors.at(slot);
    return this.#post(() => this.#tensors.copy(tensor));
  }

  readTensorSync(slot: number): ArrayBuffer {
    const tensor = this.#tensors.at(slot);
    return this.#queue.run(() => once(() => this.#tensors.copy(tensor)));
  }

  releaseTensor(slot: number): void {
    this.#tensors.release(slot);
  }

  stats(): Promise<readonly number[]> {
    return this.#post(() => this.#counts.stats(this.#steps, this.#tensors.size));
  }

  statsSync(): readonly number[] {
    return this.#queue.run(() => once(() => this.#counts.stats(this.#steps, this.#tensors.size)));
  }

  ledger(): Promise<ArrayBuffer> {
    return this.#post(() => this.#counts.buffer());
  }

  ledgerSync(): ArrayBuffer {
    return this.#queue.run(() => once(() => this.#counts.buffer()));
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

  /** Its loops take arrays as they lie. */
  bytesToLine(): number {
    return 0;
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
    index: number,
    entry: fb.EntryT,
    symbols: readonly number[],
    args: readonly (BackendInput | BackendOutput)[],
  ): Call {
    const binding = new Binding(this.#program, symbols);
    const inputs = entry.inputs.map((port, i) => {
      const arg = args[i];
      if (typeof arg === 'number') return this.#tensors.at(arg).array;
      if (arg === undefined || arg === null) throw new ReferenceFailure('argument', 'no input');
      const type = this.#typeAt(port.type);
      this.#counts.add('inputHeld', index, i, arg.byteLength);
      return arrayOf(dtypeAt(type.dtype), binding.shape(type), bytesOf(arg));
    });
    const outputs = args.slice(entry.inputs.length).map((arg) => {
      if (typeof arg === 'number') throw new ReferenceFailure('argument', 'a number as an output');
      return arg;
    });
    return { index, entry, symbols, inputs, outputs };
  }

  /** The function of an entry at a binding; counts how it was found. */
  #prepared(entry: number, symbols: readonly number[]): PreparedFunction {
    const start = process.hrtime.bigint();
    const index = this.#program.entries[entry]?.function_ ?? 0;
    const { function_, hit, evicted } = this.#functions.prepare(index, symbols);
    const ns = Number(process.hrtime.bigint() - start);
    this.#counts.add(hit ? 'hit' : 'miss', entry, 0);
    if (!hit) this.#counts.add('build', entry, 0, 0, ns);
    if (evicted) this.#counts.add('eviction', entry, 0);
    return function_;
  }

  *#run({ index, entry, symbols, inputs, outputs }: Call): Steps<readonly number[]> {
    const prepared = this.#prepared(index, symbols);
    const values = new Array<NdArray | undefined>(prepared.values);
    const given = [...inputs, ...entry.reads.map((state) => this.#state(state))];
    for (const [i, array] of given.entries()) values[i] = array;
    for (const [n, node] of prepared.nodes.entries()) {
      const made = yield* evaluated(node, n, values);
      for (const [o, array] of made.entries()) values[node.first + o] = array;
      for (const value of node.dead) values[value] = undefined;
      this.#steps++;
      yield;
    }
    const results = prepared.results.map((value) => defined(values[value]));
    this.#counts.add('run', index, 0);
    for (const [i, state] of entry.writes.entries()) {
      this.#states[state] = defined(results[outputs.length + i]);
    }
    return outputs.map((output, i) => this.#deliver(index, i, output, defined(results[i])));
  }

  /** The slot of a tensor, -1 for none, -2 for an array that could not be filled. */
  #deliver(entry: number, index: number, output: BackendOutput, array: NdArray): number {
    if (output === undefined) return this.#tensors.keep(array, { entry, output: index });
    if (output === null) return -1;
    this.#counts.add('outputFilled', entry, index, array.data.byteLength);
    return fill(output, array) ? -1 : -2;
  }

  #stateCopy(index: number): ArrayBuffer {
    const array = this.#state(index);
    this.#counts.add('stateRead', 0, index, array.data.byteLength);
    return copyOf(array);
  }

  #state(index: number): NdArray {
    const state = this.#states[index];
    if (state === undefined) throw new ReferenceFailure('argument', `there is no state ${index}`);
    return state;
  }

  #stateFrom(index: number, data: ArrayBufferView): NdArray {
    const { dtype, shape } = this.#state(index);
    this.#counts.add('stateHeld', 0, index, data.byteLength);
    return arrayOf(dtype, shape, bytesOf(data));
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

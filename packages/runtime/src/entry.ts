import type { BackendEntry, BackendSession } from './backend.ts';
import { InputBinder } from './bind.ts';
import type { Dim } from './dims.ts';
import { dimOf, extentOf, formatPort } from './dims.ts';
import { arrayConstructor, arrayFits, arrayName } from './dtype.ts';
import { AbortError, didYouMean, listNames, VorabError, withArticle } from './errors.ts';
import type { PendingCalls } from './pending-calls.ts';
import type { EntryInfo, PortInfo, ProgramInfo } from './program.ts';
import { smallestSize } from './program.ts';
import type { Sizes } from './sizes.ts';
import { symbolsOf } from './sizes.ts';
import type { TensorOwner } from './tensor.ts';
import { Tensor } from './tensor.ts';
import { bitsOf } from './values.ts';

export type Inputs = Readonly<Record<string, unknown>>;
export type Out = Readonly<Record<string, ArrayBufferView | null | undefined>>;
export type Results = Record<string, Tensor | ArrayBufferView>;

/** Counts of a session's calls, beside those of its backend. */
export interface CallCounts {
  /** Promise calls, and sync calls. */
  calls: number;
  syncCalls: number;
  /** Inputs of promise calls that were copied at the call. */
  inputCopies: number;
  inputBytes: number;
  /** Calls that failed, or were aborted. */
  failed: number;
  aborted: number;
}

/** What an entry needs of its session. */
export interface EntryHost extends TensorOwner {
  readonly program: ProgramInfo;
  readonly backend: BackendSession;
  readonly counts: CallCounts;
  readonly pending: PendingCalls;
  /** Throws `closed`. */
  checkOpen(): void;
  /** A backend's failure as an error for the user. */
  explain(failure: unknown, entry?: EntryInfo): unknown;
}

interface OutputPort {
  readonly info: PortInfo;
  readonly array: unknown;
  readonly dims: readonly Dim[];
}

/** One entry of an open session: everything that does not change from call to call is looked up once. */
export class Entry {
  readonly info: EntryInfo;
  readonly #host: EntryHost;
  readonly #bound: BackendEntry;
  readonly #binder: InputBinder;
  readonly #outputs: readonly OutputPort[];
  #shapes: readonly (readonly number[])[] = [];
  #sizes: readonly number[] = [];
  readonly #shapeSymbols: Float64Array;

  constructor(host: EntryHost, info: EntryInfo) {
    this.info = info;
    this.#host = host;
    this.#bound = host.backend.bindEntry(info.index);
    // Symbols that the entry does not bind are legal everywhere.
    this.#bound.symbols.set(host.program.symbols.map(smallestSize));
    this.#binder = new InputBinder(host.program, info, host, this.#bound.symbols);
    this.#outputs = info.outputs.map((port) => ({
      info: port,
      array: arrayConstructor(port.dtype),
      dims: port.shape.map((expr) => dimOf(host.program, expr)),
    }));
    this.#shapeSymbols = new Float64Array(this.#bound.symbols.length).fill(Number.NaN);
  }

  /** Queues a call; the inputs are copied before this returns. */
  async call(inputs: Inputs = {}, out?: Out, signal?: AbortSignal): Promise<Results> {
    const { counts } = this.#host;
    this.#host.checkOpen();
    if (signal?.aborted) throw this.#aborted(signal);
    this.#bind(inputs, out);
    const shapes = this.#shapes;
    counts.calls++;
    counts.inputCopies += this.#binder.copies;
    counts.inputBytes += this.#binder.copiedBytes;
    const slots = await this.#settled(signal);
    return this.#results(slots, 0, shapes, out);
  }

  /** Waits for what is queued, then runs. */
  sync(inputs: Inputs = {}, out?: Out): Results {
    this.#host.checkOpen();
    this.#bind(inputs, out);
    this.#host.counts.syncCalls++;
    try {
      this.#bound.sync(...this.#binder.args);
    } catch (failure) {
      this.#host.counts.failed++;
      throw this.#host.explain(failure, this.info);
    }
    return this.#results(this.#bound.control, 1, this.#shapes, out);
  }

  /** Does ahead what the first call with inputs of these shapes would do. */
  async prepare(inputs: Inputs): Promise<void> {
    this.#host.checkOpen();
    this.#bind(inputs, undefined);
    await this.#prepare(this.#bound.symbols);
  }

  /** The same, by the sizes of the entry's dims. Throws `dim-unknown`, `dim-bounds`. */
  async prepareFor(sizes: Sizes): Promise<void> {
    this.#host.checkOpen();
    await this.#prepare(symbolsOf(this.#host.program, this.info, sizes));
  }

  async #prepare(symbols: Float64Array): Promise<void> {
    try {
      await this.#host.backend.prepare(this.info.index, symbols);
    } catch (failure) {
      throw this.#host.explain(failure, this.info);
    }
  }

  #bind(inputs: Inputs, out: Out | undefined): void {
    this.#binder.bind(inputs);
    this.#updateShapes();
    this.#bindOut(out);
  }

  async #settled(signal: AbortSignal | undefined): Promise<readonly number[]> {
    try {
      const started = this.#bound.start(...this.#binder.args);
      return await this.#host.pending.settle(this.#bound.control[0] ?? 0, started, signal);
    } catch (failure) {
      const error = this.#host.explain(failure, this.info);
      if (error instanceof AbortError) {
        this.#host.counts.aborted++;
        throw this.#aborted(signal);
      }
      this.#host.counts.failed++;
      throw error;
    }
  }

  #aborted(signal: AbortSignal | undefined): AbortError {
    return new AbortError(`${this.info.name} was aborted; no state has changed`, signal?.reason);
  }

  /** Shapes of the outputs, made again only when a symbol has changed. */
  #updateShapes(): void {
    const { symbols } = this.#bound;
    let same = this.#shapes.length === this.#outputs.length;
    for (let i = 0; same && i < symbols.length; i++) same = symbols[i] === this.#shapeSymbols[i];
    if (same) return;
    this.#shapeSymbols.set(symbols);
    this.#shapes = this.#outputs.map(({ dims }) =>
      Object.freeze(dims.map((dim) => extentOf(this.#host.program, dim, symbols))),
    );
    this.#sizes = this.#shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
  }

  #bindOut(out: Out | undefined): void {
    const { args } = this.#binder;
    const first = this.info.inputs.length;
    if (out === undefined) {
      args.fill(undefined, first);
      return;
    }
    let index = 0;
    let matched = 0;
    for (const { info, array: expected } of this.#outputs) {
      const array = out[info.name];
      if (array !== undefined) matched++;
      if (array === undefined || array === null) {
        args[first + index++] = array;
        continue;
      }
      const size = this.#sizes[index] ?? -1;
      const plain = array.constructor === expected;
      if (!plain || (array as Float32Array).length !== size) {
        this.#checkOut(info, array, this.#shapes[index] ?? []);
      }
      args[first + index++] = plain ? array : bitsOf(array);
    }
    let given = 0;
    for (const name in out) if (out[name] !== undefined) given++;
    if (given !== matched) this.#refuseOut(out);
  }

  #refuseOut(out: Out): void {
    const names = this.#outputs.map(({ info }) => info.name);
    const unknown = Object.keys(out).find((name) => !names.includes(name));
    if (unknown === undefined) return;
    const meant = didYouMean(unknown, names);
    throw new VorabError({
      code: 'out-unknown',
      message: `${this.info.name}: there is no output ${unknown}; its outputs are ${listNames(names)}`,
      cure: meant === undefined ? undefined : `did you mean ${meant}?`,
    });
  }

  #checkOut(port: PortInfo, array: ArrayBufferView, shape: readonly number[]): void {
    const place = `${this.info.name}: out ${port.name}`;
    const expected = formatPort(this.#host.program, port);
    const tag: unknown = Reflect.get(array, Symbol.toStringTag);
    if (!ArrayBuffer.isView(array) || typeof tag !== 'string' || !arrayFits(port.dtype, tag)) {
      throw new VorabError({
        code: 'out-dtype',
        message: `${place} is ${typeof tag === 'string' ? withArticle(tag) : 'no typed array'}, expected ${withArticle(arrayName(port.dtype))} for ${expected}`,
      });
    }
    const size = shape.reduce((product, extent) => product * extent, 1);
    const length: unknown = Reflect.get(array, 'length');
    if (length === size) return;
    throw new VorabError({
      code: 'out-size',
      message: `${place} has ${String(length)} elements, expected ${size} (shape [${shape.join(', ')}])`,
    });
  }

  #results(
    slots: ArrayLike<number>,
    first: number,
    shapes: readonly (readonly number[])[],
    out: Out | undefined,
  ): Results {
    const results: Results = {};
    let lost: PortInfo | undefined;
    let index = -1;
    for (const { info } of this.#outputs) {
      index++;
      const slot = slots[first + index] ?? -1;
      const given = out?.[info.name];
      if (slot >= 0) {
        results[info.name] = new Tensor(this.#host, slot, info.dtype, shapes[index] ?? []);
      } else if (given !== undefined && given !== null) {
        if (slot === -2) lost = info;
        results[info.name] = given;
      }
    }
    if (lost === undefined) return results;
    for (const result of Object.values(results)) if (Tensor.is(result)) result.dispose();
    throw this.#lostOut(lost);
  }

  #lostOut(port: PortInfo): VorabError {
    return new VorabError({
      code: 'out-size',
      message: `${this.info.name}: out ${port.name} was transferred or resized while the call ran`,
      cure: 'keep the array until the promise settles',
    });
  }
}

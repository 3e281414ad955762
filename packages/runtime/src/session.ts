import { allocate } from './allocate.ts';
import type { BackendStepTime } from './backend.ts';
import { Book } from './book.ts';
import type { ArrayOf, DType } from './dtype.ts';
import type { EntryHost, Inputs, Results } from './entry.ts';
import { Entry } from './entry.ts';
import { entryNamed } from './entry-named.ts';
import { VorabError } from './errors.ts';
import type { LedgerBounds } from './expect.ts';
import { locateFailure } from './failed-place.ts';
import { isBackendFailure, toVorabError } from './failure.ts';
import type { Ledger } from './ledger.ts';
import { makeTensor } from './make-tensor.ts';
import { PendingCalls } from './pending-calls.ts';
import { profileOf } from './profile.ts';
import type { EntryInfo, ProgramInfo } from './program.ts';
import type {
  CloseOptions,
  ExpectOptions,
  NamedCallOptions,
  SessionInfo,
  SessionParts,
  Stats,
  StepProfile,
} from './session-types.ts';
import type { Sizes } from './sizes.ts';
import { Hyper, States } from './state.ts';
import { statsOf } from './stats.ts';
import type { AskedTaps, TapNames } from './taps.ts';
import { askTaps, tapsEntryOf } from './taps.ts';
import type { Tensor } from './tensor.ts';
import type { InputValue } from './values.ts';
import type { LoadOptions, StateAccess } from './weights.ts';
import { loadStates, saveStates } from './weights.ts';

/**
 * An open artifact. Calls run in the order in which they were made, on the session's own thread; promises never
 * block the event loop. After `close()` every call rejects with `closed`.
 */
export class SessionBase {
  /** Parameters, optimizer and other states. */
  readonly state: States;
  /** Scalars that change without compiling again. */
  readonly hyper: Hyper;
  readonly #parts: SessionParts;
  readonly #host: EntryHost;
  readonly #book: Book;
  readonly #entries: Map<string, Entry> = new Map();
  #closing: Promise<void> | undefined;

  /** Sessions are made by `open`. */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#host = this.#makeHost();
    this.#book = new Book(parts);
    this.state = new States(this.#host, parts.program.states);
    this.hyper = new Hyper(this.#host, parts.program.states);
  }

  /** The runtime, its reason, the plan. */
  info(): SessionInfo {
    return this.#parts.info;
  }

  /** Names, types and bounds of entries, states and dims. */
  get program(): ProgramInfo {
    return this.#parts.program;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Queues a call of an entry by name. Inputs are copied before this returns. Rejects with a `VorabError`; a call
   * that failed or was aborted has changed no state.
   *
   * @example
   * const { probs } = await session.call('classify', { image });
   */
  async call(entry: string, inputs?: Inputs, options?: NamedCallOptions): Promise<Results> {
    if (options?.taps === undefined) {
      return this.entry(entry).call(inputs, options?.out, options?.signal);
    }
    const asked = this.#asked(entry, options.taps);
    const out = { ...options.out, ...asked.out };
    return asked.sorted(await asked.entry.call(inputs, out, options.signal));
  }

  /** `call` at once: waits for what is queued and blocks the event loop meanwhile. */
  callSync(entry: string, inputs?: Inputs, options?: NamedCallOptions): Results {
    if (options?.taps === undefined) return this.entry(entry).sync(inputs, options?.out);
    const asked = this.#asked(entry, options.taps);
    return asked.sorted(asked.entry.sync(inputs, { ...options.out, ...asked.out }));
  }

  /** The entry that hands taps out, and which of them. Throws `tap-unknown`. */
  #asked(name: string, taps: TapNames): AskedTaps & { readonly entry: Entry } {
    const plain = this.entry(name);
    const { entries } = this.#parts.program;
    const info = entries.find((candidate) => candidate.name === tapsEntryOf(name));
    return { ...askTaps(plain.info.name, info, taps), entry: this.entry(tapsEntryOf(name)) };
  }

  /** The entry of this name, looked up once. Throws `entry-unknown`. */
  entry(name: string): Entry {
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    this.#host.checkOpen();
    const entry = new Entry(this.#host, entryNamed(this.#parts.program, name));
    this.#entries.set(name, entry);
    return entry;
  }

  /** Copies an array to the device, to be the input of many calls. */
  async tensor<D extends DType>(
    dtype: D,
    data: InputValue<D>,
    shape?: readonly number[],
  ): Promise<Tensor<D>> {
    this.#host.checkOpen();
    return makeTensor(this.#host, dtype, data, shape);
  }

  /**
   * A zeroed array for inputs and for `out`, where the runtime reads and fills it fastest: its memory begins with a cache
   * line, while that of large arrays otherwise begins 16 bytes behind one, so that every vector lies on two lines. It is a
   * view of a longer `buffer`. Throws `argument` for a shape that is none.
   *
   * @example
   * const image = session.allocate('f32', [64, 784]);
   * session.sync.classify({ image }, { out: { probs } });
   */
  allocate<D extends DType>(dtype: D, shape: readonly number[]): ArrayOf[D] {
    this.#host.checkOpen();
    return allocate(dtype, shape, (buffer) => this.#parts.backend.bytesToLine(buffer));
  }

  /** Counts of copies, casts, allocations, builds, calls. Queued like a call. */
  async stats(): Promise<Stats> {
    this.#host.checkOpen();
    return statsOf(this.#parts, this.#host.counts, await this.#parts.backend.stats());
  }

  /** `stats()` at once: waits for what is queued and blocks the event loop meanwhile. */
  statsSync(): Stats {
    this.#host.checkOpen();
    return statsOf(this.#parts, this.#host.counts, this.#parts.backend.statsSync());
  }

  /**
   * What the session has done since it was opened, its own initialisation included, by cause: copies, casts, layout
   * changes, memory, builds, cache hits, misses and evictions, fall-backs. Queued like a call.
   *
   * @example
   * console.log(String(await model.ledger()));
   */
  async ledger(): Promise<Ledger> {
    this.#host.checkOpen();
    return this.#book.read();
  }

  /** `ledger()` at once: waits for what is queued and blocks the event loop meanwhile. */
  ledgerSync(): Ledger {
    this.#host.checkOpen();
    return this.#book.readSync();
  }

  /**
   * Holds what has happened since the last `expect` (since `open`, for the first), or since the ledger `since`, to
   * bounds: a number is met exactly, `{ atLeast, atMost }` bounds it. Queued like a call. Gives what has happened;
   * rejects with `ledger` and the causes found, or with `argument`.
   *
   * @example
   * await model.fit(batch);
   * await model.expect({ copiesIn: 2, copiesOut: 0, casts: 0, builds: { atMost: 1 } });
   */
  async expect(bounds: LedgerBounds, options: ExpectOptions = {}): Promise<Ledger> {
    return this.#book.expect(await this.ledger(), bounds, options.since);
  }

  /** `expect()` at once: waits for what is queued and blocks the event loop meanwhile. */
  expectSync(bounds: LedgerBounds, options: ExpectOptions = {}): Ledger {
    return this.#book.expect(this.ledgerSync(), bounds, options.since);
  }

  /**
   * Builds ahead what the first call of an entry with these sizes would build. Queued like a call. Rejects with
   * `entry-unknown`, `dim-unknown`, `dim-bounds`, or what the build fails with.
   *
   * @example
   * await model.prepare('classify', { N: 64 });
   */
  async prepare(entry: string, sizes: Sizes = {}): Promise<void> {
    await this.entry(entry).prepareFor(sizes);
  }

  /**
   * What each step has taken so far, the longest first. Only in a session that was opened with `profile: true`;
   * else it rejects with `argument`. Steps inside loops count as the loop.
   *
   * @example
   * await using model = await open('digits.vorab', { runtime: 'blas', seed: 0, profile: true });
   * console.table((await model.profile()).slice(0, 10));
   */
  async profile(): Promise<readonly StepProfile[]> {
    this.#host.checkOpen();
    const { backend, profiles } = this.#parts;
    if (!profiles) {
      throw new VorabError({
        code: 'argument',
        message: 'profile: the session does not count the time of steps',
        cure: 'open it with { profile: true }',
      });
    }
    const times = JSON.parse(await backend.profile()) as BackendStepTime[];
    return profileOf(this.#parts, times);
  }

  /**
   * Writes all states (parameters, optimizer, key, step, hyper-parameters) as a safetensors file, as they are after
   * the calls that are queued now. The file is replaced whole or not at all. Rejects with `weights`.
   *
   * @example
   * await model.save('digits.safetensors');
   */
  async save(path: string): Promise<void> {
    this.#host.checkOpen();
    await saveStates(this.#access(), path, this.#parts.program.producer);
  }

  /**
   * Reads all states from a safetensors file. Every name, dtype and shape is checked first: nothing changes unless
   * all fit. Rejects with `weights` that names the first differences.
   *
   * @example
   * await model.load('digits.safetensors');
   */
  async load(path: string, options?: LoadOptions): Promise<void> {
    this.#host.checkOpen();
    await loadStates(this.#access(), path, options);
  }

  /** Waits for what is queued (or aborts it), then frees everything. Idempotent. */
  close(options: CloseOptions = {}): Promise<void> {
    const { backend } = this.#parts;
    if (options.abort === true) this.#host.pending.abortAll();
    this.#closing ??= backend.close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #makeHost(): EntryHost {
    const { backend, program } = this.#parts;
    return {
      program,
      backend,
      counts: { calls: 0, syncCalls: 0, inputCopies: 0, inputBytes: 0, failed: 0, aborted: 0 },
      pending: new PendingCalls((call) => backend.abort(call)),
      garbage: new FinalizationRegistry((slot) => this.#release(slot)),
      checkOpen: () => this.#checkOpen(),
      explain: (failure, entry) => this.#explain(failure, entry),
      read: (slot) => this.#explained(() => backend.readTensor(slot)),
      readSync: (slot) => {
        this.#checkOpen();
        return backend.readTensorSync(slot);
      },
      release: (slot) => this.#release(slot),
    };
  }

  #release(slot: number): void {
    // Closing has released them all.
    if (this.#closing === undefined) this.#parts.backend.releaseTensor(slot);
  }

  #access(): StateAccess {
    const { backend, program } = this.#parts;
    return {
      states: program.states,
      readState: (state) => this.#explained(() => backend.readState(state)),
      writeState: (state, data) => this.#explained(() => backend.writeState(state, data)),
    };
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return;
    throw new VorabError({ code: 'closed', message: 'the session is closed' });
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    try {
      return await work();
    } catch (failure) {
      throw this.#explain(failure, undefined);
    }
  }

  #explain(failure: unknown, entry: EntryInfo | undefined): unknown {
    if (!isBackendFailure(failure) || entry === undefined) {
      return toVorabError(failure, { name: undefined, location: undefined });
    }
    const { flatbuffer, plan } = this.#parts;
    const { location, step, op } = locateFailure(flatbuffer, plan, entry.index, failure);
    const at =
      failure.step === undefined ? undefined : `${failure.step}${step ? ` (${step})` : ''}`;
    return toVorabError(failure, { name: entry.name, location, step: at, op });
  }
}

import type { BackendSession, BackendStatName, BackendStepTime } from './backend.ts';
import { backendStats } from './backend.ts';
import type { DType } from './dtype.ts';
import type { CallCounts, EntryHost, Inputs, Out, Results } from './entry.ts';
import { Entry } from './entry.ts';
import { didYouMean, listNames, VorabError } from './errors.ts';
import { locateFailure } from './failed-place.ts';
import { isBackendFailure, toVorabError } from './failure.ts';
import { PendingCalls } from './pending-calls.ts';
import type { EntryInfo, ProgramInfo } from './program.ts';
import { Hyper, States } from './state.ts';
import type { AskedTaps, TapNames } from './taps.ts';
import { askTaps, isTapsEntry, tapsEntryOf } from './taps.ts';
import { Tensor } from './tensor.ts';
import type { AnyEntries, EntryMethods, SyncMethods } from './types.ts';
import type { InputValue } from './values.ts';
import { accept, dtypeNumber } from './values.ts';
import type { LoadOptions, StateAccess } from './weights.ts';
import { loadStates, saveStates } from './weights.ts';

/** What a session runs on, and why. */
export interface SessionInfo {
  readonly runtime: string;
  /** Why this runtime. */
  readonly reason: string;
  /** The backend's library or module. */
  readonly origin: string;
  /** Name of the plan; undefined for a runtime that needs none. */
  readonly plan: string | undefined;
  /** What wrote the artifact. */
  readonly producer: string;
  readonly entries: readonly string[];
}

/** Numbers since the session was opened: the backend's, and the session's own. */
export type Stats = { readonly [K in BackendStatName]: number } & Readonly<CallCounts> & {
    /** Calls queued or running. */
    readonly pending: number;
  };

/** What one step of an entry's plan has taken. */
export interface StepProfile {
  readonly entry: string;
  /** Index in the plan, as in `vorab explain`. */
  readonly step: number;
  /** The name of the step: the ops in it. */
  readonly name: string;
  /** "product 768x512x128". */
  readonly work: string;
  /** `file:line:column` of its first op. */
  readonly location: string | undefined;
  readonly runs: number;
  /** Of all runs together. */
  readonly ms: number;
  /** Multiplications and additions of a product; elements times instructions of a loop; 0: unknown. */
  readonly gflops: number;
  /** Memory that it touches at least once, by time; 0: unknown. */
  readonly gbps: number;
}

export interface SessionParts {
  readonly backend: BackendSession;
  readonly program: ProgramInfo;
  /** The verified FlatBuffer, for messages. */
  readonly flatbuffer: Uint8Array;
  readonly plan: number;
  /** Counts the time of steps. */
  readonly profiles: boolean;
  readonly info: SessionInfo;
}

export interface CloseOptions {
  /** Aborts what is queued or running instead of waiting for it. */
  readonly abort?: boolean;
}

/** Options of a call by name. */
export interface NamedCallOptions {
  readonly out?: Out;
  readonly signal?: AbortSignal;
  /** Names of taps to hand out as `taps` beside the outputs; true: all. See docs/debugging.md. */
  readonly taps?: TapNames | undefined;
}

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
  readonly #entries: Map<string, Entry> = new Map();
  #closing: Promise<void> | undefined;

  /** Sessions are made by `open`. */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#host = this.#makeHost();
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
    const entry = new Entry(this.#host, this.#entryInfo(name));
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
    const place = { name: 'tensor', type: dtype, dtype, rank: shape?.length ?? 1 };
    const accepted = accept(place, shape === undefined ? data : { data, shape });
    if (accepted.view === undefined) {
      throw new VorabError({ code: 'tensor', message: 'a tensor cannot be made from a tensor' });
    }
    const extents = accepted.shape ?? [accepted.length];
    const number = dtypeNumber(dtype);
    try {
      const { backend } = this.#parts;
      const slot = await backend.createTensor(number, Float64Array.from(extents), accepted.view);
      return new Tensor<D>(this.#host, slot, dtype, extents);
    } catch (failure) {
      throw this.#host.explain(failure);
    }
  }

  /** Counts of copies, casts, allocations, builds, calls. Queued like a call. */
  async stats(): Promise<Stats> {
    this.#host.checkOpen();
    return this.#named(await this.#parts.backend.stats());
  }

  /** `stats()` at once: waits for what is queued and blocks the event loop meanwhile. */
  statsSync(): Stats {
    this.#host.checkOpen();
    return this.#named(this.#parts.backend.statsSync());
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
    return times.map((time) => this.#stepProfile(time)).sort((a, b) => b.ms - a.ms);
  }

  #stepProfile({ entry, step, work, runs, ns, flops, bytes }: BackendStepTime): StepProfile {
    const { flatbuffer, plan, program } = this.#parts;
    const found = locateFailure(flatbuffer, plan, entry, { step });
    return {
      entry: program.entries[entry]?.name ?? '',
      step,
      name: found.step ?? '',
      work,
      location: found.location,
      runs,
      ms: ns / 1e6,
      gflops: (flops * runs) / ns,
      gbps: (bytes * runs) / ns,
    };
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
    const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
      this.#checkOpen();
      try {
        return await work();
      } catch (failure) {
        throw this.#explain(failure, undefined);
      }
    };
    return {
      program,
      backend,
      counts: { calls: 0, syncCalls: 0, inputCopies: 0, inputBytes: 0, failed: 0, aborted: 0 },
      pending: new PendingCalls((call) => backend.abort(call)),
      garbage: new FinalizationRegistry((slot) => this.#release(slot)),
      checkOpen: () => this.#checkOpen(),
      explain: (failure, entry) => this.#explain(failure, entry),
      read: (slot) => guarded(() => backend.readTensor(slot)),
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
    const explained = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await work;
      } catch (failure) {
        throw this.#explain(failure, undefined);
      }
    };
    return {
      states: program.states,
      readState: (state) => explained(backend.readState(state)),
      writeState: (state, data) => explained(backend.writeState(state, data)),
    };
  }

  #named(values: readonly number[]): Stats {
    const named = backendStats.map((name, i) => [name, values[i] ?? 0] as const);
    return {
      ...(Object.fromEntries(named) as { [K in BackendStatName]: number }),
      ...this.#host.counts,
      pending: this.#parts.backend.outstanding(),
    };
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return;
    throw new VorabError({ code: 'closed', message: 'the session is closed' });
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

  #entryInfo(name: string): EntryInfo {
    const { entries } = this.#parts.program;
    const callable = entries.filter(({ kind }) => kind !== 'part');
    const info = callable.find((candidate) => candidate.name === name);
    if (info !== undefined) return info;
    const names = callable.map((candidate) => candidate.name).filter((n) => !isTapsEntry(n));
    const meant = didYouMean(name, names);
    throw new VorabError({
      code: 'entry-unknown',
      message: `there is no entry ${name}; there are: ${listNames(names)}`,
      cure: meant === undefined ? undefined : `did you mean ${meant}?`,
    });
  }
}

/** A session with its entries as methods: `session.fit(inputs)`, and `session.sync.fit(inputs)`. */
export type Session<E = AnyEntries> = Omit<EntryMethods<E>, keyof SessionBase | 'sync'> &
  SessionBase & { readonly sync: SyncMethods<E> };

/** Plain functions on the session, one for each entry whose name is free; the others are reached by `call`. */
export function makeSession<E>(parts: SessionParts): Session<E> {
  const session = new SessionBase(parts);
  const sync: Record<string, unknown> = {};
  const methods: Record<string, unknown> = { sync };
  for (const { name, kind } of parts.program.entries) {
    if (kind !== 'program' || isTapsEntry(name)) continue;
    // Bound at the first call: opening does not pay for entries that are never called.
    sync[name] = (inputs?: Inputs, options?: NamedCallOptions) =>
      options?.taps === undefined
        ? session.entry(name).sync(inputs, options?.out)
        : session.callSync(name, inputs, options);
    if (name in session || name === 'sync') continue;
    methods[name] = async (inputs?: Inputs, options?: NamedCallOptions) =>
      options?.taps === undefined
        ? session.entry(name).call(inputs, options?.out, options?.signal)
        : session.call(name, inputs, options);
  }
  return Object.assign(session, methods) as unknown as Session<E>;
}

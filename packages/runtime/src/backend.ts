/**
 * What every runtime is to a session. The addon's session (`native.ts`) and the reference implement it; a session
 * adds names, checks, tensors and errors on top.
 */

/** An input: dense elements, or the slot of a tensor of this session. */
export type BackendInput = ArrayBufferView | number;

/** An output: an array to fill, undefined for a tensor, null for neither. */
export type BackendOutput = ArrayBufferView | undefined | null;

/** One entry, bound once. Arguments are its inputs and then its outputs, in the artifact's order. */
export interface BackendEntry {
  /** One value per symbol of the program; the caller fills it before each call. */
  readonly symbols: Float64Array;
  /** [0] is the id of the call that `start` began; [1 + i] the slot of output i after `sync`, or -1. */
  readonly control: Float64Array;
  /** Waits for what is queued, runs, and leaves the slots in `control`. */
  sync(...args: (BackendInput | BackendOutput)[]): void;
  /**
   * Queues a call. Inputs are copied at once. Resolves to the slot of each output, -1 where there is none, -2 where
   * the given array could not be filled any more.
   */
  start(...args: (BackendInput | BackendOutput)[]): Promise<readonly number[]>;
}

/** Calls run in the order in which they were made. Failures are errors with a `status` (see `BackendStatus`). */
export interface BackendSession {
  bindEntry(entry: number): BackendEntry;
  /** Does ahead what the first run with these symbols would do. */
  prepare(entry: number, symbols: Float64Array): Promise<void>;
  readState(state: number): Promise<ArrayBuffer>;
  readStateSync(state: number): ArrayBuffer;
  /** Copies `data` at once. */
  writeState(state: number, data: ArrayBufferView): Promise<void>;
  writeStateSync(state: number, data: ArrayBufferView): void;
  /** dtype by its number in the artifact. Resolves to a slot. */
  createTensor(dtype: number, shape: Float64Array, data: ArrayBufferView): Promise<number>;
  readTensor(slot: number): Promise<ArrayBuffer>;
  readTensorSync(slot: number): ArrayBuffer;
  releaseTensor(slot: number): void;
  /** Bytes from the begin of a buffer to where the runtime reads and fills arrays best; less than 64. */
  bytesToLine(buffer: ArrayBuffer): number;
  /** Values in the order of `backendStats`. */
  stats(): Promise<readonly number[]>;
  statsSync(): readonly number[];
  /** Six doubles for each count that is not zero: a number of `causes`, entry, index, count, bytes, ns. */
  ledger(): Promise<ArrayBuffer>;
  ledgerSync(): ArrayBuffer;
  /** JSON of `BackendStepTime[]`. */
  profile(): Promise<string>;
  /** Rejects a queued call, tells a running one. */
  abort(call: number): void;
  /** Runs what is queued, then ends. Nothing may be called after it. */
  close(): Promise<void>;
  /** Calls queued or running. */
  outstanding(): number;
  liveTensors(): number;
}

/** A file that a backend has read and verified. */
export interface LoadedArtifact {
  /** The program's FlatBuffer. */
  readonly program: Uint8Array;
}

/** One runtime, ready to open artifacts. */
export interface Backend {
  readonly name: string;
  /** False: it evaluates functions and needs no plan. */
  readonly needsPlan: boolean;
  /** Where it comes from, for messages. */
  readonly origin: string;
  /** Version, device, capabilities. */
  describe(): Readonly<Record<string, unknown>>;
  load(source: string | Uint8Array): Promise<LoadedArtifact>;
  /** `plan` is an index into the program's plans, or -1. */
  open(artifact: LoadedArtifact, plan: number, options: BackendOptions): Promise<BackendSession>;
}

/** What one step of an entry's plan has taken, in a session that profiles. */
export interface BackendStepTime {
  readonly entry: number;
  readonly step: number;
  /** What it computes, "product 768x512x128". */
  readonly work: string;
  readonly runs: number;
  readonly ns: number;
  /** Of one run. */
  readonly flops: number;
  readonly bytes: number;
}

export interface BackendOptions {
  readonly profile?: boolean | undefined;
  /** What becomes of denormal floats; undefined: what the backend does. */
  readonly denormals?: 'keep' | 'flush' | undefined;
  readonly threads?: number | undefined;
  /** Functions of each entry that are kept, one for each binding of sizes. */
  readonly cache?: number | undefined;
  /** Whether kernels of the plan run where the device takes them. */
  readonly kernels?: boolean | undefined;
  /** Calls that may wait. */
  readonly queue: number;
}

/** `status` of a backend's error: those of `vorab_status`, and the addon's own. */
export const BackendStatus = {
  unsupported: 1,
  invalid: 2,
  failed: 3,
  aborted: 4,
  memory: 5,
  broken: 6,
  closed: -1,
  queueFull: -2,
  argument: -3,
} as const;

/** What a backend's promise rejects with. */
export interface BackendFailure extends Error {
  readonly status: number;
  /** Step of the entry's plan. */
  readonly step?: number;
  /** Node of the entry's function, from a backend that runs no plan. */
  readonly node?: number;
  /** Where in the step's data: which matrix of a batch, which element. */
  readonly index?: readonly number[];
}

/** The fields of `vorab_stats`, in its order. */
export const backendStats = [
  'runs',
  'steps',
  'copiesIn',
  'bytesIn',
  'copiesOut',
  'bytesOut',
  'copiesDevice',
  'bytesDevice',
  'casts',
  'allocations',
  'allocatedBytes',
  'builds',
  'buildNs',
  'cacheHits',
  'cacheEvictions',
  'fallbacks',
  'arenaBytes',
  'tensorsLive',
  'cacheMisses',
] as const;

export type BackendStatName = (typeof backendStats)[number];

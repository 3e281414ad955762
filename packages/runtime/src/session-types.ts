import type { BackendSession, BackendStatName } from './backend.ts';
import type { CallCounts, Out } from './entry.ts';
import type { Fallback } from './fallback.ts';
import type { Ledger } from './ledger.ts';
import type { ProgramInfo } from './program.ts';
import type { TapNames } from './taps.ts';

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
  /** Set where another runtime than the one asked for runs, as `allowFallback` names it. */
  readonly fallback: Fallback | undefined;
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
  readonly fallback: Fallback | undefined;
  /** Counts the time of steps. */
  readonly profiles: boolean;
  readonly info: SessionInfo;
}

export interface CloseOptions {
  /** Aborts what is queued or running instead of waiting for it. */
  readonly abort?: boolean;
}

export interface ExpectOptions {
  /** Speak of what happened after this ledger instead. */
  readonly since?: Ledger | undefined;
}

/** Options of a call by name. */
export interface NamedCallOptions {
  readonly out?: Out;
  readonly signal?: AbortSignal;
  /** Names of taps to hand out as `taps` beside the outputs; true: all. See docs/debugging.md. */
  readonly taps?: TapNames | undefined;
}

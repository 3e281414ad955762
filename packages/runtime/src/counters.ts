import type { LedgerDirection, LedgerKind } from './causes.ts';
import type { LedgerRow } from './ledger.ts';

/** A number that the ledger can be asked for, and held to. */
export interface Counter {
  readonly has: (row: LedgerRow) => boolean;
  readonly value: 'count' | 'bytes' | 'ms';
  /** What to do where there is more of it than expected. */
  readonly cure: string;
}

/** Names of what `session.ledger()` totals and `session.expect()` takes. */
export type LedgerCounter =
  | 'copies'
  | 'copiesIn'
  | 'copiesOut'
  | 'copiesDevice'
  | 'bytes'
  | 'bytesIn'
  | 'bytesOut'
  | 'bytesDevice'
  | 'layouts'
  | 'casts'
  | 'allocations'
  | 'allocatedBytes'
  | 'builds'
  | 'buildMs'
  | 'hits'
  | 'misses'
  | 'evictions'
  | 'fallbacks';

type Holds = (row: LedgerRow) => boolean;

const moved: Holds = (row) => row.kind === 'copy' || row.kind === 'layout';
const going =
  (direction: LedgerDirection): Holds =>
  (row) =>
    moved(row) && row.direction === direction;
const kind =
  (wanted: LedgerKind): Holds =>
  (row) =>
    row.kind === wanted;

const cures = {
  in: 'pass tensors: outputs of other calls, or what session.tensor() gave, instead of arrays',
  out: 'read fewer outputs, or pass them on as tensors',
  device: 'see the line: an op there leaves its result in another order than row-major',
  copies: 'pass tensors instead of arrays, and read only what is needed',
  casts:
    '`vorab explain` lists casts with their reasons; give the operands one dtype, or change the policy',
  memory: 'call with sizes met before, and dispose of tensors',
  builds: 'build ahead with session.prepare(entry, dims), and pad batches to fewer sizes',
  evictions: 'open with a larger { functionCache }, or pad batches to fewer sizes',
  fallbacks: '`vorab doctor` says what the runtime misses; leave allowFallback out to be refused',
} as const;

const counters: { readonly [K in LedgerCounter]: Counter } = {
  /** Copies of any direction, with layout changes. */
  copies: { has: moved, value: 'count', cure: cures.copies },
  copiesIn: { has: going('in'), value: 'count', cure: cures.in },
  copiesOut: { has: going('out'), value: 'count', cure: cures.out },
  copiesDevice: { has: going('device'), value: 'count', cure: cures.device },
  bytes: { has: moved, value: 'bytes', cure: cures.copies },
  bytesIn: { has: going('in'), value: 'bytes', cure: cures.in },
  bytesOut: { has: going('out'), value: 'bytes', cure: cures.out },
  bytesDevice: { has: going('device'), value: 'bytes', cure: cures.device },
  /** Copies that only bring elements into another order. */
  layouts: { has: kind('layout'), value: 'count', cure: cures.device },
  /** Executed casts that nobody wrote down in the model. */
  casts: { has: kind('cast'), value: 'count', cure: cures.casts },
  allocations: { has: kind('memory'), value: 'count', cure: cures.memory },
  allocatedBytes: { has: kind('memory'), value: 'bytes', cure: cures.memory },
  builds: { has: kind('build'), value: 'count', cure: cures.builds },
  buildMs: { has: kind('build'), value: 'ms', cure: cures.builds },
  hits: { has: kind('hit'), value: 'count', cure: cures.builds },
  misses: { has: kind('miss'), value: 'count', cure: cures.builds },
  evictions: { has: kind('eviction'), value: 'count', cure: cures.evictions },
  /** Runs on another runtime than the one that was asked for. */
  fallbacks: { has: kind('fallback'), value: 'count', cure: cures.fallbacks },
};

export const counterNames: readonly LedgerCounter[] = Object.keys(counters) as LedgerCounter[];

export function counterOf(name: LedgerCounter): Counter {
  return counters[name];
}

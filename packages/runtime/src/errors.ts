/** Every code that a `VorabError` of the runtime may have. */
export type ErrorCode =
  | 'aborted'
  | 'argument'
  | 'artifact'
  | 'backend'
  | 'backend-missing'
  | 'broken'
  | 'closed'
  | 'dim-bounds'
  | 'dim-conflict'
  | 'dim-unknown'
  | 'entry-unknown'
  | 'failed'
  | 'input-dtype'
  | 'input-kind'
  | 'input-missing'
  | 'input-rank'
  | 'input-size'
  | 'input-unknown'
  | 'input-value'
  | 'ledger'
  | 'memory'
  | 'out-dtype'
  | 'out-size'
  | 'out-unknown'
  | 'plan-missing'
  | 'queue-full'
  | 'state-missing'
  | 'state-unknown'
  | 'tap-unknown'
  | 'tensor'
  | 'unsupported'
  | 'weights';

export interface ErrorDetails {
  readonly code: ErrorCode;
  /** What was found and what was expected. */
  readonly message: string;
  /** What the user can do about it. */
  readonly cure?: string | undefined;
  /** The user's `file:line:column`. */
  readonly location?: string | undefined;
  /** With code `failed`: the op that refused its data. */
  readonly op?: string | undefined;
  /** With code `failed`: where in its data, such as which matrix of a batch. */
  readonly index?: readonly number[] | undefined;
  readonly cause?: unknown;
}

/** An error of the runtime; `code` is for programs, `message` says what was found, expected, and cures it. */
export class VorabError extends Error {
  override readonly name: string = 'VorabError';
  readonly code: ErrorCode;
  readonly cure: string | undefined;
  readonly location: string | undefined;
  readonly op: string | undefined;
  readonly index: readonly number[] | undefined;

  constructor(details: ErrorDetails) {
    const at = details.location === undefined ? '' : `${details.location}: `;
    const cure = details.cure === undefined ? '' : `\n  fix: ${details.cure}`;
    super(
      `${at}${details.message}${cure}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = details.code;
    this.cure = details.cure;
    this.location = details.location;
    this.op = details.op;
    this.index = details.index;
  }
}

/** What an aborted call rejects with: `name` is `AbortError`, `cause` the signal's reason. State is unchanged. */
export class AbortError extends VorabError {
  override readonly name: string = 'AbortError';

  constructor(message: string, reason?: unknown) {
    super({ code: 'aborted', message, cause: reason });
  }
}

/** `name` of `names` that a user may have meant. */
export function didYouMean(name: string, names: readonly string[]): string | undefined {
  const limit = name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 3));
  const near = names
    .map((other) => ({ other, distance: editDistance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.other;
}

/** Insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (before[j - 2] ?? 0) + 1 : substitute;
      next.push(Math.min(substitute, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/** "an Int32Array" */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) && !noun.startsWith('Uint') ? 'an' : 'a'} ${noun}`;
}

/** `a, b, c`, or `none`. */
export function listNames(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

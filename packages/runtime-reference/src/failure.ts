import { DataError } from '@vorab/graph';
import { BackendStatus } from '@vorab/runtime';

interface Place {
  readonly node?: number;
  readonly index?: readonly number[];
}

/** What a session of this backend rejects with. */
export class ReferenceFailure extends Error {
  override readonly name: string = 'ReferenceFailure';
  readonly status: number;
  /** Node of the entry's function. */
  readonly node?: number;
  readonly index?: readonly number[];

  constructor(
    status: keyof typeof BackendStatus,
    message: string,
    cause?: unknown,
    { node, index }: Place = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = BackendStatus[status];
    if (node !== undefined) this.node = node;
    if (index !== undefined) this.index = index;
  }
}

/** What a node refused, with its place; anything else as it is. */
export function atNode(error: unknown, node: number): unknown {
  if (!(error instanceof DataError)) return error;
  const message = error.cure === undefined ? error.message : `${error.message}\n${error.cure}`;
  const place = error.index.length > 0 ? { node, index: error.index } : { node };
  return new ReferenceFailure('failed', message, error, place);
}

/** Any error as a failure of this backend. */
export function asFailure(error: unknown): ReferenceFailure {
  if (error instanceof ReferenceFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ReferenceFailure(error instanceof RangeError ? 'memory' : 'failed', message, error);
}

import { BackendStatus } from '@vorab/runtime';

/** What a session of this backend rejects with. */
export class ReferenceFailure extends Error {
  override readonly name: string = 'ReferenceFailure';
  readonly status: number;

  constructor(status: keyof typeof BackendStatus, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = BackendStatus[status];
  }
}

/** Any error as a failure of this backend. */
export function asFailure(error: unknown): ReferenceFailure {
  if (error instanceof ReferenceFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ReferenceFailure(error instanceof RangeError ? 'memory' : 'failed', message, error);
}

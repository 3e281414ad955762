import type { BackendFailure } from './backend.ts';
import { BackendStatus } from './backend.ts';
import type { ErrorCode } from './errors.ts';
import { AbortError, VorabError } from './errors.ts';

const codes: { readonly [K in keyof typeof BackendStatus]: ErrorCode } = {
  unsupported: 'unsupported',
  invalid: 'backend',
  failed: 'failed',
  aborted: 'aborted',
  memory: 'memory',
  broken: 'broken',
  closed: 'closed',
  queueFull: 'queue-full',
  argument: 'argument',
};

const cures: { readonly [K in ErrorCode]?: string } = {
  memory: 'use smaller batches, or dispose() tensors that are no longer needed',
  broken: 'open the artifact again and load the last saved weights',
  'queue-full': 'await calls before making more, or open with a larger { queue }',
};

/** Whether `value` is what a backend rejects with. */
export function isBackendFailure(value: unknown): value is BackendFailure {
  return value instanceof Error && typeof Reflect.get(value, 'status') === 'number';
}

export interface FailurePlace {
  /** "fit", or "fit: step 3 (solve)". */
  readonly name: string | undefined;
  readonly location: string | undefined;
}

/** A backend's failure as the user's error; anything else as it is. */
export function toVorabError(failure: unknown, place: FailurePlace): unknown {
  if (!isBackendFailure(failure)) return failure;
  const prefix = place.name === undefined ? '' : `${place.name}: `;
  const code = codeOf(failure.status);
  if (code === 'aborted') return new AbortError(`${prefix}${failure.message}`);
  return new VorabError({
    code,
    message: `${prefix}${failure.message}`,
    cure: cures[code],
    location: place.location,
    cause: failure,
  });
}

function codeOf(status: number): ErrorCode {
  for (const [name, value] of Object.entries(BackendStatus)) {
    if (value === status) return codes[name as keyof typeof BackendStatus];
  }
  return 'backend';
}

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
  /** The entry, "fit", or what was done, "open". */
  readonly name: string | undefined;
  readonly location: string | undefined;
  /** "3 (fused exp+add)": the step of the plan. */
  readonly step?: string | undefined;
  /** The op that the user applied. */
  readonly op?: string | undefined;
}

/** A backend's failure as the user's error; anything else as it is. */
export function toVorabError(failure: unknown, place: FailurePlace): unknown {
  if (!isBackendFailure(failure)) return failure;
  const code = codeOf(failure.status);
  const prefix = prefixOf(code, failure, place);
  if (code === 'aborted') return new AbortError(`${prefix}${failure.message}`);
  const [message = '', ...cure] = failure.message.split('\n');
  return new VorabError({
    code,
    message: `${prefix}${message}`,
    cure: cure.length > 0 ? cure.join('\n') : cures[code],
    location: place.location,
    cause: failure,
    ...(code === 'failed' && { op: place.op, index: failure.index }),
  });
}

// What the data made fail is said in the words of the model: "fit: solve at [2]: ", the same on every runtime. All
// else is about a step of a plan.
function prefixOf(code: ErrorCode, failure: BackendFailure, place: FailurePlace): string {
  const { name, step, op } = place;
  if (name === undefined) return '';
  if (code === 'failed' && op !== undefined) {
    const at = failure.index === undefined ? '' : ` at [${failure.index.join(', ')}]`;
    return `${name}: ${op}${at}: `;
  }
  return step === undefined ? `${name}: ` : `${name}: step ${step}: `;
}

function codeOf(status: number): ErrorCode {
  for (const [name, value] of Object.entries(BackendStatus)) {
    if (value === status) return codes[name as keyof typeof BackendStatus];
  }
  return 'backend';
}

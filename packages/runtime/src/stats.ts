import { type BackendStatName, backendStats } from './backend.ts';
import type { CallCounts } from './entry.ts';
import type { SessionParts, Stats } from './session-types.ts';

/** A backend's numbers by name, with the session's own. */
export function statsOf(
  { backend, fallback }: SessionParts,
  counts: CallCounts,
  values: readonly number[],
): Stats {
  const named = Object.fromEntries(
    backendStats.map((name, i) => [name, values[i] ?? 0] as const),
  ) as { [K in BackendStatName]: number };
  return {
    ...named,
    fallbacks: fallback === undefined ? 0 : named.runs,
    ...counts,
    pending: backend.outstanding(),
  };
}

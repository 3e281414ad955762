import { VorabError } from './errors.ts';
import { runtimeNames } from './registry.ts';

/** A runtime that runs instead of the one that was asked for. */
export interface Fallback {
  readonly from: string;
  readonly to: string;
  /** Why the other one does not run. */
  readonly reason: string;
}

/** `mlx→blas`, taken apart. */
export type AllowedFallback = Pick<Fallback, 'from' | 'to'>;

/** Reads `allowFallback`: `mlx→blas` or `mlx->blas`. Throws `argument`. */
export function parseFallbacks(names: readonly string[]): readonly AllowedFallback[] {
  return names.map((name) => {
    const [from = '', to = '', ...more] = name.split(/→|->/).map((part) => part.trim());
    const known = (runtime: string): boolean => runtimeNames.some((each) => each === runtime);
    if (more.length === 0 && known(from) && known(to) && from !== to) return { from, to };
    throw new VorabError({
      code: 'argument',
      message: `open: allowFallback names ${name}, expected two of ${runtimeNames.join(', ')} with an arrow between them`,
      cure: "write ['mlx→blas']: what may run, and what may run instead",
    });
  });
}

const refusals = ['backend-missing', 'plan-missing', 'unsupported'] as const;

/** Why a runtime does not run an artifact here, where an allowed one may; undefined for any other failure. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof VorabError)) return undefined;
  if (!refusals.some((code) => code === error.code)) return undefined;
  const [first = ''] = error.message.split('\n');
  // The list of files that were tried stands below; it is doctor's to tell.
  return first.replace(/; tried$/, '');
}

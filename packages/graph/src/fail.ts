import type { GraphErrorDetails } from './errors.ts';
import { GraphError } from './errors.ts';
import type { CallSite } from './location.ts';
import { captureCallSites, resolveCallSite } from './location.ts';

/** An error at a user's line: that of `callSites`, or of whoever called. */
export function userError(
  details: Omit<GraphErrorDetails, 'location'>,
  callSites: readonly CallSite[] = captureCallSites(),
): GraphError {
  const [site] = callSites;
  return new GraphError({ ...details, location: site && resolveCallSite(site) });
}

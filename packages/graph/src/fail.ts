import type { GraphErrorDetails } from './errors.ts';
import { GraphError } from './errors.ts';
import type { CallSite } from './location.ts';
import { captureCallSites, resolveCallSite } from './location.ts';
import { currentScope } from './scope.ts';

/** An error at a user's line: that of `callSites`, of whoever called, or of what the nodes are made for. */
export function userError(
  details: Omit<GraphErrorDetails, 'location'>,
  callSites: readonly CallSite[] = captureCallSites(),
): GraphError {
  const site = callSites[0] ?? currentScope().inherited?.[0]?.[0];
  return new GraphError({ ...details, location: site && resolveCallSite(site) });
}

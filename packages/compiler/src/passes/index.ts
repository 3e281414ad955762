import type { EntryGraph, StepGraph } from '../entry-graph.ts';
import type { Target } from '../targets/target.ts';
import { prepareBodiesRule } from './bodies.ts';
import { decomposeRule } from './decompose.ts';
import { readableProducts } from './readable-products.ts';
import type { Origins } from './rewrite.ts';
import { rewrite } from './rewrite.ts';
import { simplifyRules } from './simplify.ts';
import { tidyCalls } from './tidy-calls.ts';

// The passes, in order. Each line says what it needs from those before it.
//
//   trace           the user's functions; forward, backward and optimizer are one graph
//   withTaps        needs a traced graph: another entry, whose outputs are the taps too
//   insertChecks    needs a traced graph: where asked for, a check after each op, and before each that takes indices
//   canonicalize    needs a traced graph: exact simplification at op level; the portable function is written from here
//   decompose       needs canonical form: opens what the target does not keep whole, and simplifies what that shows
//   tidyCalls       needs opened calls: runs steps that scans share once, drops what nobody uses of control flow
//   readableProducts needs tidy calls: for a target that runs epilogues, products in the form in which their readers see them
//   prepareBodies   needs tidy calls: the same for the functions of control flow, where the target runs them itself
//   lower           needs nothing but primitives and kept composites: forms, groups, tapes (arena), or single ops and
//                   kernels of them; bodies of control flow are prepared and lowered here, as plans of their own
//   updateInPlace   needs steps: orders them so that donated state is overwritten last
//   planMemory      needs the final order: gives arena buffers their places; checkMemory judges it
//   emit            needs all of that

/** Exact simplification at op level. */
export function canonicalize(graph: EntryGraph): EntryGraph {
  return rewrite(graph, simplifyRules).graph;
}

/** Primitives, and what the target keeps whole; `origins` follows nodes back to the portable function. */
export function prepareFor<G extends StepGraph>(
  graph: G,
  target: Target,
  fuse: boolean,
  origins: Origins,
): G {
  const opened = rewrite(graph, [decomposeRule(target, fuse), ...simplifyRules], origins).graph;
  const tidy = tidyCalls(opened, origins);
  if (target.form === 'arena') {
    return fuse ? rewrite(tidy, [readableProducts(tidy), ...simplifyRules], origins).graph : tidy;
  }
  const prepare = (body: StepGraph): StepGraph => prepareFor(body, target, fuse, new Map());
  return rewrite(tidy, [prepareBodiesRule(target, fuse, prepare)], origins).graph;
}

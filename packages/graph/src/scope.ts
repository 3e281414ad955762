import type { CallSite } from './location.ts';
import type { Node } from './node.ts';

/** What surrounds the making of a node. Scopes nest; the innermost counts. */
export interface Scope {
  /** The interning table; absent outside a trace, where nothing is merged. */
  readonly nodes: Map<string, Node> | undefined;
  /**
   * Stacks that new nodes take instead of the caller's own: backward and decomposed nodes keep the
   * user's line.
   */
  readonly inherited: readonly (readonly CallSite[])[] | undefined;
  /** Part of every key: nodes of different tags never merge (rematerialisation). */
  readonly tag: string;
  /** Why the framework makes these nodes. */
  readonly note: string | undefined;
  /** Whether a merged node collects the location of each place that made it. */
  readonly keepStacks: boolean;
}

const outside: Scope = {
  nodes: undefined,
  inherited: undefined,
  tag: '',
  note: undefined,
  keepStacks: true,
};

let current: Scope = outside;

export function currentScope(): Scope {
  return current;
}

/** Runs `body` in a scope that differs from the current one as told. */
export function withScope<T>(change: Partial<Scope>, body: () => T): T {
  const before = current;
  current = { ...before, ...change };
  try {
    return body();
  } finally {
    current = before;
  }
}

/** Runs `body` with an interning table of its own. */
export function withTrace<T>(body: () => T): T {
  return withScope({ nodes: new Map() }, body);
}

/** Runs `body` so that the nodes it makes carry the source locations of `node`. */
export function withLocationsOf<T>(node: Node, body: () => T): T {
  return withScope({ inherited: node.stacks, keepStacks: false }, body);
}

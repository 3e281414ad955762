import type { DType } from './dtype.ts';
import type { CallSite } from './location.ts';
import type { Node, Tensor } from './node.ts';
import type { Op } from './op.ts';

/** What surrounds the making of a node. Scopes nest; the innermost counts. */
export interface Scope {
  /** The interning table; absent outside a trace, where nothing is merged. */
  readonly nodes: Map<string, Node> | undefined;
  /**
   * Stacks that new nodes take instead of the caller's own: backward and decomposed nodes keep the
   * user's line.
   */
  readonly inherited: readonly (readonly CallSite[])[] | undefined;
  /** Why the framework makes these nodes. */
  readonly note: string | undefined;
  /** Whether a merged node collects the location of each place that made it. */
  readonly keepStacks: boolean;
  /** The function whose body is being traced, innermost; absent outside one. */
  readonly within: TracedFunction | undefined;
  /** The precision policy for what the user applies; what rules make (`inherited`) has its dtypes already. */
  readonly precision: OperandRule | undefined;
  /** Where the user wants new nodes to run. */
  readonly wish: Wish | undefined;
}

/** The user's wish that an op runs on a target, in plans that have it. */
export interface Wish {
  readonly target: string;
  /** Where it was said. */
  readonly callSites: readonly CallSite[];
}

/** What a precision policy does to operands. */
export interface OperandRule {
  /** Equal policies have equal keys. */
  readonly key: string;
  /** The operands of an op in the dtypes that the policy wants. Throws TypeRuleError. */
  operands(op: Op, inputs: readonly Tensor[]): readonly Tensor[];
  /** The dtype of operands that are several floats; undefined: they do not mix. */
  mix(operands: readonly Tensor[]): DType | undefined;
}

/** What a body belongs to, while it is traced. */
export interface TracedFunction {
  /** "scan", "function 'block'". */
  readonly what: string;
  /** Whether one trace of it stands for several runs. */
  readonly repeats: boolean;
  /** Whether it may not run at all, so that nothing of it is computed outside. */
  readonly lazy?: boolean;
  /** How many loops and branches it lies in, itself included; default 0: it is inlined. */
  readonly depth?: number;
}

const outside: Scope = {
  nodes: undefined,
  inherited: undefined,
  note: undefined,
  keepStacks: true,
  within: undefined,
  precision: undefined,
  wish: undefined,
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

/** The precision policy for what is applied here, if any. */
export function policyHere(): OperandRule | undefined {
  return current.inherited ? undefined : current.precision;
}

/** Runs `body` with an interning table of its own. */
export function withTrace<T>(body: () => T): T {
  return withScope({ nodes: new Map() }, body);
}

/** What nodes that are made for `node` take from it: its lines, and the user's wish, if it has one. */
export function derivedFrom({ stacks, wish }: Node): Partial<Scope> {
  return { inherited: stacks, keepStacks: false, wish: wish ?? current.wish };
}

/** Runs `body` so that the nodes it makes carry the source locations of `node`, and its wish. */
export function withLocationsOf<T>(node: Node, body: () => T): T {
  return withScope(derivedFrom(node), body);
}

import type { Dim } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import { userError } from '../fail.ts';
import type { NdArray } from '../ndarray.ts';
import type { Subgraph, Tensor } from '../node.ts';
import { formatType } from '../node.ts';
import type {
  AttrSpec,
  AttrsOf,
  Batch,
  CallOp,
  Evaluation,
  Jvp,
  Narrowed,
  RunFunction,
  TensorType,
  TestHints,
  Vjp,
} from '../op.ts';
import type { FlatTree } from '../tree.ts';

// What ops that run functions have in common: how they are defined, and what is checked of their bodies.

/** Defines an op that runs functions. */
export function control<S extends AttrSpec>(spec: {
  readonly name: string;
  readonly doc: string;
  readonly attributes: S;
  /** The fewest operands. */
  readonly minInputs: number;
  infer(inputs: readonly TensorType[], attrs: AttrsOf<S>): readonly TensorType[];
  steps(
    inputs: readonly NdArray[],
    attrs: AttrsOf<S>,
    types: readonly TensorType[],
    run: RunFunction,
  ): Evaluation;
  carries?(attribute: string, attrs: AttrsOf<S>): number;
  repeats?(attrs: AttrsOf<S>): Dim;
  narrow?(attrs: AttrsOf<S>, used: readonly boolean[]): Narrowed | null;
  readonly vjp: Vjp<AttrsOf<S>> | null;
  readonly gradientCure?: string;
  readonly fails?: boolean;
  readonly jvp?: Jvp<AttrsOf<S>>;
  readonly batch: Batch<AttrsOf<S>>;
  readonly test?: TestHints;
}): CallOp {
  const many = Number.POSITIVE_INFINITY;
  const common = { kind: 'call', maxInputs: many, outputs: many };
  const defaults = { carries: () => 0, narrow: () => null };
  return { ...defaults, ...spec, ...common } as unknown as CallOp;
}

/** @throws TypeRuleError unless a function takes these types. */
export function checkTakes(graph: Subgraph, types: readonly TensorType[], what: string): void {
  checkTypes(
    graph.parameters.map((t) => t.type),
    types,
    (i) => `${what} takes operand ${i} as`,
    `${what} takes`,
  );
}

/** @throws TypeRuleError unless a function gives these types. */
export function checkGives(graph: Subgraph, types: readonly TensorType[], what: string): void {
  checkTypes(
    graph.results.slice(0, types.length).map((t) => t.type),
    types,
    (i) => `${what} gives result ${i} as`,
    `${what} gives`,
  );
}

function checkTypes(
  found: readonly TensorType[],
  expected: readonly TensorType[],
  one: (i: number) => string,
  all: string,
): void {
  if (found.length !== expected.length) {
    throw new TypeRuleError('arity', `${all} ${found.length}, expected ${expected.length}`);
  }
  for (const [i, type] of found.entries()) {
    const [is, should] = [formatType(type), formatType(expected[i] as TensorType)];
    if (is !== should) throw new TypeRuleError('type', `${one(i)} ${is}, expected ${should}`);
  }
}

/**
 * Checks that what a body gives back has the form and the types of what it took.
 *
 * @throws GraphError that names the first part that differs, what it is and what it should be.
 */
export function checkCarry(what: string, before: FlatTree, after: FlatTree): void {
  if (after.form !== before.form) {
    throw userError({
      code: 'carry-form',
      message: `${what}: the body gives a carry of the form ${after.form}, expected ${before.form}`,
      cure: 'return the carry as the body took it: the same arrays and keys (* stands for a tensor)',
    });
  }
  for (const [i, t] of after.leaves.entries()) {
    const expected = before.leaves[i] as Tensor;
    if (String(t) === String(expected)) continue;
    throw userError({
      code: 'carry-type',
      message: `${what}: the body gives ${carryName(before, i)} as ${t}, expected ${expected}`,
      cure: cureFor(t, expected),
    });
  }
}

const carryName = (tree: FlatTree, i: number): string =>
  tree.paths[i] === '' ? 'its carry' : `carry ${tree.paths[i]}`;

function cureFor(found: Tensor, expected: Tensor): string {
  return found.dtype === expected.dtype
    ? 'a carry keeps its shape: begin with one of the final shape, or reduce what the body makes'
    : `a carry keeps its dtype: begin with ${found.dtype}, or cast in the body with .cast('${expected.dtype}')`;
}

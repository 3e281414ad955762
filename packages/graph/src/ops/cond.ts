import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import { userError } from '../fail.ts';
import type { NdArray } from '../ndarray.ts';
import type { Subgraph } from '../node.ts';
import { make, Tensor, tensorKey } from '../node.ts';
import { readNumber } from '../number.ts';
import type { CallOp, Narrowed, TensorType, Vjp } from '../op.ts';
import { withScope } from '../scope.ts';
import type { Traced } from '../subgraph.ts';
import {
  parameterLeaf,
  parametersOf,
  resultTypes,
  selected,
  shareCaptured,
  traceBody,
} from '../subgraph.ts';
import { vjpOfGraph } from '../subgraph-grad.ts';
import type { FlatTree, TensorTree } from '../tree.ts';
import { flatten } from '../tree.ts';
import { checkGives, checkTakes, control } from './control.ts';
import { condBatch } from './control-batch.ts';
import { condJvp } from './control-jvp.ts';
import { zerosLike } from './leaves.ts';

/** Attributes of `cond`: both take all operands but the predicate, and give the same types. */
export interface CondAttrs {
  readonly ifTrue: Subgraph;
  readonly ifFalse: Subgraph;
}

export const condOp: CallOp = control({
  name: 'cond',
  doc: 'ifTrue of the operands where the first, a bool scalar, is true, else ifFalse',
  attributes: { ifTrue: 'function', ifFalse: 'function' },
  minInputs: 1,
  infer([pred, ...types], { ifTrue, ifFalse }) {
    checkPredicate(pred as TensorType, 'the predicate of cond');
    for (const branch of [ifTrue, ifFalse]) checkTakes(branch, types, 'a branch of cond');
    const results = resultTypes(ifTrue);
    checkGives(ifFalse, results, 'the false branch of cond');
    return results;
  },
  *steps([pred, ...operands], _, __, run) {
    const holds = readNumber(pred as NdArray, 0) !== 0;
    return yield* run(holds ? 'ifTrue' : 'ifFalse', operands);
  },
  narrow: narrowCond,
  vjp: (context) => condVjp(context),
  jvp: condJvp,
  batch: condBatch,
});

/** @throws TypeRuleError unless this is a bool scalar. */
export function checkPredicate({ dtype, shape }: TensorType, what: string): void {
  if (dtype === 'bool' && shape.length === 0) return;
  throw new TypeRuleError('predicate', `${what} is ${dtype} of rank ${shape.length}, not bool[]`);
}

/** Without results that nobody uses, and operands that neither branch needs then. */
function narrowCond({ ifTrue, ifFalse }: CondAttrs, used: readonly boolean[]): Narrowed | null {
  const outputs = used.flatMap((is, i) => (is ? [i] : []));
  const branches = [ifTrue, ifFalse];
  const needed = branches.map(({ results }) =>
    parametersOf(outputs.map((i) => results[i] as Tensor)),
  );
  const operands = ifTrue.parameters.flatMap((_, i) =>
    branches.some(({ parameters }, b) => needed[b]?.has(tensorKey(parameters[i] as Tensor)))
      ? [i]
      : [],
  );
  const same = outputs.length === used.length && operands.length === ifTrue.parameters.length;
  if (same || outputs.length === 0) return null;
  return {
    attrs: {
      ifTrue: selected(ifTrue, operands, outputs),
      ifFalse: selected(ifFalse, operands, outputs),
    },
    inputs: [0, ...operands.map((i) => i + 1)],
    outputs,
  };
}

// Only the branch that was taken is computed again, with its gradient: what two branches would keep
// differs in types, and would have to be kept for both.
const condVjp: Vjp<CondAttrs> = ({ inputs, outputs, cotangents, attrs }) => {
  const floats = cotangents.map((ct, i) => (isFloat((outputs[i] as Tensor).dtype) ? ct : null));
  const present = floats.map((ct) => ct !== null);
  const rules = [attrs.ifTrue, attrs.ifFalse].map((branch) => vjpOfGraph(branch, present));
  const operands = inputs.slice(1);
  const flowing = operands.flatMap((_, i) => (rules.some((r) => r.flows[i] !== null) ? [i] : []));
  if (flowing.length === 0) return inputs.map(() => null);
  const [ifTrue, ifFalse] = rules.map((rule) => withZeros(rule, flowing)) as [Subgraph, Subgraph];
  const given = floats.filter((ct) => ct !== null);
  const found = make(condOp, [...inputs, ...given], { ifTrue, ifFalse });
  const result: (Tensor | null)[] = inputs.map(() => null);
  for (const [k, i] of flowing.entries()) result[i + 1] = found[k] as Tensor;
  return result;
};

const whole = new WeakMap<Subgraph, Map<string, Subgraph>>();

/** The gradient of a branch, with zeros where nothing flows to what the other branch uses. */
function withZeros(
  { graph, flows }: ReturnType<typeof vjpOfGraph>,
  flowing: readonly number[],
): Subgraph {
  const of = whole.get(graph) ?? new Map<string, Subgraph>();
  whole.set(graph, of);
  const known = of.get(flowing.join());
  if (known) return known;
  const results = withScope({ nodes: new Map() }, () =>
    flowing.map((i) => {
      const at = flows[i];
      const found = at === null || at === undefined ? undefined : graph.results[at];
      return found ?? zerosLike(graph.parameters[i] as Tensor);
    }),
  );
  const made = { ...graph, results };
  of.set(flowing.join(), made);
  return made;
}

// ------------------------------------------------------------------------------------------------ for users

/**
 * `ifTrue(operands)` where `predicate`, a bool scalar, is true, else `ifFalse(operands)`. Only the
 * branch that is taken is computed. Operands and results are tensors, or arrays and plain objects of
 * them; branches may also use what is around them. Both give the same form and types. For a choice
 * at each element see `where`. Differentiable: the branch that was taken is computed again for it.
 *
 *     const y = cond(x.sum().greater(0), (x) => x.sqrt(), (x) => x.neg(), x);
 *
 * @throws GraphError when the predicate is no bool scalar, the branches give unlike forms or types,
 *   or a branch updates a state.
 */
export function cond<const A extends TensorTree, const R extends TensorTree>(
  predicate: Tensor,
  ifTrue: (operands: A) => R,
  ifFalse: (operands: A) => R,
  input?: A,
): R {
  requirePredicate(predicate, 'cond: the predicate');
  const given = flatten(input, 'cond: an operand');
  const yes = branch('ifTrue', ifTrue, given);
  const no = branch('ifFalse', ifFalse, given);
  checkBranches(yes.results, no.results);
  const { captured, graphs } = shareCaptured([yes.traced, no.traced], given.leaves.length);
  const [left, right] = graphs as [Subgraph, Subgraph];
  const operands = [predicate, ...given.leaves, ...captured];
  const found = make(condOp, operands, { ifTrue: left, ifFalse: right });
  return yes.results.rebuild(found) as R;
}

interface Branch {
  readonly traced: Traced;
  readonly results: FlatTree;
}

function branch<A extends TensorTree>(
  name: string,
  body: (operands: A) => TensorTree,
  operands: FlatTree,
): Branch {
  const own = operands.leaves.map((t, i) => parameterLeaf(`operand${i}`, t.type));
  let results: FlatTree | undefined;
  const within = { what: 'cond', repeats: false, lazy: true, depth: 1 };
  const traced = traceBody(name, own, within, () => {
    results = flatten(body(operands.rebuild(own) as A), `cond: the result of ${name}`);
    return results.leaves;
  });
  return { traced, results: results as unknown as FlatTree };
}

/** @throws GraphError unless this is a bool scalar. */
export function requirePredicate(predicate: unknown, what: string): void {
  if (predicate instanceof Tensor && predicate.dtype === 'bool' && predicate.rank === 0) return;
  const found = predicate instanceof Tensor ? String(predicate) : `a ${typeof predicate}`;
  throw userError({
    code: 'predicate',
    message: `${what} is ${found}, expected bool[]`,
    cure: 'compare, and reduce to one value: x.greater(0).all(); to choose at each element use where()',
  });
}

function checkBranches(yes: FlatTree, no: FlatTree): void {
  if (yes.form !== no.form) {
    throw userError({
      code: 'branch-form',
      message: `cond: ifTrue gives the form ${yes.form}, ifFalse ${no.form}`,
      cure: 'return the same arrays and keys from both (* stands for a tensor)',
    });
  }
  const i = yes.leaves.findIndex((t, k) => String(t) !== String(no.leaves[k]));
  if (i < 0) return;
  const name = yes.paths[i] ? `result ${yes.paths[i]}` : 'its result';
  throw userError({
    code: 'branch-type',
    message: `cond: ifTrue gives ${name} as ${yes.leaves[i]}, ifFalse as ${no.leaves[i]}`,
    cure: 'cast or reshape one of them: both branches give the same types',
  });
}

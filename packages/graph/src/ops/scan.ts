import type { Dim } from '../dim.ts';
import { dimEqual, dimKey } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import { userError } from '../fail.ts';
import type { NdArray } from '../ndarray.ts';
import { ndarray, sizeOfShape } from '../ndarray.ts';
import type { Subgraph, Tensor } from '../node.ts';
import { make } from '../node.ts';
import type { CallOp, Evaluation, RunFunction, TensorType } from '../op.ts';
import { parameterLeaf, traceBody } from '../subgraph.ts';
import type { FlatTree, TensorTree } from '../tree.ts';
import { flatten } from '../tree.ts';
import { checkCarry, checkGives, checkTakes, control } from './control.ts';
import { scanBatch } from './control-batch.ts';
import { scanJvp } from './control-jvp.ts';
import { scanVjp } from './scan-grad.ts';
import { narrowScan } from './scan-narrow.ts';

/** Attributes of `scan`. */
export interface ScanAttrs {
  /** From carries, one element of each sequence, and captured tensors, to carries and elements of results. */
  readonly body: Subgraph;
  readonly length: Dim;
  /** How many operands are first values of carries; they come first. */
  readonly carries: number;
  /** How many operands are sequences; they come next. What follows is the same at every step. */
  readonly sequences: number;
  /** From the last element to the first. Results stand where their elements stand. */
  readonly reverse: boolean;
}

export const scanOp: CallOp = control({
  name: 'scan',
  doc: 'body over the first axis of sequences, from step to step with carries: the last carries, then the stacked results',
  attributes: {
    body: 'function',
    length: 'dim',
    carries: 'int',
    sequences: 'int',
    reverse: 'bool',
  },
  minInputs: 0,
  infer: (types, attrs) => {
    const { carries } = attrs;
    checkTakes(attrs.body, bodyTypes(types, attrs), 'the body of scan');
    checkGives(attrs.body, types.slice(0, carries), 'the body of scan');
    const stacked = attrs.body.results
      .slice(carries)
      .map(({ dtype, shape }) => ({ dtype, shape: [attrs.length, ...shape] }));
    return [...types.slice(0, carries), ...stacked];
  },
  steps,
  repeats: ({ length }) => length,
  carries: (_, attrs) => attrs.carries,
  narrow: narrowScan,
  vjp: (context) => scanVjp(scanOp, context),
  jvp: scanJvp,
  batch: scanBatch,
});

/** What the body takes at each step. */
function bodyTypes(types: readonly TensorType[], attrs: ScanAttrs): readonly TensorType[] {
  const { carries, sequences, length } = attrs;
  return types.map((type, i) => {
    if (i < carries || i >= carries + sequences) return type;
    const [first, ...rest] = type.shape;
    if (first === undefined || !dimEqual(first, length)) {
      const found = first === undefined ? 'is a scalar' : `has ${dimKey(first)} elements`;
      throw new TypeRuleError('length', `sequence ${i - carries} ${found}, not ${dimKey(length)}`);
    }
    return { dtype: type.dtype, shape: rest };
  });
}

function* steps(
  inputs: readonly NdArray[],
  { length, carries, sequences, reverse }: ScanAttrs,
  types: readonly TensorType[],
  run: RunFunction,
): Evaluation {
  const stacked = types.slice(carries).map((t) => ndarray(t.dtype, t.shape as readonly number[]));
  let carried = inputs.slice(0, carries);
  const xs = inputs.slice(carries, carries + sequences);
  const rest = inputs.slice(carries + sequences);
  for (let step = 0; step < (length as number); step++) {
    const at = reverse ? (length as number) - 1 - step : step;
    const operands = [...carried, ...xs.map((x) => element(x, at)), ...rest];
    const results = yield* run('body', operands);
    yield;
    carried = results.slice(0, carries);
    for (const [i, y] of stacked.entries()) {
      element(y, at).data.set((results[carries + i] as NdArray).data as never);
    }
  }
  return [...carried, ...stacked];
}

/** One element along the first axis, as a view. */
function element({ dtype, shape, data }: NdArray, at: number): NdArray {
  const rest = shape.slice(1);
  const size = sizeOfShape(rest);
  return { dtype, shape: rest, data: data.subarray(at * size, (at + 1) * size) };
}

// ------------------------------------------------------------------------------------------------ for users

export interface ScanOptions {
  /** Number of steps, where there are no sequences to tell it. */
  readonly length?: Dim;
  /** From the last element to the first; results stand where their elements stand. Default false. */
  readonly reverse?: boolean;
}

/**
 * Runs `body` once for each element along the first axis of `xs`, handing a carry from step to step:
 * the last carry, and what the steps gave, stacked along a new first axis. Carry, elements and
 * results are tensors, or arrays and plain objects of them; `null` for none. A carry keeps its type.
 * The length may be symbolic, and 0. Differentiable: the forward pass keeps, stacked, what the
 * backward pass needs of each step.
 *
 *     const [total, sums] = scan((sum, x: Tensor) => [sum.add(x), sum.add(x)], full(0, []), xs);
 *     const [last] = scan((h) => [h.matmul(w).tanh(), null], h0, null, { length: 12 });
 *
 * @throws GraphError when sequences are scalars or of unlike lengths, no length is known, or the
 *   body changes the form or a type of its carry, updates a state, or draws from the program's key.
 */
export function scan<
  const C extends TensorTree,
  const X extends TensorTree,
  const Y extends TensorTree,
>(
  body: (carry: C, x: X) => readonly [carry: C, y: Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: C, ys: Y] {
  const first = flatten(init, 'scan: its first carry');
  const sequences = flatten(xs, 'scan: a sequence');
  const length = lengthOf(sequences, options.length);
  const own = [
    ...first.leaves.map((t, i) => parameterLeaf(`carry${i}`, t.type)),
    ...sequences.leaves.map((t, i) => parameterLeaf(`element${i}`, elementType(t))),
  ];
  let carry = first;
  let results: FlatTree | undefined;
  const name = body.name === '' || body.name === 'body' ? 'scan body' : body.name;
  const traced = traceBody(name, own, { what: 'scan', repeats: true, depth: 1 }, () => {
    const element = sequences.rebuild(own.slice(first.leaves.length)) as X;
    const given: unknown = body(first.rebuild(own) as C, element);
    const [next, y] = pair(given);
    carry = flatten(next, 'scan: the carry of its body');
    results = flatten(y, 'scan: the result of its body');
    return [...carry.leaves, ...results.leaves];
  });
  checkCarry('scan', first, carry);
  const carries = first.leaves.length;
  const found = make(scanOp, [...first.leaves, ...sequences.leaves, ...traced.captured], {
    body: traced.graph,
    length,
    carries,
    sequences: sequences.leaves.length,
    reverse: options.reverse ?? false,
  });
  const stacked = (results as unknown as FlatTree).rebuild(found.slice(carries));
  return [first.rebuild(found) as C, stacked as Y];
}

function elementType({ type }: Tensor): TensorType {
  return { dtype: type.dtype, shape: type.shape.slice(1) };
}

function lengthOf({ leaves, paths }: FlatTree, given: Dim | undefined): Dim {
  const name = (i: number): string => (paths[i] ? `sequence ${paths[i]}` : 'the sequence');
  const scalar = leaves.findIndex((t) => t.rank === 0);
  if (scalar >= 0) {
    throw userError({
      code: 'length',
      message: `scan: ${name(scalar)} is a scalar ${leaves[scalar]}, expected elements along a first axis`,
      cure: 'capture what is the same at every step: use it in the body as it is',
    });
  }
  const length = given ?? leaves[0]?.shape[0];
  if (length === undefined) {
    throw userError({
      code: 'length',
      message: 'scan: without sequences the number of steps is not known',
      cure: 'give it: scan(body, init, null, { length: 12 })',
    });
  }
  const other = leaves.findIndex((t) => !dimEqual(t.shape[0] as Dim, length));
  if (other < 0 && (typeof length !== 'number' || (Number.isSafeInteger(length) && length >= 0)))
    return length;
  throw userError({
    code: 'length',
    message:
      other < 0
        ? `scan: a length of ${length}, expected an integer from 0`
        : `scan: ${name(other)} is ${leaves[other]}, which does not have ${dimKey(length)} elements`,
    cure: other < 0 ? undefined : 'sequences run side by side: give them equal first axes',
  });
}

function pair(given: unknown): readonly [TensorTree, TensorTree] {
  if (Array.isArray(given) && given.length === 2) return given as [TensorTree, TensorTree];
  throw userError({
    code: 'body',
    message: `scan: the body gives ${Array.isArray(given) ? `an array of ${given.length}` : 'no array'}, expected a pair`,
    cure: 'return [carry, y], with null for y where steps give nothing',
  });
}

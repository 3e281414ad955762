import { userError } from '../fail.ts';
import type { NdArray } from '../ndarray.ts';
import type { Subgraph, Tensor } from '../node.ts';
import { make } from '../node.ts';
import { readNumber } from '../number.ts';
import type { CallOp, TensorType } from '../op.ts';
import { parameterLeaf, shareCaptured, traceBody } from '../subgraph.ts';
import type { FlatTree, TensorTree } from '../tree.ts';
import { flatten } from '../tree.ts';
import { checkPredicate, requirePredicate } from './cond.ts';
import { checkCarry, checkGives, checkTakes, control } from './control.ts';
import { whileBatch } from './control-batch.ts';
import { whileJvp } from './control-jvp.ts';

/** Attributes of `whileLoop`: both functions take all operands. */
export interface WhileAttrs {
  readonly cond: Subgraph;
  readonly body: Subgraph;
  /** How many operands are first values of carries; they come first. The rest stays the same. */
  readonly carries: number;
}

export const whileLoopOp: CallOp = control({
  name: 'whileLoop',
  doc: 'body of carries for as long as cond of them is true; how often is known only as it runs',
  attributes: { cond: 'function', body: 'function', carries: 'int' },
  minInputs: 1,
  infer(types, { cond, body, carries }) {
    checkTakes(cond, types, 'the condition of whileLoop');
    checkTakes(body, types, 'the body of whileLoop');
    checkPredicate(cond.results[0]?.type as TensorType, 'the condition of whileLoop');
    checkGives(body, types.slice(0, carries), 'the body of whileLoop');
    return types.slice(0, carries);
  },
  *steps(inputs, { carries }, _, run) {
    let carried = inputs.slice(0, carries);
    const rest = inputs.slice(carries);
    for (;;) {
      const [holds] = yield* run('cond', [...carried, ...rest]);
      if (readNumber(holds as NdArray, 0) === 0) return carried;
      carried = (yield* run('body', [...carried, ...rest])).slice();
      yield;
    }
  },
  carries: (attribute, attrs) => (attribute === 'body' ? attrs.carries : 0),
  // It can be stopped as it runs: nothing that outlives the call may be written before it.
  fails: true,
  vjp: null,
  jvp: whileJvp,
  batch: whileBatch,
  gradientCure:
    'how many steps ran is not known when compiling: use scan() with the largest number of steps, ' +
    'and where() for those that are too many; or stopGradient() around its operands',
});

/**
 * `body` of the carry, again and again for as long as `cond` of it is true; not at all if it is false
 * at once. The carry is a tensor, or arrays and plain objects of them, and keeps its type; `cond`
 * gives a bool scalar. Has no gradient: use `scan` where one is needed. A loop that never ends can be
 * stopped by the `signal` of its call.
 *
 *     const root = whileLoop((x) => x.mul(x).sub(2).abs().greater(1e-6), (x) => x.add(x.reciprocal().mul(2)).mul(0.5), one);
 *
 * @throws GraphError when `cond` gives no bool scalar, or the body changes the form or a type of the
 *   carry, updates a state, or draws from the program's key.
 */
export function whileLoop<const C extends TensorTree>(
  cond: (carry: C) => Tensor,
  body: (carry: C) => C,
  init: C,
): C {
  const first = flatten(init, 'whileLoop: its first carry');
  if (first.leaves.length === 0) {
    throw userError({
      code: 'carry-form',
      message: 'whileLoop: the carry has no tensor, so that nothing would ever change',
      cure: 'begin with what the body changes',
    });
  }
  const within = { what: 'whileLoop', repeats: true, depth: 1 };
  const leaves = (): readonly Tensor[] =>
    first.leaves.map((t, i) => parameterLeaf(`carry${i}`, t.type));
  const [own, ownOfCond] = [leaves(), leaves()];
  const test = traceBody('condition', ownOfCond, within, () => {
    const holds = cond(first.rebuild(ownOfCond) as C);
    requirePredicate(holds, 'whileLoop: the condition');
    return [holds];
  });
  let carry: FlatTree = first;
  const step = traceBody('loop body', own, within, () => {
    carry = flatten(body(first.rebuild(own) as C), 'whileLoop: the carry of its body');
    return carry.leaves;
  });
  checkCarry('whileLoop', first, carry);
  const carries = first.leaves.length;
  const { captured, graphs } = shareCaptured([test, step], carries);
  const found = make(whileLoopOp, [...first.leaves, ...captured], {
    cond: graphs[0] as Subgraph,
    body: graphs[1] as Subgraph,
    carries,
  });
  return first.rebuild(found) as C;
}

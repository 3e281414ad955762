import { view } from '../define.ts';
import type { Tensor } from '../node.ts';
import { make1 } from '../node.ts';
import type { ViewOp } from '../op.ts';

const barrierView = view({
  name: 'barrier',
  doc: 'x itself, but not before the other operands are there; no pass merges or moves what is computed from it',
  attributes: {},
  inputs: [2, Number.POSITIVE_INFINITY],
  shape: ([x]) => x ?? [],
  map: () => ({ form: 'linear' }),
  vjp: ({ inputs, cotangents: [ct] }) => inputs.map((_, i) => (i === 0 && ct ? ct : null)),
  jvp: ({ tangents: [t] }) => [t ?? null],
  batch: ({ all, inputs }) => [make1(barrierOp, [all()[0] as Tensor, ...inputs.slice(1)], {})],
  test: { smooth: false },
});

/** A copy in name alone: the same memory, with an order. */
export const barrierOp: ViewOp = {
  ...barrierView,
  // What is waited for may have any type.
  infer: ([x]) => (x ? [x] : []),
};

/**
 * x itself, but what is computed from the result is not computed before `after` is there, and is
 * not merged with what is computed from x (`lax.optimization_barrier`). It costs nothing.
 *
 *     const again = barrier(x, [cotangent]).exp();   // a second time, not kept from the first
 */
export function barrier(x: Tensor, after: readonly Tensor[]): Tensor {
  return after.length === 0 ? x : make1(barrierOp, [x, ...after], {});
}

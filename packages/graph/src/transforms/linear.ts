import { isFloat } from '../dtype.ts';
import type { Tensor } from '../node.ts';
import { make } from '../node.ts';
import type { JvpContext } from '../op.ts';
import { zerosLike } from '../ops/leaves.ts';

/** The jvp of an op that is linear in all its float operands together: the op on their tangents. */
export function linear(context: JvpContext<object>): readonly Tensor[] {
  const { op, inputs, tangents, attrs } = context;
  const moved = inputs.map((x, i) => (isFloat(x.dtype) ? (tangents[i] ?? zerosLike(x)) : x));
  return make(op, moved, { ...attrs });
}

import type { TensorLike } from './coerce.ts';
import { align } from './coerce.ts';
import type { ElementwiseSpec } from './elementwise.ts';
import { elementwise } from './elementwise.ts';
import type { Tensor } from './node.ts';
import { checked, make1 } from './node.ts';
import type { ElementwiseOp } from './op.ts';

/** A function that users call, with the op that it applies. */
export type UnaryOp = ((x: Tensor) => Tensor) & { readonly op: ElementwiseOp };
export type BinaryOp = ((x: TensorLike, y: TensorLike) => Tensor) & { readonly op: ElementwiseOp };

type Spec = Omit<ElementwiseSpec<Record<never, never>>, 'inputs' | 'attributes'>;

/** An elementwise op of one operand, as the function that users call. */
export function unary(spec: Spec): UnaryOp {
  const op = elementwise({ ...spec, inputs: 1 });
  return Object.assign((x: Tensor): Tensor => make1(op, [x], {}), { op });
}

/** An elementwise op of two operands: literals are weak, dtypes promoted, shapes broadcast. */
export function binary(spec: Spec): BinaryOp {
  const op = elementwise({ ...spec, inputs: 2 });
  const build = (x: TensorLike, y: TensorLike): Tensor =>
    checked(`${op.name}(${x}, ${y})`, () => make1(op, align([x, y]), {}));
  return Object.assign(build, { op });
}

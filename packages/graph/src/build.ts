import type { TensorLike } from './coerce.ts';
import { align } from './coerce.ts';
import type { ElementwiseSpec } from './elementwise.ts';
import { elementwise } from './elementwise.ts';
import type { Tensor } from './node.ts';
import { checked, make1 } from './node.ts';
import type { ElementwiseOp, Partials } from './op.ts';

/** A function that users call, with the op that it applies. */
export type UnaryOp = ((x: Tensor) => Tensor) & { readonly op: ElementwiseOp };
export type BinaryOp = ((x: TensorLike, y: TensorLike) => Tensor) & { readonly op: ElementwiseOp };

type Spec = Omit<ElementwiseSpec<Record<never, never>>, 'inputs' | 'attributes' | 'partials'>;

interface UnarySpec extends Spec {
  /**
   * The derivative at x, where the result is y, as a linear map of the tangent t; 'zero': piecewise
   * constant; null: no gradient, on purpose.
   */
  readonly partial: ((t: Tensor, x: Tensor, y: Tensor) => Tensor) | 'zero' | null;
}

type BinaryPartial = (t: Tensor, x: Tensor, y: Tensor, output: Tensor) => Tensor;

interface BinarySpec extends Spec {
  /** The partial derivatives, as linear maps of the tangent t. */
  readonly partials: readonly [BinaryPartial, BinaryPartial] | null;
}

/** An elementwise op of one operand, as the function that users call. */
export function unary(spec: UnarySpec): UnaryOp {
  const { partial, ...rest } = spec;
  const op = elementwise({ ...rest, inputs: 1, partials: unaryPartials(partial) });
  return Object.assign((x: Tensor): Tensor => make1(op, [x], {}), { op });
}

function unaryPartials(partial: UnarySpec['partial']): Partials | null {
  if (partial === null) return null;
  if (partial === 'zero') return () => [null];
  return ({ inputs: [x], output }) => [(t) => partial(t, x as Tensor, output)];
}

/** An elementwise op of two operands: literals are weak, dtypes promoted, shapes broadcast. */
export function binary(spec: BinarySpec): BinaryOp {
  const { partials, ...rest } = spec;
  const op = elementwise({ ...rest, inputs: 2, partials: binaryPartials(partials) });
  const build = (x: TensorLike, y: TensorLike): Tensor =>
    checked(`${op.name}(${x}, ${y})`, () => make1(op, align([x, y]), {}));
  return Object.assign(build, { op });
}

function binaryPartials(partials: BinarySpec['partials']): Partials | null {
  if (!partials) return null;
  return ({ inputs, output }) => {
    const [x, y] = inputs as readonly [Tensor, Tensor];
    return partials.map((partial) => (t: Tensor) => partial(t, x, y, output));
  };
}

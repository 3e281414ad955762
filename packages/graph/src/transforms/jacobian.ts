import type { Dim } from '../dim.ts';
import { elementCount } from '../dim.ts';
import { isFloat } from '../dtype.ts';
import { userError } from '../fail.ts';
import { pullback } from '../grad.ts';
import type { Tensor } from '../node.ts';
import type { TensorType } from '../op.ts';
import { reshapeTo } from '../ops/axes.ts';
import { cast } from '../ops/cast.ts';
import { equal } from '../ops/compare.ts';
import { full, input, iota, zeros, zerosLike } from '../ops/leaves.ts';
import { moveAxis } from '../ops/transpose.ts';
import type { FlatTree, TensorTree } from '../tree.ts';
import { batched, repeatFirst } from './batch.ts';
import type { FlatArguments } from './function.ts';
import { checkTangents, flattenArguments, runOnFloats, withValues } from './function.ts';
import { pushforward } from './pushforward.ts';

/** The form of the result, each tensor of it replaced by something of the form of the argument. */
export type Jacobian<R extends TensorTree, X extends TensorTree> = R extends Tensor
  ? X
  : { readonly [K in keyof R]: R[K] extends TensorTree ? Jacobian<R[K], X> : never };

type Of<X extends TensorTree, Rest extends readonly TensorTree[], R> = (x: X, ...rest: Rest) => R;

/** d result / d argument, `[...result, ...argument]`, by result, then by argument. */
type Blocks = readonly (readonly Tensor[])[];

/**
 * The derivatives of every element of the result by every element of the first argument, in forward
 * mode (`jax.jacfwd`): all directions at once, under `vmap`. The shorter way where the argument has
 * fewer elements than the result. Shaped `[...result, ...argument]`; where one of them is an array or
 * a record, the form of the result holds forms of the argument. Other arguments are passed on.
 *
 *     const j = jacfwd((x: Tensor) => a.matmul(x))(x);   // f32[3] to f32[5]: f32[5, 3]
 *
 * @throws GraphError when the argument or the result is not of floats, or an op on the way has no
 * derivative.
 */
export function jacfwd<
  X extends TensorTree,
  R extends TensorTree,
  Rest extends readonly TensorTree[] = [],
>(f: Of<X, Rest, R>): Of<X, Rest, Jacobian<R, X>> {
  return (x, ...rest) => {
    const { args, leaves, result } = onFirst(f, x, rest, 'jacfwd');
    const blocks = forward(floats(result, 'jacfwd'), leaves);
    return assemble(result, args, blocks, leaves) as Jacobian<R, X>;
  };
}

/**
 * As `jacfwd`, in reverse mode (`jax.jacrev`): the shorter way where the result has fewer elements
 * than the argument.
 */
export function jacrev<
  X extends TensorTree,
  R extends TensorTree,
  Rest extends readonly TensorTree[] = [],
>(f: Of<X, Rest, R>): Of<X, Rest, Jacobian<R, X>> {
  return (x, ...rest) => {
    const { args, leaves, result } = onFirst(f, x, rest, 'jacrev');
    const blocks = reverse(floats(result, 'jacrev'), leaves);
    return assemble(result, args, blocks, leaves) as Jacobian<R, X>;
  };
}

/** `jacrev`, as `jax.jacobian` is. */
export const jacobian: typeof jacrev = jacrev;

/**
 * The second derivatives of a scalar by the first argument, forward over reverse (`jax.hessian`):
 * `[...argument, ...argument]`.
 *
 *     const h = hessian((x: Tensor) => x.mul(x).sum())(x);   // f32[3]: 2 on the diagonal of f32[3, 3]
 *
 * @throws GraphError when the result is not a float scalar, the argument is not of floats, or an op on
 * the way has no second derivative.
 */
export function hessian<X extends TensorTree, Rest extends readonly TensorTree[] = []>(
  f: Of<X, Rest, Tensor>,
): Of<X, Rest, Jacobian<X, X>> {
  return (x, ...rest) => {
    const { args, leaves, result } = onFirst(f, x, rest, 'hessian');
    const gradients = gradientsOf(result, leaves, 'hessian');
    const [tree] = args.trees as readonly [FlatTree];
    return assemble(tree, args, forward(gradients, leaves), leaves) as Jacobian<X, X>;
  };
}

/**
 * The Hessian of a scalar times a vector, without the Hessian: forward over reverse, as dear as some
 * gradients. The product has the form of the arguments.
 *
 *     const [product] = hvp((x) => loss(x), [x], [v]);
 *
 * @throws GraphError as `hessian` and `jvp`.
 */
export function hvp<A extends readonly TensorTree[]>(
  f: (...args: A) => Tensor,
  primals: A,
  tangents: { readonly [K in keyof A]: A[K] },
): A {
  const args = flattenArguments(primals, 'hvp');
  const directions = flattenArguments(tangents as readonly TensorTree[], 'hvp: tangents');
  checkTangents(args, directions, 'hvp');
  const { leaves, result } = runOnFloats(f, args, 'hvp');
  const gradients = gradientsOf(result, leaves, 'hvp');
  const moved = pushforward(gradients, leaves, directions.leaves);
  const found = moved.map((t, i) => t ?? zerosLike(leaves[i] as Tensor));
  return args.rebuild(withValues(found, leaves, args.leaves)) as unknown as A;
}

// ------------------------------------------------------------------------------------------------ parts

interface OnFirst {
  readonly args: FlatArguments;
  readonly leaves: readonly Tensor[];
  readonly result: FlatTree;
}

function onFirst<X extends TensorTree, Rest extends readonly TensorTree[]>(
  f: Of<X, Rest, TensorTree>,
  x: X,
  rest: Rest,
  what: string,
): OnFirst {
  const args = flattenArguments([x], what);
  return { args, ...runOnFloats((own: X) => f(own, ...rest), args, what) };
}

function floats(result: FlatTree, what: string): readonly Tensor[] {
  const other = result.leaves.find((t) => !isFloat(t.dtype));
  if (!other) return result.leaves;
  throw userError({
    code: 'no-gradient',
    message: `${what}: the function returns ${other}: only float tensors have derivatives`,
    cure: 'return the float tensors alone',
  });
}

function gradientsOf(result: FlatTree, leaves: readonly Tensor[], what: string): readonly Tensor[] {
  const [y, other] = result.leaves;
  if (!y || other || y.rank !== 0 || !isFloat(y.dtype)) {
    throw userError({
      code: 'not-scalar',
      message: `${what}: the function returns ${result.leaves.join(', ')}, expected a float scalar`,
      cure: 'reduce it first, for example with .sum()',
    });
  }
  const found = pullback([y], [full(1, [], y.dtype)], leaves);
  return found.map((t, i) => t ?? zerosLike(leaves[i] as Tensor));
}

// All elements of x, one hot each: [n, ...x].
function basis({ dtype, shape }: TensorType): { readonly size: Dim; readonly vectors: Tensor } {
  const size = elementCount(shape);
  const one = cast(equal(iota([size, size], 0), iota([size, size], 1)), dtype);
  return { size, vectors: reshapeTo(one, [size, ...shape]) };
}

// The derivatives along every element of a leaf at once, null where there are none.
function alongAll(
  leaf: Tensor,
  derive: (direction: Tensor) => readonly (Tensor | null)[],
): readonly (Tensor | null)[] {
  const direction = input('direction', leaf.type);
  const { size, vectors } = basis(leaf.type);
  return derive(direction).map((t) => {
    if (!t) return null;
    return batched([t], [direction], [vectors], size)[0] ?? repeatFirst(t, size);
  });
}

function forward(results: readonly Tensor[], leaves: readonly Tensor[]): Blocks {
  const columns = leaves.map((x) => alongAll(x, (t) => pushforward(results, [x], [t])));
  return results.map((y, i) =>
    leaves.map((x, j) => {
      const column = columns[j]?.[i];
      const shape = [...y.shape, ...x.shape];
      return column ? reshapeTo(moveAxis(column, 0, -1), shape) : zeros(shape, y.dtype);
    }),
  );
}

function reverse(results: readonly Tensor[], leaves: readonly Tensor[]): Blocks {
  return results.map((y) =>
    alongAll(y, (ct) => pullback([y], [ct], leaves)).map((row, j) => {
      const x = leaves[j] as Tensor;
      const shape = [...y.shape, ...x.shape];
      return row ? reshapeTo(row, shape) : zeros(shape, x.dtype);
    }),
  );
}

function assemble(
  result: FlatTree,
  args: FlatArguments,
  blocks: Blocks,
  leaves: readonly Tensor[],
): unknown {
  const found = withValues(blocks.flat(), leaves, args.leaves);
  const width = leaves.length;
  const rows = blocks.map((_, i) => args.rebuild(found.slice(i * width, (i + 1) * width))[0]);
  return result.rebuild(rows as readonly Tensor[]);
}

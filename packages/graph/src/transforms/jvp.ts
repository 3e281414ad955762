import type { Tensor } from '../node.ts';
import { zerosLike } from '../ops/leaves.ts';
import type { TensorTree } from '../tree.ts';
import type { FlatArguments, OnLeaves, TensorFunction } from './function.ts';
import { checkTangents, flattenArguments, runOnFloats, withValues } from './function.ts';
import { pushforward } from './pushforward.ts';

/** A result with its derivative along the tangents. */
export interface JvpResult<R extends TensorTree> {
  readonly value: R;
  /** Of the form and types of `value`; zeros where it does not move, and of integers. */
  readonly tangent: R;
}

/**
 * The value of a function and its derivative in one direction (`jax.jvp`): forward mode, one pass,
 * no matter how many results. Tensors that the function captures are constants to it.
 *
 *     const { value, tangent } = jvp((x) => x.sin(), [x], [dx]);   // tangent: cos(x) · dx
 *
 * @throws GraphError when a tangent has another type than its argument, an argument is not of a float
 * dtype, or an op on the way has no derivative.
 */
export function jvp<A extends readonly TensorTree[], R extends TensorTree>(
  f: TensorFunction<A, R>,
  primals: A,
  tangents: { readonly [K in keyof A]: A[K] },
): JvpResult<R> {
  const { value, push } = linearizeAt(f, flattenArguments(primals, 'jvp'), 'jvp');
  return {
    value,
    tangent: push(flattenArguments(tangents as readonly TensorTree[], 'jvp: tangents')),
  };
}

/**
 * The value of a function and its derivative as a linear function of tangents (`jax.linearize`):
 * what does not depend on the tangents is in the graph once, however often `push` is called.
 *
 *     const { value, push } = linearize((x, y) => x.mul(y), x, y);
 *     const tangent = push(dx, dy);
 */
export function linearize<A extends readonly TensorTree[], R extends TensorTree>(
  f: TensorFunction<A, R>,
  ...primals: A
): { readonly value: R; push(...tangents: { readonly [K in keyof A]: A[K] }): R } {
  const { value, push } = linearizeAt(f, flattenArguments(primals, 'linearize'), 'linearize');
  return { value, push: (...tangents) => push(flattenArguments(tangents, 'linearize: tangents')) };
}

function linearizeAt<R extends TensorTree>(
  f: (...args: never) => R,
  args: FlatArguments,
  what: string,
): { readonly value: R; push(tangents: FlatArguments): R } {
  const { leaves, result } = runOnFloats(f, args, what);
  const value = result.rebuild(withValues(result.leaves, leaves, args.leaves)) as R;
  const push = (tangents: FlatArguments): R => {
    checkTangents(args, tangents, what);
    const moved = pushforward(result.leaves, leaves, tangents.leaves);
    return result.rebuild(withValues(orZeros(moved, result), leaves, args.leaves)) as R;
  };
  return { value, push };
}

const orZeros = (tensors: readonly (Tensor | null)[], { leaves }: OnLeaves['result']): Tensor[] =>
  tensors.map((t, i) => t ?? zerosLike(leaves[i] as Tensor));

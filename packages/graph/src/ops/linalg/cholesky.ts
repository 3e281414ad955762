import { routine } from '../../define.ts';
import type { Tensor } from '../../node.ts';
import { make1 } from '../../node.ts';
import type { RoutineOp, TensorType } from '../../op.ts';
import { eachMatrix } from '../../reference/linalg/matrix.ts';
import { choleskyOf } from '../../reference/linalg/triangles.ts';
import { leadingAxis } from '../../transforms/batch-rules.ts';
import { foldedLower, halfLower, product, symmetrized, transposed } from './algebra.ts';
import { factorizationWork, onMatrices, requireWide, squareShape } from './matrices.ts';
import { triangular } from './triangular.ts';

export const choleskyOp: RoutineOp = routine({
  name: 'cholesky',
  doc: 'L with L·Lᵀ = x, lower; reads the lower triangle of x; fails where x is not positive definite',
  attributes: {},
  fails: true,
  work: ([x]) => factorizationWork(x as TensorType),
  infer([x]) {
    squareShape(x as TensorType);
    requireWide(x as TensorType);
    return [x as TensorType];
  },
  evaluate: (operands, _, types) =>
    eachMatrix(operands, types, ([a]) => [a ? choleskyOf(a).data : []]),
  // L⁻ᵀ·Φ(Lᵀ·L̄)·L⁻¹ (Murray, Differentiation of the Cholesky decomposition, 2016), folded into the
  // triangle that is read.
  vjp: ({ outputs: [l], cotangents: [ct] }) => {
    if (!l || !ct) return [null];
    const inner = halfLower(product(transposed(l), ct));
    const left = triangular(l, inner, { transposeA: true });
    const both = transposed(triangular(l, transposed(left), { transposeA: true }));
    return [foldedLower(both)];
  },
  batch: leadingAxis,
  test: { ulp: 64, part: 1e-5 },
});

/**
 * The Cholesky factor of symmetric positive definite matrices: L, lower, with L·Lᵀ = x.
 * `[..., n, n]` gives the same shape. What is factored is (x + xᵀ) / 2; with `symmetrize: false`
 * the lower triangle of x alone is read, and the gradient lies there alone. f16 and bf16 are
 * computed in f32.
 *
 *     const l = cholesky(covariance);
 *     const x = triangularSolve(l, noise);
 *
 * Gradient: Murray, Differentiation of the Cholesky decomposition (2016), as in Giles, Collected
 * matrix derivative results (2008).
 *
 * @throws GraphError when x is not square or no float. A call fails, with the matrix's place in the
 * batch, where a matrix is not positive definite or not finite.
 */
export function cholesky(x: Tensor, options: { readonly symmetrize?: boolean } = {}): Tensor {
  return onMatrices('cholesky', [x], ([a], narrow) => {
    squareShape((a as Tensor).type);
    const read = (options.symmetrize ?? true) ? symmetrized(a as Tensor) : (a as Tensor);
    return narrow(make1(choleskyOp, [read], {}));
  });
}

import { composite } from '../../composite.ts';
import type { Dim } from '../../dim.ts';
import type { Tensor } from '../../node.ts';
import { make1 } from '../../node.ts';
import type { CompositeOp, TensorType } from '../../op.ts';
import { leadingAxis } from '../../transforms/batch-rules.ts';
import { broadcastInDim } from '../axes.ts';
import { neg } from '../math.ts';
import { identityMatrix, product, transposed } from './algebra.ts';
import { factored, permuted } from './lu.ts';
import { onMatrices, requireWide, squareShape } from './matrices.ts';
import { checkSystem, triangular, withRightSides } from './triangular.ts';

/** a⁻¹·b from the LU factorization of `a`. */
function solved(a: Tensor, b: Tensor): Tensor {
  const [packed, permutation] = factored(a);
  const y = triangular(packed, permuted(b, permutation, 'there'), { unitDiagonal: true });
  return triangular(packed, y, { lower: false });
}

/** a⁻ᵀ·b from the same factorization. */
export function solvedTransposed(a: Tensor, b: Tensor): Tensor {
  const [packed, permutation] = factored(a);
  const y = triangular(packed, b, { lower: false, transposeA: true });
  const x = triangular(packed, y, { transposeA: true, unitDiagonal: true });
  return permuted(x, permutation, 'back');
}

export const solveOp: CompositeOp = composite({
  name: 'solve',
  accumulates: true,
  doc: 'X with a·X = b, by LU with partial pivoting; fails where a pivot is 0',
  inputs: 2,
  decompose([a, b]) {
    checkSystem((a as Tensor).type, (b as Tensor).type);
    requireWide((a as Tensor).type);
    return [solved(a as Tensor, b as Tensor)];
  },
  // B̄ = A⁻ᵀ·X̄ and Ā = −B̄·Xᵀ (Giles 2008, 2.2.3 and 2.3.1); the factorization is that of the value.
  vjp: ({ inputs: [a], outputs: [x], cotangents: [ct] }) => {
    if (!a || !x || !ct) return [null, null];
    const cb = solvedTransposed(a, ct);
    return [neg(product(cb, transposed(x))), cb];
  },
  batch: leadingAxis,
  test: { ulp: 256, part: 1e-5 },
});

export const inverseOp: CompositeOp = composite({
  name: 'inverse',
  accumulates: true,
  doc: 'x⁻¹ of square matrices; fails where a pivot is 0',
  decompose([x]) {
    const a = x as Tensor;
    const { rows } = squareShape(a.type);
    requireWide(a.type);
    return [solved(a, repeated(identityMatrix(rows, a.dtype), a.type))];
  },
  // −Yᵀ·Ȳ·Yᵀ (Giles 2008, 2.2.3).
  vjp: ({ outputs: [y], cotangents: [ct] }) =>
    y && ct ? [neg(product(transposed(y), ct, transposed(y)))] : [null],
  batch: leadingAxis,
  test: { ulp: 256, part: 1e-5 },
});

function repeated(matrix: Tensor, { shape }: TensorType): Tensor {
  const axes = [shape.length - 2, shape.length - 1];
  return broadcastInDim(matrix, shape as readonly Dim[], axes);
}

/**
 * x with a·x = b for square matrices `a`, `[..., n, n]`, by LU factorization with partial pivoting;
 * b is `[..., n, k]`, or a vector `[n]`. Batch axes broadcast. f16 and bf16 are computed in f32.
 *
 *     const x = solve(a, b);        // f32[4, 3, 3], f32[3] -> f32[4, 3]
 *
 * Gradient: Giles, Collected matrix derivative results (2008), 2.2.3.
 *
 * @throws GraphError when shapes do not fit. A call fails, with the matrix's place in the batch,
 * where a matrix is singular (a pivot is exactly 0; one that is nearly so gives large numbers) or
 * not finite.
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  return onMatrices('solve', [a, b], ([left, right], narrow) => {
    const { rows } = squareShape((left as Tensor).type);
    return narrow(
      withRightSides(left as Tensor, right as Tensor, rows, (l, r) => make1(solveOp, [l, r], {})),
    );
  });
}

/**
 * The inverses of square matrices, `[..., n, n]`. `solve(a, b)` is faster and more exact than
 * `inverse(a).matmul(b)`. f16 and bf16 are computed in f32.
 *
 *     const y = inverse(x);
 *
 * Gradient: Giles, Collected matrix derivative results (2008), 2.2.3.
 *
 * @throws GraphError when x is not square or no float. A call fails as that of `solve` does.
 */
export function inverse(x: Tensor): Tensor {
  return onMatrices('inverse', [x], ([a], narrow) => narrow(make1(inverseOp, [a as Tensor], {})));
}

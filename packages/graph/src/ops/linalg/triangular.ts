import { broadcastShapes, broadcastToShape } from '../../coerce.ts';
import { routine } from '../../define.ts';
import type { Dim } from '../../dim.ts';
import { dimEqual, elementCount } from '../../dim.ts';
import { TypeRuleError } from '../../errors.ts';
import type { Tensor } from '../../node.ts';
import { make1 } from '../../node.ts';
import type { RoutineOp, TensorType } from '../../op.ts';
import type { Matrix } from '../../reference/linalg/matrix.ts';
import { eachMatrix } from '../../reference/linalg/matrix.ts';
import { triangularSolveOf } from '../../reference/linalg/triangles.ts';
import { leadingAxis } from '../../transforms/batch-rules.ts';
import { reshapeTo, shapeText } from '../axes.ts';
import { neg } from '../math.ts';
import { tril, triu } from '../views.ts';
import { product, transposed } from './algebra.ts';
import { matrixShape, onMatrices, requireWide, sameBatch, squareShape } from './matrices.ts';

export const triangularSolveOp: RoutineOp = routine({
  name: 'triangularSolve',
  doc: 'X with a·X = b (transposeA: aᵀ·X = b), a lower or upper triangular; fails where its diagonal has a 0',
  attributes: { lower: 'bool', transposeA: 'bool', unitDiagonal: 'bool' },
  inputs: 2,
  fails: true,
  work: ([a, b]) => elementCount([...(b?.shape ?? []), a?.shape.at(-1) ?? 1]),
  infer([a, b]) {
    checkSystem(a as TensorType, b as TensorType);
    requireWide(a as TensorType);
    return [b as TensorType];
  },
  evaluate: (operands, attrs, types) =>
    eachMatrix(operands, types, ([a, b]) => [
      triangularSolveOf(a as Matrix, b as Matrix, attrs).data,
    ]),
  // B̄ = A⁻ᵀ·X̄ and Ā = −B̄·Xᵀ (Giles 2008, 2.3), of which the triangle that is read.
  vjp: ({ inputs: [a], outputs: [x], cotangents: [ct], attrs }) => {
    if (!a || !x || !ct) return [null, null];
    const { lower, transposeA, unitDiagonal } = attrs;
    const cb = make1(triangularSolveOp, [a, ct], { ...attrs, transposeA: !transposeA });
    const ca = neg(transposeA ? product(x, transposed(cb)) : product(cb, transposed(x)));
    const beside = unitDiagonal ? 1 : 0;
    return [lower ? tril(ca, -beside) : triu(ca, beside), cb];
  },
  batch: leadingAxis,
  test: { ulp: 64, part: 1e-5 },
});

/** Right-hand sides fit the system: `[..., n, n]` and `[..., n, k]` of one batch and dtype. */
export function checkSystem(a: TensorType, b: TensorType): void {
  const [left, right] = [squareShape(a), matrixShape(b)];
  if (!dimEqual(left.rows, right.rows) || !sameBatch(left.batch, right.batch)) {
    throw new TypeRuleError(
      'shape-mismatch',
      `a is ${shapeText(a.shape)}, b is ${shapeText(b.shape)}`,
      'give b as many rows as a',
    );
  }
  if (a.dtype !== b.dtype)
    throw new TypeRuleError('dtype-mix', `a is ${a.dtype}, b is ${b.dtype}`, 'cast one of them');
}

export interface TriangularSolveOptions {
  /** Which triangle of `a` is read; default true: the lower one. */
  readonly lower?: boolean;
  /** Solve aᵀ·x = b; default false. */
  readonly transposeA?: boolean;
  /** Take the diagonal of `a` as ones, unread; default false. */
  readonly unitDiagonal?: boolean;
}

/** The primitive, where operands fit already. */
export function triangular(a: Tensor, b: Tensor, options: TriangularSolveOptions = {}): Tensor {
  const { lower = true, transposeA = false, unitDiagonal = false } = options;
  return make1(triangularSolveOp, [a, b], { lower, transposeA, unitDiagonal });
}

/**
 * Applies a solver of `[..., n, n]` and `[..., n, k]` to users' operands: b may be a vector `[n]`,
 * and batch axes broadcast.
 */
export function withRightSides(
  a: Tensor,
  b: Tensor,
  rows: Dim,
  apply: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const vector = b.rank === 1;
  const sides = vector ? reshapeTo(b, [b.shape[0] as Dim, 1]) : b;
  const right = matrixShape(sides.type);
  if (!dimEqual(rows, right.rows)) {
    throw new TypeRuleError(
      'shape-mismatch',
      `a is ${shapeText(a.shape)}, b is ${shapeText(b.shape)}`,
      'give b as many rows as a',
    );
  }
  const batch = broadcastShapes([a.shape.slice(0, -2), right.batch]);
  const wide = (t: Tensor): Tensor => broadcastToShape(t, [...batch, ...t.shape.slice(-2)]);
  const x = apply(wide(a), wide(sides));
  return vector ? reshapeTo(x, x.shape.slice(0, -1)) : x;
}

/**
 * x with a·x = b for triangular matrices `a`, `[..., n, n]`, by substitution; b is `[..., n, k]`, or
 * a vector `[n]`. Batch axes broadcast. What `a` holds beyond its triangle is not read. f16 and bf16
 * are computed in f32.
 *
 *     const whitened = triangularSolve(cholesky(covariance), centred);
 *     const x = triangularSolve(r, q.transpose().matmul(b), { lower: false });
 *
 * Gradient: Giles, Collected matrix derivative results (2008), 2.3.
 *
 * @throws GraphError when shapes do not fit. A call fails where an element of the diagonal is 0.
 */
export function triangularSolve(
  a: Tensor,
  b: Tensor,
  options: TriangularSolveOptions = {},
): Tensor {
  return onMatrices('triangularSolve', [a, b], ([left, right], narrow) => {
    const { rows } = squareShape((left as Tensor).type);
    return narrow(
      withRightSides(left as Tensor, right as Tensor, rows, (l, r) => triangular(l, r, options)),
    );
  });
}

import { composite } from '../../composite.ts';
import type { Dim } from '../../dim.ts';
import type { Tensor } from '../../node.ts';
import { make, make1 } from '../../node.ts';
import type { CompositeOp } from '../../op.ts';
import { leadingAxis } from '../../transforms/batch-rules.ts';
import { broadcastInDim, range, sumAxes } from '../axes.ts';
import { equal, where } from '../compare.ts';
import { diagonal, diagonalMatrix } from '../diagonal.ts';
import { log } from '../exponential.ts';
import { iota } from '../leaves.ts';
import { logicalOr } from '../logic.ts';
import { abs, mul, neg, sign } from '../math.ts';
import { prod } from '../reduce.ts';
import { expandDims } from '../views.ts';
import { asColumns, identityMatrix, product, transposed } from './algebra.ts';
import { factored } from './lu.ts';
import { onMatrices, requireWide, squareShape } from './matrices.ts';
import { solvedTransposed } from './solve.ts';
import { svdOp } from './svd.ts';

/** x[...] at [..., i, j]. */
function spread(x: Tensor, n: Dim): Tensor {
  return broadcastInDim(x, [...x.shape, n, n], range(x.rank));
}

export const determinantOp: CompositeOp = composite({
  name: 'determinant',
  accumulates: true,
  doc: "the determinant of square matrices, from LU's diagonal",
  decompose([x]) {
    squareShape((x as Tensor).type);
    requireWide((x as Tensor).type);
    const [packed, , parity] = factored(x as Tensor);
    return [mul(parity, prod(diagonal(packed), [-1]))];
  },
  // The gradient of det is the cofactor matrix, also where x is singular (Giles 2008, 2.2.4, which
  // has det(x)·x⁻ᵀ).
  vjp: ({ inputs: [x], cotangents: [ct] }) => {
    if (!x || !ct) return [null];
    return [mul(spread(ct, x.shape.at(-1) as Dim), make1(cofactorOp, [x], {}))];
  },
  batch: leadingAxis,
  test: { ulp: 256, part: 1e-5 },
});

export const slogdetOp: CompositeOp = composite({
  name: 'slogdet',
  accumulates: true,
  doc: 'sign and ln |det| of square matrices',
  outputs: 2,
  decompose([x]) {
    squareShape((x as Tensor).type);
    requireWide((x as Tensor).type);
    const [packed, , parity] = factored(x as Tensor);
    const pivots = diagonal(packed);
    return [mul(parity, prod(sign(pivots), [-1])), sumAxes(log(abs(pivots)), [pivots.rank - 1])];
  },
  // d ln |det x| = tr(x⁻¹·dx) (Giles 2008, 2.2.4).
  vjp: ({ inputs: [x], cotangents: [, ct] }) => {
    if (!x || !ct) return [null];
    const n = x.shape.at(-1) as Dim;
    const eye = broadcastInDim(identityMatrix(n, x.dtype), x.shape, [x.rank - 2, x.rank - 1]);
    return [mul(spread(ct, n), solvedTransposed(x, eye))];
  },
  batch: leadingAxis,
  test: { ulp: 256, part: 1e-5 },
});

export const cofactorOp: CompositeOp = composite({
  name: 'cofactor',
  accumulates: true,
  doc: 'det(x)·x⁻ᵀ, also where x is singular: det(U)·det(V)·U·diag(Π s without its own)·Vᵀ',
  decompose([x]) {
    squareShape((x as Tensor).type);
    const { u, s, vt, turn } = turned(x as Tensor);
    const others = mul(prod(without(s, 1), [-1]), expandDims(turn, -1));
    return [product(mul(u, asColumns(others, u.shape.at(-2) as Dim)), vt)];
  },
  // In the bases of U and V the determinant is Π s: its second derivatives are Π s without two of
  // them, by pairs of diagonal elements, and minus that by pairs (i, j), (j, i).
  vjp: ({ inputs: [x], cotangents: [ct] }) => {
    if (!x || !ct) return [null];
    const { u, s, vt, turn } = turned(x);
    const n = s.shape.at(-1) as Dim;
    const pairs = mul(prod(without(s, 2), [-1]), spread(turn, n));
    const inner = product(transposed(u), ct, transposed(vt));
    const { row, column } = { row: iota([n, n], 0), column: iota([n, n], 1) };
    const distinct = where(equal(row, column), 0, pairs);
    const own = sumAxes(mul(distinct, asColumns(diagonal(inner), n)), [s.rank]);
    const beside = neg(mul(distinct, transposed(inner)));
    return [product(u, where(equal(row, column), diagonalMatrix(own), beside), vt)];
  },
  batch: leadingAxis,
  test: { ulp: 512, part: 1e-5 },
});

// The SVD, and det(U·Vᵀ): 1 or −1.
function turned(x: Tensor): { u: Tensor; s: Tensor; vt: Tensor; turn: Tensor } {
  const [u, s, vt] = make(svdOp, [x], {}) as readonly [Tensor, Tensor, Tensor];
  const [packed, , parity] = factored(product(u, vt));
  return { u, s, vt, turn: mul(parity, prod(sign(diagonal(packed)), [-1])) };
}

// s along a new last axis, with 1 in place of element i (count 1: [..., i, k]), or of elements i and
// j (count 2: [..., i, j, k]).
function without(s: Tensor, count: 1 | 2): Tensor {
  const n = s.shape.at(-1) as Dim;
  const batch = s.rank - 1;
  const places = count === 1 ? [n, n] : [n, n, n];
  const wide = broadcastInDim(
    s,
    [...s.shape.slice(0, -1), ...places],
    [...range(batch), batch + count],
  );
  const last = iota(places, count);
  const own = range(count).map((axis) => equal(iota(places, axis), last));
  return where(
    own.reduce((a, b) => logicalOr(a, b)),
    1,
    wide,
  );
}

/**
 * The determinants of square matrices, `[..., n, n]` to `[...]`; 0 of a singular one. f16 and bf16
 * are computed in f32.
 *
 *     const volume = determinant(x).abs();
 *
 * Gradient: the cofactor matrix, defined and finite everywhere (cf. Giles, Collected matrix
 * derivative results, 2008, 2.2.4).
 *
 * @throws GraphError when x is not square or no float. A call fails where a matrix is not finite.
 */
export function determinant(x: Tensor): Tensor {
  return onMatrices('determinant', [x], ([a], narrow) =>
    narrow(make1(determinantOp, [a as Tensor], {})),
  );
}

/** What `slogdet` gives: det(x) = sign·exp(logAbsDet). */
export interface SlogdetResult {
  /** 1, −1, or 0 of a singular matrix; `[...]`. No gradient flows through it. */
  readonly sign: Tensor;
  /** ln |det|, −∞ of a singular matrix; `[...]`. */
  readonly logAbsDet: Tensor;
}

/**
 * Sign and logarithm of the determinants of square matrices, `[..., n, n]`: no overflow where the
 * determinant has one. f16 and bf16 are computed in f32.
 *
 *     const { logAbsDet } = slogdet(covariance);
 *
 * Gradient: x⁻ᵀ (Giles, Collected matrix derivative results, 2008, 2.2.4); it fails where x is
 * singular.
 *
 * @throws GraphError when x is not square or no float. A call fails where a matrix is not finite.
 */
export function slogdet(x: Tensor): SlogdetResult {
  return onMatrices('slogdet', [x], ([a], narrow) => {
    const [parity, size] = make(slogdetOp, [a as Tensor], {}) as readonly [Tensor, Tensor];
    return { sign: narrow(parity), logAbsDet: narrow(size) };
  });
}

/**
 * The cofactor matrices of square matrices, `[..., n, n]`: det(x)·x⁻ᵀ, also where x is singular. By
 * SVD. f16 and bf16 are computed in f32.
 *
 *     const adjugate = cofactor(x).transpose();   // x·adjugate = det(x)·I
 *
 * @throws As `determinant`.
 */
export function cofactor(x: Tensor): Tensor {
  return onMatrices('cofactor', [x], ([a], narrow) => narrow(make1(cofactorOp, [a as Tensor], {})));
}

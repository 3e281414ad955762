import { composite } from '../../composite.ts';
import type { Dim } from '../../dim.ts';
import { dimEqual } from '../../dim.ts';
import { TypeRuleError } from '../../errors.ts';
import type { Tensor } from '../../node.ts';
import { make, make1 } from '../../node.ts';
import type { CompositeOp } from '../../op.ts';
import { leadingAxis } from '../../transforms/batch-rules.ts';
import { sumAxes } from '../axes.ts';
import { cast } from '../cast.ts';
import { greater } from '../compare.ts';
import { stopGradient } from '../gradient.ts';
import { add, mul, neg, sub } from '../math.ts';
import { max } from '../reduce.ts';
import { asRows, epsilonOf, noise, product, reciprocalAbove, transposed } from './algebra.ts';
import { matrixShape, onMatrices, sameBatch } from './matrices.ts';
import { svdOp, svdvals } from './svd.ts';
import { withRightSides } from './triangular.ts';

/** Stands for max(m, n)·ε in the attribute `rcond`. */
const byPrecision = -1;

export const pinvOp: CompositeOp = composite({
  name: 'pinv',
  accumulates: true,
  doc: 'V·diag(1/s where s > rcond·max s, else 0)·Uᵀ; rcond −1: max(m, n)·ε',
  attributes: { rcond: 'float' },
  decompose([x], { rcond }) {
    const [u, s, vt] = make(svdOp, [x as Tensor], {}) as readonly [Tensor, Tensor, Tensor];
    const inverse = reciprocalAbove(s, threshold(x as Tensor, s, rcond));
    const scaled = mul(transposed(u), asRows(inverse, u.shape.at(-2) as Dim));
    return [product(transposed(vt), scaled)];
  },
  // −Pᵀ·P̄·Pᵀ + (I − A·P)·P̄ᵀ·P·Pᵀ + Pᵀ·P·P̄ᵀ·(I − P·A) (Golub and Pereyra, The differentiation of
  // pseudo-inverses, 1973): no singular values, so none that repeat.
  vjp: ({ inputs: [a], outputs: [p], cotangents: [ct] }) => {
    if (!a || !p || !ct) return [null];
    const [pt, ctt] = [transposed(p), transposed(ct)];
    const left = product(ctt, p, pt);
    const right = product(pt, p, ctt);
    const first = neg(product(pt, ct, pt));
    const second = sub(left, product(a, product(p, left)));
    const third = sub(right, product(product(right, p), a));
    return [add(first, add(second, third))];
  },
  batch: leadingAxis,
  test: { ulp: 512, part: 1e-5 },
});

export const lstsqOp: CompositeOp = composite({
  name: 'lstsq',
  accumulates: true,
  doc: 'pinv(a)·b: the shortest of the X with the least ‖a·X − b‖; rcond as of pinv',
  attributes: { rcond: 'float' },
  inputs: 2,
  decompose([a, b], attrs) {
    const [left, right] = [matrixShape((a as Tensor).type), matrixShape((b as Tensor).type)];
    if (!dimEqual(left.rows, right.rows) || !sameBatch(left.batch, right.batch))
      throw new TypeRuleError('shape-mismatch', `a is ${a}, b is ${b}`, 'give b as many rows as a');
    return [product(make1(pinvOp, [a as Tensor], attrs), b as Tensor)];
  },
  batch: leadingAxis,
  test: { ulp: 512, part: 1e-5 },
});

/** Singular values up to this count as 0, `[..., 1]`. */
function threshold(a: Tensor, s: Tensor, rcond: number): Tensor {
  const [m, n] = a.shape.slice(-2) as [Dim, Dim];
  if (rcond === byPrecision) return noise(s, m, n, epsilonOf(s.dtype));
  return mul(max(stopGradient(s), [-1], { keepDims: true }), rcond);
}

export interface RcondOptions {
  /** Singular values up to rcond times the largest count as 0; default max(m, n)·ε of the dtype. */
  readonly rcond?: number;
}

function rcondOf({ rcond }: RcondOptions): number {
  if (rcond === undefined) return byPrecision;
  if (rcond >= 0) return rcond;
  throw new TypeRuleError('argument', `rcond is ${rcond}, expected a number from 0`);
}

/**
 * The Moore–Penrose inverses of matrices `[..., m, n]`: `[..., n, m]`, by SVD. f16 and bf16 are
 * computed in f32.
 *
 *     const x = pinv(a).matmul(b);   // of all x that bring a·x nearest to b, the shortest
 *
 * Gradient: Golub and Pereyra, The differentiation of pseudo-inverses (1973); as for a matrix that
 * keeps its rank.
 *
 * @throws GraphError when x is no float matrix, or rcond is negative. A call fails as that of `svd`.
 */
export function pinv(x: Tensor, options: RcondOptions = {}): Tensor {
  return onMatrices('pinv', [x], ([a], narrow) =>
    narrow(make1(pinvOp, [a as Tensor], { rcond: rcondOf(options) })),
  );
}

/**
 * The x with the least ‖a·x − b‖, and of those the shortest, for matrices `a`, `[..., m, n]`, of any
 * rank; b is `[..., m, k]`, or a vector `[m]`. Batch axes broadcast. By SVD, as `pinv(a)·b`.
 *
 *     const slope = lstsq(stack([t, onesLike(t)], -1), y);
 *
 * @throws As `pinv`.
 */
export function lstsq(a: Tensor, b: Tensor, options: RcondOptions = {}): Tensor {
  return onMatrices('lstsq', [a, b], ([left, right], narrow) => {
    const { rows } = matrixShape((left as Tensor).type);
    const attrs = { rcond: rcondOf(options) };
    return narrow(
      withRightSides(left as Tensor, right as Tensor, rows, (l, r) =>
        make1(lstsqOp, [l, r], attrs),
      ),
    );
  });
}

/**
 * How many singular values of matrices `[..., m, n]` are larger than rcond times the largest; i32,
 * `[...]`. No gradient flows through it.
 *
 *     matrixRank(x).less(3)
 *
 * @throws As `pinv`.
 */
export function matrixRank(x: Tensor, options: RcondOptions = {}): Tensor {
  return onMatrices('matrixRank', [x], ([a]) => {
    const wide = a as Tensor;
    const s = svdvals(wide);
    const counted = cast(greater(s, threshold(wide, s, rcondOf(options))), 'i32');
    return sumAxes(counted, [counted.rank - 1]);
  });
}

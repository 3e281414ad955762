import { composite } from '../../composite.ts';
import { routine } from '../../define.ts';
import type { Dim } from '../../dim.ts';
import { dimEqual } from '../../dim.ts';
import type { Tensor } from '../../node.ts';
import { make, make1 } from '../../node.ts';
import type { CompositeOp, RoutineOp, TensorType } from '../../op.ts';
import type { Matrix } from '../../reference/linalg/matrix.ts';
import { eachMatrix, transposed as transposedMatrix } from '../../reference/linalg/matrix.ts';
import { svdOf } from '../../reference/linalg/spectral.ts';
import { leadingAxis } from '../../transforms/batch-rules.ts';
import { diagonalMatrix } from '../diagonal.ts';
import { add, mul, sub } from '../math.ts';
import { concat, sliceAxis } from '../slice.ts';
import { expandDims } from '../views.ts';
import {
  asColumns,
  asRows,
  differences,
  epsilonOf,
  noise,
  product,
  reciprocalAbove,
  transposed,
} from './algebra.ts';
import { factorizationWork, matrixShape, onMatrices, requireWide, smaller } from './matrices.ts';
import { qr } from './qr.ts';

export const svdOp: RoutineOp = routine({
  name: 'svd',
  doc: 'x = U·diag(s)·Vᵀ, thin: U is m × k, s descending, Vᵀ k × n, k the smaller of m and n',
  attributes: {},
  outputs: 3,
  fails: true,
  work: ([x]) => factorizationWork(x as TensorType),
  infer([x]) {
    const { dtype } = x as TensorType;
    const { batch, rows, cols } = matrixShape(x as TensorType);
    requireWide(x as TensorType);
    const k = smaller(rows, cols);
    return [[rows, k], [k], [k, cols]].map((shape) => ({ dtype, shape: [...batch, ...shape] }));
  },
  evaluate: (operands, _, types) =>
    eachMatrix(operands, types, ([a]) => {
      const { u, s, v } = svdOf(a as Matrix);
      return [u.data, s, transposedMatrix(v).data];
    }),
  vjp: ({ outputs: [u, s, vt], cotangents: [cu, cs, cvt] }) => {
    if (!u || !s || !vt || (!cu && !cs && !cvt)) return [null];
    return [backward({ u, s, vt }, cu ?? undefined, cs ?? undefined, cvt ?? undefined)];
  },
  batch: leadingAxis,
  test: { ulp: 256, part: 1e-5 },
});

/**
 * Ā = U·[(F∘(UᵀŪ − ŪᵀU))·S + S·(F∘(VᵀV̄ − V̄ᵀV)) + diag(s̄)]·Vᵀ + (I − U·Uᵀ)·Ū·S⁻¹·Vᵀ +
 * U·S⁻¹·V̄ᵀ·(I − V·Vᵀ) with F[i, j] = 1 / (s[j]² − s[i]²) (Townsend, Differentiating the singular
 * value decomposition, 2016; Wan and Zhang, Automatic differentiation for complex valued SVD, 2019).
 */
function backward(
  { u, s, vt }: SvdFactors,
  cu: Tensor | undefined,
  cs: Tensor | undefined,
  cvt: Tensor | undefined,
): Tensor {
  const [m, n] = [u.shape.at(-2) as Dim, vt.shape.at(-1) as Dim];
  const none = noise(s, m, n, epsilonOf(s.dtype));
  const inner: Tensor[] = cs ? [diagonalMatrix(cs)] : [];
  const outer: Tensor[] = [];
  const f = cu || cvt ? gapsOf(s, none) : undefined;
  const inverse = reciprocalAbove(s, none);
  if (cu && f) {
    const turns = product(transposed(u), cu);
    inner.push(mul(mul(f, sub(turns, transposed(turns))), asColumns(s, s.shape.at(-1) as Dim)));
    if (!dimEqual(m, s.shape.at(-1) as Dim)) {
      const beside = mul(sub(cu, product(u, turns)), asColumns(inverse, m));
      outer.push(product(beside, vt));
    }
  }
  if (cvt && f) {
    const turns = product(vt, transposed(cvt));
    inner.push(mul(mul(f, sub(turns, transposed(turns))), asRows(s, s.shape.at(-1) as Dim)));
    if (!dimEqual(n, s.shape.at(-1) as Dim)) {
      const beside = mul(sub(cvt, product(transposed(turns), vt)), asRows(inverse, n));
      outer.push(product(u, beside));
    }
  }
  if (inner.length > 0) outer.push(product(u, sum(inner), vt));
  return sum(outer);
}

const sum = (terms: readonly Tensor[]): Tensor => terms.reduce((x, y) => add(x, y));

// 1 / (s[j]² − s[i]²), as a product that cancels less; 0 where rounding cannot tell them apart.
function gapsOf(s: Tensor, none: Tensor): Tensor {
  const k = s.shape.at(-1) as Dim;
  const total = add(asColumns(s, k), asRows(s, k));
  const wide = expandDims(none, -1);
  return mul(reciprocalAbove(differences(s), wide), reciprocalAbove(total, wide));
}

export const svdvalsOp: CompositeOp = composite({
  name: 'svdvals',
  accumulates: true,
  doc: 'the singular values of x, descending',
  fails: true,
  decompose: ([x]) => [make(svdOp, [x as Tensor], {})[1] as Tensor],
  vjp: ({ inputs: [x], cotangents: [ct] }) => {
    if (!x || !ct) return [null];
    const [u, , vt] = make(svdOp, [x], {}) as readonly [Tensor, Tensor, Tensor];
    return [product(mul(u, asColumns(ct, u.shape.at(-2) as Dim)), vt)];
  },
  batch: leadingAxis,
  test: { ulp: 256, part: 1e-5 },
});

/** What `svd` gives: x = u·diag(s)·vt. */
export interface SvdFactors {
  /** Orthonormal columns, `[..., m, k]`; with fullMatrices `[..., m, m]`. */
  readonly u: Tensor;
  /** Singular values, descending, `[..., k]`. */
  readonly s: Tensor;
  /** Orthonormal rows, `[..., k, n]`; with fullMatrices `[..., n, n]`. */
  readonly vt: Tensor;
}

export interface SvdOptions {
  /** Complete u and vt to square matrices; default false. */
  readonly fullMatrices?: boolean;
  /** False: the singular values alone, as `svdvals` gives them; default true. */
  readonly computeUv?: boolean;
}

/**
 * The singular value decomposition of matrices `[..., m, n]`, thin: k is the smaller of m and n. In
 * each column of u the first component that has at least 0.618 of the largest magnitude is positive:
 * where singular values are distinct and not 0, every runtime gives the same factors. Full matrices
 * are the thin ones completed by the full QR factorization of u and of vtᵀ. f16 and bf16 are
 * computed in f32.
 *
 *     const { u, s, vt } = svd(x);                // x = u·diag(s)·vt
 *     const s = svd(x, { computeUv: false });
 *
 * Gradient: Townsend, Differentiating the singular value decomposition (2016). Singular values that
 * differ by at most max(m, n)·ε·max s count as equal, and then 1 / (sⱼ − sᵢ) as 0; those below that
 * count as 0, and then 1 / s as 0: the gradient is finite, and right where the result does not depend
 * on the choice of vectors within a singular space. The columns that fullMatrices adds have none:
 * asking for it is an error.
 *
 * @throws GraphError when x is no float matrix. A call fails, with the matrix's place in the batch,
 * where a matrix is not finite or the algorithm does not converge.
 */
export function svd(x: Tensor, options?: SvdOptions & { readonly computeUv?: true }): SvdFactors;
export function svd(x: Tensor, options: SvdOptions & { readonly computeUv: false }): Tensor;
export function svd(x: Tensor, options: SvdOptions = {}): SvdFactors | Tensor {
  if (options.computeUv === false) return svdvals(x);
  return onMatrices('svd', [x], ([a], narrow) => {
    const [u, s, vt] = make(svdOp, [a as Tensor], {}) as readonly [Tensor, Tensor, Tensor];
    const whole = options.fullMatrices ?? false;
    return {
      u: narrow(whole ? completed(u) : u),
      s: narrow(s),
      vt: narrow(whole ? transposed(completed(transposed(vt))) : vt),
    };
  });
}

// Orthonormal columns, and those of a full QR factorization that are orthogonal to them all.
function completed(u: Tensor): Tensor {
  const [m, k] = u.shape.slice(-2) as [Dim, Dim];
  if (dimEqual(m, k)) return u;
  const { q } = qr(u, { fullMatrices: true });
  return concat([u, sliceAxis(q, -1, k)], -1);
}

/**
 * The singular values, descending, `[..., k]`, of matrices `[..., m, n]`: `svd` without vectors. The
 * gradient is finite where values repeat or are 0.
 *
 *     const condition = svdvals(x).max(-1).div(svdvals(x).min(-1));
 *
 * @throws As `svd`.
 */
export function svdvals(x: Tensor): Tensor {
  return onMatrices('svdvals', [x], ([a], narrow) => {
    matrixShape((a as Tensor).type);
    return narrow(make1(svdvalsOp, [a as Tensor], {}));
  });
}

import { routine } from '../../define.ts';
import type { Dim } from '../../dim.ts';
import { dimEqual } from '../../dim.ts';
import { userError } from '../../fail.ts';
import type { Tensor } from '../../node.ts';
import { make } from '../../node.ts';
import type { RoutineOp, TensorType } from '../../op.ts';
import type { Matrix } from '../../reference/linalg/matrix.ts';
import { eachMatrix } from '../../reference/linalg/matrix.ts';
import { qrOf } from '../../reference/linalg/qr.ts';
import { leadingAxis } from '../../transforms/batch-rules.ts';
import { zerosLike } from '../leaves.ts';
import { add, sub } from '../math.ts';
import { concat, sliceAxis } from '../slice.ts';
import { tril } from '../views.ts';
import { mirroredLower, product, transposed } from './algebra.ts';
import { factorizationWork, matrixShape, onMatrices, requireWide, smaller } from './matrices.ts';
import { triangular } from './triangular.ts';

export const qrOp: RoutineOp = routine({
  name: 'qr',
  doc: "x = Q·R by Householder reflections, R's diagonal not negative; Q is m × min(m, n), or m × m where full",
  attributes: { fullMatrices: 'bool' },
  outputs: 2,
  fails: true,
  work: ([x]) => factorizationWork(x as TensorType),
  infer([x], { fullMatrices }) {
    const { dtype } = x as TensorType;
    const { batch, rows, cols } = matrixShape(x as TensorType);
    requireWide(x as TensorType);
    const k = fullMatrices ? rows : smaller(rows, cols);
    return [
      { dtype, shape: [...batch, rows, k] },
      { dtype, shape: [...batch, k, cols] },
    ];
  },
  evaluate: (operands, _, types) =>
    eachMatrix(operands, types, ([a]) => {
      const { q, r } = qrOf(a as Matrix, types[0]?.shape.at(-1) as number);
      return [q.data, r.data];
    }),
  vjp: ({ inputs: [x], outputs: [q, r], cotangents: [cq, cr] }) => {
    if (!x || !q || !r || (!cq && !cr)) return [null];
    const [m, n] = x.shape.slice(-2) as [Dim, Dim];
    if (!dimEqual(q.shape.at(-1) as Dim, smaller(m, n))) throw fullGradient();
    const [ctq, ctr] = [cq ?? zerosLike(q), cr ?? zerosLike(r)];
    return [dimEqual(smaller(m, n), n) ? tall(q, r, ctq, ctr) : wide(x, q, r, ctq, ctr)];
  },
  batch: leadingAxis,
  test: { ulp: 64, part: 1e-5 },
});

// Ā = (Q̄ + Q·copyltu(R·R̄ᵀ − Q̄ᵀ·Q))·R⁻ᵀ (Walter and Lehmann, Algorithmic differentiation of linear
// algebra functions, 2018; Roberts and Roberts, QR and LQ decomposition matrix backpropagation
// algorithms, 2020).
function tall(q: Tensor, r: Tensor, cq: Tensor, cr: Tensor): Tensor {
  const inner = sub(product(r, transposed(cr)), product(transposed(cq), q));
  const left = add(cq, product(q, mirroredLower(tril(inner))));
  return transposed(triangular(r, transposed(left), { lower: false }));
}

// X = Q·U for the leading square block, V = Qᵀ·Y for the rest (Roberts and Roberts 2020, 3.2).
function wide(x: Tensor, q: Tensor, r: Tensor, cq: Tensor, cr: Tensor): Tensor {
  const m = q.shape.at(-1) as Dim;
  const [u, cu, cv] = [columns(r, 0, m), columns(cr, 0, m), columns(cr, m)];
  const whole = add(cq, product(columns(x, m), transposed(cv)));
  return concat([tall(q, u, whole, cu), product(q, cv)], -1);
}

const columns = (x: Tensor, from: Dim, to?: Dim): Tensor => sliceAxis(x, -1, from, to);

const fullGradient = (): Error =>
  userError({
    code: 'no-gradient',
    message:
      'qr with fullMatrices has no gradient where x has more rows than columns: x does not determine the other columns of q',
    cure: 'leave fullMatrices out, or put stopGradient() around x',
  });

/** What `qr` gives: x = q·r. */
export interface QrFactors {
  /** Orthonormal columns, `[..., m, k]`. */
  readonly q: Tensor;
  /** Upper triangular (trapezoidal where x is wide), `[..., k, n]`; its diagonal is not negative. */
  readonly r: Tensor;
}

/**
 * The QR factorization of matrices `[..., m, n]`, k the smaller of m and n; with `fullMatrices` q is
 * `[..., m, m]` and r `[..., m, n]`. The diagonal of r is not negative, which makes the
 * factorization of a matrix of full rank unique, the same on every runtime. f16 and bf16 are
 * computed in f32.
 *
 *     const { q, r } = qr(x);   // f32[5, 3] -> q: f32[5, 3], r: f32[3, 3]
 *
 * Gradient: Walter and Lehmann, Algorithmic differentiation of linear algebra functions (2018). It
 * needs the leading k columns of x to be independent, and fails where they are not. Of full
 * matrices there is one where m ≤ n.
 *
 * @throws GraphError when x is no float matrix, or a gradient of full matrices is asked for where
 * there is none. A call fails where a matrix is not finite.
 */
export function qr(x: Tensor, options: { readonly fullMatrices?: boolean } = {}): QrFactors {
  return onMatrices('qr', [x], ([a], narrow) => {
    const { fullMatrices = false } = options;
    const [q, r] = make(qrOp, [a as Tensor], { fullMatrices }) as readonly [Tensor, Tensor];
    return { q: narrow(q), r: narrow(r) };
  });
}

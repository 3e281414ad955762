import { routine } from '../../define.ts';
import type { Dim } from '../../dim.ts';
import { dimEqual } from '../../dim.ts';
import type { Tensor } from '../../node.ts';
import { make, make1 } from '../../node.ts';
import type { RoutineOp, TensorType } from '../../op.ts';
import type { Matrix } from '../../reference/linalg/matrix.ts';
import { eachMatrix } from '../../reference/linalg/matrix.ts';
import { luOf } from '../../reference/linalg/triangles.ts';
import { leadingAxis } from '../../transforms/batch-rules.ts';
import { broadcastInDim, range, sumAxes } from '../axes.ts';
import { equal, where } from '../compare.ts';
import { takeAlongAxisOp } from '../indexing.ts';
import { iota } from '../leaves.ts';
import { add, sub } from '../math.ts';
import { concat, sliceAxis } from '../slice.ts';
import { tril, triu } from '../views.ts';
import { identityMatrix, product, transposed } from './algebra.ts';
import { factorizationWork, matrixShape, onMatrices, requireWide, smaller } from './matrices.ts';
import { triangular } from './triangular.ts';

export const luOp: RoutineOp = routine({
  name: 'lu',
  doc: 'x[permutation] = L·U with partial pivoting: L below the diagonal (its own is 1) and U, packed; the permutation; its sign',
  attributes: {},
  outputs: 3,
  fails: true,
  work: ([x]) => factorizationWork(x as TensorType),
  infer([x]) {
    const type = x as TensorType;
    const { batch, rows } = matrixShape(type);
    requireWide(type);
    return [type, { dtype: 'i32', shape: [...batch, rows] }, { dtype: type.dtype, shape: batch }];
  },
  evaluate: (operands, _, types) =>
    eachMatrix(operands, types, ([a]) => {
      const { packed, permutation, sign } = luOf(a as Matrix);
      return [packed.data, permutation, [sign]];
    }),
  vjp: ({ outputs: [packed, permutation], cotangents: [ct] }) => {
    if (!packed || !permutation || !ct) return [null];
    return [permuted(backward(packed, ct), permutation, 'back')];
  },
  batch: leadingAxis,
  test: { ulp: 64, part: 1e-5 },
});

/** Rows of x, `[..., n, k]`, in the order of a permutation `[..., n]`, or back from it. */
export function permuted(x: Tensor, permutation: Tensor, direction: 'there' | 'back'): Tensor {
  const order = direction === 'there' ? permutation : inverted(permutation);
  const places = broadcastInDim(order, x.shape, range(order.rank));
  return make1(takeAlongAxisOp, [x, places], { axis: x.rank - 2 });
}

/** At place permutation[i] stands i. */
function inverted(permutation: Tensor): Tensor {
  const n = permutation.shape.at(-1) as Dim;
  const square = [...permutation.shape, n];
  const last = permutation.rank;
  const found = equal(broadcastInDim(permutation, square, range(last)), iota(square, last));
  return sumAxes(where(found, iota(square, last - 1), 0), [last - 1]);
}

// With k = min(m, n), P·A = [L1; L2]·[U1, U2] and L1, U1 square: U2 = L1⁻¹·A2 and L2 = A2'·U1⁻¹ give
// their own parts, and dA1 = dL1·U1 + L1·dU1 the square one (Giles 2008, 2; cf. de Hoog, Anderssen
// and Lukas, Differentiation of matrix functionals using triangular factorization, 2011).
function backward(packed: Tensor, ct: Tensor): Tensor {
  const [m, n] = packed.shape.slice(-2) as [Dim, Dim];
  const k = smaller(m, n);
  const square = (x: Tensor): Tensor => rows(columns(x, 0, k), 0, k);
  const lu = square(packed);
  let below = product(transposed(unitLower(lu)), tril(square(ct), -1));
  let above = product(triu(square(ct)), transposed(triu(lu)));
  const wide = !dimEqual(k, n);
  const tall = !dimEqual(k, m);
  const cu2 = wide ? columns(ct, k, n) : undefined;
  const cl2 = tall ? rows(ct, k, m) : undefined;
  if (cu2) below = sub(below, product(cu2, transposed(columns(packed, k, n))));
  if (cl2) above = sub(above, product(transposed(rows(packed, k, m)), cl2));
  const middle = add(tril(below, -1), triu(above));
  // Y = L1⁻ᵀ·middle·U1⁻ᵀ.
  const left = triangular(lu, middle, { transposeA: true, unitDiagonal: true });
  const first = transposed(triangular(lu, transposed(left), { lower: false }));
  const parts = [first];
  if (cu2) parts.push(triangular(lu, cu2, { transposeA: true, unitDiagonal: true }));
  const top = parts.length > 1 ? concat(parts, -1) : first;
  if (!cl2) return top;
  const bottom = transposed(triangular(lu, transposed(cl2), { lower: false }));
  return concat([top, bottom], -2);
}

const rows = (x: Tensor, from: Dim, to: Dim): Tensor => sliceAxis(x, -2, from, to);
const columns = (x: Tensor, from: Dim, to: Dim): Tensor => sliceAxis(x, -1, from, to);

function unitLower(packed: Tensor): Tensor {
  const n = packed.shape.at(-1) as Dim;
  return add(tril(packed, -1), identityMatrix(n, packed.dtype));
}

/** The packed factors, the permutation and its sign, of f32 or f64 matrices. */
export function factored(x: Tensor): readonly [packed: Tensor, permutation: Tensor, sign: Tensor] {
  return make(luOp, [x], {}) as unknown as [Tensor, Tensor, Tensor];
}

/** What `lu` gives: `x[permutation] = l·u`. */
export interface LuFactors {
  /** Lower trapezoidal with a diagonal of 1, `[..., m, k]`, k the smaller of m and n. */
  readonly l: Tensor;
  /** Upper trapezoidal, `[..., k, n]`. */
  readonly u: Tensor;
  /** Row i of l·u is row permutation[i] of x; i32, `[..., m]`. */
  readonly permutation: Tensor;
}

/**
 * The LU factorization of matrices `[..., m, n]` with partial pivoting. A singular matrix has one;
 * its u has a 0 on the diagonal, and its gradient fails. f16 and bf16 are computed in f32.
 *
 *     const { l, u, permutation } = lu(x);   // x[permutation] = l·u
 *
 * @throws GraphError when x is no float matrix. A call fails where a matrix is not finite.
 */
export function lu(x: Tensor): LuFactors {
  return onMatrices('lu', [x], ([a], narrow) => {
    const { rows: m, cols: n } = matrixShape((a as Tensor).type);
    const k = smaller(m, n);
    const [packed, permutation] = factored(a as Tensor);
    const l = add(tril(columns(packed, 0, k), -1), identityMatrix(m, packed.dtype, k));
    return { l: narrow(l), u: narrow(triu(rows(packed, 0, k))), permutation };
  });
}

import { composite } from '../../composite.ts';
import type { Dim } from '../../dim.ts';
import { TypeRuleError } from '../../errors.ts';
import type { Tensor } from '../../node.ts';
import { checked, make1 } from '../../node.ts';
import type { CompositeOp } from '../../op.ts';
import { leadingAxis } from '../../transforms/batch-rules.ts';
import { broadcastInDim, range, sumAxes } from '../axes.ts';
import { equal, where } from '../compare.ts';
import { sqrt } from '../exponential.ts';
import { abs, mul } from '../math.ts';
import { max, min } from '../reduce.ts';
import { identityMatrix, product } from './algebra.ts';
import { matrixShape, squareShape } from './matrices.ts';
import { inverse } from './solve.ts';
import { svdvals } from './svd.ts';

/**
 * Which norm of a matrix: Frobenius, nuclear (Σ singular values), largest and smallest sum of
 * magnitudes of a column (1, −1) and of a row (∞, −∞), largest and smallest singular value (2, −2).
 */
export type MatrixNormOrder = 'fro' | 'nuc' | 'inf' | '-inf' | 1 | -1 | 2 | -2;

const byName: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  fro: frobenius,
  nuc: (x) => sumAxes(svdvals(x), [x.rank - 2]),
  '2': (x) => max(svdvals(x), [-1]),
  '-2': (x) => min(svdvals(x), [-1]),
  '1': (x) => max(sumAxes(abs(x), [x.rank - 2]), [-1]),
  '-1': (x) => min(sumAxes(abs(x), [x.rank - 2]), [-1]),
  inf: (x) => max(sumAxes(abs(x), [x.rank - 1]), [-1]),
  '-inf': (x) => min(sumAxes(abs(x), [x.rank - 1]), [-1]),
};

// The gradient at 0 is 0.
function frobenius(x: Tensor): Tensor {
  const axes = [x.rank - 2, x.rank - 1];
  const squares = sumAxes(mul(x, x), axes);
  const none = equal(squares, 0);
  return where(none, 0, sqrt(where(none, 1, squares)));
}

export const matrixNormOp: CompositeOp = composite({
  name: 'matrixNorm',
  doc: 'a norm of matrices: fro, nuc, 1, -1, 2, -2, inf or -inf',
  attributes: { ord: 'string' },
  precision: 'accumulate',
  decompose([x], { ord }) {
    matrixShape((x as Tensor).type);
    const norm = byName[ord];
    if (norm) return [norm(x as Tensor)];
    throw new TypeRuleError(
      'argument',
      `there is no norm '${ord}'`,
      `give one of ${Object.keys(byName).join(', ')}`,
    );
  },
  batch: leadingAxis,
  test: { ulp: 256, part: 1e-5 },
});

/**
 * A norm of matrices, `[..., m, n]` to `[...]`; the Frobenius norm by default. f16 and bf16 are
 * computed in f32. The gradient at a zero matrix is finite: 0 of the Frobenius norm, one of the
 * subgradients of the others.
 *
 *     const decay = matrixNorm(weight, 'nuc');
 *     const largest = matrixNorm(weight, 2);
 *
 * @throws GraphError when x is no float matrix, or there is no such norm.
 */
export function matrixNorm(x: Tensor, ord: MatrixNormOrder | number = 'fro'): Tensor {
  const name = ord === Infinity ? 'inf' : ord === -Infinity ? '-inf' : String(ord);
  return make1(matrixNormOp, [x], { ord: name });
}

/**
 * Products of square matrices `[..., n, n]` with themselves, n times: by repeated squaring; of the
 * inverse where n is negative, the identity where it is 0.
 *
 *     const after10 = matrixPower(transition, 10);
 *
 * @throws GraphError when x is not square or no float, or n is no integer. With a negative n, a call
 * fails as that of `inverse`.
 */
export function matrixPower(x: Tensor, n: number): Tensor {
  return checked(`matrixPower(${x}, ${n})`, () => {
    const { rows } = squareShape(x.type);
    if (!Number.isSafeInteger(n))
      throw new TypeRuleError('argument', `the exponent is ${n}, expected an integer`);
    if (n === 0) return identityLike(x, rows);
    return power(n < 0 ? inverse(x) : x, Math.abs(n));
  });
}

function identityLike(x: Tensor, n: Dim): Tensor {
  const axes = range(x.rank).slice(-2);
  return broadcastInDim(identityMatrix(n, x.dtype), x.shape, axes);
}

function power(x: Tensor, n: number): Tensor {
  if (n === 1) return x;
  const half = power(x, Math.floor(n / 2));
  const even = product(half, half);
  return n % 2 === 0 ? even : product(even, x);
}

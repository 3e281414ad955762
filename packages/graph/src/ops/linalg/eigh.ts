import { composite } from '../../composite.ts';
import { routine } from '../../define.ts';
import type { Dim } from '../../dim.ts';
import type { Tensor } from '../../node.ts';
import { make, make1 } from '../../node.ts';
import type { CompositeOp, RoutineOp, TensorType } from '../../op.ts';
import type { Matrix } from '../../reference/linalg/matrix.ts';
import { eachMatrix } from '../../reference/linalg/matrix.ts';
import { eighOf } from '../../reference/linalg/spectral.ts';
import { leadingAxis } from '../../transforms/batch-rules.ts';
import { add, mul } from '../math.ts';
import { expandDims } from '../views.ts';
import {
  asColumns,
  differences,
  epsilonOf,
  foldedLower,
  noise,
  product,
  reciprocalAbove,
  symmetrized,
  transposed,
} from './algebra.ts';
import { factorizationWork, onMatrices, requireWide, squareShape } from './matrices.ts';

export const eighOp: RoutineOp = routine({
  name: 'eigh',
  doc: 'eigenvalues, ascending, and eigenvectors in columns, of symmetric matrices; reads the lower triangle of x',
  attributes: {},
  outputs: 2,
  fails: true,
  work: ([x]) => factorizationWork(x as TensorType),
  infer([x]) {
    const type = x as TensorType;
    squareShape(type);
    requireWide(type);
    return [{ dtype: type.dtype, shape: type.shape.slice(0, -1) }, type];
  },
  evaluate: (operands, _, types) =>
    eachMatrix(operands, types, ([a]) => {
      const { w, v } = eighOf(a as Matrix);
      return [w, v.data];
    }),
  // V·(diag(w̄) + F∘(Vᵀ·V̄))·Vᵀ with F[i, j] = 1 / (w[j] − w[i]) (Giles 2008, 3.1), folded into the
  // triangle that is read.
  vjp: ({ outputs: [w, v], cotangents: [cw, cv] }) => {
    if (!w || !v || (!cw && !cv)) return [null];
    const parts: Tensor[] = [];
    if (cw) parts.push(scaledSquare(v, cw));
    if (cv) {
      const turns = mul(gapsOf(w), product(transposed(v), cv));
      parts.push(product(v, turns, transposed(v)));
    }
    return [foldedLower(symmetrized(parts.reduce((a, b) => add(a, b))))];
  },
  batch: leadingAxis,
  test: { ulp: 256, part: 1e-5 },
});

// 1 / (w[j] − w[i]); 0 where rounding cannot tell them apart.
function gapsOf(w: Tensor): Tensor {
  const n = w.shape.at(-1) as Dim;
  const none = noise(w, n, n, epsilonOf(w.dtype));
  return reciprocalAbove(differences(w), expandDims(none, -1));
}

export const eigvalshOp: CompositeOp = composite({
  name: 'eigvalsh',
  accumulates: true,
  doc: 'eigenvalues, ascending, of symmetric matrices; reads the lower triangle of x',
  fails: true,
  decompose: ([x]) => [make1(eighOp, [x as Tensor], {})],
  vjp: ({ inputs: [x], cotangents: [ct] }) => {
    if (!x || !ct) return [null];
    const [, v] = make(eighOp, [x], {}) as readonly [Tensor, Tensor];
    return [foldedLower(scaledSquare(v, ct))];
  },
  batch: leadingAxis,
  test: { ulp: 256, part: 1e-5 },
});

/** V·diag(w)·Vᵀ. */
function scaledSquare(v: Tensor, w: Tensor): Tensor {
  return product(mul(v, asColumns(w, v.shape.at(-2) as Dim)), transposed(v));
}

/** What `eigh` gives: x = v·diag(w)·vᵀ. */
export interface EighResult {
  /** Eigenvalues, ascending, `[..., n]`. */
  readonly w: Tensor;
  /** Eigenvectors in columns, `[..., n, n]`. */
  readonly v: Tensor;
}

export interface SymmetricOptions {
  /** Decompose (x + xᵀ) / 2; default true. Else the lower triangle of x alone is read. */
  readonly symmetrize?: boolean;
}

function symmetric(x: Tensor, { symmetrize = true }: SymmetricOptions): Tensor {
  squareShape(x.type);
  return symmetrize ? symmetrized(x) : x;
}

/**
 * Eigenvalues and eigenvectors of symmetric matrices `[..., n, n]`. In each eigenvector the first
 * component that has at least 0.618 of the largest magnitude is positive: where eigenvalues are
 * distinct, every runtime gives the same vectors. f16 and bf16 are computed in f32.
 *
 *     const { w, v } = eigh(covariance);   // x = v·diag(w)·vᵀ
 *
 * Gradient: Giles, Collected matrix derivative results (2008), 3.1. Eigenvalues that differ by at
 * most n·ε·max|w| count as equal, and then 1 / (wⱼ − wᵢ) as 0: the gradient is finite, and right
 * where the result does not depend on the choice of vectors within an eigenspace.
 *
 * @throws GraphError when x is not square or no float. A call fails, with the matrix's place in the
 * batch, where a matrix is not finite or the algorithm does not converge.
 */
export function eigh(x: Tensor, options: SymmetricOptions = {}): EighResult {
  return onMatrices('eigh', [x], ([a], narrow) => {
    const made = make(eighOp, [symmetric(a as Tensor, options)], {});
    const [w, v] = made as readonly [Tensor, Tensor];
    return { w: narrow(w), v: narrow(v) };
  });
}

/**
 * Eigenvalues, ascending, `[..., n]`, of symmetric matrices `[..., n, n]`: `eigh` without the
 * vectors. The gradient is defined, and finite, where eigenvalues repeat, for functions of all of
 * them that do not depend on their order.
 *
 *     const largest = eigvalsh(x).max(-1);
 *
 * @throws As `eigh`.
 */
export function eigvalsh(x: Tensor, options: SymmetricOptions = {}): Tensor {
  return onMatrices('eigvalsh', [x], ([a], narrow) =>
    narrow(make1(eigvalshOp, [symmetric(a as Tensor, options)], {})),
  );
}

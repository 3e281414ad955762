/** How the golden vectors' ops of linear algebra are written with ours. */
import type { Tensor } from '@vorab/graph';
import * as g from '@vorab/graph';

/** The attributes that occur. */
export interface GoldenLinalgAttributes {
  readonly k: number;
  readonly lower: boolean;
  readonly ord: g.MatrixNormOrder;
  readonly rcond: number;
  readonly transposeA: boolean;
  readonly unitDiagonal: boolean;
}

type Builder = (
  inputs: readonly Tensor[],
  attrs: GoldenLinalgAttributes,
) => Tensor | readonly Tensor[];

const unary =
  (f: (x: Tensor) => Tensor): Builder =>
  ([x]) =>
    f(x as Tensor);

const binary =
  (f: (x: Tensor, y: Tensor) => Tensor): Builder =>
  ([x, y]) =>
    f(x as Tensor, y as Tensor);

/** By the golden vectors' op name. */
export const goldenLinalg: Readonly<Record<string, Builder>> = {
  matrixInverse: unary(g.inverse),
  cholesky: unary(g.cholesky),
  determinant: unary(g.determinant),
  svdvals: unary(g.svdvals),
  eigvalsh: unary(g.eigvalsh),
  trace: unary(g.trace),
  solve: binary(g.solve),
  lstsq: binary(g.lstsq),
  triangularSolve: ([a, b], attrs) => g.triangularSolve(a as Tensor, b as Tensor, attrs),
  pinv: ([x], { rcond }) => g.pinv(x as Tensor, { rcond }),
  matrixNorm: ([x], { ord }) => g.matrixNorm(x as Tensor, ord),
  slogdet([x]) {
    const { sign, logAbsDet } = g.slogdet(x as Tensor);
    return [sign, logAbsDet];
  },
  qr([x]) {
    const { q, r } = g.qr(x as Tensor);
    return [q, r];
  },
  svdReconstructTruncated([x], { k }) {
    const { u, s, vt } = g.svd(x as Tensor);
    const scaled = g.mul(u, g.expandDims(s, -2));
    return g.matmul(g.sliceAxis(scaled, -1, 0, k), g.sliceAxis(vt, -2, 0, k));
  },
  eighProjector([x], { k }) {
    const { v } = g.eigh(x as Tensor);
    const top = g.sliceAxis(v, -1, (v.shape.at(-1) as number) - k);
    return g.matmul(top, g.swapAxes(top, -1, -2));
  },
};

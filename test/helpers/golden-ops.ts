/**
 * How each op of the golden vectors is written with ours; `test/golden-vectors/README.md` says
 * where they come from.
 */
import type { Tensor } from '@vorab/graph';
import * as g from '@vorab/graph';
import type { GoldenConvAttributes } from './golden-conv.ts';
import { goldenConv } from './golden-conv.ts';
import type { GoldenLinalgAttributes } from './golden-linalg.ts';
import { goldenLinalg } from './golden-linalg.ts';
import type { GoldenNnAttributes } from './golden-nn.ts';
import { goldenNn } from './golden-nn.ts';

/** The attributes that occur, by name; each op has its own of them. */
export interface GoldenAttributes
  extends GoldenNnAttributes,
    GoldenConvAttributes,
    GoldenLinalgAttributes {
  readonly approximate: 'none' | 'tanh';
  readonly axes: readonly number[];
  readonly axis: number;
  readonly ddof: number;
  readonly depth: number;
  readonly descending: boolean;
  readonly equation: string;
  readonly k: number;
  readonly keepDims: boolean;
  readonly max: number | null;
  readonly min: number | null;
  readonly pads: readonly (readonly [number, number])[];
  readonly perm: readonly number[];
  readonly repeats: number;
  readonly reps: readonly number[];
  readonly reverse: boolean;
  readonly shape: readonly number[];
  readonly shifts: readonly number[];
  readonly sizes: readonly number[];
  readonly start: readonly number[];
  readonly step: readonly number[];
  readonly stop: readonly number[];
  readonly to: g.DType;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly value: number;
}

/** Builds a case's outputs from its inputs and attributes. */
export type GoldenBuilder = (
  inputs: readonly Tensor[],
  attrs: GoldenAttributes,
) => Tensor | readonly Tensor[];

type Unary = (x: Tensor) => Tensor;
type Binary = (x: Tensor, y: Tensor) => Tensor;

const unary = (...functions: readonly Unary[]): GoldenBuilder[] =>
  functions.map(
    (f) =>
      ([x]) =>
        f(x as Tensor),
  );
const binary = (...functions: readonly Binary[]): GoldenBuilder[] =>
  functions.map(
    (f) =>
      ([x, y]) =>
        f(x as Tensor, y as Tensor),
  );

const named = (names: string, builders: readonly GoldenBuilder[]): Record<string, GoldenBuilder> =>
  Object.fromEntries(names.split(' ').map((name, i) => [name, builders[i] as GoldenBuilder]));

const reductions = {
  sum: g.sum,
  prod: g.prod,
  mean: g.mean,
  max: g.max,
  min: g.min,
  any: g.any,
  all: g.all,
  logSumExp: g.logSumExp,
  norm: g.norm,
};

type Reduction = (x: Tensor, axes?: g.Axes, options?: g.ReduceOptions) => Tensor;

const reduce =
  (f: Reduction): GoldenBuilder =>
  ([x], { axes, keepDims }) =>
    f(x as Tensor, axes ?? undefined, { keepDims });

/** By the golden vectors' op name. */
export const goldenOps: Readonly<Record<string, GoldenBuilder>> = {
  ...named(
    'neg abs sign floor ceil round exp exp2 expm1 log log2 log1p sqrt rsqrt square reciprocal sin cos tan',
    unary(
      g.neg,
      g.abs,
      g.sign,
      g.floor,
      g.ceil,
      g.round,
      g.exp,
      g.exp2,
      g.expm1,
      g.log,
      g.log2,
      g.log1p,
      g.sqrt,
      g.rsqrt,
      g.square,
      g.reciprocal,
      g.sin,
      g.cos,
      g.tan,
    ),
  ),
  ...named(
    'asin acos atan sinh cosh tanh asinh acosh atanh erf sigmoid softplus relu silu logSigmoid logicalNot isNaN isFinite',
    unary(
      g.asin,
      g.acos,
      g.atan,
      g.sinh,
      g.cosh,
      g.tanh,
      g.asinh,
      g.acosh,
      g.atanh,
      g.erf,
      g.sigmoid,
      g.softplus,
      g.relu,
      g.silu,
      g.logSigmoid,
      g.logicalNot,
      g.isNaN,
      g.isFinite,
    ),
  ),
  ...named(
    'add sub mul div pow mod atan2 minimum maximum logicalAnd logicalOr logicalXor',
    binary(
      g.add,
      g.sub,
      g.mul,
      g.div,
      g.pow,
      g.mod,
      g.atan2,
      g.minimum,
      g.maximum,
      g.logicalAnd,
      g.logicalOr,
      g.logicalXor,
    ),
  ),
  ...named(
    'equal notEqual less lessEqual greater greaterEqual embedding',
    binary(g.equal, g.notEqual, g.less, g.lessEqual, g.greater, g.greaterEqual, g.embedding),
  ),
  ...Object.fromEntries(Object.entries(reductions).map(([name, f]) => [name, reduce(f)])),
  where: ([c, x, y]) => g.where(c as Tensor, x as Tensor, y as Tensor),
  gelu: ([x], { approximate }) => g.gelu(x as Tensor, { approximate }),
  clamp: ([x], { min, max }) => g.clamp(x as Tensor, min ?? undefined, max ?? undefined),
  cast: ([x], { to }) => g.cast(x as Tensor, to),
  variance: ([x], { axes, keepDims, ddof }) =>
    g.variance(x as Tensor, axes ?? undefined, { keepDims, ddof }),
  argMax: ([x], { axis, keepDims }) => g.argMax(x as Tensor, axis, { keepDims }),
  argMin: ([x], { axis, keepDims }) => g.argMin(x as Tensor, axis, { keepDims }),
  reshape: ([x], { shape }) => g.reshape(x as Tensor, shape),
  transpose: ([x], { perm }) => g.transpose(x as Tensor, perm),
  expandDims: ([x], { axes }) => g.expandDims(x as Tensor, axes),
  squeeze: ([x], { axes }) => g.squeeze(x as Tensor, axes),
  broadcastTo: ([x], { shape }) => g.broadcastTo(x as Tensor, shape),
  slice: ([x], { start, stop, step }) => g.slice(x as Tensor, start, stop, step),
  pad: ([x], { pads, value }) => g.pad(x as Tensor, pads, value),
  concat: (xs, { axis }) => g.concat(xs, axis),
  stack: (xs, { axis }) => g.stack(xs, axis),
  split: ([x], { sizes, axis }) => g.split(x as Tensor, sizes, axis),
  flip: ([x], { axes }) => g.flip(x as Tensor, axes),
  tile: ([x], { reps }) => g.tile(x as Tensor, reps),
  repeat: ([x], { repeats, axis }) => g.repeat(x as Tensor, repeats, axis),
  roll: ([x], { shifts, axes }) => g.roll(x as Tensor, shifts, axes),
  tril: ([x], { k }) => g.tril(x as Tensor, k),
  triu: ([x], { k }) => g.triu(x as Tensor, k),
  matmul: ([x, y], { transposeA, transposeB }) =>
    g.matmul(
      transposeA ? g.swapAxes(x as Tensor, -1, -2) : (x as Tensor),
      transposeB ? g.swapAxes(y as Tensor, -1, -2) : (y as Tensor),
    ),
  gather: ([x, indices], { axis }) => g.gather(x as Tensor, indices as Tensor, axis),
  takeAlongAxis: ([x, indices], { axis }) => g.takeAlongAxis(x as Tensor, indices as Tensor, axis),
  scatterAdd: ([x, indices, updates], { axis }) =>
    g.scatterAdd(x as Tensor, indices as Tensor, updates as Tensor, axis),
  oneHot: ([x], { depth }) => g.oneHot(x as Tensor, depth),
  sort: ([x], { axis, descending }) => g.sort(x as Tensor, axis, { descending }),
  argsort: ([x], { axis, descending }) => g.argsort(x as Tensor, axis, { descending }),
  topK: ([x], { k, axis }) => g.topK(x as Tensor, k, axis),
  cumsum: ([x], { axis, reverse }) => g.cumsum(x as Tensor, axis, { reverse }),
  cumprod: ([x], { axis, reverse }) => g.cumprod(x as Tensor, axis, { reverse }),
  dynamicSlice: ([x, starts], { sizes }) => g.dynamicSlice(x as Tensor, starts as Tensor, sizes),
  dynamicUpdateSlice: ([x, update, starts]) =>
    g.dynamicUpdateSlice(x as Tensor, update as Tensor, starts as Tensor),
  einsum: (xs, { equation }) => g.einsum(equation, ...xs),
  ...goldenNn,
  ...goldenConv,
  ...goldenLinalg,
};

/**
 * Ops of the copied families that do not exist yet; a test fails when one of them appears, or
 * another is missing.
 */
export const notYet: readonly string[] = [];

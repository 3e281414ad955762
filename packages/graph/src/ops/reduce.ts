import { insertCast } from '../coerce.ts';
import { reduction } from '../define.ts';
import type { Dim } from '../dim.ts';
import { elementCount } from '../dim.ts';
import type { DType } from '../dtype.ts';
import { bounds, inClass, isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { ReduceOp } from '../op.ts';
import { ascending, keepDims, normalizeAxes, sumAxes, sumOp, unreduce } from './axes.ts';
import { cast } from './cast.ts';
import { equal, select } from './compare.ts';
import { onesLike, sizeOf, zerosLike } from './leaves.ts';
import { div, mul } from './math.ts';

/**
 * The axes of a reduction: one, several (negative ones count from the end), or undefined for all.
 */
export type Axes = number | readonly number[] | undefined;

/** What reductions take besides their axes. */
export interface ReduceOptions {
  /** Leave the reduced axes with extent 1; default false. */
  readonly keepDims?: boolean;
}

const isNumber = (dtype: DType): boolean => inClass(dtype, 'number');
const isBool = (dtype: DType): boolean => dtype === 'bool';

export const prodOp: ReduceOp = reduction({
  name: 'prod',
  precision: 'accumulate',
  doc: 'Π x over axes',
  accepts: isNumber,
  identity: () => 1,
  combine: (a, b) => a * b,
  exact: (a, b) => a * b,
  // The product of all others: everything but the zeros, where there is no other zero.
  vjp: ({ inputs: [x], cotangents: [ct], attrs: { axes } }) => {
    if (!x || !ct) return [null];
    const isZero = equal(x, 0);
    const safe = select(isZero, onesLike(x), x);
    const back = (t: Tensor): Tensor => unreduce(t, x.shape, axes);
    const product = back(mul(ct, make1(prodOp, [safe], { axes })));
    const zeros = back(sumAxes(cast(isZero, 'i32'), axes));
    const none = zerosLike(x);
    const atZero = select(equal(zeros, 1), product, none);
    const elsewhere = select(equal(zeros, 0), div(product, safe), none);
    return [select(isZero, atZero, elsewhere)];
  },
  test: { domain: [0.5, 2] },
});

// All equal extremes share the cotangent evenly.
function extremeVjp(x: Tensor, y: Tensor, ct: Tensor, axes: readonly number[]): Tensor {
  const taken = equal(x, unreduce(y, x.shape, axes));
  const count = sumAxes(cast(taken, x.dtype), axes);
  return select(taken, unreduce(div(ct, count), x.shape, axes), zerosLike(x));
}

export const maxOp: ReduceOp = reduction({
  name: 'max',
  doc: 'the largest x over axes; NaN where there is one',
  accepts: isNumber,
  identity: (dtype) => bounds(dtype)[0],
  combine: (a, b) => Math.max(a, b),
  exact: (a, b) => (a > b ? a : b),
  vjp: ({ inputs: [x], outputs: [y], cotangents: [ct], attrs: { axes } }) => [
    x && y && ct ? extremeVjp(x, y, ct, axes) : null,
  ],
});

export const minOp: ReduceOp = reduction({
  name: 'min',
  doc: 'the smallest x over axes; NaN where there is one',
  accepts: isNumber,
  identity: (dtype) => bounds(dtype)[1],
  combine: (a, b) => Math.min(a, b),
  exact: (a, b) => (a < b ? a : b),
  vjp: ({ inputs: [x], outputs: [y], cotangents: [ct], attrs: { axes } }) => [
    x && y && ct ? extremeVjp(x, y, ct, axes) : null,
  ],
});

export const anyOp: ReduceOp = reduction({
  name: 'any',
  doc: 'whether one x over axes holds',
  accepts: isBool,
  identity: () => 0,
  combine: (a, b) => a | b,
  vjp: null,
});

export const allOp: ReduceOp = reduction({
  name: 'all',
  doc: 'whether every x over axes holds',
  accepts: isBool,
  identity: () => 1,
  combine: (a, b) => a & b,
  vjp: null,
});

// ------------------------------------------------------------------------------------------------ builders

/** Applies a reduction that takes canonical axes, and puts the axes back where asked for. */
export function reduceWith(
  name: string,
  x: Tensor,
  axes: Axes,
  options: ReduceOptions | undefined,
  apply: (axes: readonly number[]) => Tensor,
): Tensor {
  return checked(`${name}(${x})`, () => {
    const list = ascending(normalizeAxes(axes, x.rank));
    const y = apply(list);
    return options?.keepDims ? keepDims(y, x.shape, list) : y;
  });
}

function reduce(op: ReduceOp, x: Tensor, axes: Axes, options: ReduceOptions | undefined): Tensor {
  return reduceWith(op.name, x, axes, options, (list) =>
    list.length === 0 ? x : make1(op, [x], { axes: list }),
  );
}

/**
 * Σ x over axes (all by default), of x's dtype; bool is counted in i32.
 *
 *     x.sum()                        // a scalar
 *     x.sum(-1, { keepDims: true })
 */
export function sum(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  const counted = x.dtype === 'bool' ? insertCast(x, 'i32', 'bool is counted in i32') : x;
  return reduce(sumOp, counted, axes, options);
}

/** Π x over axes (all by default). */
export function prod(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return reduce(prodOp, x, axes, options);
}

/**
 * The largest element over axes (all by default); NaN where there is one. Equal largest elements
 * share the gradient evenly. Over no elements it is −∞, or the smallest integer.
 */
export function max(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return reduce(maxOp, x, axes, options);
}

/** The smallest element over axes (all by default); otherwise as max. */
export function min(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return reduce(minOp, x, axes, options);
}

/** Whether an element over axes (all by default) holds; of bool. */
export function any(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return reduce(anyOp, x, axes, options);
}

/** Whether every element over axes (all by default) holds; of bool. */
export function all(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return reduce(allOp, x, axes, options);
}

/** The number of elements over axes, as a scalar of the dtype. */
export function countOf(x: Tensor, axes: readonly number[]): Tensor {
  return sizeOf(elementCount(axes.map((axis) => x.shape[axis] as Dim)), x.dtype);
}

/** Refuses what is not a float tensor. */
export function requireFloat(x: Tensor): void {
  if (isFloat(x.dtype)) return;
  throw new TypeRuleError(
    'dtype',
    `takes a float dtype, got ${x.dtype}`,
    "cast it first, for example .cast('f32')",
  );
}

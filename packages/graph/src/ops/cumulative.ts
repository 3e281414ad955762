import { insertCast } from '../coerce.ts';
import { routine } from '../define.ts';
import type { Dim } from '../dim.ts';
import { dimAdd } from '../dim.ts';
import type { DTypeClass } from '../dtype.ts';
import { inClass, isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { NdArray } from '../ndarray.ts';
import { ndarray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import { decode, encodeInto } from '../number.ts';
import type { AttrsOf, Jvp, RoutineOp, TestHints, Vjp } from '../op.ts';
import { shiftAxis } from '../transforms/batch-rules.ts';
import { normalizeAxis } from './axes.ts';
import { cast } from './cast.ts';
import { equal, greater, isNaN as nan, select } from './compare.ts';
import { exp, log } from './exponential.ts';
import { around } from './index-rules.ts';
import { addAlongAxis } from './indexing.ts';
import { full, iota, onesLike, sizeOf, zerosLike } from './leaves.ts';
import { logicalAnd, logicalOr } from './logic.ts';
import { abs, add, div, mul, neg, sub } from './math.ts';
import { pad, sliceAxis } from './slice.ts';

// Running reductions: out[i] combines x[0] … x[i] along an axis, or x[i] … x[n − 1] in reverse.

type Attributes = { axis: 'int'; reverse: 'bool' };
type CumulativeRule = (x: Tensor, y: Tensor, t: Tensor, attrs: AttrsOf<Attributes>) => Tensor;

interface CumulativeSpec {
  readonly name: string;
  readonly doc: string;
  readonly accepts: DTypeClass;
  combine(a: number, b: number): number;
  exact(a: bigint, b: bigint): bigint;
  readonly vjp: CumulativeRule;
  readonly precision?: 'accumulate';
  /** Where the vjp is not written as a linear function of the cotangent. */
  readonly jvp?: CumulativeRule;
  readonly test?: TestHints;
}

function cumulative(spec: CumulativeSpec): RoutineOp {
  const { vjp, jvp, accepts, ...rest } = spec;
  const rule: Vjp<AttrsOf<Attributes>> = ({
    inputs: [x],
    outputs: [y],
    cotangents: [ct],
    attrs,
  }) => [x && y && ct ? vjp(x, y, ct, attrs) : null];
  const forward: Jvp<AttrsOf<Attributes>> = ({
    inputs: [x],
    outputs: [y],
    tangents: [t],
    attrs,
  }) => [x && y && t && jvp ? jvp(x, y, t, attrs) : null];
  return routine({
    ...rest,
    ...(jvp && { jvp: forward }),
    attributes: { axis: 'int', reverse: 'bool' },
    infer([x], { axis }) {
      if (!x || !inClass(x.dtype, accepts)) {
        const wanted = accepts === 'float' ? 'a float dtype' : 'a number dtype';
        const found = `takes ${wanted}, got ${x?.dtype}`;
        throw new TypeRuleError('dtype', found, 'cast the operand first');
      }
      if (axis < 0 || axis >= x.shape.length)
        throw new TypeRuleError('axis', `axis ${axis} of rank ${x.shape.length}`);
      return [x];
    },
    evaluate: ([x], attrs) => [evaluateCumulative(spec, x as NdArray, attrs)],
    vjp: rule,
    batch: shiftAxis,
  });
}

function evaluateCumulative(
  spec: CumulativeSpec,
  x: NdArray,
  { axis, reverse }: AttrsOf<Attributes>,
): NdArray {
  const [, extent, inner] = around(x.shape, axis);
  const out = ndarray(x.dtype, x.shape);
  // Before element i in the direction of the scan; undefined where i is the first.
  const before = (i: number): number | undefined => {
    const at = Math.floor(i / inner) % extent;
    return at === (reverse ? extent - 1 : 0) ? undefined : i + (reverse ? inner : -inner);
  };
  if (out.data instanceof BigInt64Array) {
    scan(x.data as BigInt64Array, out.data, before, reverse, (a, b) =>
      BigInt.asIntN(64, spec.exact(a, b)),
    );
  } else if (isFloat(x.dtype)) {
    const running = new Float64Array(out.data.length);
    scan(decode(x), running, before, reverse, spec.combine);
    encodeInto(out, 0, running);
  } else {
    // Stored values have wrapped; the product of two of them may leave the exact doubles.
    scan(decode(x), out.data, before, reverse, (a, b) => {
      const value = spec.combine(a, b);
      if (Number.isSafeInteger(value)) return value;
      return Number(BigInt.asIntN(32, spec.exact(BigInt(a), BigInt(b))));
    });
  }
  return out;
}

interface Elements<T> {
  [i: number]: T;
  readonly length: number;
}

function scan<T>(
  from: Elements<T>,
  to: Elements<T>,
  before: (i: number) => number | undefined,
  reverse: boolean,
  combine: (a: T, b: T) => T,
): void {
  for (let k = 0; k < from.length; k++) {
    const i = reverse ? from.length - 1 - k : k;
    const last = before(i);
    const x = from[i] as T;
    to[i] = last === undefined ? x : combine(to[last] as T, x);
  }
}

// ------------------------------------------------------------------------------------------------ sums, products

const other = ({ axis, reverse }: AttrsOf<Attributes>): AttrsOf<Attributes> => ({
  axis,
  reverse: !reverse,
});

export const cumsumOp: RoutineOp = cumulative({
  name: 'cumsum',
  precision: 'accumulate',
  doc: 'Σ x of the elements up to each (reverse: from each on) along axis',
  accepts: 'number',
  combine: (a, b) => a + b,
  exact: (a, b) => a + b,
  vjp: (_, __, ct, attrs) => make1(cumsumOp, [ct], other(attrs)),
});

export const cumprodOp: RoutineOp = cumulative({
  name: 'cumprod',
  precision: 'accumulate',
  doc: 'Π x of the elements up to each (reverse: from each on) along axis',
  accepts: 'number',
  combine: (a, b) => a * b,
  exact: (a, b) => a * b,
  vjp: cumprodVjp,
  test: { domain: [0.5, 1.5] },
});

// Up to the first zero, Σ ct·y over the products that have xᵢ, divided by xᵢ. At the first zero, the
// same with that zero left out of the products. Behind it all products are 0 whatever xᵢ is.
function cumprodVjp(x: Tensor, y: Tensor, ct: Tensor, attrs: AttrsOf<Attributes>): Tensor {
  const isZero = equal(x, 0);
  const zeros = make1(cumsumOp, [cast(isZero, 'i32')], attrs);
  const first = logicalAnd(isZero, equal(zeros, 1));
  const without = select(first, onesLike(x), x);
  const back = (products: Tensor): Tensor => make1(cumsumOp, [mul(ct, products)], other(attrs));
  const atFirst = back(make1(cumprodOp, [without], attrs));
  const beforeIt = div(back(y), select(isZero, onesLike(x), x));
  const none = zerosLike(x);
  return select(first, atFirst, select(equal(zeros, 0), beforeIt, none));
}

// ------------------------------------------------------------------------------------------------ extremes

export const cummaxOp: RoutineOp = cumulative({
  name: 'cummax',
  doc: 'the largest x up to each element (reverse: from each on) along axis; NaN from the first one on',
  accepts: 'number',
  combine: (a, b) => Math.max(a, b),
  exact: (a, b) => (a > b ? a : b),
  vjp: extremeVjp,
});

export const cumminOp: RoutineOp = cumulative({
  name: 'cummin',
  doc: 'the smallest x up to each element (reverse: from each on) along axis; NaN from the first one on',
  accepts: 'number',
  combine: (a, b) => Math.min(a, b),
  exact: (a, b) => (a < b ? a : b),
  vjp: extremeVjp,
});

// Each result comes from the latest element that reaches it, in the direction of the scan.
function extremeVjp(x: Tensor, y: Tensor, ct: Tensor, attrs: AttrsOf<Attributes>): Tensor {
  const { axis, reverse } = attrs;
  const reaches = logicalOr(equal(x, y), nan(x));
  const place = iota(x.shape, axis);
  const never = reverse ? sizeOf(x.shape[axis] as Dim, 'i32') : full(-1, [], 'i32');
  const wide = add(zerosLike(place), never);
  const latest = make1(reverse ? cumminOp : cummaxOp, [select(reaches, place, wide)], attrs);
  return addAlongAxis(x, latest, ct, axis);
}

// ------------------------------------------------------------------------------------------------ logCumsumExp

export const logCumsumExpOp: RoutineOp = cumulative({
  name: 'logCumsumExp',
  precision: 'accumulate',
  doc: 'ln Σ eˣ of the elements up to each (reverse: from each on) along axis, without overflow',
  accepts: 'float',
  combine: logAddExp,
  exact: (a) => a,
  // dxᵢ = Σⱼ ctⱼ·exp(xᵢ − yⱼ)
  vjp: (x, y, ct, attrs) => weighted(ct, isTerm(y), neg(y), x, other(attrs)),
  // dyⱼ = Σᵢ tᵢ·exp(xᵢ − yⱼ)
  jvp: (x, y, t, attrs) => weighted(t, isTerm(x), x, select(isTerm(y), neg(y), y), attrs),
});

const isTerm = (x: Tensor): Tensor => greater(x, full(Number.NEGATIVE_INFINITY, x.shape, x.dtype));

// Running sums of t·eˢ, times eᵃ, with positive and negative t apart, so that nothing overflows on the
// way.
function weighted(
  t: Tensor,
  counts: Tensor,
  s: Tensor,
  a: Tensor,
  attrs: AttrsOf<Attributes>,
): Tensor {
  const none = full(Number.NEGATIVE_INFINITY, t.shape, t.dtype);
  const flow = (positive: boolean): Tensor => {
    const kept = logicalAnd(positive ? greater(t, 0) : greater(0, t), counts);
    const safe = select(kept, abs(t), onesLike(t));
    const terms = select(kept, add(log(safe), select(counts, s, zerosLike(s))), none);
    return exp(add(make1(logCumsumExpOp, [terms], attrs), a));
  };
  return sub(flow(true), flow(false));
}

function logAddExp(a: number, b: number): number {
  const top = Math.max(a, b);
  return Number.isFinite(top) ? top + Math.log1p(Math.exp(-Math.abs(a - b))) : top;
}

// ------------------------------------------------------------------------------------------------ builders

/** What cumulative functions take besides their axis. */
export interface CumulativeOptions {
  /** From the end to the beginning; default false. */
  readonly reverse?: boolean;
}

/** What cumsum and cumprod take besides their axis. */
export interface RunningOptions extends CumulativeOptions {
  /** Without the element itself: the first result is 0, or 1 for cumprod; default false. */
  readonly exclusive?: boolean;
}

function build(
  op: RoutineOp,
  x: Tensor,
  axis: number,
  options: RunningOptions | undefined,
  identity = 0,
): Tensor {
  return checked(`${op.name}(${x})`, () => {
    const at = normalizeAxis(axis, x.rank);
    const reverse = options?.reverse ?? false;
    const y = make1(op, [x], { axis: at, reverse });
    return options?.exclusive ? shifted(y, at, reverse, identity) : y;
  });
}

// One place on, in the direction of the scan.
function shifted(y: Tensor, axis: number, reverse: boolean, identity: number): Tensor {
  const extent = y.shape[axis] as Dim;
  const pads = y.shape.map((_, i): [Dim, Dim] => (i !== axis ? [0, 0] : reverse ? [0, 1] : [1, 0]));
  const padded = pad(y, pads, identity);
  return reverse
    ? sliceAxis(padded, axis, 1, dimAdd(extent, 1))
    : sliceAxis(padded, axis, 0, extent);
}

/**
 * Running sums along an axis, the last by default, of x's shape and dtype; bool is counted in i32.
 * Halves are accumulated in f32; integers wrap.
 *
 *     cumsum(x)                               // [1, 2, 3] is [1, 3, 6]
 *     cumsum(x, 0, { exclusive: true })       // [1, 2, 3] is [0, 1, 3]
 */
export function cumsum(x: Tensor, axis = -1, options?: RunningOptions): Tensor {
  const counted = x.dtype === 'bool' ? insertCast(x, 'i32', 'bool is counted in i32') : x;
  return build(cumsumOp, counted, axis, options);
}

/**
 * Running products along an axis, the last by default. The gradient is right where elements are 0.
 *
 *     cumprod(x, -1, { reverse: true })       // [1, 2, 3] is [6, 6, 3]
 */
export function cumprod(x: Tensor, axis = -1, options?: RunningOptions): Tensor {
  return build(cumprodOp, x, axis, options, 1);
}

/**
 * Running maxima along an axis, the last by default; NaN from the first one on. Of equal elements
 * the latest takes the gradient.
 */
export function cummax(x: Tensor, axis = -1, options?: CumulativeOptions): Tensor {
  return build(cummaxOp, x, axis, { reverse: options?.reverse ?? false });
}

/** Running minima along an axis; otherwise as cummax. */
export function cummin(x: Tensor, axis = -1, options?: CumulativeOptions): Tensor {
  return build(cumminOp, x, axis, { reverse: options?.reverse ?? false });
}

/** Running ln Σ eˣ along an axis, the last by default, of floats, without overflow. */
export function logCumsumExp(x: Tensor, axis = -1, options?: CumulativeOptions): Tensor {
  return build(logCumsumExpOp, x, axis, { reverse: options?.reverse ?? false });
}

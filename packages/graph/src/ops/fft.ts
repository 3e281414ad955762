import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimEqual, dimKey } from '../dim.ts';
import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { make } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { shiftAxis } from '../transforms/batch-rules.ts';
import { linear } from '../transforms/linear.ts';
import { range, reshapeTo } from './axes.ts';
import { bluesteinTables, dftMatrix, isLarge, splitOf, twiddles } from './fft-tables.ts';
import { constant, full } from './leaves.ts';
import { add, mul, sub } from './math.ts';
import { matmul } from './matmul.ts';
import { concat, pad, sliceAxis } from './slice.ts';
import { transpose } from './transpose.ts';

// Discrete Fourier transforms of complex numbers as pairs of tensors, by small dense transforms:
// an extent n₁·n₂ is one of n₁, twiddle factors, and one of n₂ (Cooley and Tukey, 1965); an extent
// without small factors is a convolution (Bluestein, 1970). Tables are computed in f64.

/** Real and imaginary part, of one shape. */
export type Complex = readonly [re: Tensor, im: Tensor];

export const fftOp: CompositeOp = composite({
  name: 'fft',
  accumulates: true,
  doc: 'Σⱼ x[j]·exp(∓2πi·jk/n) along axis of x = re + i·im (inverse: +), not scaled',
  attributes: { axis: 'int', inverse: 'bool' },
  inputs: 2,
  outputs: 2,
  decompose(inputs, { axis, inverse }) {
    const [re, im] = inputs as readonly [Tensor, Tensor];
    const n = checkPair(re, im, axis);
    const order = [...range(re.rank).filter((a) => a !== axis), axis];
    const back = range(re.rank).map((a) => order.indexOf(a));
    const moved: Complex = [transpose(re, order), transpose(im, order)];
    return transform(moved, n, inverse ? 1 : -1).map((t) => transpose(t, back));
  },
  // The matrix is symmetric, so its conjugate transpose is the other direction.
  vjp: ({ inputs: [re, im], cotangents: [ctRe, ctIm], attrs: { axis, inverse } }) => {
    if (!re || !im || (!ctRe && !ctIm)) return [null, null];
    const none = full(0, re.shape, re.dtype);
    return make(fftOp, [ctRe ?? none, ctIm ?? none], { axis, inverse: !inverse });
  },
  jvp: linear,
  batch: shiftAxis,
});

function checkPair(re: Tensor, im: Tensor, axis: number): number {
  if (!isFloat(re.dtype) || re.dtype !== im.dtype)
    throw new TypeRuleError('dtype', `takes two float tensors of one dtype, got ${re} and ${im}`);
  const same = re.rank === im.rank && re.shape.every((d, i) => dimEqual(d, im.shape[i] as Dim));
  if (!same) throw new TypeRuleError('shape-mismatch', `the real part is ${re}, the other ${im}`);
  const n = re.shape[axis];
  if (typeof n === 'number' && n > 0) return n;
  throw new TypeRuleError(
    'shape',
    `axis ${axis} has extent ${n === undefined ? 'none' : dimKey(n)}`,
    'transform an axis whose extent is a positive number',
  );
}

type Sign = 1 | -1;

// Along the last axis.
function transform(x: Complex, n: number, sign: Sign): Complex {
  if (n === 1) return x;
  const split = splitOf(n);
  if (split === undefined) return isLarge(n) ? convolved(x, n, sign) : dense(x, n, sign);
  const [n1, n2] = [split, n / split];
  const shape = x[0].shape.slice(0, -1);
  const rank = shape.length;
  const swap = [...range(rank), rank + 1, rank];
  // [n1, n2] as [n2, n1]: the first transform runs along the last axis.
  const columns = each(x, (t) => transpose(reshapeTo(t, [...shape, n1, n2]), swap));
  const first = transform(columns, n1, sign);
  const turned = each(times(first, tables(twiddles(n2, n1, sign), [n2, n1], x)), (t) =>
    transpose(t, swap),
  );
  const second = transform(turned, n2, sign);
  return each(second, (t) => reshapeTo(transpose(t, swap), [...shape, n]));
}

const each = ([re, im]: Complex, f: (t: Tensor) => Tensor): Complex => [f(re), f(im)];

/** Two tables as constants of x's dtype. */
function tables(
  { re, im }: { readonly re: Float64Array; readonly im: Float64Array },
  shape: readonly number[],
  [x]: Complex,
): Complex {
  const table = (data: Float64Array): Tensor => reshapeTo(constant(data, x.dtype), shape);
  return [table(re), table(im)];
}

// (a + ib)(c + id), the second repeated over the leading axes.
function times([a, b]: Complex, [c, d]: Complex): Complex {
  return [sub(mul(a, c), mul(b, d)), add(mul(a, d), mul(b, c))];
}

/** One product of [re, im] with the matrix of the transform, twice as wide. */
function dense([re, im]: Complex, n: number, sign: Sign): Complex {
  const last = re.rank - 1;
  const matrix = reshapeTo(constant(dftMatrix(n, sign), re.dtype), [2 * n, 2 * n]);
  const product = matmul(concat([re, im], last), matrix);
  return [sliceAxis(product, last, 0, n), sliceAxis(product, last, n, 2 * n)];
}

// x[k] = wₖ · Σⱼ (x[j]·wⱼ)·w̄₍ₖ₋ⱼ₎ with wⱼ = exp(∓πi·j²/n): a convolution, by transforms of a
// length that has small factors.
function convolved(x: Complex, n: number, sign: Sign): Complex {
  const { length, chirp, kernel } = bluesteinTables(n, sign);
  const chirps = tables(chirp, [n], x);
  const last = x[0].rank - 1;
  const padded = each(times(x, chirps), (t) =>
    pad(
      t,
      t.shape.map((_, i): [Dim, Dim] => [0, i === last ? length - n : 0]),
    ),
  );
  const product = times(transform(padded, length, -1), tables(kernel, [length], x));
  const back = each(transform(product, length, 1), (t) => sliceAxis(t, last, 0, n));
  return times(back, chirps);
}

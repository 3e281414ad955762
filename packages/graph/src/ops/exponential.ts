import type { BinaryOp, UnaryOp } from '../build.ts';
import { binary, unary } from '../build.ts';
import { erfInv as erfInvOf, erf as erfOf, sigmoid as sigmoidOf } from '../special.ts';
import { equal, select } from './compare.ts';
import { ones } from './leaves.ts';
import { add, div, mul, neg, sub } from './math.ts';

// Exponentials, logarithms, roots, and the functions defined by them.

/** eˣ. */
export const exp: UnaryOp = unary({
  name: 'exp',
  doc: 'eˣ',
  accepts: 'float',
  scalar: (x) => Math.exp(x as number),
  partial: (t, _, y) => mul(t, y),
  test: { domain: [-4, 4] },
});

/** 2ˣ. */
export const exp2: UnaryOp = unary({
  name: 'exp2',
  doc: '2ˣ',
  accepts: 'float',
  scalar: (x) => 2 ** (x as number),
  partial: (t, _, y) => mul(t, mul(y, Math.LN2)),
  test: { domain: [-4, 4] },
});

/** eˣ − 1, accurate near 0. */
export const expm1: UnaryOp = unary({
  name: 'expm1',
  doc: 'eˣ − 1, accurate near 0',
  accepts: 'float',
  scalar: (x) => Math.expm1(x as number),
  partial: (t, _, y) => mul(t, add(y, 1)),
  test: { domain: [-4, 4] },
});

/** The natural logarithm. */
export const log: UnaryOp = unary({
  name: 'log',
  doc: 'ln x',
  accepts: 'float',
  scalar: (x) => Math.log(x as number),
  partial: (t, x) => div(t, x),
  test: { domain: [0.1, 10] },
});

/** The logarithm to base 2. */
export const log2: UnaryOp = unary({
  name: 'log2',
  doc: 'log₂ x',
  accepts: 'float',
  scalar: (x) => Math.log2(x as number),
  partial: (t, x) => div(mul(t, Math.LOG2E), x),
  test: { domain: [0.1, 10] },
});

/** ln(1 + x), accurate near 0. */
export const log1p: UnaryOp = unary({
  name: 'log1p',
  doc: 'ln(1 + x), accurate near 0',
  accepts: 'float',
  scalar: (x) => Math.log1p(x as number),
  partial: (t, x) => div(t, add(x, 1)),
  test: { domain: [-0.8, 4] },
});

/** The square root; NaN below 0. */
export const sqrt: UnaryOp = unary({
  name: 'sqrt',
  doc: '√x',
  accepts: 'float',
  scalar: (x) => Math.sqrt(x as number),
  partial: (t, _, y) => div(mul(t, 0.5), y),
  test: { domain: [0.1, 10] },
});

/** 1 / √x. */
export const rsqrt: UnaryOp = unary({
  name: 'rsqrt',
  doc: '1 / √x',
  accepts: 'float',
  scalar: (x) => 1 / Math.sqrt(x as number),
  partial: (t, x, y) => mul(t, div(mul(y, -0.5), x)),
  test: { domain: [0.1, 10] },
});

/** The logistic function 1 / (1 + e⁻ˣ). */
export const sigmoid: UnaryOp = unary({
  name: 'sigmoid',
  doc: '1 / (1 + e⁻ˣ)',
  accepts: 'float',
  scalar: (x) => sigmoidOf(x as number),
  partial: (t, _, y) => mul(t, mul(y, sub(1, y))),
});

/** The error function 2/√π ∫₀ˣ exp(−t²) dt. */
export const erf: UnaryOp = unary({
  name: 'erf',
  doc: 'the error function 2/√π ∫₀ˣ exp(−t²) dt',
  accepts: 'float',
  scalar: (x) => erfOf(x as number),
  partial: (t, x) => mul(t, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
  test: { domain: [-3, 3] },
});

/** The inverse of erf on (−1, 1); ±∞ at ±1, NaN outside. */
export const erfInv: UnaryOp = unary({
  name: 'erfInv',
  doc: 'the inverse of erf',
  accepts: 'float',
  scalar: (x) => erfInvOf(x as number),
  partial: (t, _, y) => mul(t, mul(exp(mul(y, y)), Math.sqrt(Math.PI) / 2)),
  test: { domain: [-0.95, 0.95] },
});

/**
 * xʸ. Integers wrap; for a negative exponent they truncate, as 1 / x⁻ʸ does. d/dy at x = 0 is 0.
 *
 *     x.pow(2)
 */
export const pow: BinaryOp = binary({
  name: 'pow',
  doc: 'x to the power y',
  accepts: 'number',
  scalar: (x, y) => power(x as number, y as number),
  exact: (x, y) => integerPower(x as bigint, y as bigint),
  partials: [
    // y = 0 has slope 0 even where x is 0.
    (t, x, y) => {
      const isZero = equal(y, 0);
      const exponent = select(isZero, ones(y.shape, y.dtype), sub(y, 1));
      return mul(t, mul(y, pow(x, exponent)));
    },
    (t, x, _, z) => {
      const isZero = equal(x, 0);
      return mul(t, mul(z, log(select(isZero, ones(x.shape, x.dtype), x))));
    },
  ],
  test: {
    domain: [
      [0.3, 3],
      [-2, 3],
    ],
  },
});

// JavaScript's ** gives NaN for 1 ** NaN and 1 ** Infinity, IEEE 754 gives 1.
function power(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y;
}

function integerPower(x: bigint, y: bigint): bigint {
  if (y < 0n) return x === 1n ? 1n : x === -1n ? (y % 2n === 0n ? 1n : -1n) : 0n;
  let result = 1n;
  let square = x;
  for (let n = y; n > 0n; n >>= 1n) {
    if (n & 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
  }
  return result;
}

import type { BinaryOp, UnaryOp } from '../build.ts';
import { binary, unary } from '../build.ts';
import { rsqrt } from './exponential.ts';
import { add, div, mul, neg, sub } from './math.ts';

// Circular and hyperbolic functions and their inverses; angles in radians.

/** The sine of x in radians. */
export const sin: UnaryOp = unary({
  name: 'sin',
  doc: 'sin x, x in radians',
  accepts: 'float',
  scalar: (x) => Math.sin(x as number),
  partial: (t, x) => mul(t, cos(x)),
});

/** The cosine of x in radians. */
export const cos: UnaryOp = unary({
  name: 'cos',
  doc: 'cos x, x in radians',
  accepts: 'float',
  scalar: (x) => Math.cos(x as number),
  partial: (t, x) => neg(mul(t, sin(x))),
});

/** The tangent of x in radians. */
export const tan: UnaryOp = unary({
  name: 'tan',
  doc: 'tan x, x in radians',
  accepts: 'float',
  scalar: (x) => Math.tan(x as number),
  partial: (t, _, y) => mul(t, add(mul(y, y), 1)),
  test: { domain: [-1.3, 1.3] },
});

/** The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]. */
export const asin: UnaryOp = unary({
  name: 'asin',
  doc: 'arcsin x',
  accepts: 'float',
  scalar: (x) => Math.asin(x as number),
  partial: (t, x) => mul(t, rsqrt(sub(1, mul(x, x)))),
  test: { domain: [-0.9, 0.9] },
});

/** The angle in [0, π] whose cosine is x; NaN outside [−1, 1]. */
export const acos: UnaryOp = unary({
  name: 'acos',
  doc: 'arccos x',
  accepts: 'float',
  scalar: (x) => Math.acos(x as number),
  partial: (t, x) => neg(mul(t, rsqrt(sub(1, mul(x, x))))),
  test: { domain: [-0.9, 0.9] },
});

/** The angle in (−π/2, π/2) whose tangent is x. */
export const atan: UnaryOp = unary({
  name: 'atan',
  doc: 'arctan x',
  accepts: 'float',
  scalar: (x) => Math.atan(x as number),
  partial: (t, x) => div(t, add(mul(x, x), 1)),
});

/** The angle of the point (x, y), first operand y, in [−π, π]. */
export const atan2: BinaryOp = binary({
  name: 'atan2',
  doc: 'the angle of the point with ordinate x and abscissa y',
  accepts: 'float',
  scalar: (y, x) => Math.atan2(y as number, x as number),
  partials: [
    (t, y, x) => mul(t, div(x, add(mul(x, x), mul(y, y)))),
    (t, y, x) => neg(mul(t, div(y, add(mul(x, x), mul(y, y))))),
  ],
  test: { domain: [0.3, 3] },
});

/** (eˣ − e⁻ˣ) / 2. */
export const sinh: UnaryOp = unary({
  name: 'sinh',
  doc: '(eˣ − e⁻ˣ) / 2',
  accepts: 'float',
  scalar: (x) => Math.sinh(x as number),
  partial: (t, x) => mul(t, cosh(x)),
});

/** (eˣ + e⁻ˣ) / 2. */
export const cosh: UnaryOp = unary({
  name: 'cosh',
  doc: '(eˣ + e⁻ˣ) / 2',
  accepts: 'float',
  scalar: (x) => Math.cosh(x as number),
  partial: (t, x) => mul(t, sinh(x)),
});

/** sinh x / cosh x. */
export const tanh: UnaryOp = unary({
  name: 'tanh',
  doc: 'sinh x / cosh x',
  accepts: 'float',
  scalar: (x) => Math.tanh(x as number),
  partial: (t, _, y) => mul(t, sub(1, mul(y, y))),
});

/** The inverse of sinh. */
export const asinh: UnaryOp = unary({
  name: 'asinh',
  doc: 'ln(x + √(x² + 1))',
  accepts: 'float',
  scalar: (x) => Math.asinh(x as number),
  partial: (t, x) => mul(t, rsqrt(add(mul(x, x), 1))),
});

/** The inverse of cosh on [1, ∞); NaN below 1. */
export const acosh: UnaryOp = unary({
  name: 'acosh',
  doc: 'ln(x + √(x² − 1))',
  accepts: 'float',
  scalar: (x) => Math.acosh(x as number),
  partial: (t, x) => mul(t, rsqrt(sub(mul(x, x), 1))),
  test: { domain: [1.2, 5] },
});

/** The inverse of tanh on (−1, 1); ±∞ at ±1, NaN outside. */
export const atanh: UnaryOp = unary({
  name: 'atanh',
  doc: 'ln((1 + x) / (1 − x)) / 2',
  accepts: 'float',
  scalar: (x) => Math.atanh(x as number),
  partial: (t, x) => div(t, sub(1, mul(x, x))),
  test: { domain: [-0.9, 0.9] },
});

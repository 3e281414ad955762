// Functions that JavaScript lacks, accurate to the last bits of a double.

const twoOverSqrtPi = 1.1283791670955126;

/** The error function 2/√π ∫₀ˣ exp(−t²) dt. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  if (a < 2) return erfSeries(x);
  return Math.sign(x) * (1 - erfcFraction(a));
}

/** 1 − erf(x), without cancellation. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  return x < 1.5 ? 1 - erf(x) : erfcFraction(x);
}

// exp(−x²) 2x/√π Σ (2x²)ⁿ / (1·3·5 ⋯ (2n+1)): all terms positive (Abramowitz and Stegun 7.1.6).
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return twoOverSqrtPi * Math.exp(-x * x) * sum;
}

// The continued fraction of A&S 7.1.14, from the inside out; 120 levels suffice from x = 1.5 on.
function erfcFraction(x: number): number {
  if (x > 27.3) return 0;
  let f = x;
  for (let k = 120; k > 0; k--) f = x + k / 2 / f;
  return expOfMinusSquare(x) / (f * Math.sqrt(Math.PI));
}

// x² in two parts, so that its rounding does not grow with x.
function expOfMinusSquare(x: number): number {
  const head = Math.fround(x);
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head));
}

/** The inverse of erf: Giles' approximation (GPU Computing Gems, 2010), then Halley's method. */
export function erfInv(x: number): number {
  const a = Math.abs(x);
  if (!(a < 1)) return a === 1 ? x * Number.POSITIVE_INFINITY : Number.NaN;
  if (a === 0) return x;
  const complement = 1 - a;
  let y = Math.abs(giles(x));
  for (let i = 0; i < 8; i++) {
    // (erf(y) − a) / erf'(y), from the side that does not cancel.
    const error = a < 0.5 ? erf(y) - a : complement - erfc(y);
    const u = error / (twoOverSqrtPi * Math.exp(-y * y));
    y -= u / (1 + y * u);
    if (Math.abs(u) <= 1e-16 * y) break;
  }
  return Math.sign(x) * y;
}

const central = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503,
  -0.00417768164, 0.246640727, 1.50140941,
];
const tail = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
  0.00943887047, 1.00167406, 2.83297682,
];

function giles(x: number): number {
  const w = -Math.log((1 - x) * (1 + x));
  const [coefficients, v] = w < 5 ? [central, w - 2.5] : [tail, Math.sqrt(w) - 3];
  return x * coefficients.reduce((p, c) => p * v + c);
}

/** 1 / (1 + exp(−x)), exact in both tails. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

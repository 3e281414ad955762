import { expect, test } from 'vitest';
import { erf, erfc, erfInv, sigmoid } from './special.ts';

// Values of mpmath with 40 digits.
const erfValues: readonly (readonly [number, number, number])[] = [
  [1e-8, 1.1283791670955126e-8, 0.9999999887162083],
  [0.5, 0.5204998778130465, 0.4795001221869535],
  [1, 0.8427007929497149, 0.15729920705028513],
  [1.5, 0.9661051464753108, 0.033894853524689274],
  [2.5, 0.999593047982555, 0.0004069520174449589],
  [5, 0.9999999999984626, 1.537459794428035e-12],
];

test('erf and erfc', () => {
  for (const [x, y, complement] of erfValues) {
    expect(Math.abs(erf(x) / y - 1)).toBeLessThan(2e-15);
    expect(erf(-x)).toBe(-erf(x));
    expect(Math.abs(erfc(x) / complement - 1)).toBeLessThan(1e-14);
  }
});

test('erfInv is the inverse of erf, far into the tails', () => {
  for (const y of [1e-300, 1e-10, 0.1, 0.5, 1, 2, 3.5, 5]) {
    const x = erf(y);
    // An error of half an ulp in x moves the inverse by this much.
    const slope = (Math.sqrt(Math.PI) / 2) * Math.exp(y * y) * x * 2 ** -53;
    expect(Math.abs(erfInv(x) - y)).toBeLessThanOrEqual(1e-14 * y + 2 * slope);
    expect(erfInv(-x)).toBe(-erfInv(x));
  }
  expect([erfInv(1), erfInv(-1), erfInv(1.5), erfInv(0)]).toEqual([Infinity, -Infinity, NaN, 0]);
});

test('sigmoid has no overflow', () => {
  expect([sigmoid(-1000), sigmoid(0), sigmoid(1000)]).toEqual([0, 0.5, 1]);
  expect(sigmoid(-40)).toBeCloseTo(Math.exp(-40), 30);
});

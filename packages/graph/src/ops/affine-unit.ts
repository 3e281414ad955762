import type { Tensor } from '../node.ts';
import { cast } from './cast.ts';
import { equal, where } from './compare.ts';
import { full } from './leaves.ts';
import { add, mul, sub } from './math.ts';

/**
 * low + span · u, rounded once, for u = mantissa / 2²³ in [0, 1): what XLA's fused multiply-add gives,
 * in arithmetic that is the same on every runtime. `low` and `span` are f32.
 */
export function affineUnit(mantissa: Tensor, unit: Tensor, low: number, span: number): Tensor {
  if (span === 0) return full(low, unit.shape);
  const plain = low === 0 || isPowerOfTwo(span);
  if (plain) return add(mul(unit, span), low);
  // 2u − 1 is exact, so that the product alone is rounded.
  if (low === -span / 2) return mul(sub(mul(unit, 2), 1), -low);
  return inIntegers(mantissa, low, span);
}

const isPowerOfTwo = (x: number): boolean => decompose(x).odd === 1 || decompose(x).odd === -1;

interface Decomposed {
  /** x = odd · 2^exponent. */
  readonly odd: number;
  readonly exponent: number;
}

// Exact: every step is a scaling by 2. x is not 0.
function decompose(x: number): Decomposed {
  let [odd, exponent] = [x, 0];
  while (!Number.isInteger(odd)) {
    odd *= 2;
    exponent--;
  }
  while (odd % 2 === 0) {
    odd /= 2;
    exponent++;
  }
  return { odd, exponent };
}

// Product and sum are exact in i64; what low has below them becomes a last bit that is set, which is
// all that rounding looks at.
function inIntegers(mantissa: Tensor, low: number, span: number): Tensor {
  const [l, s] = [decompose(low), decompose(span)];
  const product = s.exponent - 23;
  const spare = 62 - 23 - Math.ceil(Math.log2(Math.abs(s.odd) + 1));
  const unit = Math.max(Math.min(l.exponent, product), product - spare);
  const steps = s.odd * 2 ** (product - unit);
  const scaled = low / 2 ** unit;
  const whole = Number.isInteger(scaled) ? scaled : sticky(scaled);
  const exact = add(mul(cast(mantissa, 'i64'), steps), whole);
  const rounded = mul(cast(exact, 'f32'), 2 ** unit);
  return Number.isInteger(scaled) ? rounded : where(equal(mantissa, 0), low, rounded);
}

function sticky(x: number): number {
  const size = Math.trunc(Math.abs(x));
  return Math.sign(x) * (size % 2 === 0 ? size + 1 : size);
}

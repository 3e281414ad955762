import type { UnaryOp } from '../build.ts';
import { unary } from '../build.ts';
import { roundEven } from '../number.ts';

// Piecewise constant functions: their gradient is zero.

/** The largest integer ≤ x. */
export const floor: UnaryOp = unary({
  name: 'floor',
  doc: '⌊x⌋',
  accepts: 'float',
  scalar: (x) => Math.floor(x as number),
  partial: 'zero',
  test: { smooth: false },
});

/** The smallest integer ≥ x. */
export const ceil: UnaryOp = unary({
  name: 'ceil',
  doc: '⌈x⌉',
  accepts: 'float',
  scalar: (x) => Math.ceil(x as number),
  partial: 'zero',
  test: { smooth: false },
});

/** The nearest integer, ties to even: `round(0.5)` is 0. */
export const round: UnaryOp = unary({
  name: 'round',
  doc: 'the nearest integer, ties to even',
  accepts: 'float',
  scalar: (x) => roundEven(x as number),
  partial: 'zero',
  test: { smooth: false },
});

/** x without its fraction: `trunc(-1.7)` is -1. */
export const trunc: UnaryOp = unary({
  name: 'trunc',
  doc: 'x without its fraction',
  accepts: 'float',
  scalar: (x) => Math.trunc(x as number),
  partial: 'zero',
  test: { smooth: false },
});

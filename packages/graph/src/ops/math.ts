import type { BinaryOp, UnaryOp } from '../build.ts';
import { binary, unary } from '../build.ts';
import type { Tensor } from '../node.ts';
import { equal, greater, less, select } from './compare.ts';
import { zerosLike } from './leaves.ts';
import { floor } from './rounding.ts';

// Arithmetic. Integers wrap to their width. Each row: meaning, and the partial derivatives as
// linear maps.

/** x + y. Takes numbers of one dtype; a literal takes the other operand's. `x.add(1)` */
export const add: BinaryOp = binary({
  name: 'add',
  doc: 'x + y',
  accepts: 'number',
  scalar: (x, y) => (x as number) + (y as number),
  exact: (x, y) => (x as bigint) + (y as bigint),
  partials: [(t) => t, (t) => t],
});

/** x − y. */
export const sub: BinaryOp = binary({
  name: 'sub',
  doc: 'x − y',
  accepts: 'number',
  scalar: (x, y) => (x as number) - (y as number),
  exact: (x, y) => (x as bigint) - (y as bigint),
  partials: [(t) => t, (t) => neg(t)],
});

/** x · y, element by element. */
export const mul: BinaryOp = binary({
  name: 'mul',
  doc: 'x · y',
  accepts: 'number',
  scalar: (x, y) => (x as number) * (y as number),
  exact: (x, y) => (x as bigint) * (y as bigint),
  partials: [(t, _, y) => mul(t, y), (t, x) => mul(t, x)],
});

/** x / y. Integers truncate toward zero, as in C; an integer divided by 0 is 0. */
export const div: BinaryOp = binary({
  name: 'div',
  doc: 'x / y; integers truncate toward zero, and x / 0 is 0',
  accepts: 'number',
  scalar: (x, y) => (x as number) / (y as number),
  exact: (x, y) => (y === 0n ? 0n : (x as bigint) / (y as bigint)),
  partials: [(t, _, y) => div(t, y), (t, _x, y, z) => neg(div(mul(t, z), y))],
  test: {
    domain: [
      [-4, 4],
      [0.5, 4],
    ],
  },
});

/**
 * The remainder of floor division, with the divisor's sign: `mod(-1, 3)` is 2. For a divisor of 0
 * integers give 0 and floats NaN.
 */
export const mod: BinaryOp = binary({
  name: 'mod',
  doc: 'x − y·⌊x / y⌋, with the sign of y; x mod 0 is 0 for integers, NaN for floats',
  accepts: 'number',
  scalar: (x, y) => floorMod(x as number, y as number),
  exact: (x, y) =>
    y === 0n ? 0n : (((x as bigint) % (y as bigint)) + (y as bigint)) % (y as bigint),
  partials: [(t) => t, (t, x, y) => neg(mul(t, floor(div(x, y))))],
  test: {
    domain: [
      [2.2, 2.8],
      [1.1, 1.9],
    ],
  },
});

function floorMod(x: number, y: number): number {
  const r = x % y;
  return r !== 0 && r < 0 !== y < 0 ? r + y : r;
}

/** −x; unsigned integers wrap. */
export const neg: UnaryOp = unary({
  name: 'neg',
  doc: '−x',
  accepts: 'number',
  scalar: (x) => -(x as number),
  exact: (x) => -(x as bigint),
  partial: (t) => neg(t),
});

/** |x|; its derivative at 0 is 0. */
export const abs: UnaryOp = unary({
  name: 'abs',
  doc: '|x|',
  accepts: 'number',
  scalar: (x) => Math.abs(x as number),
  exact: (x) => ((x as bigint) < 0n ? -(x as bigint) : (x as bigint)),
  partial: (t, x) => mul(t, sign(x)),
  test: { domain: [0.5, 4] },
});

/** −1, 0 or 1; NaN stays. */
export const sign: UnaryOp = unary({
  name: 'sign',
  doc: 'the sign of x: −1, 0 or 1',
  accepts: 'number',
  scalar: (x) => Math.sign(x as number),
  exact: (x) => ((x as bigint) > 0n ? 1n : x === 0n ? 0n : -1n),
  partial: 'zero',
  test: { smooth: false },
});

/** The larger of two; NaN where one is NaN. Equal operands share the gradient. */
export const maximum: BinaryOp = binary({
  name: 'maximum',
  doc: 'the larger of x and y; NaN where one is',
  accepts: 'number',
  scalar: (x, y) => Math.max(x as number, y as number),
  exact: (x, y) => ((x as bigint) > (y as bigint) ? (x as bigint) : (y as bigint)),
  partials: [(t, x, y) => shared(t, greater(x, y), x, y), (t, x, y) => shared(t, less(x, y), x, y)],
});

/** The smaller of two; NaN where one is NaN. Equal operands share the gradient. */
export const minimum: BinaryOp = binary({
  name: 'minimum',
  doc: 'the smaller of x and y; NaN where one is',
  accepts: 'number',
  scalar: (x, y) => Math.min(x as number, y as number),
  exact: (x, y) => ((x as bigint) < (y as bigint) ? (x as bigint) : (y as bigint)),
  partials: [(t, x, y) => shared(t, less(x, y), x, y), (t, x, y) => shared(t, greater(x, y), x, y)],
});

// t where this operand is the one taken, half of it where both are equal.
function shared(t: Tensor, taken: Tensor, x: Tensor, y: Tensor): Tensor {
  return select(taken, t, select(equal(x, y), mul(t, 0.5), zerosLike(t)));
}

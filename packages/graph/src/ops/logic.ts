import type { BinaryOp, UnaryOp } from '../build.ts';
import { binary, unary } from '../build.ts';

// Logic on bool, and bits of integers.

type Meaning = (x: number, y: number) => number;

function logical(name: string, doc: string, meaning: Meaning): BinaryOp {
  return binary({ name, doc, accepts: 'bool', scalar: meaning, partials: null });
}

/** Whether both hold. */
export const logicalAnd: BinaryOp = logical('logicalAnd', 'x and y', (x, y) => x & y);

/** Whether one holds, or both. */
export const logicalOr: BinaryOp = logical('logicalOr', 'x or y', (x, y) => x | y);

/** Whether exactly one holds. */
export const logicalXor: BinaryOp = logical('logicalXor', 'either x or y', (x, y) => x ^ y);

/** Whether x does not hold. */
export const logicalNot: UnaryOp = unary({
  name: 'logicalNot',
  doc: 'not x',
  accepts: 'bool',
  scalar: (x) => 1 - (x as number),
  partial: null,
});

// ------------------------------------------------------------------------------------------------ bits

type Bits = (x: bigint, y: bigint) => bigint;

// JavaScript's 32-bit operators give the right low bits for every narrower width, signed or not.
function bitwise(name: string, doc: string, meaning: Meaning, wide: Bits): BinaryOp {
  return binary({ name, doc, accepts: 'integer', scalar: meaning, exact: wide, partials: null });
}

/** Bits set in both integers. */
export const bitwiseAnd: BinaryOp = bitwise(
  'bitwiseAnd',
  'bits set in x and in y',
  (x, y) => x & y,
  (x, y) => x & y,
);

/** Bits set in one of two integers, or in both. */
export const bitwiseOr: BinaryOp = bitwise(
  'bitwiseOr',
  'bits set in x or in y',
  (x, y) => x | y,
  (x, y) => x | y,
);

/** Bits set in exactly one of two integers. */
export const bitwiseXor: BinaryOp = bitwise(
  'bitwiseXor',
  'bits that differ between x and y',
  (x, y) => x ^ y,
  (x, y) => x ^ y,
);

/** All bits of an integer, inverted. */
export const bitwiseNot: UnaryOp = unary({
  name: 'bitwiseNot',
  doc: 'all bits inverted',
  accepts: 'integer',
  scalar: (x) => ~(x as number),
  exact: (x) => ~(x as bigint),
  partial: null,
});

/** x · 2ʸ, keeping the low bits; 0 where y is negative or not below the width. */
export const shiftLeft: BinaryOp = bitwise(
  'shiftLeft',
  'bits moved up by y places; 0 where y is outside [0, width)',
  (x, y) => (y >= 0 && y < 32 ? x << y : 0),
  (x, y) => (y >= 0n && y < 64n ? x << y : 0n),
);

/**
 * ⌊x / 2ʸ⌋: zeros move into unsigned integers, the sign into signed ones, as if for ever where y is
 * outside [0, width).
 */
export const shiftRight: BinaryOp = bitwise(
  'shiftRight',
  '⌊x / 2ʸ⌋; 0 or −1, by the sign of x, where y is outside [0, width)',
  (x, y) => (y >= 0 && y < 64 ? Math.floor(x / 2 ** y) : Math.sign(Math.floor(x / 2 ** 64))),
  (x, y) => (y >= 0n && y < 64n ? x >> y : x < 0n ? -1n : 0n),
);

import type { BinaryOp, UnaryOp } from '../build.ts';
import { binary, unary } from '../build.ts';

// Arithmetic and elementary functions. Each row: meaning, and the partial derivatives as linear maps.

export const add: BinaryOp = binary({
  name: 'add',
  doc: 'x + y',
  accepts: 'number',
  scalar: (x, y) => (x as number) + (y as number),
  partials: () => [(t) => t, (t) => t],
});

export const sub: BinaryOp = binary({
  name: 'sub',
  doc: 'x − y',
  accepts: 'number',
  scalar: (x, y) => (x as number) - (y as number),
  partials: () => [(t) => t, (t) => neg(t)],
});

export const mul: BinaryOp = binary({
  name: 'mul',
  doc: 'x · y',
  accepts: 'number',
  scalar: (x, y) => (x as number) * (y as number),
  partials: ({ inputs: [x, y] }) => [(t) => mul(t, y ?? t), (t) => mul(t, x ?? t)],
});

export const neg: UnaryOp = unary({
  name: 'neg',
  doc: '−x',
  accepts: 'number',
  scalar: (x) => -(x as number),
  partials: () => [(t) => neg(t)],
});

export const exp: UnaryOp = unary({
  name: 'exp',
  doc: 'eˣ',
  accepts: 'float',
  scalar: (x) => Math.exp(x as number),
  partials: ({ output }) => [(t) => mul(t, output)],
  test: { domain: [-4, 4] },
});

import { composite } from '../composite.ts';
import { dimKey } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make, make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { broadcastInDim, shapeText } from './axes.ts';
import { sigmoid } from './exponential.ts';
import { zerosLike } from './leaves.ts';
import { add, mul, sub } from './math.ts';
import { matmul } from './matmul.ts';
import { requireFloat } from './reduce.ts';
import { concat, sliceAxis } from './slice.ts';
import { tanh } from './trigonometric.ts';

// Cells of recurrent layers: [batch, size]. What of them is element by element is a composite with its
// own gradient, so that a layer can multiply its whole sequence with the input's weights at once.

function part(x: Tensor, size: number, i: number): Tensor {
  return sliceAxis(x, x.rank - 1, i * size, (i + 1) * size);
}

// The extent of one gate.
function gateSize(name: string, gates: Tensor, count: number, state: Tensor): number {
  requireFloat(gates);
  const size = state.shape.at(-1);
  const found = gates.shape.at(-1);
  if (typeof size === 'number' && found === size * count) return size;
  throw new TypeRuleError(
    'shape-mismatch',
    `${name}: the gates are ${shapeText(gates.shape)} for a state ${shapeText(state.shape)}: expected ${count} times ${dimKey(size ?? 0)}`,
  );
}

// ------------------------------------------------------------------------------------------------ LSTM

interface LstmGates {
  readonly i: Tensor;
  readonly f: Tensor;
  readonly g: Tensor;
  readonly o: Tensor;
  /** The new cell state, and its tanh. */
  readonly next: Tensor;
  readonly shown: Tensor;
}

function lstmParts(gates: Tensor, c: Tensor): LstmGates {
  const size = gateSize('lstmGates', gates, 4, c);
  const i = sigmoid(part(gates, size, 0));
  const f = sigmoid(part(gates, size, 1));
  const g = tanh(part(gates, size, 2));
  const o = sigmoid(part(gates, size, 3));
  const next = add(mul(f, c), mul(i, g));
  return { i, f, g, o, next, shown: tanh(next) };
}

export const lstmGatesOp: CompositeOp = composite({
  name: 'lstmGates',
  wide: true,
  doc: 'c′ = σ(f) · c + σ(i) · tanh(g) and h′ = σ(o) · tanh(c′), for gates [i, f, g, o] along the last axis and the cell state c; gives h′ and c′',
  inputs: 2,
  outputs: 2,
  decompose([gates, c]) {
    const { o, next, shown } = lstmParts(gates as Tensor, c as Tensor);
    return [mul(o, shown), next];
  },
  vjp({ inputs, cotangents: [dh, dc] }) {
    const [gates, c] = inputs as readonly [Tensor, Tensor];
    const { i, f, g, o, shown } = lstmParts(gates, c);
    const parts: Tensor[] = [];
    if (dh) parts.push(mul(mul(dh, o), sub(1, mul(shown, shown))));
    if (dc) parts.push(dc);
    if (parts.length === 0) return [null, null];
    const dNext = parts.reduce((a, b) => add(a, b));
    const ofGates = [
      mul(mul(dNext, g), slopeOf(i)),
      mul(mul(dNext, c), slopeOf(f)),
      mul(mul(dNext, i), sub(1, mul(g, g))),
      dh ? mul(mul(dh, shown), slopeOf(o)) : zerosLike(o),
    ];
    return [concat(ofGates, gates.rank - 1), mul(dNext, f)];
  },
});

// Of the sigmoid whose value is y.
const slopeOf = (y: Tensor): Tensor => mul(y, sub(1, y));

/** What an LSTM keeps from step to step, each `[batch, size]`. */
export interface LstmState {
  /** The hidden state, which is also the output. */
  readonly h: Tensor;
  /** The cell state. */
  readonly c: Tensor;
}

/**
 * The part of an LSTM's step that is element by element: from gates `[…, 4 · size]` in the order
 * i, f, g, o, before their sigmoid and tanh.
 */
export function lstmGates(gates: Tensor, c: Tensor): LstmState {
  const [h, next] = make(lstmGatesOp, [gates, c], {}) as readonly [Tensor, Tensor];
  return { h, c: next };
}

export const lstmCellOp: CompositeOp = composite({
  name: 'lstmCell',
  precision: 'compute',
  doc: 'lstmGates of x · wx + h · wh + b; x, h, c, wx, wh, b to h′ and c′',
  inputs: 6,
  outputs: 2,
  decompose(inputs) {
    const [x, h, c, wx, wh, b] = inputs as readonly [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const { h: shown, c: next } = lstmGates(affine([x, wx], [h, wh], b), c);
    return [shown, next];
  },
});

// x · wx + h · wh + b.
function affine(
  [x, wx]: readonly [Tensor, Tensor],
  [h, wh]: readonly [Tensor, Tensor],
  b: Tensor,
): Tensor {
  const sum = add(matmul(x, wx), matmul(h, wh));
  return add(sum, broadcastInDim(b, sum.shape, [sum.rank - 1]));
}

/** Weights of an LSTM step; gates in the order i, f, g, o along the last axis. */
export interface LstmWeights {
  /** `[inputs, 4 · size]`. */
  readonly wx: Tensor;
  /** `[size, 4 · size]`. */
  readonly wh: Tensor;
  /** `[4 · size]`. */
  readonly b: Tensor;
}

/**
 * One step of an LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).
 *
 *     const { h, c } = lstmCell(x, { h, c }, { wx, wh, b });   // x f32[N, in], h and c f32[N, 64]
 */
export function lstmCell(x: Tensor, state: LstmState, weights: LstmWeights): LstmState {
  return checked(`lstmCell(${x}, ${state.h})`, () => {
    const operands = [x, state.h, state.c, weights.wx, weights.wh, weights.b];
    const [h, c] = make(lstmCellOp, operands, {}) as readonly [Tensor, Tensor];
    return { h, c };
  });
}

// ------------------------------------------------------------------------------------------------ GRU

interface GruGates {
  readonly r: Tensor;
  readonly z: Tensor;
  readonly n: Tensor;
  /** The candidate's part of `ofState`, before the reset. */
  readonly kept: Tensor;
}

function gruParts(ofInput: Tensor, ofState: Tensor, h: Tensor): GruGates {
  const size = gateSize('gruGates', ofInput, 3, h);
  gateSize('gruGates', ofState, 3, h);
  const r = sigmoid(add(part(ofInput, size, 0), part(ofState, size, 0)));
  const z = sigmoid(add(part(ofInput, size, 1), part(ofState, size, 1)));
  const kept = part(ofState, size, 2);
  return { r, z, n: tanh(add(part(ofInput, size, 2), mul(r, kept))), kept };
}

export const gruGatesOp: CompositeOp = composite({
  name: 'gruGates',
  wide: true,
  doc: 'h′ = (1 − z) · n + z · h with r = σ(xr + hr), z = σ(xz + hz), n = tanh(xn + r · hn), for gates [r, z, n] of the input and of the state h',
  inputs: 3,
  decompose([ofInput, ofState, h]) {
    const { z, n } = gruParts(ofInput as Tensor, ofState as Tensor, h as Tensor);
    return [add(mul(sub(1, z), n), mul(z, h as Tensor))];
  },
  vjp({ inputs, cotangents: [ct] }) {
    const [ofInput, ofState, h] = inputs as readonly [Tensor, Tensor, Tensor];
    if (!ct) return [null, null, null];
    const { r, z, n, kept } = gruParts(ofInput, ofState, h);
    const dn = mul(mul(ct, sub(1, z)), sub(1, mul(n, n)));
    const dz = mul(mul(ct, sub(h, n)), slopeOf(z));
    const dr = mul(mul(dn, kept), slopeOf(r));
    const last = ofInput.rank - 1;
    return [concat([dr, dz, dn], last), concat([dr, dz, mul(dn, r)], last), mul(ct, z)];
  },
});

/**
 * The part of a GRU's step that is element by element: from gates `[…, 3 · size]` in the order r, z, n
 * of the input and of the state, before their sigmoid and tanh.
 */
export function gruGates(ofInput: Tensor, ofState: Tensor, h: Tensor): Tensor {
  return make1(gruGatesOp, [ofInput, ofState, h], {});
}

export const gruCellOp: CompositeOp = composite({
  name: 'gruCell',
  precision: 'compute',
  doc: 'gruGates of x · wx + bx, h · wh + bh and h; x, h, wx, wh, bx, bh to h′',
  inputs: 6,
  decompose(inputs) {
    const [x, h, wx, wh, bx, bh] = inputs as readonly [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const sum = (a: Tensor, w: Tensor, b: Tensor): Tensor => {
      const y = matmul(a, w);
      return add(y, broadcastInDim(b, y.shape, [y.rank - 1]));
    };
    return [gruGates(sum(x, wx, bx), sum(h, wh, bh), h)];
  },
});

/** Weights of a GRU step; gates in the order r, z, n along the last axis. */
export interface GruWeights {
  /** `[inputs, 3 · size]`. */
  readonly wx: Tensor;
  /** `[size, 3 · size]`. */
  readonly wh: Tensor;
  /** `[3 · size]`. */
  readonly bx: Tensor;
  /** `[3 · size]`. */
  readonly bh: Tensor;
}

/**
 * One step of a GRU (Cho et al., arXiv 1406.1078), the reset gate after the product.
 *
 *     const next = gruCell(x, h, { wx, wh, bx, bh });   // x f32[N, in], h f32[N, 64]
 */
export function gruCell(x: Tensor, h: Tensor, weights: GruWeights): Tensor {
  return checked(`gruCell(${x}, ${h})`, () =>
    make1(gruCellOp, [x, h, weights.wx, weights.wh, weights.bx, weights.bh], {}),
  );
}

import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimEqual, dimKey, dimMul } from '../dim.ts';
import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make, make1 } from '../node.ts';
import type { BatchContext, CompositeOp } from '../op.ts';
import { broadcastInDim, range, reshapeTo, shapeText, sumAxes, unreduce } from './axes.ts';
import { greaterEqual, select } from './compare.ts';
import { full, iota, zerosLike } from './leaves.ts';
import { logicalAnd } from './logic.ts';
import { add, mul, sub } from './math.ts';
import { matmulOp } from './matmul.ts';
import { requireFloat } from './reduce.ts';
import { softmax } from './softmax.ts';
import { swapAxes } from './transpose.ts';

// Attention of [batch, heads, length, dim] as one composite, and its gradient as another, so that a
// backend can keep both whole and never hold the matrix of all scores.

interface Attention {
  readonly scale: number;
  readonly causal: boolean;
}

/** The operands, checked; `heads` of q share each head of k and v. */
interface Operands {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly mask: Tensor | undefined;
  /** [batch, heads, queries, keys]. */
  readonly scores: readonly Dim[];
}

export const scaledDotProductAttentionOp: CompositeOp = composite({
  name: 'scaledDotProductAttention',
  precision: 'compute',
  doc: 'softmax(q · kᵀ · scale) · v of [batch, heads, length, dim]; a bool mask says what a query may see, a float mask is added; causal: query i sees keys up to i',
  attributes: { scale: 'float', causal: 'bool' },
  inputs: [3, 4],
  decompose(inputs, attrs) {
    const operands = operandsOf(inputs);
    return [attended(weights(operands, attrs), operands.v)];
  },
  vjp({ inputs, outputs: [out], cotangents: [ct], attrs }) {
    if (!out || !ct) return inputs.map(() => null);
    const flowing = make(scaledDotProductAttentionVjpOp, [...inputs, out, ct], attrs);
    const { mask } = operandsOf(inputs);
    if (!mask) return flowing;
    return [...flowing, isFloat(mask.dtype) ? maskCotangent(inputs, out, ct, attrs) : null];
  },
  batch: (context) => folded(context, context.inputs.length === 4 ? 3 : -1),
  test: { cancels: true },
});

export const scaledDotProductAttentionVjpOp: CompositeOp = composite({
  name: 'scaledDotProductAttentionVjp',
  precision: 'compute',
  doc: 'the cotangents of q, k and v of scaledDotProductAttention, from its operands, its result and the cotangent of that',
  attributes: { scale: 'float', causal: 'bool' },
  inputs: [5, 6],
  outputs: 3,
  decompose(inputs, attrs) {
    const operands = operandsOf(inputs.slice(0, -2));
    const [out, ct] = inputs.slice(-2) as [Tensor, Tensor];
    const { q, k } = operands;
    const p = weights(operands, attrs);
    const ds = scoreCotangent(operands, p, out, ct, attrs);
    const byScore = mul(ds, attrs.scale);
    const dq = reshapeTo(product(gathered(byScore, k), k), q.shape);
    const dk = product(swapAxes(gathered(byScore, k), -1, -2), gathered(q, k));
    const dv = product(swapAxes(gathered(p, k), -1, -2), gathered(ct, k));
    return [dq, dk, dv];
  },
  batch: (context) => folded(context, context.inputs.length === 6 ? 3 : -1),
});

// Under `vmap` the mapped axis becomes part of the batch. A mask that is the same for all stays one.
function folded(
  { op, inputs, mapped, attrs, all }: BatchContext<Attention>,
  mask: number,
): Tensor[] {
  const wide = all();
  const [size, batch] = (wide[0] as Tensor).shape as readonly [Dim, Dim];
  const fold = (t: Tensor): Tensor => {
    const own = [size, batch, ...t.shape.slice(2)];
    const full = dimEqual(t.shape[1] as Dim, batch)
      ? t
      : broadcastInDim(squeezed(t), own, [0, 2, 3, 4]);
    return reshapeTo(full, [dimMul(size, batch), ...t.shape.slice(2)]);
  };
  const operands = wide.map((t, i) => {
    const shared = i === mask && !mapped[i] && (inputs[i] as Tensor).shape[0] === 1;
    return shared ? (inputs[i] as Tensor) : fold(t);
  });
  return make(op, operands, { ...attrs }).map((t) =>
    reshapeTo(t, [size, batch, ...t.shape.slice(1)]),
  );
}

const squeezed = (t: Tensor): Tensor => reshapeTo(t, t.shape.toSpliced(1, 1));

// ------------------------------------------------------------------------------------------------ forward

// The heads of q that share a head of k, one below the other: [batch, heads of k, share · length, …].
// Keys and values are not repeated.
function gathered(x: Tensor, k: Tensor): Tensor {
  const [batch, heads, length, width] = x.shape as readonly [Dim, number, Dim, Dim];
  const shared = k.shape[1] as number;
  return reshapeTo(x, [batch, shared, dimMul(heads / shared, length), width]);
}

const product = (x: Tensor, y: Tensor): Tensor => make1(matmulOp, [x, y], {});

function weights({ q, k, mask, scores: shape }: Operands, attrs: Attention): Tensor {
  const products = product(gathered(q, k), swapAxes(k, -1, -2));
  const scores = mul(reshapeTo(products, shape), attrs.scale);
  const added = mask && isFloat(mask.dtype) ? add(scores, broadcastMask(mask, shape)) : scores;
  const seen = visible(mask, shape, attrs.causal);
  if (!seen) return softmax(added);
  return softmax(select(seen, added, full(Number.NEGATIVE_INFINITY, shape, q.dtype)));
}

function attended(p: Tensor, v: Tensor): Tensor {
  return reshapeTo(product(gathered(p, v), v), [...p.shape.slice(0, 3), v.shape[3] as Dim]);
}

// What queries may see; undefined: everything.
function visible(
  mask: Tensor | undefined,
  shape: readonly Dim[],
  causal: boolean,
): Tensor | undefined {
  const given = mask && !isFloat(mask.dtype) ? broadcastMask(mask, shape) : undefined;
  if (!causal) return given;
  const square = shape.slice(2);
  const past = broadcastInDim(greaterEqual(iota(square, 0), iota(square, 1)), shape, [2, 3]);
  return given ? logicalAnd(given, past) : past;
}

function broadcastMask(mask: Tensor, shape: readonly Dim[]): Tensor {
  const kept = keptAxes(mask, shape);
  const squeezed = reshapeTo(
    mask,
    kept.map((i) => shape[i] as Dim),
  );
  return broadcastInDim(squeezed, shape, kept);
}

// Axes of the scores along which a mask [batch or 1, heads or 1, queries or 1, keys or 1] varies.
function keptAxes(mask: Tensor, shape: readonly Dim[]): readonly number[] {
  return range(4).filter((i) => dimEqual(mask.shape[i] as Dim, shape[i] as Dim));
}

// ------------------------------------------------------------------------------------------------ backward

// p · (ct · vᵀ − Σ ct · out), 0 where a query does not see (Dao, arXiv 2307.08691, has the sum).
function scoreCotangent(
  { k, v, mask }: Operands,
  p: Tensor,
  out: Tensor,
  ct: Tensor,
  { causal }: Attention,
): Tensor {
  const dp = reshapeTo(product(gathered(ct, k), swapAxes(v, -1, -2)), p.shape);
  const along = unreduce(sumAxes(mul(ct, out), [3]), p.shape, [3]);
  const ds = mul(p, sub(dp, along));
  const seen = visible(mask, p.shape, causal);
  return seen ? select(seen, ds, zerosLike(ds)) : ds;
}

function maskCotangent(
  inputs: readonly Tensor[],
  out: Tensor,
  ct: Tensor,
  attrs: Attention,
): Tensor {
  const operands = operandsOf(inputs);
  const mask = operands.mask as Tensor;
  const ds = scoreCotangent(operands, weights(operands, attrs), out, ct, attrs);
  const kept = keptAxes(mask, operands.scores);
  return reshapeTo(
    sumAxes(
      ds,
      range(4).filter((i) => !kept.includes(i)),
    ),
    mask.shape,
  );
}

// ------------------------------------------------------------------------------------------------ operands

function operandsOf(inputs: readonly Tensor[]): Operands {
  const [q, k, v, mask] = inputs as readonly [Tensor, Tensor, Tensor, Tensor | undefined];
  requireFloat(q);
  const wrong = [q, k, v].find((t) => t.rank !== 4 || t.dtype !== q.dtype);
  if (wrong) {
    const found = `q, k and v are ${q}, ${k} and ${v}`;
    throw new TypeRuleError('rank', `${found}, expected one dtype and [batch, heads, length, dim]`);
  }
  const same = (a: Tensor, b: Tensor, axis: number): boolean =>
    dimEqual(a.shape[axis] as Dim, b.shape[axis] as Dim);
  const fits = same(q, k, 0) && same(k, v, 0) && same(k, v, 1) && same(q, k, 3) && same(k, v, 2);
  if (!fits) {
    const found = `q ${shapeText(q.shape)}, k ${shapeText(k.shape)} and v ${shapeText(v.shape)}`;
    const rule = 'batch is one for all, heads and length one for k and v, dim one for q and k';
    throw new TypeRuleError('shape-mismatch', `${found}: ${rule}`);
  }
  checkHeads(q, k);
  const scores = [...q.shape.slice(0, 3), k.shape[2] as Dim];
  if (mask) checkMask(mask, q, scores);
  return { q, k, v, mask, scores };
}

function checkHeads(q: Tensor, k: Tensor): void {
  const [heads, shared] = [q.shape[1], k.shape[1]] as readonly [Dim, Dim];
  const divides =
    typeof heads === 'number' && typeof shared === 'number' && shared > 0 && heads % shared === 0;
  if (divides) return;
  const found = `${dimKey(heads)} heads of q do not divide over ${dimKey(shared)} of k and v`;
  throw new TypeRuleError('shape-mismatch', found, 'both are numbers, one a multiple of the other');
}

function checkMask(mask: Tensor, q: Tensor, scores: readonly Dim[]): void {
  if (mask.dtype !== 'bool' && mask.dtype !== q.dtype) {
    throw new TypeRuleError('dtype', `the mask is ${mask.dtype}, expected bool or ${q.dtype}`);
  }
  const kept = mask.rank === 4 ? keptAxes(mask, scores) : [];
  const fits = mask.rank === 4 && mask.shape.every((d, i) => d === 1 || kept.includes(i));
  if (fits) return;
  const found = `the mask is ${shapeText(mask.shape)}, the scores ${shapeText(scores)}`;
  throw new TypeRuleError('shape-mismatch', found, 'every extent of the mask is equal or 1');
}

// ------------------------------------------------------------------------------------------------ builder

export interface AttentionOptions {
  /**
   * What each query may see, bool, or what is added to its scores, of q's dtype. Broadcasts to
   * [batch, heads, queries, keys]. A query that may see nothing gives NaN.
   */
  readonly mask?: Tensor;
  /** Query i sees keys up to i, whatever the lengths; default false. */
  readonly causal?: boolean;
  /** Of the products; default 1 / √dim. */
  readonly scale?: number;
}

/**
 * softmax(q · kᵀ · scale) · v over [batch, heads, length, dim] (Vaswani et al., arXiv 1706.03762). k and
 * v may have fewer heads, each shared by as many of q (grouped-query attention, Ainslie et al., arXiv
 * 2305.13245).
 *
 *     scaledDotProductAttention(q, k, v, { causal: true })   // f32[N, 8, 128, 64] three times
 *
 * @throws GraphError when the extents do not fit together, or dim is symbolic and no scale is given.
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const { mask, causal = false } = options;
  return checked(`scaledDotProductAttention(${q}, ${k}, ${v})`, () => {
    const scale = options.scale ?? defaultScale(q);
    const wide = mask && wideMask(mask);
    const operands = wide ? [q, k, v, wide] : [q, k, v];
    return make1(scaledDotProductAttentionOp, operands, { scale, causal });
  });
}

function defaultScale(q: Tensor): number {
  const width = q.shape.at(-1);
  if (typeof width === 'number') return 1 / Math.sqrt(Math.max(1, width));
  throw new TypeRuleError('attribute', `dim of q ${q} is no number`, 'give a scale');
}

// Leading axes of extent 1 where a mask has fewer than four.
function wideMask(mask: Tensor): Tensor {
  const missing = Math.max(0, 4 - mask.rank);
  return reshapeTo(mask, [...range(missing).map((): Dim => 1), ...mask.shape]);
}

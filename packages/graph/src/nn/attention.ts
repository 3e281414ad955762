import { userError } from '../fail.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { scaledDotProductAttention } from '../ops/attention.ts';
import { broadcastInDim, reshapeTo } from '../ops/axes.ts';
import { cast } from '../ops/cast.ts';
import { greaterEqual } from '../ops/compare.ts';
import { dynamicUpdateSlice } from '../ops/dynamic.ts';
import { iota } from '../ops/leaves.ts';
import { add } from '../ops/math.ts';
import type { RopeOptions } from '../ops/rope.ts';
import { rope as rotate } from '../ops/rope.ts';
import { transpose } from '../ops/transpose.ts';
import type { InitialValue } from '../state.ts';
import type { LinearParameters } from './layers.ts';
import { checkSize, linear } from './layers.ts';
import type { Module } from './module.ts';
import { module } from './module.ts';

export interface MultiHeadAttentionOptions {
  /** Heads of keys and values, each shared by as many of the queries (grouped-query attention); default `heads`. */
  readonly kvHeads?: number;
  /** Of each head; default size / heads. */
  readonly headDim?: number;
  /** Size of what keys and values come from; default `size`. */
  readonly contextSize?: number;
  /** Whether projections have a bias; default true. */
  readonly bias?: boolean;
  /** Query i sees keys up to i; default false. */
  readonly causal?: boolean;
  /** Rotary position embedding of queries and keys; default none. */
  readonly rope?: boolean | Pick<RopeOptions, 'base' | 'dims' | 'convention'>;
  /** First weights of projections; default `init.glorotUniform`. */
  readonly init?: InitialValue;
}

/** Keys and values of what came before, `[batch, kvHeads, capacity, headDim]`, and how many there are. */
export interface AttentionCache {
  readonly k: Tensor;
  readonly v: Tensor;
  /** An integer scalar. */
  readonly length: Tensor;
}

export interface AttendOptions {
  /** What keys and values come from; default x itself. */
  readonly context?: Tensor;
  /** bool or added to the scores; broadcasts to [batch, heads, queries, keys]. */
  readonly mask?: Tensor;
}

type Linear = Module<LinearParameters, readonly [x: Tensor], Tensor>;

export interface AttentionMembers {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly out: Linear;
}

/** Attention as a layer; `cached` is one step of decoding. */
export interface MultiHeadAttention
  extends Module<AttentionMembers, readonly [x: Tensor, options?: AttendOptions], Tensor> {
  /**
   * x `[batch, length, size]` comes after what the cache holds: queries see all of that and what is up to themselves.
   * Gives the result and the cache with the new keys and values. Beyond the capacity the last places are overwritten.
   *
   *     const { y, cache } = attend.cached(token, { k, v, length });
   *     update(k, cache.k);
   */
  cached(x: Tensor, cache: AttentionCache): { readonly y: Tensor; readonly cache: AttentionCache };
}

/**
 * Multi-head attention (Vaswani et al. 2017) over `[batch, length, size]`: projections to queries, keys and values, one
 * attention for each head, and a projection back.
 *
 *     const attend = nn.multiHeadAttention(512, 8, { causal: true, rope: true, kvHeads: 2 });
 *     const y = attend(x);                          // itself
 *     const z = attend(x, { context: memory });     // another sequence
 *
 * @throws GraphError when heads do not divide the size, or kvHeads the heads; on use, when an input has other sizes.
 */
export function multiHeadAttention(
  size: number,
  heads: number,
  options: MultiHeadAttentionOptions = {},
): MultiHeadAttention {
  const shape = checkHeads(size, heads, options);
  const { contextSize = size } = options;
  const wide = {
    bias: options.bias ?? true,
    ...(options.init !== undefined && { init: options.init }),
  };
  const members: AttentionMembers = {
    query: linear(size, heads * shape.dim, wide),
    key: linear(contextSize, shape.kvHeads * shape.dim, wide),
    value: linear(contextSize, shape.kvHeads * shape.dim, wide),
    out: linear(heads * shape.dim, size, wide),
  };
  const layer = module(members, (held: AttentionMembers, x: Tensor, given: AttendOptions = {}) =>
    attend(held, x, given, shape, options),
  );
  return Object.assign(layer, {
    cached: (x: Tensor, cache: AttentionCache) => cached(members, x, cache, shape, options),
  });
}

interface HeadShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly dim: number;
}

function checkHeads(size: number, heads: number, options: MultiHeadAttentionOptions): HeadShape {
  checkSize('nn.multiHeadAttention: size', size);
  checkSize('nn.multiHeadAttention: heads', heads);
  const { kvHeads = heads, headDim = size / heads } = options;
  checkSize('nn.multiHeadAttention: kvHeads', kvHeads);
  const refuse = (message: string, cure: string): never => {
    throw userError({ code: 'layer', message: `nn.multiHeadAttention: ${message}`, cure });
  };
  if (!Number.isInteger(headDim)) {
    refuse(`size ${size} does not divide into ${heads} heads`, 'give headDim');
  }
  checkSize('nn.multiHeadAttention: headDim', headDim);
  if (heads % kvHeads !== 0) {
    refuse(
      `${heads} heads do not divide over ${kvHeads} kvHeads`,
      'heads is a multiple of kvHeads',
    );
  }
  return { heads, kvHeads, dim: headDim };
}

function attend(
  { query, key, value, out }: AttentionMembers,
  x: Tensor,
  { context = x, mask }: AttendOptions,
  { heads, kvHeads, dim }: HeadShape,
  options: MultiHeadAttentionOptions,
): Tensor {
  checkRank(x);
  checkRank(context);
  const turn = turning(options);
  const q = turn(split(query(x), heads, dim));
  const k = turn(split(key(context), kvHeads, dim));
  const v = split(value(context), kvHeads, dim);
  const { causal = false } = options;
  const y = scaledDotProductAttention(q, k, v, { causal, ...(mask && { mask }) });
  return out(joined(y));
}

function cached(
  { query, key, value, out }: AttentionMembers,
  x: Tensor,
  cache: AttentionCache,
  { heads, kvHeads, dim }: HeadShape,
  options: MultiHeadAttentionOptions,
): { readonly y: Tensor; readonly cache: AttentionCache } {
  checkRank(x);
  return checked(`nn.multiHeadAttention.cached(${x}, ${cache.k})`, () => {
    const [, length] = x.shape as readonly [Tensor['shape'][0], number];
    const start = cast(cache.length, 'i32');
    const positions = add(iota([length], 0), broadcastInDim(start, [length], []));
    const turn = turning(options, positions);
    const write = (into: Tensor, y: Tensor): Tensor =>
      dynamicUpdateSlice(into, y, [0, 0, start, 0]);
    const k = write(cache.k, turn(split(key(x), kvHeads, dim)));
    const v = write(cache.v, split(value(x), kvHeads, dim));
    const square = [length, cache.k.shape[2] ?? 0];
    const seen = greaterEqual(broadcastInDim(positions, square, [0]), iota(square, 1));
    const y = scaledDotProductAttention(turn(split(query(x), heads, dim)), k, v, { mask: seen });
    return { y: out(joined(y)), cache: { k, v, length: add(cache.length, length) } };
  });
}

function turning(options: MultiHeadAttentionOptions, positions?: Tensor): (x: Tensor) => Tensor {
  const { rope = false } = options;
  if (rope === false) return (x) => x;
  const own = rope === true ? {} : rope;
  return (x) => rotate(x, { ...own, ...(positions && { positions }) });
}

// [batch, length, heads · dim] to [batch, heads, length, dim], and back.
function split(x: Tensor, heads: number, dim: number): Tensor {
  const apart = reshapeTo(x, [...x.shape.slice(0, 2), heads, dim]);
  return transpose(apart, [0, 2, 1, 3]);
}

function joined(x: Tensor): Tensor {
  const [batch, heads, length, dim] = x.shape as readonly [number, number, number, number];
  return reshapeTo(transpose(x, [0, 2, 1, 3]), [batch, length, heads * dim]);
}

function checkRank(x: Tensor): void {
  if (x.rank === 3) return;
  throw userError({
    code: 'shape-mismatch',
    message: `nn.multiHeadAttention of ${x}: expected [batch, length, size]`,
  });
}

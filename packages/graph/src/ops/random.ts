import type { TensorLike } from '../coerce.ts';
import { broadcastToShape } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { dimBounds, dimEqual, dimKey, elementCount } from '../dim.ts';
import type { DType } from '../dtype.ts';
import { bounds, isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import { checked, Tensor } from '../node.ts';
import { erf } from '../special.ts';
import { clamp } from './activations.ts';
import { affineUnit } from './affine-unit.ts';
import { argMax } from './argmax.ts';
import { normalizeAxis, reshapeTo, shapeText } from './axes.ts';
import { bitcast, cast } from './cast.ts';
import { less, where } from './compare.ts';
import { erfInv, log, log1p } from './exponential.ts';
import { gather } from './indexing.ts';
import { constant, full, iota } from './leaves.ts';
import { bitwiseOr, bitwiseXor, shiftRight } from './logic.ts';
import { abs, add, maximum, mod, mul, neg, sign, sub } from './math.ts';
import { sliceAxis } from './slice.ts';
import { argsort } from './sort.ts';
import { threefry2x32 } from './threefry.ts';
import { stack } from './views.ts';

// Random numbers as functions of a key, u32[2], and nothing else. Bit-equal to jax.random with
// Threefry and jax_threefry_partitionable.

/** A key, u32[2], from an integer seed in [0, 2⁵³). */
export function key(seed: number): Tensor {
  return checked(`key(${seed})`, () => {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new TypeRuleError('literal', `the seed is ${seed}, expected an integer in [0, 2^53)`);
    }
    const data = new Uint32Array([Math.floor(seed / 2 ** 32), seed % 2 ** 32]);
    return constant({ dtype: 'u32', shape: [2], data });
  });
}

function halves(k: Tensor, shape: readonly Dim[]): [Tensor, Tensor] {
  if (k.dtype !== 'u32' || k.rank !== 1 || k.shape[0] !== 2) {
    throw new TypeRuleError(
      'key',
      `the key is ${k}, expected u32[2]`,
      'make one with random.key(seed)',
    );
  }
  const half = (i: number): Tensor =>
    broadcastToShape(reshapeTo(sliceAxis(k, 0, i, i + 1), []), shape);
  return [half(0), half(1)];
}

// Threefry of the counters 0, 1, 2 … in row-major order; fewer than 2³² of them.
function cipher(k: Tensor, shape: readonly Dim[]): readonly [Tensor, Tensor] {
  const count = elementCount(shape);
  const low = reshapeTo(iota([count], 0, 'u32'), shape);
  const [k0, k1] = halves(k, shape);
  return threefry2x32(k0, k1, full(0, shape, 'u32'), low);
}

/** `count` new keys from one, u32[count, 2]. A key that was split is not used again. */
export function splitKey(k: Tensor, count: Dim = 2): Tensor {
  return checked(`split(${k})`, () => stack(cipher(k, [count]), -1));
}

/** `count` new keys from one, each u32[2]: `const [a, b] = random.split(key)`. */
export function split(k: Tensor, count = 2): readonly Tensor[] {
  const keys = splitKey(k, count);
  return Array.from({ length: count }, (_, i) => reshapeTo(sliceAxis(keys, 0, i, i + 1), [2]));
}

/** A new key from a key and a number: an integer in [0, 2³²), or an integer scalar. */
export function foldIn(k: Tensor, data: number | Tensor): Tensor {
  return checked(`foldIn(${k}, ${data})`, () => {
    const count = typeof data === 'number' ? full(data, [], 'u32') : cast(data, 'u32');
    if (count.rank !== 0) throw new TypeRuleError('rank', `folds in a scalar, got ${data}`);
    return stack(threefry2x32(...halves(k, []), full(0, [], 'u32'), count));
  });
}

/** 32 random bits per element, u32. */
export function bits(k: Tensor, shape: readonly Dim[]): Tensor {
  return checked(`bits(${k})`, () => {
    const [a, b] = cipher(k, shape);
    return bitwiseXor(a, b);
  });
}

/**
 * Uniform in [min, max), f32 with 23 random bits; other float dtypes are cast from f32. min + (max −
 * min) · u is rounded once, as XLA does it.
 *
 *     random.uniform(random.key(0), [N, 64])
 */
export function uniform(
  k: Tensor,
  shape: readonly Dim[],
  options: { readonly min?: number; readonly max?: number; readonly dtype?: DType } = {},
): Tensor {
  const { min = 0, max = 1, dtype = 'f32' } = options;
  return checked(`uniform(${k})`, () => {
    if (!isFloat(dtype))
      throw new TypeRuleError('dtype', `gives floats, not ${dtype}`, 'use randint');
    const mantissa = shiftRight(bits(k, shape), 9);
    const unit = sub(bitcast(bitwiseOr(mantissa, 0x3f800000), 'f32'), 1);
    const [low, high] = [Math.fround(min), Math.fround(max)];
    if (low === 0 && high === 1) return cast(unit, dtype);
    const scaled = maximum(affineUnit(mantissa, unit, low, Math.fround(high - low)), low);
    return cast(scaled, dtype);
  });
}

/**
 * Normal with mean 0 and variance 1, f32: √2 · erfInv of uniform in (−1, 1); other float dtypes are
 * cast from f32.
 */
export function normal(
  k: Tensor,
  shape: readonly Dim[],
  options: { readonly dtype?: DType } = {},
): Tensor {
  const aboveMinusOne = -1 + 2 ** -24;
  const u = uniform(k, shape, { min: aboveMinusOne, max: 1 });
  return cast(mul(erfInv(u), Math.SQRT2), options.dtype ?? 'f32');
}

/** The interval that a truncated normal distribution is left with, in standard deviations. */
export interface TruncatedNormalOptions {
  /** Default −2. */
  readonly low?: number;
  /** Default 2. */
  readonly high?: number;
  readonly dtype?: DType;
}

/**
 * The standard normal distribution between low and high, f32: √2 · erfInv of uniform between the
 * values of erf there; other float dtypes are cast from f32.
 *
 *     random.truncatedNormal(key, [N, 64]);   random.truncatedNormal(key, [8], { low: -1, high: 3 })
 *
 * @throws GraphError when low is not below high.
 */
export function truncatedNormal(
  k: Tensor,
  shape: readonly Dim[],
  options: TruncatedNormalOptions = {},
): Tensor {
  const { dtype = 'f32' } = options;
  const [low, high] = [Math.fround(options.low ?? -2), Math.fround(options.high ?? 2)];
  return checked(`truncatedNormal(${k}, ${low}, ${high})`, () => {
    if (!(low < high))
      throw new TypeRuleError('attribute', `low is ${low}, high ${high}: expected low < high`);
    const root = Math.fround(Math.SQRT2);
    const edge = (x: number): number => Math.fround(erf(Math.fround(x / root)));
    const [a, b] = [edge(low), edge(high)];
    const drawn = mul(erfInv(uniform(k, shape, { min: a, max: b })), Math.SQRT2);
    // Rounding must not lead out of the open interval.
    return cast(clamp(drawn, nextAfter(low, 1), nextAfter(high, -1)), dtype);
  });
}

// The neighbour of an f32 in a direction.
function nextAfter(x: number, direction: 1 | -1): number {
  if (!Number.isFinite(x))
    return x === -direction * Number.POSITIVE_INFINITY ? direction * -3.4028234663852886e38 : x;
  const word = new Float32Array([x === 0 ? 0 : x]);
  const bitsOf = new Int32Array(word.buffer);
  const away = x > 0 === direction > 0 && x !== 0;
  if (x === 0) bitsOf[0] = direction > 0 ? 1 : -(2 ** 31) + 1;
  else bitsOf[0] = (bitsOf[0] as number) + (away ? 1 : -1);
  return word[0] as number;
}

/**
 * The standard Gumbel distribution −ln(−ln u), f32; other float dtypes are cast from f32.
 *
 *     random.gumbel(key, [N, 10])
 */
export function gumbel(
  k: Tensor,
  shape: readonly Dim[],
  options: { readonly dtype?: DType } = {},
): Tensor {
  const u = uniform(k, shape, { min: smallestNormal, max: 1 });
  return cast(neg(log(neg(log(u)))), options.dtype ?? 'f32');
}

const smallestNormal = 2 ** -126;

/** The exponential distribution with rate 1, −ln(1 − u), f32; other float dtypes are cast from f32. */
export function exponential(
  k: Tensor,
  shape: readonly Dim[],
  options: { readonly dtype?: DType } = {},
): Tensor {
  return cast(neg(log1p(neg(uniform(k, shape)))), options.dtype ?? 'f32');
}

/** The Laplace distribution with scale 1, f32; other float dtypes are cast from f32. */
export function laplace(
  k: Tensor,
  shape: readonly Dim[],
  options: { readonly dtype?: DType } = {},
): Tensor {
  const u = uniform(k, shape, { min: -1 + 2 ** -24, max: 1 });
  return cast(mul(sign(u), log1p(neg(abs(u)))), options.dtype ?? 'f32');
}

/** The logistic distribution with scale 1, ln(u / (1 − u)), f32; other float dtypes are cast from f32. */
export function logistic(
  k: Tensor,
  shape: readonly Dim[],
  options: { readonly dtype?: DType } = {},
): Tensor {
  const u = uniform(k, shape, { min: smallestNormal, max: 1 });
  return cast(sub(log(u), log1p(neg(u))), options.dtype ?? 'f32');
}

/** −1 or 1, each with probability one half; f32 unless told otherwise. */
export function rademacher(
  k: Tensor,
  shape: readonly Dim[],
  options: { readonly dtype?: DType } = {},
): Tensor {
  const dtype = options.dtype ?? 'f32';
  return checked(`rademacher(${k})`, () =>
    where(bernoulli(k, 0.5, shape), full(1, [], dtype), full(-1, [], dtype)),
  );
}

/**
 * Indices along an axis of logits, i32, each with the probability that softmax gives it: the largest
 * of logits + gumbel. With `shape` that many draws, the axis left out and broadcast.
 *
 *     random.categorical(key, logits);                       // f32[N, 10]: i32[N]
 *     random.categorical(key, logits, { shape: [5, N] })     // five draws for each row
 */
export function categorical(
  k: Tensor,
  logits: Tensor,
  options: { readonly axis?: number; readonly shape?: readonly Dim[] } = {},
): Tensor {
  return checked(`categorical(${k}, ${logits})`, () => {
    const axis = normalizeAxis(options.axis ?? -1, logits.rank);
    const own = logits.shape.toSpliced(axis, 1);
    const shape = options.shape ?? own;
    const extra = shape.length - own.length;
    const fits = extra >= 0 && own.every((d, i) => d === 1 || dimEqual(d, shape[i + extra] as Dim));
    if (!fits) {
      const found = `draws ${shapeText(shape)} for logits ${shapeText(logits.shape)}`;
      throw new TypeRuleError(
        'shape-mismatch',
        found,
        'the last axes of the draws are those of the logits',
      );
    }
    const at = extra + axis;
    const noise = gumbel(k, shape.toSpliced(at, 0, logits.shape[axis] as Dim), {
      dtype: logits.dtype,
    });
    return argMax(add(noise, logits), at);
  });
}

/**
 * The integers 0 to n − 1 in random order, i32; or a tensor with its elements along an axis, the
 * first by default, in random order, all alike. As jax.random.permutation does it: sorted by random
 * words, as often as ties are likely.
 *
 *     random.permutation(key, 10);   random.permutation(key, rows)
 *
 * @throws GraphError when the extent is symbolic and may be so large that the number of rounds is not one.
 */
export function permutation(k: Tensor, of: Dim | Tensor, axis = 0): Tensor {
  return checked(`permutation(${k}, ${of})`, () => {
    if (!(of instanceof Tensor)) return shuffle(k, iota([of], 0));
    const at = normalizeAxis(axis, of.rank);
    if (of.rank === 1) return shuffle(k, of);
    return gather(of, shuffle(k, iota([of.shape[at] as Dim], 0)), at);
  });
}

function shuffle(k: Tensor, x: Tensor): Tensor {
  let [key, y] = [k, x];
  for (let round = roundsOf(x.shape[0] as Dim); round > 0; round--) {
    const [next, word] = split(key) as readonly [Tensor, Tensor];
    y = gather(y, argsort(bits(word, y.shape), 0), 0);
    key = next;
  }
  return y;
}

// As jax.random does: ⌈3 ln n / ln(2³² − 1)⌉ sorts.
function roundsOf(n: Dim): number {
  const rounds = (count: number): number =>
    Math.ceil((3 * Math.log(Math.max(1, count))) / Math.log(2 ** 32 - 1));
  if (typeof n === 'number') return rounds(n);
  const [least, most] = dimBounds(n);
  if (rounds(Math.max(2, least)) === rounds(most)) return rounds(most);
  throw new TypeRuleError(
    'symbolic',
    `${dimKey(n)} is at most ${most}, which takes ${rounds(most)} rounds, but fewer where it is small`,
    'give the dim a max of 1625, or a min above it, or permute a fixed number',
  );
}

/** true with probability p, bool. */
export function bernoulli(k: Tensor, p: TensorLike, shape: readonly Dim[]): Tensor {
  return less(uniform(k, shape), p);
}

/**
 * Integers in [min, max), i32 unless told otherwise, made as jax.random.randint makes them: two words
 * per element, so that the bias is below (max − min) / 2³². Where max ≤ min they are min. i8 and u8 are
 * cast from i32.
 *
 *     random.randint(key, [N], 0, 10);   random.randint(key, [8, 8], 0, 256, { dtype: 'u8' })
 *
 * @throws GraphError when the dtype is not i8, u8, i32 or u32, or a bound is not an integer that it
 *   holds (max may be one more where it is of 8 bits).
 */
export function randint(
  k: Tensor,
  shape: readonly Dim[],
  min: number,
  max: number,
  options: { readonly dtype?: DType } = {},
): Tensor {
  const { dtype = 'i32' } = options;
  return checked(`randint(${k}, ${min}, ${max})`, () => {
    checkBounds(dtype, min, max);
    const word = dtype === 'u32' ? 'u32' : 'i32';
    const [a, b] = split(k) as readonly [Tensor, Tensor];
    const span = max > min ? max - min : 1;
    const half = 2 ** 16 % span;
    const multiplier = Number(((BigInt(half) * BigInt(half)) % 2n ** 32n) % BigInt(span));
    const high = mul(mod(bits(a, shape), span), multiplier);
    const offset = mod(add(high, mod(bits(b, shape), span)), span);
    return cast(add(cast(offset, word), min), dtype);
  });
}

function checkBounds(dtype: DType, min: number, max: number): void {
  if (!['i8', 'u8', 'i32', 'u32'].includes(dtype)) {
    throw new TypeRuleError('dtype', `gives i8, u8, i32 or u32, not ${dtype}`, 'cast the result');
  }
  const [low, high] = bounds(dtype);
  const open = dtype === 'i8' || dtype === 'u8' ? 1 : 0;
  for (const [bound, most] of [
    [min, high],
    [max, high + open],
  ] as const) {
    if (!Number.isInteger(bound) || bound < low || bound > most)
      throw new TypeRuleError('literal', `the bound ${bound} is not an ${dtype}`);
  }
}

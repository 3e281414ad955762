import type { TensorLike } from '../coerce.ts';
import { broadcastToShape } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { elementCount } from '../dim.ts';
import type { DType } from '../dtype.ts';
import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { reshapeTo } from './axes.ts';
import { bitcast, cast } from './cast.ts';
import { less } from './compare.ts';
import { erfInv } from './exponential.ts';
import { constant, full, iota } from './leaves.ts';
import { bitwiseOr, bitwiseXor, shiftRight } from './logic.ts';
import { add, maximum, mod, mul, sub } from './math.ts';
import { sliceAxis } from './slice.ts';
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
 * Uniform in [min, max), f32 with 23 random bits; other float dtypes are cast from f32.
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
    const one = 0x3f800000;
    const mantissa = bitwiseOr(shiftRight(bits(k, shape), 9), one);
    const unit = sub(bitcast(mantissa, 'f32'), 1);
    const [low, high] = [Math.fround(min), Math.fround(max)];
    const scaled = maximum(add(mul(unit, Math.fround(high - low)), low), low);
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

/** true with probability p, bool. */
export function bernoulli(k: Tensor, p: TensorLike, shape: readonly Dim[]): Tensor {
  return less(uniform(k, shape), p);
}

/**
 * Integers in [min, max), i32, made as jax.random.randint makes them: two words per element, so
 * that the bias is below (max − min) / 2³². Where max ≤ min they are min.
 */
export function randint(k: Tensor, shape: readonly Dim[], min: number, max: number): Tensor {
  return checked(`randint(${k}, ${min}, ${max})`, () => {
    for (const bound of [min, max]) {
      if (!Number.isInteger(bound) || bound < -(2 ** 31) || bound > 2 ** 31 - 1) {
        throw new TypeRuleError('literal', `the bound ${bound} is not an i32`);
      }
    }
    const [a, b] = split(k) as readonly [Tensor, Tensor];
    const span = max > min ? max - min : 1;
    const half = 2 ** 16 % span;
    const multiplier = Number(((BigInt(half) * BigInt(half)) % 2n ** 32n) % BigInt(span));
    const high = mul(mod(bits(a, shape), span), multiplier);
    const offset = mod(add(high, mod(bits(b, shape), span)), span);
    return add(cast(offset, 'i32'), min);
  });
}

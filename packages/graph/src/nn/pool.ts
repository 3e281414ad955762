import type { Tensor } from '../node.ts';
import type { PerAxis } from '../ops/conv-shapes.ts';
import type { AvgPoolOptions, PoolOptions } from '../ops/pool-builders.ts';
import * as pool from '../ops/pool-builders.ts';
import { flatten as flattenFrom } from '../ops/views.ts';

// Pooling and flattening as layers, for `sequential`; each is also a function and a method of tensors.

type Plain = (x: Tensor) => Tensor;

/** The largest element in each window of `[N, L, C]`. `nn.maxPool1d(2)` */
export function maxPool1d(window: PerAxis, options: PoolOptions = {}): Plain {
  return (x) => pool.maxPool1d(x, window, options);
}

/** The largest element in each window of `[N, H, W, C]`. `nn.maxPool2d(2)` */
export function maxPool2d(window: PerAxis, options: PoolOptions = {}): Plain {
  return (x) => pool.maxPool2d(x, window, options);
}

/** The mean of each window of `[N, L, C]`. `nn.avgPool1d(2)` */
export function avgPool1d(window: PerAxis, options: AvgPoolOptions = {}): Plain {
  return (x) => pool.avgPool1d(x, window, options);
}

/** The mean of each window of `[N, H, W, C]`. `nn.avgPool2d(2, { padding: 'SAME' })` */
export function avgPool2d(window: PerAxis, options: AvgPoolOptions = {}): Plain {
  return (x) => pool.avgPool2d(x, window, options);
}

/** The mean over all spatial axes: `[N, ...space, C]` to `[N, C]`. */
export function globalAvgPool(): Plain {
  return (x) => pool.globalAvgPool(x);
}

/** The largest element over all spatial axes: `[N, ...space, C]` to `[N, C]`. */
export function globalMaxPool(): Plain {
  return (x) => pool.globalMaxPool(x);
}

/** All axes but the first as one: `[N, 7, 7, 64]` to `[N, 3136]`; `from` axes are kept. */
export function flatten(from = 1): Plain {
  return (x) => flattenFrom(x, from);
}

import { promote } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { dimEqual } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { equal, select } from './compare.ts';
import { sqrt } from './exponential.ts';
import { onesLike, zerosLike } from './leaves.ts';
import { abs, div, maximum, mul, sub } from './math.ts';
import type { Axes, ReduceOptions } from './reduce.ts';
import { max, requireFloat, sum } from './reduce.ts';
import { variance } from './statistics.ts';
import { expandDims } from './views.ts';

/** The square root whose derivative at 0 is 0. */
function safeRoot(x: Tensor): Tensor {
  const zero = equal(x, 0);
  return select(zero, zerosLike(x), sqrt(select(zero, onesLike(x), x)));
}

/** The standard deviation over axes (all by default); `ddof: 1` divides by n − 1. */
export function std(
  x: Tensor,
  axes?: Axes,
  options?: ReduceOptions & { readonly ddof?: number },
): Tensor {
  return checked(`std(${x})`, () => safeRoot(variance(x, axes, options)));
}

/**
 * x divided by its Euclidean norm over axes, the last by default; by `eps` where that is larger.
 * The gradient where x is 0 is that of x / eps.
 *
 *     normalize(x)           // rows of length 1
 */
export function normalize(x: Tensor, axes: Axes = -1, eps = 1e-12): Tensor {
  return checked(`normalize(${x})`, () => {
    requireFloat(x);
    const length = safeRoot(sum(mul(x, x), axes, { keepDims: true }));
    return div(x, maximum(length, eps));
  });
}

/**
 * Distances between each row of x and each row of y: f32[…, n, d] and f32[…, m, d] give f32[…, n,
 * m]. `p` is 2 (Euclidean, the default), 1 (of absolute differences) or Infinity (the largest). The
 * gradient where two rows are equal is 0.
 *
 *     cdist(points, centres)
 */
export function cdist(x: Tensor, y: Tensor, p = 2): Tensor {
  return checked(`cdist(${x}, ${y})`, () => {
    const [a, b] = promote([x, y]) as readonly [Tensor, Tensor];
    requireFloat(a);
    const fits =
      a.rank >= 2 && b.rank >= 2 && dimEqual(a.shape.at(-1) as Dim, b.shape.at(-1) as Dim);
    if (!fits) throw new TypeRuleError('shape-mismatch', `rows of ${a} and of ${b}`);
    const apart = sub(expandDims(a, -2), expandDims(b, -3));
    if (p === 1) return sum(abs(apart), -1);
    if (p === 2) return safeRoot(sum(mul(apart, apart), -1));
    if (p === Number.POSITIVE_INFINITY) return max(abs(apart), -1);
    throw new TypeRuleError('literal', `p is ${p}, expected 1, 2 or Infinity`);
  });
}

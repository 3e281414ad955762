import { composite } from '../composite.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { where } from './compare.ts';
import { div } from './math.ts';
import { bernoulli } from './random.ts';

export const dropoutOp: CompositeOp = composite({
  name: 'dropout',
  doc: 'each x / (1 − rate) with probability 1 − rate, else 0; drawn from key',
  attributes: { rate: 'float' },
  inputs: 2,
  decompose(inputs, { rate }) {
    const [x, k] = inputs as readonly [Tensor, Tensor];
    const kept = bernoulli(k, 1 - rate, x.shape);
    return [where(kept, div(x, 1 - rate), 0)];
  },
  // Linear in x, so the derivative is the same op on the cotangent.
  vjp: ({ inputs: [, k], cotangents: [ct], attrs }) => [
    k && ct ? make1(dropoutOp, [ct, k], attrs) : null,
    null,
  ],
});

/**
 * Zeroes each element with probability `rate` in [0, 1) and divides the others by 1 − rate
 * (Srivastava et al., JMLR 2014). One key, u32[2], decides all.
 *
 *     dropout(x, 0.1, key)
 */
export function dropout(x: Tensor, rate: number, k: Tensor): Tensor {
  return checked(`dropout(${x}, ${rate})`, () => {
    if (!(rate >= 0 && rate < 1))
      throw new TypeRuleError('attribute', `rate is ${rate}, expected a number in [0, 1)`);
    return rate === 0 ? x : make1(dropoutOp, [x, k], { rate });
  });
}

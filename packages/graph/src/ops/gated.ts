import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { gelu, silu } from './activations.ts';
import { sigmoid } from './exponential.ts';
import { mul } from './math.ts';
import { split } from './views.ts';

// Gated linear units: an axis in two halves, a · f(b) (Shazeer, arXiv 2002.05202).

function gated(name: string, x: Tensor, axis: number, gate: (b: Tensor) => Tensor): Tensor {
  return checked(`${name}(${x})`, () => {
    const [a, b] = split(x, 2, axis) as readonly [Tensor, Tensor];
    return mul(a, gate(b));
  });
}

/**
 * a · sigmoid(b), where a and b are the halves of an axis, the last by default (Dauphin et al., arXiv
 * 1612.08083).
 *
 *     glu(x)   // f32[N, 128] to f32[N, 64]
 *
 * @throws GraphError when the axis does not divide by 2.
 */
export function glu(x: Tensor, axis = -1): Tensor {
  return gated('glu', x, axis, sigmoid);
}

/** a · gelu(b), where a and b are the halves of an axis, the last by default. */
export function geglu(x: Tensor, axis = -1): Tensor {
  return gated('geglu', x, axis, (b) => gelu(b));
}

/** a · silu(b), where a and b are the halves of an axis, the last by default. */
export function swiglu(x: Tensor, axis = -1): Tensor {
  return gated('swiglu', x, axis, silu);
}

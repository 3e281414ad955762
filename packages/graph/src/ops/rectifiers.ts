import { composite } from '../composite.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import type { UnaryComposite } from './activations.ts';
import { clamp, pointwise, softplus } from './activations.ts';
import { greater, greaterEqual, where } from './compare.ts';
import { exp, expm1, sigmoid } from './exponential.ts';
import { onesLike } from './leaves.ts';
import { abs, add, div, minimum, mul, sub } from './math.ts';
import { requireFloat } from './reduce.ts';
import { tanh } from './trigonometric.ts';

// Activations shaped like relu. At their kinks the slopes are those of jax.nn.

interface SlopedSpec {
  readonly name: string;
  readonly doc: string;
  body(x: Tensor, value: number): Tensor;
  slope(x: Tensor, value: number): Tensor;
}

/** A function of a float tensor and one number, the attribute `alpha`. */
function withAlpha({ name, doc, body, slope }: SlopedSpec): CompositeOp {
  return composite({
    name,
    doc,
    attributes: { alpha: 'float' },
    elementwise: true,
    decompose([x], { alpha }) {
      requireFloat(x as Tensor);
      return [body(x as Tensor, alpha)];
    },
    vjp: ({ inputs: [x], cotangents: [ct], attrs: { alpha } }) => [
      x && ct ? mul(ct, slope(x, alpha)) : null,
    ],
  });
}

export const leakyReluOp: CompositeOp = withAlpha({
  name: 'leakyRelu',
  doc: 'x where x ≥ 0, else alpha · x',
  body: (x, alpha) => where(greaterEqual(x, 0), x, mul(x, alpha)),
  slope: (x, alpha) => where(greaterEqual(x, 0), onesLike(x), alpha),
});

/**
 * x where it is not negative, else slope · x (Maas et al., ICML 2013); the gradient at 0 is 1.
 *
 *     leakyRelu(x);   x.leakyRelu(0.2)
 */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return make1(leakyReluOp, [x], { alpha: slope });
}

/**
 * x where it is positive, else slope · x, with a slope that is a tensor, usually a parameter for
 * each channel (He et al., arXiv 1502.01852). Broadcasts.
 *
 *     prelu(x, slope)   // f32[N, 64], f32[64]
 */
export function prelu(x: Tensor, slope: Tensor): Tensor {
  return checked(`prelu(${x}, ${slope})`, () => where(greater(x, 0), x, mul(x, slope)));
}

export const eluOp: CompositeOp = withAlpha({
  name: 'elu',
  doc: 'x where x > 0, else alpha · (eˣ − 1)',
  body: (x, alpha) => where(greater(x, 0), x, mul(expm1(minimum(x, 0)), alpha)),
  slope: (x, alpha) => where(greater(x, 0), 1, mul(exp(minimum(x, 0)), alpha)),
});

/**
 * The exponential linear unit: x where it is positive, else alpha · (eˣ − 1) (Clevert et al., arXiv
 * 1511.07289).
 *
 *     x.elu();   elu(x, 0.5)
 */
export function elu(x: Tensor, alpha = 1): Tensor {
  return make1(eluOp, [x], { alpha });
}

export const celuOp: CompositeOp = withAlpha({
  name: 'celu',
  doc: 'x where x > 0, else alpha · (e^(x / alpha) − 1)',
  body: (x, alpha) => where(greater(x, 0), x, mul(expm1(div(minimum(x, 0), alpha)), alpha)),
  slope: (x, alpha) => exp(div(minimum(x, 0), alpha)),
});

/**
 * elu with a slope without a jump for every alpha (Barron, arXiv 1704.07483).
 *
 *     celu(x, 2)
 */
export function celu(x: Tensor, alpha = 1): Tensor {
  return make1(celuOp, [x], { alpha });
}

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** The self-normalising elu (Klambauer et al., arXiv 1706.02515). `x.selu()` */
export const selu: UnaryComposite = pointwise(
  'selu',
  '1.0507 · elu(x, 1.6733)',
  (x) => mul(elu(x, seluAlpha), seluScale),
  (x) => where(greater(x, 0), seluScale, mul(exp(minimum(x, 0)), seluAlpha * seluScale)),
);

/** x · tanh(softplus(x)) (Misra, arXiv 1908.08681). `x.mish()` */
export const mish: UnaryComposite = pointwise(
  'mish',
  'x · tanh(ln(1 + eˣ))',
  (x) => mul(x, tanh(softplus(x))),
  (x) => {
    const t = tanh(softplus(x));
    return add(t, mul(mul(x, sigmoid(x)), sub(1, mul(t, t))));
  },
);

/** x / (1 + |x|). `x.softsign()` */
export const softsign: UnaryComposite = pointwise(
  'softsign',
  'x / (1 + |x|)',
  (x) => div(x, add(abs(floatOnly(x)), 1)),
  (x) => {
    const size = add(abs(x), 1);
    return div(1, mul(size, size));
  },
);

function floatOnly(x: Tensor): Tensor {
  requireFloat(x);
  return x;
}

/** x between 0 and 6 (Krizhevsky 2010). `x.relu6()` */
export function relu6(x: Tensor): Tensor {
  return clamp(x, 0, 6);
}

/** x between −1 and 1. `x.hardTanh()` */
export function hardTanh(x: Tensor): Tensor {
  return clamp(x, -1, 1);
}

/** relu6(x + 3) / 6, a sigmoid of straight lines (Howard et al., arXiv 1905.02244). */
export function hardSigmoid(x: Tensor): Tensor {
  return div(relu6(add(x, 3)), 6);
}

/** x · hardSigmoid(x), also called hard swish (Howard et al., arXiv 1905.02244). */
export const hardSwish: UnaryComposite = pointwise('hardSwish', 'x · relu6(x + 3) / 6', (x) =>
  mul(x, hardSigmoid(floatOnly(x))),
);

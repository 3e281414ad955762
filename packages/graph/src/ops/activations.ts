import { composite } from '../composite.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { CompositeOp, Vjp } from '../op.ts';
import { lessEqual, where } from './compare.ts';
import { erf, exp, log1p, sigmoid } from './exponential.ts';
import { abs, add, div, maximum, minimum, mul, neg, sub } from './math.ts';
import { requireFloat } from './reduce.ts';

// Elementwise functions made of others.

/** A composite of one operand and no attributes, as the function that users call. */
export type UnaryComposite = ((x: Tensor) => Tensor) & { readonly op: CompositeOp };

/** An elementwise composite; `slope` is its derivative, where one is known that is better than that of the body. */
export function pointwise(
  name: string,
  doc: string,
  body: (x: Tensor) => Tensor,
  slope?: (x: Tensor) => Tensor,
  { wide = true }: { readonly wide?: boolean } = {},
): UnaryComposite {
  const vjp: Vjp<object> = ({ inputs: [x], cotangents: [ct] }) => [
    x && ct && slope ? mul(ct, slope(x)) : null,
  ];
  const op = composite({
    name,
    doc,
    elementwise: true,
    wide,
    decompose: ([x]) => [body(x as Tensor)],
    ...(slope && { vjp }),
  });
  return Object.assign((x: Tensor): Tensor => make1(op, [x], {}), { op });
}

/** x². */
export const square: UnaryComposite = pointwise(
  'square',
  'x²',
  (x) => mul(x, x),
  (x) => mul(x, 2),
);

/** 1 / x, of floats. */
export const reciprocal: UnaryComposite = pointwise('reciprocal', '1 / x', (x) => {
  requireFloat(x);
  return div(1, x);
});

/** x where it is positive, else 0, and NaN where x is; the gradient at 0 is 0. */
export const relu: UnaryComposite = pointwise(
  'relu',
  '0 where x ≤ 0, else x',
  (x) => where(lessEqual(x, 0), 0, x),
  undefined,
  { wide: false },
);

/** x · sigmoid(x), also called swish (Elfwing et al., arXiv 1702.03118). */
export const silu: UnaryComposite = pointwise(
  'silu',
  'x / (1 + e⁻ˣ)',
  (x) => mul(x, sigmoid(x)),
  (x) => {
    const s = sigmoid(x);
    return add(s, mul(mul(x, s), add(neg(s), 1)));
  },
);

/** ln(1 + eˣ), without overflow. */
export const softplus: UnaryComposite = pointwise(
  'softplus',
  'ln(1 + eˣ)',
  (x) => add(maximum(x, 0), log1p(exp(neg(abs(x))))),
  (x) => sigmoid(x),
);

/** ln sigmoid(x) = −softplus(−x), without overflow. */
export const logSigmoid: UnaryComposite = pointwise(
  'logSigmoid',
  'ln(1 / (1 + e⁻ˣ))',
  (x) => neg(softplus(neg(x))),
  (x) => sigmoid(neg(x)),
);

export const geluOp: CompositeOp = composite({
  name: 'gelu',
  doc: 'x · Φ(x), Φ the normal distribution; approximate: tanh uses a tanh for Φ',
  attributes: { approximate: 'string' },
  elementwise: true,
  decompose([x], { approximate }) {
    const t = x as Tensor;
    if (approximate === 'none') return [mul(mul(t, 0.5), add(erf(mul(t, Math.SQRT1_2)), 1))];
    if (approximate !== 'tanh')
      throw new TypeRuleError(
        'attribute',
        `approximate is '${approximate}', expected 'none' or 'tanh'`,
      );
    // ½ (1 + tanh u) is sigmoid(2u), which keeps its digits where the sum cancels.
    return [mul(t, sigmoid(tanhArgument(t)))];
  },
  vjp: ({ inputs: [x], cotangents: [ct], attrs: { approximate } }) => [
    x && ct ? mul(ct, approximate === 'none' ? geluSlope(x) : tanhGeluSlope(x)) : null,
  ],
});

// 2u, u the argument of the tanh.
const tanhArgument = (x: Tensor): Tensor =>
  mul(add(x, mul(mul(x, mul(x, x)), 0.044715)), 2 * Math.sqrt(2 / Math.PI));

// Slopes depend on x alone, and share what they can with the function: a forward pass stores them, not their parts.

// Φ(x) + x · φ(x).
function geluSlope(x: Tensor): Tensor {
  const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return add(mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5), mul(x, density));
}

function tanhGeluSlope(x: Tensor): Tensor {
  const s = sigmoid(tanhArgument(x));
  const inner = mul(add(mul(mul(x, x), 3 * 0.044715), 1), 2 * Math.sqrt(2 / Math.PI));
  return add(s, mul(mul(mul(x, s), sub(1, s)), inner));
}

/**
 * The Gaussian error linear unit x · Φ(x) (Hendrycks and Gimpel, arXiv 1606.08415); `approximate:
 * 'tanh'` is their formula with a tanh.
 *
 *     x.gelu();   gelu(x, { approximate: 'tanh' })
 */
export function gelu(x: Tensor, options: { readonly approximate?: 'none' | 'tanh' } = {}): Tensor {
  return make1(geluOp, [x], { approximate: options.approximate ?? 'none' });
}

export const clampOp: CompositeOp = composite({
  name: 'clamp',
  doc: 'x, but at least min and at most max',
  attributes: { min: 'float', max: 'float' },
  elementwise: true,
  wide: false,
  decompose([x], { min, max }) {
    const low = min === Number.NEGATIVE_INFINITY ? (x as Tensor) : maximum(x as Tensor, min);
    return [max === Number.POSITIVE_INFINITY ? low : minimum(low, max)];
  },
});

/**
 * x, but at least min and at most max; a bound that is undefined does not bind. `x.clamp(-1, 1)`
 */
export function clamp(x: Tensor, min?: number, max?: number): Tensor {
  return checked(`clamp(${x}, ${min}, ${max})`, () => {
    if (min !== undefined && max !== undefined && min > max)
      throw new TypeRuleError('attribute', `min ${min} is above max ${max}`);
    return make1(clampOp, [x], {
      min: min ?? Number.NEGATIVE_INFINITY,
      max: max ?? Number.POSITIVE_INFINITY,
    });
  });
}

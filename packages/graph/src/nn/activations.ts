import type { Tensor } from '../node.ts';
import * as activations from '../ops/activations.ts';
import { sigmoid as sigmoidOp } from '../ops/exponential.ts';
import * as gated from '../ops/gated.ts';
import * as rectifiers from '../ops/rectifiers.ts';
import { logSoftmax as logSoftmaxOp, softmax as softmaxOp } from '../ops/softmax.ts';
import { tanh as tanhOp } from '../ops/trigonometric.ts';
import { parameterType } from '../precision.ts';
import { parameter } from '../state.ts';
import { checkSize } from './layers.ts';
import type { Module } from './module.ts';
import { module } from './module.ts';

// Activations as layers, for `sequential`; each is also a function and a method of tensors.

type Activation = (x: Tensor) => Tensor;

/** max(x, 0). `nn.sequential(nn.linear(8, 8), nn.relu())` */
export function relu(): Activation {
  return (x) => activations.relu(x);
}

/** x between 0 and 6. */
export function relu6(): Activation {
  return (x) => rectifiers.relu6(x);
}

/** x where it is not negative, else slope · x, by default 0.01 · x. */
export function leakyRelu(slope = 0.01): Activation {
  return (x) => rectifiers.leakyRelu(x, slope);
}

/** x where it is positive, else alpha · (eˣ − 1). */
export function elu(alpha = 1): Activation {
  return (x) => rectifiers.elu(x, alpha);
}

/** x where it is positive, else alpha · (e^(x / alpha) − 1). */
export function celu(alpha = 1): Activation {
  return (x) => rectifiers.celu(x, alpha);
}

/** The self-normalising elu. */
export function selu(): Activation {
  return (x) => rectifiers.selu(x);
}

/** x · Φ(x), exact, or with a tanh for Φ (Hendrycks & Gimpel 2016). */
export function gelu(options: { readonly approximate?: 'none' | 'tanh' } = {}): Activation {
  return (x) => activations.gelu(x, options);
}

/** x · sigmoid(x). */
export function silu(): Activation {
  return (x) => activations.silu(x);
}

/** x · tanh(softplus(x)). */
export function mish(): Activation {
  return (x) => rectifiers.mish(x);
}

/** x · relu6(x + 3) / 6. */
export function hardSwish(): Activation {
  return (x) => rectifiers.hardSwish(x);
}

/** relu6(x + 3) / 6. */
export function hardSigmoid(): Activation {
  return (x) => rectifiers.hardSigmoid(x);
}

/** x between −1 and 1. */
export function hardTanh(): Activation {
  return (x) => rectifiers.hardTanh(x);
}

/** x / (1 + |x|). */
export function softsign(): Activation {
  return (x) => rectifiers.softsign(x);
}

/** ln(1 + eˣ). */
export function softplus(): Activation {
  return (x) => activations.softplus(x);
}

/** tanh x. */
export function tanh(): Activation {
  return (x) => tanhOp(x);
}

/** 1 / (1 + e⁻ˣ). */
export function sigmoid(): Activation {
  return (x) => sigmoidOp(x);
}

/** eˣ / Σ eˣ along an axis, by default the last. */
export function softmax(axis = -1): Activation {
  return (x) => softmaxOp(x, axis);
}

/** x − ln Σ eˣ along an axis, by default the last. */
export function logSoftmax(axis = -1): Activation {
  return (x) => logSoftmaxOp(x, axis);
}

/** a · sigmoid(b) for the halves a and b of an axis, by default the last. */
export function glu(axis = -1): Activation {
  return (x) => gated.glu(x, axis);
}

/** a · gelu(b) for the halves a and b of an axis, by default the last. */
export function geglu(axis = -1): Activation {
  return (x) => gated.geglu(x, axis);
}

/** a · silu(b) for the halves a and b of an axis, by default the last. */
export function swiglu(axis = -1): Activation {
  return (x) => gated.swiglu(x, axis);
}

export interface PreluParameters {
  /** [channels]. */
  readonly slope: Tensor;
}

/**
 * x where it is positive, else slope · x, with a slope to learn for each channel, the last axis; one for all by default.
 *
 *     nn.sequential(nn.linear(8, 8), nn.prelu(8))
 *
 * @throws GraphError when `channels` is not a positive integer.
 */
export function prelu(
  channels = 1,
  options: { readonly init?: number } = {},
): Module<PreluParameters, readonly [x: Tensor], Tensor> {
  checkSize('nn.prelu: channels', channels);
  const held: PreluParameters = {
    slope: parameter(parameterType(channels), options.init ?? 0.25),
  };
  return module(held, ({ slope }: PreluParameters, x: Tensor) => rectifiers.prelu(x, slope));
}

import type { Tensor } from '../node.ts';
import * as activations from '../ops/activations.ts';
import { sigmoid as sigmoidOp } from '../ops/exponential.ts';
import { softmax as softmaxOp } from '../ops/softmax.ts';
import { tanh as tanhOp } from '../ops/trigonometric.ts';

// Activations as layers, for `sequential`; each is also a function and a method of tensors.

type Activation = (x: Tensor) => Tensor;

/** max(x, 0). `nn.sequential(nn.linear(8, 8), nn.relu())` */
export function relu(): Activation {
  return (x) => activations.relu(x);
}

/** x · Φ(x), exact (Hendrycks & Gimpel 2016). */
export function gelu(): Activation {
  return (x) => activations.gelu(x);
}

/** x · sigmoid(x). */
export function silu(): Activation {
  return (x) => activations.silu(x);
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

import { currentProgram } from '../current-program.ts';
import { userError } from '../fail.ts';
import * as initializers from '../init.ts';
import type { Tensor } from '../node.ts';
import { dropout as drop } from '../ops/dropout.ts';
import { embedding as lookUp } from '../ops/indexing.ts';
import { full } from '../ops/leaves.ts';
import { add, mul } from '../ops/math.ts';
import { matmul } from '../ops/matmul.ts';
import { layerNorm as normalize } from '../ops/normalization.ts';
import { Place, setPlace } from '../place.ts';
import { parameterType } from '../precision.ts';
import type { InitialValue } from '../state.ts';
import { parameter } from '../state.ts';
import type { Layer, Module } from './module.ts';
import { adoptMembers, applyLayer, module } from './module.ts';

/** Sizes of layers are integers from 1. */
export function checkSize(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw userError({ code: 'layer', message: `${what} is ${value}, expected an integer from 1` });
}

export interface LinearOptions {
  /** Whether there is a bias; default true. */
  readonly bias?: boolean;
  /** First weights; default `init.glorotUniform`. */
  readonly init?: InitialValue;
  /** First bias; default zeros. */
  readonly biasInit?: InitialValue;
}

export interface LinearParameters {
  /** f32[in, out]. */
  readonly weight: Tensor;
  /** f32[out]. */
  readonly bias?: Tensor;
}

/**
 * x · weight + bias on the last axis: `[..., in]` to `[..., out]`. Glorot-uniform weights, zero bias.
 *
 *     const head = nn.linear(128, 10);
 *     const logits = head(hidden);
 *
 * @throws GraphError when a size is not a positive integer; on use, when the last axis is not `inputs`.
 */
export function linear(
  inputs: number,
  outputs: number,
  options: LinearOptions = {},
): Module<LinearParameters, readonly [x: Tensor], Tensor> {
  checkSize('nn.linear: inputs', inputs);
  checkSize('nn.linear: outputs', outputs);
  const { bias = true, init = initializers.glorotUniform, biasInit = 0 } = options;
  const parameters: LinearParameters = {
    weight: parameter(parameterType(inputs, outputs), init),
    ...(bias && { bias: parameter(parameterType(outputs), biasInit) }),
  };
  return module(parameters, (held: LinearParameters, x: Tensor) => {
    checkLast('nn.linear', x, inputs);
    const y = matmul(x, held.weight);
    return held.bias ? add(y, held.bias) : y;
  });
}

/** The last axis is what the layer was made for. */
export function checkLast(what: string, x: Tensor, size: number): void {
  if (x.rank > 0 && x.shape.at(-1) === size) return;
  throw userError({
    code: 'shape-mismatch',
    message: `${what} of ${x}: the last axis is ${x.shape.at(-1) ?? 'missing'}, expected ${size}`,
    cure: 'give the layer the size of what comes before it',
  });
}

export interface LayerNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
}

export interface LayerNormParameters {
  /** f32[size], first ones. */
  readonly weight: Tensor;
  /** f32[size], first zeros. */
  readonly bias: Tensor;
}

/**
 * Normalises the last axis to mean 0 and variance 1, then scales and shifts (Ba et al. 2016): `[..., size]` to the same.
 *
 *     const norm = nn.layerNorm(64);
 *     const y = norm(x);
 *
 * @throws GraphError when the size is not a positive integer; on use, when the last axis is not `size`.
 */
export function layerNorm(
  size: number,
  options: LayerNormOptions = {},
): Module<LayerNormParameters, readonly [x: Tensor], Tensor> {
  checkSize('nn.layerNorm: size', size);
  const { eps = 1e-5 } = options;
  const parameters: LayerNormParameters = {
    weight: parameter(parameterType(size), 1),
    bias: parameter(parameterType(size), 0),
  };
  return module(parameters, ({ weight, bias }: LayerNormParameters, x: Tensor) => {
    checkLast('nn.layerNorm', x, size);
    return normalize(x, weight, bias, { eps });
  });
}

export interface EmbeddingOptions {
  /** First rows; default normal with standard deviation 0.02. */
  readonly init?: InitialValue;
}

export interface EmbeddingParameters {
  /** f32[count, size]. */
  readonly weight: Tensor;
}

/**
 * Row `indices[...]` of a table of `count` rows: integer `[...]` to f32 `[..., size]`. Indices outside are clamped.
 *
 *     const tokens = nn.embedding(50_000, 512);
 *     const x = tokens(ids);
 *
 * @throws GraphError when a size is not a positive integer; on use, when the indices are not integers.
 */
export function embedding(
  count: number,
  size: number,
  options: EmbeddingOptions = {},
): Module<EmbeddingParameters, readonly [indices: Tensor], Tensor> {
  checkSize('nn.embedding: count', count);
  checkSize('nn.embedding: size', size);
  const { init = initializers.normal(0.02) } = options;
  const parameters: EmbeddingParameters = { weight: parameter(parameterType(count, size), init) };
  return module(parameters, ({ weight }: EmbeddingParameters, indices: Tensor) =>
    lookUp(weight, indices),
  );
}

/**
 * In training, sets each element to 0 with probability `rate` and scales the rest by 1 / (1 − rate); otherwise x itself.
 * The mask differs at every call of the program, layer and use: its key comes from the shared state `rng`.
 *
 *     const net = nn.sequential(nn.linear(64, 128), nn.gelu(), nn.dropout(0.1), nn.linear(128, 10));
 *
 * @throws GraphError when the rate is outside [0, 1).
 */
export function dropout(rate: number): (x: Tensor) => Tensor {
  if (!(rate >= 0 && rate < 1)) {
    throw userError({
      code: 'layer',
      message: `nn.dropout: rate is ${rate}, expected a number in [0, 1)`,
    });
  }
  const place = new Place();
  const layer = (x: Tensor): Tensor => {
    const program = currentProgram();
    return program?.training && rate > 0 ? drop(x, rate, program.nextKey(layer, place.path())) : x;
  };
  setPlace(layer, place);
  return layer;
}

/**
 * In training, sets whole channels, the last axis, of each example to 0 with probability `rate` and scales the rest by
 * 1 / (1 − rate) (Tompson et al. 2015); otherwise x itself: `[N, ..., channels]` to the same.
 *
 *     nn.sequential(nn.conv2d(1, 16, 3), nn.relu(), nn.spatialDropout(0.1));
 *
 * @throws GraphError when the rate is outside [0, 1).
 */
export function spatialDropout(rate: number): (x: Tensor) => Tensor {
  const ones = dropout(rate);
  return (x) => {
    const inner = x.shape.slice(1, -1);
    const channels = [...x.shape.slice(0, 1), ...inner.map(() => 1), ...x.shape.slice(-1)];
    return x.rank < 3 ? ones(x) : mul(x, ones(full(1, channels, x.dtype)));
  };
}

/** Layers one after another; a function of a tensor as well. */
export interface Sequential {
  (x: Tensor): Tensor;
  readonly layers: readonly Layer[];
}

/**
 * Applies layers in order. Parameters are named by position: `net.0.weight`.
 *
 *     const net = nn.sequential(nn.linear(64, 128), nn.gelu(), nn.linear(128, 10));
 *     const logits = net(image);
 */
export function sequential(...layers: readonly Layer[]): Sequential {
  const apply = (x: Tensor): Tensor => layers.reduce((y, layer) => applyLayer(layer, y), x);
  const place = new Place();
  setPlace(apply, place);
  adoptMembers(place, layers);
  return Object.assign(apply, { layers });
}

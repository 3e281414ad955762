/** Layers and modules: `nn.sequential(nn.linear(64, 128), nn.gelu(), nn.linear(128, 10))`. */
export { gelu, relu, sigmoid, silu, softmax, tanh } from './activations.ts';
export type {
  EmbeddingOptions,
  EmbeddingParameters,
  LayerNormOptions,
  LayerNormParameters,
  LinearOptions,
  LinearParameters,
  Sequential,
} from './layers.ts';
export { dropout, embedding, layerNorm, linear, sequential } from './layers.ts';
export type { Layer, Module } from './module.ts';
export { module, parameters } from './module.ts';

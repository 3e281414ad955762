/** Layers and modules: `nn.sequential(nn.linear(64, 128), nn.gelu(), nn.linear(128, 10))`. */
export { gelu, relu, sigmoid, silu, softmax, tanh } from './activations.ts';
export type {
  ConvLayer,
  ConvLayerOptions,
  ConvParameters,
  ConvTransposeLayerOptions,
} from './conv.ts';
export { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d } from './conv.ts';
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
export {
  avgPool1d,
  avgPool2d,
  flatten,
  globalAvgPool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
} from './pool.ts';

/** Layers and modules: `nn.sequential(nn.linear(64, 128), nn.gelu(), nn.linear(128, 10))`. */
export type { PreluParameters } from './activations.ts';
export {
  celu,
  elu,
  geglu,
  gelu,
  glu,
  hardSigmoid,
  hardSwish,
  hardTanh,
  leakyRelu,
  logSoftmax,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  swiglu,
  tanh,
} from './activations.ts';
export type {
  AttendOptions,
  AttentionCache,
  AttentionMembers,
  MultiHeadAttention,
  MultiHeadAttentionOptions,
} from './attention.ts';
export { multiHeadAttention } from './attention.ts';
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
export { dropout, embedding, layerNorm, linear, sequential, spatialDropout } from './layers.ts';
export type { Layer, Module } from './module.ts';
export { module, parameters } from './module.ts';
export type {
  BatchNormLayerOptions,
  BatchNormMembers,
  NormLayer,
  NormLayerOptions,
  ScaleAndShiftParameters,
  ScaleParameters,
} from './norms.ts';
export { batchNorm, groupNorm, instanceNorm, rmsNorm } from './norms.ts';
export {
  avgPool1d,
  avgPool2d,
  flatten,
  globalAvgPool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
} from './pool.ts';
export type {
  GruDirection,
  LstmDirection,
  Recurrent,
  RecurrentOptions,
  RecurrentResult,
} from './recurrent.ts';
export { gru, lstm } from './recurrent.ts';
export type {
  FeedForwardActivation,
  FeedForwardMembers,
  FeedForwardOptions,
  TransformerBlock,
  TransformerBlockMembers,
  TransformerBlockOptions,
  TransformerInputs,
  TransformerMembers,
  TransformerOptions,
} from './transformer.ts';
export { feedForward, transformer, transformerBlock } from './transformer.ts';

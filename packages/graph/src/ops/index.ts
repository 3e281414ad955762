// Every op's function for users, flat.
export type { TensorLike } from '../coerce.ts';
export {
  clamp,
  gelu,
  logSigmoid,
  reciprocal,
  relu,
  silu,
  softplus,
  square,
} from './activations.ts';
export { argMax, argMin } from './argmax.ts';
export { reshape } from './axes.ts';
export { bitcast, cast } from './cast.ts';
export {
  equal,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  less,
  lessEqual,
  notEqual,
  where,
} from './compare.ts';
export { dropout } from './dropout.ts';
export * from './exponential.ts';
export { stopGradient } from './gradient.ts';
export { embedding, gather, oneHot, scatterAdd, takeAlongAxis } from './indexing.ts';
export { constant, full, iota, ones, onesLike, sizeOf, zeros, zerosLike } from './leaves.ts';
export * from './logic.ts';
export type { LossReduction } from './loss.ts';
export { crossEntropy, mse } from './loss.ts';
export * from './math.ts';
export { dot, matmul } from './matmul.ts';
export { layerNorm } from './normalization.ts';
export type { Axes, ReduceOptions } from './reduce.ts';
export { all, any, max, min, prod, sum } from './reduce.ts';
export * from './rounding.ts';
export { concat, pad, slice, sliceAxis } from './slice.ts';
export { logSoftmax, softmax } from './softmax.ts';
export { logSumExp, mean, norm, variance } from './statistics.ts';
export { flip, moveAxis, swapAxes, transpose } from './transpose.ts';
export * from './trigonometric.ts';
export {
  broadcastTo,
  expandDims,
  flatten,
  repeat,
  roll,
  split,
  squeeze,
  stack,
  tile,
  tril,
  triu,
} from './views.ts';

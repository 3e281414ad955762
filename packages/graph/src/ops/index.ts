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
export {
  erf,
  erfInv,
  exp,
  exp2,
  expm1,
  log,
  log1p,
  log2,
  pow,
  rsqrt,
  sigmoid,
  sqrt,
} from './exponential.ts';
export { stopGradient } from './gradient.ts';
export { embedding, gather, oneHot, scatterAdd, takeAlongAxis } from './indexing.ts';
export { constant, full, iota, ones, onesLike, sizeOf, zeros, zerosLike } from './leaves.ts';
export {
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  shiftLeft,
  shiftRight,
} from './logic.ts';
export type { LossReduction } from './loss.ts';
export { crossEntropy, mse } from './loss.ts';
export { abs, add, div, maximum, minimum, mod, mul, neg, sign, sub } from './math.ts';
export { dot, matmul } from './matmul.ts';
export { layerNorm } from './normalization.ts';
export type { Axes, ReduceOptions } from './reduce.ts';
export { all, any, max, min, prod, sum } from './reduce.ts';
export { ceil, floor, round } from './rounding.ts';
export { concat, pad, slice, sliceAxis } from './slice.ts';
export { logSoftmax, softmax } from './softmax.ts';
export { logSumExp, mean, norm, variance } from './statistics.ts';
export { flip, swapAxes, transpose } from './transpose.ts';
export {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cos,
  cosh,
  sin,
  sinh,
  tan,
  tanh,
} from './trigonometric.ts';
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

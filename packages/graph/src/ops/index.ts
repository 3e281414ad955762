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
export type { AttentionOptions } from './attention.ts';
export { scaledDotProductAttention } from './attention.ts';
export { reshape } from './axes.ts';
export { barrier } from './barrier.ts';
export type { BatchNormResult } from './batch-norm.ts';
export { batchNorm, batchNormInference } from './batch-norm.ts';
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
export { arange, eye, fullLike, linspace, meshgrid } from './construct.ts';
export type { ConvOptions, ConvTransposeOptions } from './conv-builders.ts';
export {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
} from './conv-builders.ts';
export type { Padding, PerAxis } from './conv-shapes.ts';
export type { CumulativeOptions, RunningOptions } from './cumulative.ts';
export { cummax, cummin, cumprod, cumsum, logCumsumExp } from './cumulative.ts';
export { checkFinite, checkIndices, tap } from './debug.ts';
export type { DiagonalOptions } from './diagonal.ts';
export { diag, diagonal, diagonalMatrix, trace } from './diagonal.ts';
export { cdist, normalize, std } from './distance.ts';
export { dropout } from './dropout.ts';
export type { Starts } from './dynamic.ts';
export { dynamicSlice, dynamicUpdateSlice } from './dynamic.ts';
export type { TensordotAxes } from './einsum.ts';
export { einsum, inner, outer, tensordot } from './einsum.ts';
export * from './exponential.ts';
export type { Complex } from './fft.ts';
export type { ComplexLike, FftNorm, FftnOptions, FftOptions } from './fourier.ts';
export {
  fft,
  fft2,
  fftFreq,
  fftn,
  fftShift,
  ifft,
  ifft2,
  ifftn,
  ifftShift,
  irfft,
  irfft2,
  rfft,
  rfft2,
  rfftFreq,
} from './fourier.ts';
export { geglu, glu, swiglu } from './gated.ts';
export { stopGradient } from './gradient.ts';
export { embedding, gather, oneHot, scatterAdd, takeAlongAxis } from './indexing.ts';
export { constant, full, iota, ones, onesLike, sizeOf, zeros, zerosLike } from './leaves.ts';
export { cholesky } from './linalg/cholesky.ts';
export type { SlogdetResult } from './linalg/determinant.ts';
export { cofactor, determinant, slogdet } from './linalg/determinant.ts';
export type { EighResult, SymmetricOptions } from './linalg/eigh.ts';
export { eigh, eigvalsh } from './linalg/eigh.ts';
export type { LuFactors } from './linalg/lu.ts';
export { lu } from './linalg/lu.ts';
export type { MatrixNormOrder } from './linalg/norms.ts';
export { matrixNorm, matrixPower } from './linalg/norms.ts';
export type { RcondOptions } from './linalg/pinv.ts';
export { lstsq, matrixRank, pinv } from './linalg/pinv.ts';
export type { QrFactors } from './linalg/qr.ts';
export { qr } from './linalg/qr.ts';
export { inverse, solve } from './linalg/solve.ts';
export type { SvdFactors, SvdOptions } from './linalg/svd.ts';
export { svd, svdvals } from './linalg/svd.ts';
export type { TriangularSolveOptions } from './linalg/triangular.ts';
export { triangularSolve } from './linalg/triangular.ts';
export * from './logic.ts';
export type { LabelLossOptions, LossReduction } from './loss.ts';
export { crossEntropy, nll } from './loss.ts';
export * from './math.ts';
export { dot, matmul } from './matmul.ts';
export type { NormOptions } from './normalization.ts';
export { groupNorm, instanceNorm, layerNorm, rmsNorm } from './normalization.ts';
export type { LossOptions } from './pointwise-loss.ts';
export {
  binaryCrossEntropyWithLogits,
  cosineDistance,
  cosineSimilarity,
  hinge,
  huber,
  klDivergence,
  logCosh,
  mae,
  mse,
  smoothL1,
} from './pointwise-loss.ts';
export type { AvgPoolOptions, PoolOptions } from './pool-builders.ts';
export {
  adaptiveAvgPool,
  adaptiveMaxPool,
  avgPool1d,
  avgPool2d,
  globalAvgPool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
} from './pool-builders.ts';
export type { QuantileMethod, QuantileOptions } from './quantile.ts';
export { median, quantile } from './quantile.ts';
export {
  atLeast1d,
  atLeast2d,
  atLeast3d,
  chunk,
  diff,
  kron,
  rot90,
  unstack,
} from './rearrange.ts';
export {
  celu,
  elu,
  hardSigmoid,
  hardSwish,
  hardTanh,
  leakyRelu,
  mish,
  prelu,
  relu6,
  selu,
  softsign,
} from './rectifiers.ts';
export type { GruWeights, LstmState, LstmWeights } from './recurrent.ts';
export { gruCell, gruGates, lstmCell, lstmGates } from './recurrent.ts';
export type { Axes, ReduceOptions } from './reduce.ts';
export { all, any, max, min, prod, sum } from './reduce.ts';
export type { InterpolateMethod, InterpolateOptions } from './resize.ts';
export { interpolate } from './resize.ts';
export type { RopeConvention, RopeOptions } from './rope.ts';
export { rope } from './rope.ts';
export * from './rounding.ts';
export { scatter, scatterMax, scatterMin } from './scatter.ts';
export type { HistogramOptions } from './search.ts';
export { histogram, searchSorted } from './search.ts';
export { bincount, segmentMax, segmentMean, segmentMin, segmentSum } from './segment.ts';
export type { PadMode } from './slice.ts';
export { concat, pad, slice, sliceAxis } from './slice.ts';
export { logSoftmax, softmax } from './softmax.ts';
export type { SortOptions } from './sort.ts';
export { argsort, sort, topK } from './sort.ts';
export { logSumExp, mean, norm, variance } from './statistics.ts';
export type { Suppressed, SuppressionOptions } from './suppression.ts';
export { nonMaxSuppression } from './suppression.ts';
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
export { windows } from './windows.ts';

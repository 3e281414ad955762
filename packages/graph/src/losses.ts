/** Losses as namespace: `losses.crossEntropy(net(image), label)`. Each is the mean over its values by default. */
export type { LabelLossOptions, LossReduction } from './ops/loss.ts';
export { crossEntropy, nll } from './ops/loss.ts';
export type { LossOptions } from './ops/pointwise-loss.ts';
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
} from './ops/pointwise-loss.ts';

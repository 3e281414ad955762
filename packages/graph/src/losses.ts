/** Losses as namespace: `losses.crossEntropy(net(image), label)`. Each is the mean over its values by default. */
export type { LossReduction } from './ops/loss.ts';
export { crossEntropy, mse } from './ops/loss.ts';

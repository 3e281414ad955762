/** Optimizers, schedules and gradient clipping: `optim.adamW({ learningRate: 3e-3 })`. */
export { accumulate } from './accumulate.ts';
export type { AdafactorOptions } from './adafactor.ts';
export { adafactor } from './adafactor.ts';
export type { AdamOptions, AdamWOptions } from './adam.ts';
export { adam, adamax, adamW, nadam } from './adam.ts';
export type { GradientTransform } from './clip.ts';
export { clipByGlobalNorm, clipByNorm, clipByValue, globalNorm } from './clip.ts';
export type { Averaged } from './ema.ts';
export { ema } from './ema.ts';
export type { ParameterGroup, ParameterMatch } from './groups.ts';
export { groups } from './groups.ts';
export type { LionOptions } from './lion.ts';
export { lion } from './lion.ts';
export type { MuonOptions } from './muon.ts';
export { muon } from './muon.ts';
export type {
  Clock,
  LearningRate,
  Optimizer,
  OptimizerRule,
  ParameterGradient,
  RuleContext,
  Slot,
  Slots,
} from './optimizer.ts';
export { optimizer } from './optimizer.ts';
export type { AdagradOptions, RmspropOptions } from './rmsprop.ts';
export { adagrad, rmsprop } from './rmsprop.ts';
export type { Schedule } from './schedules.ts';
export { constant, cosine, exponential, linear, stairs, warmupCosine } from './schedules.ts';
export type { SgdOptions } from './sgd.ts';
export { sgd } from './sgd.ts';
export {
  cosineRestarts,
  inverseSqrt,
  joined,
  oneCycle,
  piecewise,
  polynomial,
  warmup,
} from './shapes.ts';

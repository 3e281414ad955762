/** Optimizers, schedules and gradient clipping: `optim.adamW({ learningRate: 3e-3 })`. */
export type { GradientTransform } from './clip.ts';
export { clipByGlobalNorm, globalNorm } from './clip.ts';
export type {
  LearningRate,
  Optimizer,
  OptimizerRule,
  ParameterGradient,
  RuleContext,
} from './optimizer.ts';
export { optimizer } from './optimizer.ts';
export type { AdamOptions, AdamWOptions, SgdOptions } from './rules.ts';
export { adam, adamW, sgd } from './rules.ts';
export type { Schedule } from './schedules.ts';
export { constant, cosine, exponential, linear, stairs, warmupCosine } from './schedules.ts';

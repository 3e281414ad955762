export { loadModel, type Model } from './model.ts';
export { ModelError, type ModelErrorCode, type ModelProblem } from './model-error.ts';
export { asTraceError } from './run-module.ts';

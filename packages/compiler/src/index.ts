/** Finds programs, traces and differentiates them, plans them and writes a .vorab file. */
export { type BindingOptions, generateBinding } from './binding/index.ts';
export {
  type CompileOptions,
  type CompileResult,
  compilePrograms,
  compileRouted,
  type NamedProgram,
  type PassTime,
} from './compile.ts';
export { CompileError } from './compile-error.ts';
export { type CompiledFile, type CompileFileOptions, compileFile } from './compile-file.ts';
export { loadModel, type Model, ModelError, type ModelProblem } from './load/index.ts';
export type { RuntimeChecks } from './passes/checks.ts';
export { type Calibration, parseCalibration, readCalibration } from './placement/calibration.ts';
export type {
  Placement,
  PlacementAnswer,
  PlacementCost,
  PlacementLink,
  PlacementNode,
  PlacementProblem,
  PlacementValue,
} from './placement/problem.ts';
export { placementCost } from './placement/problem.ts';
export { processRouter } from './placement/process-router.ts';
export type { Family, LinkRates, Rates, TargetRates } from './placement/rates.ts';
export { families, shippedRates } from './placement/rates.ts';
export type { RouteOptions } from './placement/route.ts';
export type { Router } from './placement/router.ts';
export { minCutRouter } from './placement/router.ts';
export { type Target, targets } from './targets/index.ts';

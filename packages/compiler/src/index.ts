/** Finds programs, traces and differentiates them, plans them and writes a .vorab file. */
export { type BindingOptions, generateBinding } from './binding/index.ts';
export {
  type CompileOptions,
  type CompileResult,
  compilePrograms,
  type NamedProgram,
  type PassTime,
} from './compile.ts';
export { CompileError } from './compile-error.ts';
export { type CompiledFile, type CompileFileOptions, compileFile } from './compile-file.ts';
export { loadModel, type Model, ModelError, type ModelProblem } from './load/index.ts';
export type { RuntimeChecks } from './passes/checks.ts';
export { type Target, targets } from './targets/index.ts';

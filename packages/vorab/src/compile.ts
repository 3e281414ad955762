import type { CompiledFile, CompileFileOptions } from '@vorab/compiler';

export type {
  CompiledFile,
  CompileFileOptions,
  PlacementAnswer,
  PlacementProblem,
  Router,
} from '@vorab/compiler';

/**
 * Compiles the exported programs of a model file to one artifact with its typed binding, as `vorab compile` does. The
 * compiler is loaded by the first call.
 *
 *     const { artifact } = await compile('model.ts', { targets: ['blas'] });
 *
 * @throws ModelError for a file without programs, that throws or does not parse; GraphError for what is wrong in a
 * program, at the user's line. Nothing is written then.
 */
export async function compile(
  model: string,
  options: CompileFileOptions = {},
): Promise<CompiledFile> {
  const { compileFile } = await import('@vorab/compiler');
  return compileFile(model, options);
}

import type { SourceAnalyzer } from './analyzer.ts';

export type {
  ExportedName,
  ModelSource,
  ProgramMaker,
  SourceAnalyzer,
  SourceProblem,
} from './analyzer.ts';
export { findTsconfig } from './tsconfig.ts';

/** The analyzer. It takes a third of a second to load, so only those who compile load it. */
export async function loadAnalyzer(): Promise<SourceAnalyzer> {
  const { TsMorphAnalyzer } = await import('./ts-morph.ts');
  return new TsMorphAnalyzer();
}

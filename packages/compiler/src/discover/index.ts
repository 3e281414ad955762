import type { SourceAnalyzer } from './analyzer.ts';

export type {
  ExportedName,
  ModelSource,
  ProgramMaker,
  SourceAnalyzer,
  SourceProblem,
} from './analyzer.ts';

/** The analyzer. Loading it takes a third of a second, so only those who compile do. */
export async function loadAnalyzer(): Promise<SourceAnalyzer> {
  const { TsMorphAnalyzer } = await import('./ts-morph.ts');
  return new TsMorphAnalyzer();
}

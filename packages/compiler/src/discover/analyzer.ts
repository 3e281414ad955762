import type { SourceLocation } from '@vorab/graph';

/** What makes a program. */
export type ProgramMaker = 'program' | 'trainStep';

/** One export of a model file, as its source tells it. */
export interface ExportedName {
  readonly name: string;
  /** Where the exported thing is declared, in whichever file; file paths are absolute. */
  readonly location: SourceLocation;
  /** The doc comment of the declaration, without its stars. */
  readonly doc: string | undefined;
  /** Set where the declaration is a call that leads, by symbol, to this function of vorab. */
  readonly maker: ProgramMaker | undefined;
}

/** Something that a file's author must repair before anything else. */
export interface SourceProblem {
  readonly message: string;
  readonly location: SourceLocation;
}

/** A model file and the files that it imports, read but not run. */
export interface ModelSource {
  /** The model's own file, absolute. */
  readonly file: string;
  /** Syntax errors, and imports of files that are not there. */
  readonly problems: readonly SourceProblem[];
  readonly exports: readonly ExportedName[];
  /** The files of the model: itself, and what it imports but installed packages. */
  readonly files: readonly string[];
  /**
   * The path of names that leads to a place in the user's source: `net` inside `const net = nn.sequential(…)`,
   * `model.head` inside `const model = { head: nn.linear(…) }`. Places are the frames of a stack, innermost first; inside functions the
   * names follow from the frame at module level inwards. Undefined where nothing has a name.
   */
  rootName(places: readonly SourceLocation[]): string | undefined;
}

/** Reads TypeScript sources. The one place behind which the TypeScript compiler sits. */
export interface SourceAnalyzer {
  analyze(file: string): ModelSource;
}

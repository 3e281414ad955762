import { resolve } from 'node:path';
import type { SourceLocation } from '@vorab/graph';
import type { SourceFile, ts as Ts, Node as TsNode } from 'ts-morph';
import type { ExportedName, ModelSource, SourceAnalyzer, SourceProblem } from './analyzer.ts';
import { type MissingImport, openProject, stubFile } from './project.ts';
import { namePathAt } from './root-name.ts';
import { makerOf } from './symbols.ts';
import { Node, ts } from './ts-compiler.ts';

/** SourceAnalyzer over ts-morph. */
export class TsMorphAnalyzer implements SourceAnalyzer {
  analyze(file: string): ModelSource {
    return new TsMorphSource(resolve(file));
  }
}

class TsMorphSource implements ModelSource {
  readonly file: string;
  readonly problems: readonly SourceProblem[];
  readonly exports: readonly ExportedName[];
  private readonly program: Ts.Program;

  constructor(file: string) {
    this.file = file;
    const { project, missing } = openProject(file);
    this.program = project.getProgram().compilerObject;
    this.problems = [...syntaxErrors(this.program), ...missingFiles(this.program, missing)];
    const model = project.getSourceFileOrThrow(file);
    this.exports = this.problems.length > 0 ? [] : findExports(model);
  }

  get files(): readonly string[] {
    return this.program
      .getSourceFiles()
      .flatMap(({ fileName }) => (fileName === stubFile ? [] : [fileName]));
  }

  rootName(places: readonly SourceLocation[]): string | undefined {
    const names: string[] = [];
    for (const place of places) {
      // Frames of vorab itself and of installed packages name nothing of the user's.
      const file = this.program.getSourceFile(place.file);
      if (!file) continue;
      const found = namePathAt(file, place.line, place.column);
      names.unshift(...found.names);
      if (found.moduleLevel) break;
    }
    return names.length > 0 ? names.join('.') : undefined;
  }
}

function syntaxErrors(program: Ts.Program): SourceProblem[] {
  return program.getSyntacticDiagnostics().map(({ file, start, messageText }) => ({
    message: ts.flattenDiagnosticMessageText(messageText, '\n'),
    location: placeIn(file, start),
  }));
}

function missingFiles(program: Ts.Program, missing: readonly MissingImport[]): SourceProblem[] {
  return missing.flatMap(({ from, specifier }) => {
    const file = program.getSourceFile(from);
    const node = file && importOf(file, specifier);
    if (!node || !existsAtRunTime(node)) return [];
    const message = `imports '${specifier}', which is not there`;
    return [{ message, location: placeIn(file, node.moduleSpecifier?.getStart(file) ?? 0) }];
  });
}

function importOf(file: Ts.SourceFile, specifier: string): ImportOrExport | undefined {
  return file.statements.find((s): s is ImportOrExport => {
    const is = ts.isImportDeclaration(s) || ts.isExportDeclaration(s);
    return is && !!s.moduleSpecifier && (s.moduleSpecifier as Ts.StringLiteral).text === specifier;
  });
}

type ImportOrExport = Ts.ImportDeclaration | Ts.ExportDeclaration;

const existsAtRunTime = (node: ImportOrExport): boolean =>
  ts.isImportDeclaration(node) ? !node.importClause?.isTypeOnly : !node.isTypeOnly;

function placeIn(file: Ts.SourceFile, position: number): SourceLocation {
  const { line, character } = file.getLineAndCharacterOfPosition(position);
  return { file: file.fileName, line: line + 1, column: character + 1 };
}

function findExports(model: SourceFile): ExportedName[] {
  return [...model.getExportedDeclarations()].flatMap(([name, [declaration]]) =>
    declaration ? [describe(name, declaration)] : [],
  );
}

function describe(name: string, declaration: TsNode): ExportedName {
  const isVariable = Node.isVariableDeclaration(declaration);
  return {
    name,
    location: locate(isVariable ? declaration.getNameNode() : declaration),
    doc: docOf(isVariable ? declaration.getVariableStatement() : declaration),
    maker: makerOf(isVariable ? declaration.getInitializer() : declaration),
  };
}

function docOf(node: TsNode | undefined): string | undefined {
  const owner = Node.isExpression(node)
    ? node.getParentIfKind(ts.SyntaxKind.ExportAssignment)
    : node;
  if (!Node.isJSDocable(owner)) return undefined;
  const text = owner.getJsDocs().at(-1)?.getInnerText().trim();
  return text || undefined;
}

function locate(node: TsNode): SourceLocation {
  const file = node.getSourceFile();
  const { line, column } = file.getLineAndColumnAtPos(node.getStart());
  return { file: file.getFilePath(), line, column };
}

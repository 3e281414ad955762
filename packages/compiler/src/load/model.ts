import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isProgram, Program, resolveCallSite, type SourceLocation } from '@vorab/graph';
import type { NamedProgram } from '../compile.ts';
import {
  type ExportedName,
  loadAnalyzer,
  type ModelSource,
  type SourceAnalyzer,
} from '../discover/index.ts';
import { ModelError } from './model-error.ts';
import { type ModuleExports, runModule } from './run-module.ts';

/** A model file, read and run. */
export interface Model {
  readonly source: ModelSource;
  /** In the order in which the source exports them. */
  readonly programs: readonly NamedProgram[];
}

/**
 * Reads a model file, runs it, and finds its exported programs.
 *
 * @throws ModelError when there is no such file, when it does not parse, when it throws, or exports no program.
 */
export async function loadModel(file: string, analyzer?: SourceAnalyzer): Promise<Model> {
  const path = resolve(file);
  if (!existsSync(path) || !statSync(path).isFile()) {
    const message = `${file}: no such file`;
    throw new ModelError(
      'no-file',
      [{ message }],
      'give the path of a TypeScript file that exports programs',
    );
  }
  const source = (analyzer ?? (await loadAnalyzer())).analyze(path);
  if (source.problems.length > 0) throw new ModelError('syntax', source.problems);
  return { source, programs: findPrograms(source, await runModule(source)) };
}

// What the running module exports decides; the source gives names, docs and positions.
function findPrograms(source: ModelSource, exports: ModuleExports): readonly NamedProgram[] {
  const declared = new Map(source.exports.map((e) => [e.name, e]));
  const names = [...new Set([...declared.keys(), ...Object.keys(exports).sort()])];
  const programs = names.flatMap((name) => {
    const value = exports[name];
    if (isProgram(value)) return [namedProgram(name, value, declared.get(name), source)];
    checkIsNone(name, value, declared.get(name));
    return [];
  });
  if (programs.length === 0) throw noPrograms(source, Object.keys(exports));
  return programs;
}

function namedProgram(
  name: string,
  program: Program,
  declared: ExportedName | undefined,
  source: ModelSource,
): NamedProgram {
  const location = declared?.location ?? madeAt(program) ?? startOf(source);
  if (!(program instanceof Program)) {
    const message = `export '${name}' is made by another copy of vorab than the one that compiles`;
    const cure = 'compile with the vorab that is installed beside the model: npx vorab';
    throw new ModelError('other-vorab', [{ message, location }], cure);
  }
  if (name === 'init') {
    const message = "a program is called 'init', as the entry that makes the first state is";
    throw new ModelError('entry-name', [{ message, location }], 'rename it');
  }
  if (name === 'default') {
    const message = 'a program is the default export, which has no name';
    const cure = 'export it under a name: export const classify = …';
    throw new ModelError('entry-name', [{ message, location }], cure);
  }
  return { name, program, location, ...(declared?.doc ? { doc: declared.doc } : {}) };
}

function madeAt({ callSites: [site] }: Program): SourceLocation | undefined {
  return site && resolveCallSite(site);
}

const startOf = ({ file }: ModelSource): SourceLocation => ({ file, line: 1, column: 1 });

// The source says that vorab made it, the run says otherwise.
function checkIsNone(name: string, value: unknown, declared: ExportedName | undefined): void {
  if (!declared?.maker) return;
  const found = value === null ? 'null' : typeof value;
  const message = `export '${name}' is made by ${declared.maker}, but is ${found} once the module has run`;
  throw new ModelError('not-a-program', [{ message, location: declared.location }]);
}

function noPrograms(source: ModelSource, names: readonly string[]): ModelError {
  const found = names.length === 0 ? 'nothing' : names.join(', ');
  const message = `no exported program; the file exports ${found}`;
  const cure =
    'export one: export const f = program({ x: f32(N, 64) }, ({ x }) => ({ y: x.relu() }))';
  return new ModelError('no-programs', [{ message, location: startOf(source) }], cure);
}

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ts as Ts, Project as TsProject } from 'ts-morph';
import { Project, ts } from './ts-compiler.ts';
import { findTsconfig } from './tsconfig.ts';

/** Stands in for vorab's own packages: reading their real types would cost more than the rest together. */
export const stubFile = '/vorab-stub.d.ts';
const stubbed = ['vorab', '@vorab/graph'];
const stub = stubbed
  .map(
    (name) => `declare module '${name}' {
  export function program(...parts: unknown[]): unknown;
  export function trainStep(...parts: unknown[]): unknown;
}`,
  )
  .join('\n');

const base: Ts.CompilerOptions = {
  allowImportingTsExtensions: true,
  allowJs: true,
  jsx: ts.JsxEmit.Preserve,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noEmit: true,
  // Symbols resolve without the standard library, and a second sooner.
  noLib: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ESNext,
  types: [],
};

/** Only what changes where an import leads. */
function resolutionOptions(tsconfig: string | undefined): Ts.CompilerOptions {
  if (!tsconfig) return {};
  const host = { ...ts.sys, readDirectory: () => [] };
  const { config } = ts.readConfigFile(tsconfig, ts.sys.readFile);
  const parsed = ts.parseJsonConfigFileContent(config ?? {}, host, dirname(tsconfig)).options;
  const kept = ['baseUrl', 'customConditions', 'paths', 'pathsBasePath', 'rootDirs'];
  return Object.fromEntries(kept.flatMap((k) => (k in parsed ? [[k, parsed[k]]] : [])));
}

/** A relative import that leads to no file. */
export interface MissingImport {
  readonly from: string;
  readonly specifier: string;
}

/** Reads a file and, of what it imports, everything outside node_modules. */
export function openProject(file: string): {
  readonly project: TsProject;
  /** Filled while the program is made. */
  readonly missing: readonly MissingImport[];
} {
  const missing: MissingImport[] = [];
  const resolve = (
    specifier: string,
    from: string,
    options: Ts.CompilerOptions,
    host: Ts.ModuleResolutionHost,
  ): Ts.ResolvedModuleFull | undefined => {
    if (stubbed.includes(specifier)) return undefined;
    const { resolvedModule } = ts.resolveModuleName(specifier, from, options, host);
    if (resolvedModule) return resolvedModule.isExternalLibraryImport ? undefined : resolvedModule;
    const isRelative = /^\.{1,2}\//.test(specifier);
    if (isRelative && !existsSync(join(dirname(from), specifier)))
      missing.push({ from, specifier });
    return undefined;
  };
  const project = new Project({
    compilerOptions: { ...base, ...resolutionOptions(findTsconfig(file)) },
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    skipLoadingLibFiles: true,
    resolutionHost: (host, getOptions) => ({
      resolveModuleNames: (names, from) =>
        names.map((name) => resolve(name, from, getOptions(), host)),
    }),
  });
  project.createSourceFile(stubFile, stub);
  project.addSourceFileAtPath(file);
  return { project, missing };
}

import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import type { fb } from '@vorab/artifact';
import { resolveCallSite } from '@vorab/graph';
import { generateBinding } from './binding/index.ts';
import { compileRouted } from './compile.ts';
import type { ModelSource } from './discover/index.ts';
import { type FileContent, writeFiles } from './files/atomic.ts';
import { asTraceError, loadModel } from './load/index.ts';
import type { RuntimeChecks } from './passes/checks.ts';
import { readCalibration } from './placement/calibration.ts';
import { processRouter } from './placement/process-router.ts';
import type { RouteOptions } from './placement/route.ts';
import type { Router } from './placement/router.ts';

export interface CompileFileOptions extends Omit<RouteOptions, 'router'> {
  /** Who places ops in plans over several targets: a router, or the command of one in another process. */
  readonly router?: Router | string | undefined;
  /** Default: beside the model, with the extension `.vorab`. */
  readonly output?: string;
  /** Names of the plans to make; default `['blas', 'mlx']`. `blas+mlx` is one plan, split over both. */
  readonly targets?: readonly string[];
  /** A file of rates, from `vorab doctor --calibrate`, for plans over several targets. */
  readonly calibration?: string;
  /**
   * Capabilities that every target of every plan must have where it runs, as `vorab doctor` names them: `['fuse']`. `open`
   * refuses others.
   */
  readonly requires?: readonly string[];
  /** Default true. */
  readonly fuse?: boolean;
  /** What to look at while the programs run: see docs/debugging.md. */
  readonly checks?: RuntimeChecks;
  /** Whether to write the typed binding, `<artifact>.ts`; default true. */
  readonly binding?: boolean;
  /** Called after each part of the work: `load`, `compile`, `write`; inside compile `fit: trace` and the like. */
  readonly onPart?: (name: string, ms: number) => void;
}

/** What a compilation wrote. */
export interface CompiledFile {
  /** Absolute. */
  readonly artifact: string;
  readonly binding: string | undefined;
  readonly bytes: number;
  readonly program: fb.ProgramT;
}

/**
 * Compiles the exported programs of a model file to one artifact, and writes it with its typed binding. Both files are
 * written, or neither.
 *
 *     const { artifact } = await compileFile('model.ts', { targets: ['blas'] });
 *
 * @throws ModelError for a file without programs, that throws or does not parse; GraphError for what is wrong in a
 * program, at the user's line.
 */
export async function compileFile(
  model: string,
  options: CompileFileOptions = {},
): Promise<CompiledFile> {
  const { targets = ['blas', 'mlx'], fuse = true, checks = {}, binding = true } = options;
  const { onPart = () => {} } = options;
  const artifact = resolve(options.output ?? `${withoutExtension(model)}.vorab`);
  const start = performance.now();
  const calibration =
    options.calibration === undefined ? undefined : await readCalibration(options.calibration);
  const { routerTimeoutMs, routerFallback } = options;
  const router =
    typeof options.router === 'string' ? processRouter(options.router) : options.router;
  const { source, programs } = await loadModel(model);
  const loaded = performance.now();
  onPart('load', loaded - start);
  const compiled = await traced(source, () =>
    compileRouted(programs, {
      targets,
      calibration,
      router,
      routerTimeoutMs,
      routerFallback,
      requires: options.requires,
      fuse,
      checks,
      rootName: (callSites) => source.rootName(callSites.map(resolveCallSite)),
      relativePath: (file) => posix(relative(dirname(source.file), file)),
      onPass: ({ entry, pass, ms }) => onPart(`${entry}: ${pass}`, ms),
    }),
  );
  const done = performance.now();
  onPart('compile', done - loaded);
  const files: FileContent[] = [{ path: artifact, content: compiled.bytes }];
  const bindingFile = `${artifact}.ts`;
  if (binding) {
    const names = { artifact: `./${basename(artifact)}`, source: basename(source.file) };
    files.push({ path: bindingFile, content: generateBinding(compiled.program, names) });
  }
  await writeFiles(files);
  onPart('write', performance.now() - done);
  return {
    artifact,
    binding: binding ? bindingFile : undefined,
    bytes: compiled.bytes.length,
    program: compiled.program,
  };
}

// Tracing calls functions of the user's, which may throw whatever they like.
async function traced<T>(source: ModelSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asTraceError(error, source);
  }
}

const posix = (path: string): string => path.split(sep).join('/');

function withoutExtension(file: string): string {
  return join(dirname(file), basename(file, extname(file)));
}

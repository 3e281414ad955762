import { type CompileFileOptions, compileFile, targets } from '@vorab/compiler';
import { displayPath, UsageError } from '../errors.ts';
import { formatBytes, formatTime, type Output } from '../output.ts';
import { describeProgram } from '../program.ts';

export interface CompileCommandOptions {
  readonly output?: string;
  readonly targets?: string;
  readonly require?: readonly string[];
  readonly fuse?: boolean;
  readonly checkFinite?: boolean;
  readonly checkIndices?: boolean;
  readonly binding?: boolean;
  readonly calibration?: string;
  readonly router?: string;
  readonly routerTimeout?: string;
  readonly routerFallback?: string;
  readonly json?: boolean;
}

/** `vorab compile`. */
export async function compile(
  model: string,
  options: CompileCommandOptions,
  output: Output,
): Promise<void> {
  const start = performance.now();
  const parts: Record<string, number> = {};
  const result = await compileFile(model, {
    ...(options.output === undefined ? {} : { output: options.output }),
    targets: parseTargets(options.targets ?? 'blas,mlx'),
    requires: options.require ?? [],
    fuse: options.fuse !== false,
    checks: {
      finite: options.checkFinite === true,
      indices: options.checkIndices === true,
    },
    binding: options.binding !== false,
    ...placementOptions(options),
    onPart(name, ms) {
      parts[name] = (parts[name] ?? 0) + ms;
      const text = `${name}: ${formatTime(ms)}`;
      if (name.includes(':')) output.detail(text);
      else output.progress(text);
    },
  });
  output.done();
  const ms = performance.now() - start;
  if (options.json) {
    const { artifact, binding, bytes } = result;
    output.json({ artifact, binding: binding ?? null, bytes, ms: Math.round(ms), parts });
    return;
  }
  const { entries, plans } = describeProgram(result.program);
  const names = entries
    .filter((e) => e.kind === 'program' && !e.name.includes(':'))
    .map((e) => e.name);
  const size = formatBytes(result.bytes);
  output.line(`${displayPath(result.artifact)}: ${names.join(', ')}`);
  const own = plans.filter(({ part }) => !part).map((p) => p.name);
  output.line(`  for ${own.join(', ')}; ${size}; ${formatTime(ms)}`);
  if (result.binding) output.line(`  typed binding: ${displayPath(result.binding)}`);
}

function placementOptions(options: CompileCommandOptions): Partial<CompileFileOptions> {
  const { calibration, router, routerFallback } = options;
  const seconds = Number(options.routerTimeout ?? 60);
  if (!(seconds > 0)) {
    throw new UsageError(`--router-timeout ${options.routerTimeout}: expected seconds, above 0`);
  }
  if (routerFallback !== undefined && routerFallback !== 'default') {
    throw new UsageError(`--router-fallback ${routerFallback}: only 'default' can take over`);
  }
  return {
    ...(calibration !== undefined && { calibration }),
    ...(router !== undefined && { router }),
    ...(routerFallback !== undefined && { routerFallback }),
    routerTimeoutMs: seconds * 1000,
  };
}

function parseTargets(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.flatMap((name) => name.split('+')).find((name) => !(name in targets));
  if (unknown === undefined) return [...new Set(names)];
  const known = Object.keys(targets).join(', ');
  throw new UsageError(`--targets: there is no target '${unknown}'; there are: ${known}`);
}

import { compileFile, targets } from '@vorab/compiler';
import { displayPath, UsageError } from '../errors.ts';
import { formatBytes, formatTime, type Output } from '../output.ts';
import { describeProgram } from '../program.ts';

export interface CompileCommandOptions {
  readonly output?: string;
  readonly targets?: string;
  readonly fuse?: boolean;
  readonly checkFinite?: boolean;
  readonly checkIndices?: boolean;
  readonly binding?: boolean;
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
    fuse: options.fuse !== false,
    checks: {
      finite: options.checkFinite === true,
      indices: options.checkIndices === true,
    },
    binding: options.binding !== false,
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
  output.line(`  for ${plans.map((p) => p.name).join(', ')}; ${size}; ${formatTime(ms)}`);
  if (result.binding) output.line(`  typed binding: ${displayPath(result.binding)}`);
}

function parseTargets(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(name in targets));
  if (unknown === undefined) return [...new Set(names)];
  const known = Object.keys(targets).join(', ');
  throw new UsageError(`--targets: there is no target '${unknown}'; there are: ${known}`);
}

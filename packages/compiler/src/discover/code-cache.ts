import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

interface Compiling {
  _compile(this: NodeJS.Module, content: string, filename: string): unknown;
}

const prototype = module.prototype as unknown as Compiling;

/** Node 22. */
const { getCompileCacheDir } = module as { getCompileCacheDir?: () => string | undefined };

/** Smaller files compile faster than their cache is read. */
const worthwhile = 500_000;

/**
 * Requires a package, keeping what V8 compiled of its large files in `folder` from one process to the next: for the
 * TypeScript compiler that is two thirds of the time. From Node 22 on the `vorab` command has Node itself do so.
 */
export function requireCached(require: NodeJS.Require, name: string, folder: string): unknown {
  if (getCompileCacheDir?.() !== undefined) return require(name);
  const original = prototype._compile;
  const fresh: (() => void)[] = [];
  prototype._compile = function compile(content, filename) {
    if (content.length < worthwhile) return original.call(this, content, filename);
    return run(this, content, filename, folder, fresh);
  };
  try {
    return require(name);
  } finally {
    prototype._compile = original;
    // Only now: functions that ran while loading are part of it.
    for (const keep of fresh) keep();
  }
}

function run(
  target: NodeJS.Module,
  content: string,
  filename: string,
  folder: string,
  fresh: (() => void)[],
): unknown {
  const file = join(folder, `${keyOf(filename, content)}.bin`);
  const cachedData = readIfThere(file);
  const options = cachedData ? { filename, cachedData } : { filename };
  const script = new Script(module.wrap(content), options);
  if (script.cachedDataRejected !== false) fresh.push(() => write(file, script));
  const body = script.runInThisContext() as (...names: unknown[]) => unknown;
  const { exports } = target;
  const require = module.createRequire(filename);
  return body.call(exports, exports, require, target, filename, dirname(filename));
}

// V8 compares no more of the source than its length.
function keyOf(filename: string, content: string): string {
  const { mtimeMs } = statSync(filename);
  const parts = [filename, mtimeMs, content.length, process.version, process.arch];
  const hash = createHash('sha256').update([...parts, cachedDataVersionTag()].join('\0'));
  return hash.digest('hex').slice(0, 32);
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

// Where nothing can be written, every process compiles anew.
function write(file: string, script: Script): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, file);
  } catch {
    return;
  }
}

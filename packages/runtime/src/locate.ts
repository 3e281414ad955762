import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonOverride, backendDirectory, libraryOverride, libraryVariable } from './env.ts';
import { VorabError } from './errors.ts';

/** A file that was looked for. */
export interface Attempt {
  readonly path: string;
  /** Why there, or why not. */
  readonly note: string;
}

export interface Located {
  /** Undefined: none of `tried` exists. */
  readonly path: string | undefined;
  readonly tried: readonly Attempt[];
}

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const platform = `${process.platform}-${process.arch}`;
const extension = process.platform === 'darwin' ? 'dylib' : 'so';

/** A package's folder, if it is installed. */
function packageFolder(name: string): string | undefined {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

function firstExisting(candidates: readonly Attempt[]): Located {
  const tried: Attempt[] = [];
  for (const candidate of candidates) {
    if (existsSync(candidate.path)) {
      return { path: candidate.path, tried: [...tried, { ...candidate, note: 'found' }] };
    }
    tried.push(candidate);
  }
  return { path: undefined, tried };
}

function candidates(file: string, packageName: string, folder: string): Attempt[] {
  const list: Attempt[] = [];
  const named = backendDirectory();
  if (named !== undefined)
    list.push({ path: join(resolve(named), file), note: 'VORAB_BACKEND_DIR' });
  list.push({ path: join(folder, 'build/Release', file), note: 'built here' });
  const platformPackage = `${packageName}-${platform}`;
  const installed = packageFolder(platformPackage);
  list.push({
    path: installed === undefined ? platformPackage : join(installed, file),
    note: installed === undefined ? 'package not installed' : 'platform package',
  });
  return list;
}

/** Looks for `vorab.node`. */
export function locateAddon(): Located {
  const override = addonOverride();
  if (override !== undefined)
    return firstExisting([{ path: resolve(override), note: 'VORAB_ADDON' }]);
  return firstExisting(candidates('vorab.node', '@vorab/runtime', join(here, '..')));
}

/** Looks for the library of a native backend. */
export function locateBackend(name: string): Located {
  const override = libraryOverride(name);
  if (override !== undefined) {
    return firstExisting([{ path: resolve(override), note: libraryVariable(name) }]);
  }
  const packageName = `@vorab/runtime-${name}`;
  const folder = packageFolder(packageName) ?? join(here, '../..', `runtime-${name}`);
  return firstExisting(candidates(`libvorab_${name}.${extension}`, packageName, folder));
}

/** The path, or the one error that lists all that was tried and says how to build. */
export function found(
  what: string,
  setupStep: string,
  located: Located,
  instead = 'open with another runtime',
): string {
  if (located.path !== undefined) return located.path;
  const tried = located.tried.map(({ path, note }) => `    ${path} (${note})`).join('\n');
  throw new VorabError({
    code: 'backend-missing',
    message: `${what} is not there; tried\n${tried}`,
    cure: `build it with \`npm run setup -- ${setupStep}\`, or ${instead}`,
  });
}

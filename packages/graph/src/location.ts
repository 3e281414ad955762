import { findSourceMap } from 'node:module';
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A place in the user's source; line and column count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Raw positions of a stack, as the engine runs it; mapped to the source only when somebody asks.
 */
export interface CallSite {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const ownFolder = dirname(fileURLToPath(import.meta.url)) + sep;
const maxFrames = 64;

/** `file:line:column`. */
export function formatLocation(location: SourceLocation): string {
  return `${location.file}:${location.line}:${location.column}`;
}

/** The frames of the current stack that lie in the user's code, innermost first. */
export function captureCallSites(limit: number = maxFrames): readonly CallSite[] {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = limit;
  Error.prepareStackTrace = (_, sites): readonly CallSite[] => insideTrace(sites).flatMap(userSite);
  const holder: { stack?: unknown } = {};
  Error.captureStackTrace(holder, captureCallSites);
  const sites = holder.stack as readonly CallSite[];
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = prepareStackTrace;
  return sites;
}

// Whoever compiles a program is not its author: what called `trace` differs from run to run.
function insideTrace(sites: readonly NodeJS.CallSite[]): readonly NodeJS.CallSite[] {
  const end = sites.findIndex((site) => isTrace(site.getFunctionName()) && isOwn(site));
  return end < 0 ? sites : sites.slice(0, end);
}

const isTrace = (name: string | null): boolean => name === 'trace' || name === 'traceInit';

function isOwn(site: NodeJS.CallSite): boolean {
  const file = fileOf(site);
  return file !== undefined && isOwnFile(file);
}

function fileOf(site: NodeJS.CallSite): string | undefined {
  const name = site.getFileName();
  if (!name || name.startsWith('node:') || site.isNative()) return undefined;
  return name.startsWith('file:') ? fileURLToPath(name) : name;
}

function userSite(site: NodeJS.CallSite): CallSite[] {
  const file = fileOf(site);
  if (file === undefined || isOwnFile(file)) return [];
  return [{ file, line: site.getLineNumber() ?? 0, column: site.getColumnNumber() ?? 0 }];
}

// Tests of this package play the user; everything else in this folder is the framework.
function isOwnFile(file: string): boolean {
  return file.startsWith(ownFolder) && !file.includes('.test.');
}

const mapped = new WeakMap<CallSite, SourceLocation>();

/** Maps a raw position through the source map of its file, where it has one. */
export function resolveCallSite(site: CallSite): SourceLocation {
  const known = mapped.get(site);
  if (known) return known;
  const entry = findSourceMap(site.file)?.findEntry(site.line - 1, site.column - 1);
  const location =
    entry && 'originalLine' in entry
      ? {
          file: entry.originalSource.startsWith('file:')
            ? fileURLToPath(entry.originalSource)
            : site.file,
          line: entry.originalLine + 1,
          column: entry.originalColumn + 1,
        }
      : site;
  mapped.set(site, location);
  return location;
}

import { relative } from 'node:path';

/** What a user can cure, found by the command line itself. */
export class CliError extends Error {
  override readonly name: string = 'CliError';

  constructor(
    readonly code: string,
    message: string,
    readonly cure?: string,
    options?: ErrorOptions,
  ) {
    super(cure ? `${message}\n  fix: ${cure}` : message, options);
  }
}

/** Wrong arguments that the parser cannot see; exit code 2. */
export class UsageError extends CliError {
  override readonly name: string = 'UsageError';

  constructor(message: string) {
    super('usage', message);
  }
}

export const exitCodes = { ok: 0, user: 1, usage: 2 } as const;

/** An error as `--json` prints it. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly location?: string;
}

const userErrors = [
  'GraphError',
  'CompileError',
  'ModelError',
  'VorabError',
  'AbortError',
  'ArtifactError',
  'CliError',
];

const isUserError = (error: Error): boolean =>
  error instanceof CliError || userErrors.includes(error.name);

/** What to tell about an error: what vorab refuses says so itself; anything else comes with its stack. */
export function reportError(error: unknown): ErrorReport {
  if (!(error instanceof Error)) return { code: 'unknown', message: String(error) };
  const code = 'code' in error ? String(error.code) : error.name;
  if (isSystemError(error)) return { code, message: systemMessage(error) };
  const message = isUserError(error) ? error.message : `internal error: ${error.stack}`;
  return { code, message: shorten(message), ...location(error) };
}

function location(error: Error): { readonly location?: string } {
  if (!('location' in error) || !error.location) return {};
  if (typeof error.location === 'string') return { location: error.location };
  const { file, line, column } = error.location as { file: string; line: number; column: number };
  return { location: shorten(`${file}:${line}:${column}`) };
}

interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
}

const isSystemError = (error: Error): error is SystemError =>
  'syscall' in error && typeof error.syscall === 'string' && 'code' in error;

const systemWords: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'is in the way',
  EISDIR: 'is a folder, expected a file',
  ENOENT: 'no such file',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'is not a folder',
  EROFS: 'is on a read-only file system',
};

function systemMessage(error: SystemError): string {
  const words = systemWords[error.code] ?? error.message;
  return error.path ? `${shorten(error.path)}: ${words}` : words;
}

/** Paths below the current folder, relative to it. */
export function shorten(text: string): string {
  const here = `${process.cwd()}/`;
  return text.replaceAll(`file://${here}`, '').replaceAll(here, '');
}

/** A path as a user would type it here. */
export function displayPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('../../..') || short === '' ? path : short;
}

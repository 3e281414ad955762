import { pathToFileURL } from 'node:url';
import { findTsconfig, type ModelSource } from '../discover/index.ts';
import { loadAsEsModules } from './es-modules.ts';
import { ModelError } from './model-error.ts';
import { type StackFrame, userFrames } from './stack.ts';

/** What a module exports once it has run. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * Runs the user's module, TypeScript or JavaScript, in this process, with source maps, so that positions on the stack
 * are those of the source.
 *
 * @throws ModelError with the user's frames when it throws; errors that name a line of the model pass as they are.
 */
export async function runModule(source: ModelSource): Promise<ModuleExports> {
  const { register } = await import('tsx/esm/api');
  process.setSourceMapsEnabled(true);
  const unregister = register({ tsconfig: findTsconfig(source.file) ?? false });
  const stop = loadAsEsModules();
  try {
    return (await import(pathToFileURL(source.file).href)) as ModuleExports;
  } catch (error) {
    throw asModelError(error, source);
  } finally {
    stop();
    await unregister();
  }
}

/** An error that the user's own code threw while it was called, as one that says where; any other as it is. */
export function asTraceError(error: unknown, source: ModelSource): unknown {
  const isOwn = !(error instanceof Error) || ownFrames(error, source).length > 0;
  return isOwn ? asModelError(error, source) : error;
}

function asModelError(error: unknown, source: ModelSource): unknown {
  if (!(error instanceof Error)) {
    const message = `the model threw ${String(error)}, which is not an Error`;
    const location = { file: source.file, line: 1, column: 1 };
    return new ModelError('threw', [{ message, location }], undefined, { cause: error });
  }
  if ('location' in error) return error;
  const [first, ...others] = ownFrames(error, source);
  const location = first?.location ?? { file: source.file, line: 1, column: 1 };
  const thrown = `the model threw ${error.name}: ${error.message}`;
  const message = [thrown, ...others.map((frame) => `    ${frame.text}`)].join('\n');
  return new ModelError('threw', [{ message, location }], undefined, { cause: error });
}

const ownFrames = (error: Error, source: ModelSource): readonly StackFrame[] =>
  userFrames(error, (file) => source.files.includes(file));

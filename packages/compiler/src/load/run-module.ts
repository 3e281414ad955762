import { pathToFileURL } from 'node:url';
import type { ModelSource } from '../discover/index.ts';
import { ModelError } from './model-error.ts';
import { userFrames } from './stack.ts';

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
  const unregister = register({ tsconfig: source.tsconfig ?? false });
  try {
    return (await import(pathToFileURL(source.file).href)) as ModuleExports;
  } catch (error) {
    throw asModelError(error, source);
  } finally {
    await unregister();
  }
}

/** An error of the user's own code, as one that says where it was thrown. */
export function asModelError(error: unknown, source: ModelSource): unknown {
  if (!(error instanceof Error)) {
    const problem = { message: `threw ${String(error)}, which is not an Error` };
    return new ModelError('threw', [{ ...problem, location: at(source) }], undefined, {
      cause: error,
    });
  }
  if ('location' in error) return error;
  const frames = userFrames(error, (file) => source.holds(file));
  const message = `the model threw ${error.name}: ${error.message}`;
  const rest = frames.slice(1).map((frame) => `    ${frame.text}`);
  const location = frames[0]?.location ?? at(source);
  return new ModelError(
    'threw',
    [{ message: [message, ...rest].join('\n'), location }],
    undefined,
    {
      cause: error,
    },
  );
}

const at = (source: ModelSource): { file: string; line: number; column: number } => ({
  file: source.file,
  line: 1,
  column: 1,
});

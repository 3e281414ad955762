import type { ProgramContext } from './context.ts';

let current: ProgramContext | undefined;

/** The program that is being traced. */
export function currentProgram(): ProgramContext | undefined {
  return current;
}

/** Traces `body` as the program of `context`. */
export function withProgram<T>(context: ProgramContext, body: () => T): T {
  const before = current;
  current = context;
  try {
    return body();
  } finally {
    current = before;
  }
}

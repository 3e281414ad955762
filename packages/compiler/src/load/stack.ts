import { fileURLToPath } from 'node:url';
import type { SourceLocation } from '@vorab/graph';

/** A line of `Error.stack`, already mapped to the sources. */
export interface StackFrame {
  readonly text: string;
  readonly location: SourceLocation;
}

const place = /^\s+at .*?\(?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/;

/** The frames of an error that lie in the user's own files, innermost first. */
export function userFrames(error: Error, isOwn: (file: string) => boolean): StackFrame[] {
  const lines = error.stack?.split('\n') ?? [];
  return lines.flatMap((line) => {
    const [, name, at, column] = place.exec(line) ?? [];
    if (!name) return [];
    const file = name.startsWith('file:') ? fileURLToPath(name.replace(/[?#].*$/, '')) : name;
    if (!isOwn(file)) return [];
    return [{ text: line.trim(), location: { file, line: Number(at), column: Number(column) } }];
  });
}

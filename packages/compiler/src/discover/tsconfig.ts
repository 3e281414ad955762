import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The tsconfig.json that governs a file, if there is one. */
export function findTsconfig(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const candidate = join(folder, 'tsconfig.json');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** One file to write. */
export interface FileContent {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/**
 * Writes files so that each is replaced whole or not at all, and none when one of them cannot be written: all are
 * written beside their places first, then renamed.
 */
export async function writeFiles(files: readonly FileContent[]): Promise<void> {
  for (const { path } of files) await refuseFolder(path);
  const staged: { readonly temporary: string; readonly path: string }[] = [];
  try {
    for (const { path, content } of files) {
      await mkdir(dirname(path), { recursive: true });
      const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
      staged.push({ temporary, path });
      await writeThrough(temporary, content);
    }
    for (const { temporary, path } of staged) await rename(temporary, path);
  } catch (error) {
    await Promise.all(staged.map(({ temporary }) => rm(temporary, { force: true })));
    throw error;
  }
}

// A rename that fails after another has been done could not be taken back.
async function refuseFolder(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (!there?.isDirectory()) return;
  const details = { code: 'EISDIR', syscall: 'open', path };
  throw Object.assign(new Error(`${path} is a folder, expected a file`), details);
}

async function writeThrough(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

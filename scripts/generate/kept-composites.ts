/** From the backends' own tables: which composites each target keeps whole, for the compiler. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

const tables: Readonly<Record<string, string>> = {
  blas: 'packages/runtime-blas/native/composites.inc',
  mlx: 'packages/runtime-mlx/native/composites.inc',
};

const rows = (table: string): string[] => {
  const file = path.join(root, table);
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^VORAB_\w+_COMPOSITE\((\w+)\)/gm)].map(([, name = '']) => name).sort();
};

export const outputs = (): Map<string, string> => {
  const lines = Object.entries(tables).map(
    ([target, table]) =>
      `  ${target}: [${rows(table)
        .map((name) => `'${name}'`)
        .join(', ')}],`,
  );
  const text = [
    '// Written by `npm run generate` from the composites.inc of each backend. Do not edit.',
    '',
    '/** Composites that a target runs whole. */',
    'export const keptComposites: { readonly blas: readonly string[]; readonly mlx: readonly string[] } = {',
    ...lines,
    '};',
    '',
  ].join('\n');
  return new Map([['packages/compiler/src/generated/kept-composites.ts', text]]);
};

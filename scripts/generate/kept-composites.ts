/**
 * From the backends' own tables, for the compiler: which composites each target keeps whole, and what runs on the host
 * instead of the target's device.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

const tables: Readonly<Record<string, string>> = {
  blas: 'packages/runtime-blas/native/composites.inc',
  mlx: 'packages/runtime-mlx/native/composites.inc',
};

const hostTables: Readonly<Record<string, string>> = {
  blas: 'packages/runtime-blas/native/host.inc',
  mlx: 'packages/runtime-mlx/native/host.inc',
};

const rows = (table: string, macro: string): string[] => {
  const file = path.join(root, table);
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(new RegExp(`^VORAB_\\w+_${macro}\\((\\w+)\\)`, 'gm'))]
    .map(([, name = '']) => name)
    .sort();
};

const lists = (from: Readonly<Record<string, string>>, macro: string): string[] =>
  Object.entries(from).map(
    ([target, table]) =>
      `  ${target}: [${rows(table, macro)
        .map((name) => `'${name}'`)
        .join(', ')}],`,
  );

export const outputs = (): Map<string, string> => {
  const text = [
    '// Written by `npm run generate` from the composites.inc and host.inc of each backend. Do not edit.',
    '',
    '/** Composites that a target runs whole. */',
    'export const keptComposites: { readonly blas: readonly string[]; readonly mlx: readonly string[] } = {',
    ...lists(tables, 'COMPOSITE'),
    '};',
    '',
    "/** Ops that run on the host's CPU, not on the target's device. */",
    'export const hostOps: { readonly blas: readonly string[]; readonly mlx: readonly string[] } = {',
    ...lists(hostTables, 'HOST'),
    '};',
    '',
  ].join('\n');
  return new Map([['packages/compiler/src/generated/kept-composites.ts', text]]);
};

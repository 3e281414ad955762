/**
 * From the op registry: the op tables of the artifact package, and new lines of
 * packages/graph/ops.lock.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { accumulates } from '../../packages/graph/src/accumulation.ts';
import type { AttrKind, Op } from '../../packages/graph/src/op.ts';
import { registry } from '../../packages/graph/src/registry.ts';

const root = path.resolve(import.meta.dirname, '../..');
const lock = 'packages/graph/ops.lock';
const heading =
  '# Ids of ops in artifacts. Lines are only ever appended: old files keep their meaning.\n';

const letters: { readonly [K in AttrKind]: string } = {
  int: 'i',
  float: 'f',
  bool: 'b',
  string: 's',
  ints: 'I',
  bools: 'B',
  dtype: 'd',
  dim: 'D',
  shape: 'S',
  function: 'F',
  constant: 'C',
};

/** Function parameters are no nodes in an artifact, so these have no id. */
const isStored = (op: Op): boolean => op.kind !== 'leaf' || op.evaluate !== null;

function lockedIds(): Map<string, number> {
  const file = path.join(root, lock);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return new Map(
    [...text.matchAll(/^(\d+) (\w+)$/gm)].map(([, id, name]) => [name as string, Number(id)]),
  );
}

function assignIds(ops: readonly Op[]): Map<string, number> {
  const ids = lockedIds();
  let next = Math.max(0, ...ids.values()) + 1;
  for (const op of ops) {
    if (!ids.has(op.name)) ids.set(op.name, next++);
  }
  return ids;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const limit = (count: number): number => Math.min(count, 255);

interface Row {
  readonly id: number;
  readonly op: Op;
  readonly kind: string;
  readonly attributes: string;
}

const cppRow = ({ id, op, kind, attributes }: Row): string =>
  `VORAB_OP(${id}, ${op.name}, ${kind}, ${op.minInputs}, ${limit(op.maxInputs)}, ` +
  `${limit(op.outputs)}, "${attributes}", ${accumulates(op)})\n`;

const tsRow = ({ id, op, kind, attributes }: Row): string =>
  `  { id: ${id}, name: '${op.name}', kind: '${kind}', minInputs: ${op.minInputs}, ` +
  `maxInputs: ${limit(op.maxInputs)}, outputs: ${limit(op.outputs)}, attributes: '${attributes}', ` +
  `accumulates: ${accumulates(op)} },\n`;

export function outputs(): ReadonlyMap<string, string> {
  const ops = [...registry.values()].filter(isStored);
  const ids = assignIds(ops);
  const rows = ops
    .map((op) => ({
      id: ids.get(op.name) as number,
      op,
      kind: capital(op.kind),
      attributes: Object.values(op.attributes)
        .map((kind) => letters[kind])
        .join(''),
    }))
    .sort((a, b) => a.id - b.id);
  const origin =
    '// Written by `npm run generate` from the registry of packages/graph. Do not edit.\n';
  const table = `export const ops: readonly OpRow[] = [\n${rows.map(tsRow).join('')}];\n`;
  return new Map([
    [lock, heading + [...ids].map(([name, id]) => `${id} ${name}\n`).join('')],
    ['packages/artifact/native/generated/ops.inc', origin + rows.map(cppRow).join('')],
    [
      'packages/artifact/src/generated/ops.ts',
      `${origin}import type { OpRow } from '../ops.ts';\n\n${table}`,
    ],
  ]);
}

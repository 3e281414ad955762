import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { registry } from './registry.ts';

const lock = readFileSync(new URL('../ops.lock', import.meta.url), 'utf8');
const rows = [...lock.matchAll(/^(\d+) (\w+)$/gm)].map(([, id, name]) => ({
  id: Number(id),
  name,
}));

test('every op has one id, below 2^16', () => {
  const ids = new Map(rows.map(({ id, name }) => [name, id]));
  const stored = [...registry.values()].filter((op) => op.kind !== 'leaf' || op.evaluate);
  expect(stored.filter((op) => !ids.has(op.name)).map((op) => op.name)).toEqual([]);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  expect(Math.max(...rows.map(({ id }) => id))).toBeLessThan(2 ** 16);
});

test('every op says what it means in one line', () => {
  const silent = [...registry.values()].filter((op) => !op.doc || op.doc.includes('\n'));
  expect(silent.map((op) => op.name)).toEqual([]);
});

test('every primitive has a meaning under vmap', () => {
  const generic = ['leaf', 'elementwise', 'reduce', 'composite'];
  const without = [...registry.values()].filter((op) => !generic.includes(op.kind) && !op.batch);
  expect(without.map((op) => op.name)).toEqual([]);
});

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requireCached } from './code-cache.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vorab-cache-'));
  const filler = `/* ${'x'.repeat(500_000)} */`;
  writeFileSync(join(folder, 'small.cjs'), 'exports.name = __filename;');
  writeFileSync(
    join(folder, 'large.cjs'),
    `${filler}\nexports.small = require('./small.cjs').name; exports.add = (a, b) => a + b;`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As a process of its own would: nothing is loaded yet. */
function load(cache: string): { small: string; add(a: number, b: number): number } {
  const require = createRequire(join(folder, 'index.cjs'));
  for (const file of ['small.cjs', 'large.cjs']) delete require.cache[join(folder, file)];
  return requireCached(require, './large.cjs', cache) as ReturnType<typeof load>;
}

test('a large file is compiled once; a damaged cache does not matter', () => {
  const cache = join(folder, 'deep/cache');
  const check = () => {
    const { small, add } = load(cache);
    expect([small, add(1, 2)]).toEqual([join(folder, 'small.cjs'), 3]);
    return readdirSync(cache);
  };
  const files = check();
  expect(files).toHaveLength(1);
  expect(check()).toEqual(files);
  writeFileSync(join(cache, files[0] ?? ''), 'damaged');
  expect(check()).toEqual(files);
});

test('where nothing can be written, it loads all the same', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(load(join(folder, 'file/cache')).add(2, 3)).toBe(5);
});

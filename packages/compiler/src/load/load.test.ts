import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const parent = resolve(import.meta.dirname, '../../out');

const models = {
  good: `import { dim, f32, program as p } from '@vorab/graph';
const N = dim('N', { max: 8 });
/** Doubles. */
export const twice = p({ x: f32(N) }, ({ x }) => ({ y: x }));
export const other = 3;
const make = () => p({ x: f32(2) }, ({ x }) => ({ y: x }));
/** Made by a function. */
export const made = make();
`,
  none: `export const a = 1;\nexport const b = 2;\n`,
  throws: `interface Long { readonly name: string }

function check(value: Long | undefined): string {
  if (!value) throw new RangeError('no value');
  return value.name;
}
export const a = check(undefined);
`,
  'throws-string': `throw 'so it is';\n`,
  syntax: `export const a = 1;\nexport const b = (1 + ;\n`,
  default: `import { f32, program } from '@vorab/graph';
export default program({ x: f32(2) }, ({ x }) => ({ y: x }));
`,
  other: `import { f32, program } from '@vorab/graph';
export let f: unknown = program({ x: f32(2) }, ({ x }) => ({ y: x }));
f = 4;
`,
  import: `import { x } from './nowhere.ts';\nexport const y = x;\n`,
  'no-package': `import { x } from 'no-such-package';\nexport const y = x;\n`,
  model: `import { f32, program } from '@vorab/graph';
import { wrong } from './lib.ts';

export const f = program({ x: f32(2, 3) }, ({ x }) => ({
  // A comment that the running code does not have.
  y: wrong(x),
}));
`,
  'commonjs/package': '{ "name": "without-type" }',
  'commonjs/model': `import { f32, program } from '@vorab/graph';
import { wrong } from '../lib';
export const f = program({ x: f32(2, 3) }, ({ x }) => ({ y: wrong(x) }));
`,
  lib: `import { matmul, type Tensor } from '@vorab/graph';
import { f32 } from '@vorab/graph';

/** Types vanish when the module runs; lines must not. */
type Wrong = { readonly a: number };

export function wrong(x: Tensor): Tensor {
  return   matmul(x, x);
}
`,
};

type Result = { programs: unknown[] } | { error: { name: string; code: string; message: string } };
let folder = '';
let results: Record<string, Result> = {};

// One process for all: the loader takes longer than the models.
beforeAll(() => {
  mkdirSync(parent, { recursive: true });
  folder = mkdtempSync(join(parent, 'load-'));
  mkdirSync(join(folder, 'commonjs'));
  for (const [name, text] of Object.entries(models)) {
    writeFileSync(join(folder, name === 'commonjs/package' ? `${name}.json` : `${name}.ts`), text);
  }
  const script = `
import { loadModel } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'index.ts')).href)};
const results = {};
for (const name of process.argv.slice(1)) {
  try {
    const { programs } = await loadModel(name + '.ts');
    for (const { program } of programs) program.trace();
    results[name] = { programs: programs.map(({ program, ...rest }) => ({ ...rest, kind: program.kind })) };
  } catch (error) {
    results[name] = { error: { name: error.name, code: error.code, message: error.message } };
  }
}
console.log(JSON.stringify(results));
`;
  const flags = ['-C', '@vorab/source', '--import', 'tsx', '--input-type=module', '-e', script];
  const names = [...Object.keys(models), 'missing'].filter((n) => n !== 'commonjs/package');
  const output = execFileSync(process.execPath, [...flags, ...names], { cwd: folder });
  results = JSON.parse(output.toString());
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

const messageOf = (name: string): string => {
  const result = results[name];
  return result && 'error' in result
    ? result.error.message.replaceAll(`${folder}/`, '')
    : 'no error';
};

describe('loadModel', () => {
  it('gives what the module exports, with docs and positions', () => {
    expect(results['good']).toEqual({
      programs: [
        {
          name: 'twice',
          doc: 'Doubles.',
          kind: 'program',
          location: { file: join(folder, 'good.ts'), line: 4, column: 14 },
        },
        {
          name: 'made',
          doc: 'Made by a function.',
          kind: 'program',
          location: { file: join(folder, 'good.ts'), line: 8, column: 14 },
        },
      ],
    });
  });

  it.each([
    ['none', /^none\.ts:1:1: no exported program; the file exports a, b\n {2}fix: /],
    ['throws', /^throws\.ts:4:21: the model threw RangeError: no value\n.*throws\.ts:7:18\)?$/],
    ['throws-string', /^throws-string\.ts:1:1: the model threw so it is, which is not an Error$/],
    ['syntax', /^syntax\.ts:2:23: Expression expected\.$/],
    ['default', /^default\.ts:2:16: a program is the default export/],
    ['other', /^other\.ts:2:12: export 'f' is made by program, but is number/],
    ['import', /^import\.ts:1:19: imports '\.\/nowhere\.ts', which is not there$/],
    ['no-package', /^no-package\.ts:1:1: .*Cannot find package 'no-such-package'/],
    ['missing', /^missing\.ts: no such file\n {2}fix: /],
  ])('refuses a file: %s', (name, message) => {
    expect(messageOf(name)).toMatch(message);
  });

  it("names the user's line and column, not those of the running code", () => {
    expect(messageOf('model')).toMatch(/^lib\.ts:8:12: matmul\(/);
  });

  it('takes a TypeScript file for an ES module, whatever its package says', () => {
    expect(messageOf('commonjs/model')).toMatch(/^lib\.ts:8:12: matmul\(/);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelSource } from './index.ts';
import { TsMorphAnalyzer } from './ts-morph.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vorab-discover-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes files; analyses the first. */
function analyze(files: Record<string, string>): ModelSource {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return new TsMorphAnalyzer().analyze(join(folder, Object.keys(files)[0] ?? ''));
}

const makers = (source: ModelSource) =>
  Object.fromEntries(source.exports.map((e) => [e.name, e.maker]));

describe('programs by symbol', () => {
  it('finds them with doc comment and position', () => {
    const source = analyze({
      'model.ts': `import { program, trainStep } from 'vorab';
const hidden = program({}, () => ({}));
/**
 * Class probabilities.
 * Two lines.
 */
export const classify = program({}, () => ({}));
export const fit = trainStep({}), other = 3;
`,
    });
    expect(source.exports).toEqual([
      {
        name: 'classify',
        maker: 'program',
        doc: 'Class probabilities.\nTwo lines.',
        location: { file: join(folder, 'model.ts'), line: 7, column: 14 },
      },
      {
        name: 'fit',
        maker: 'trainStep',
        doc: undefined,
        location: { file: join(folder, 'model.ts'), line: 8, column: 14 },
      },
      expect.objectContaining({ name: 'other', maker: undefined }),
    ]);
  });

  it.each([
    ['a renamed import', `import { program as p } from 'vorab'; export const f = p({});`],
    ['a namespace import', `import * as v from '@vorab/graph'; export const f = v.program({});`],
    ['a variable', `import { program } from 'vorab'; const p = program; export const f = p({});`],
    [
      'destructuring',
      `import * as v from 'vorab'; const { program: p } = v; export const f = p({});`,
    ],
    [
      'an object',
      `import { program } from 'vorab'; const o = { program }; export const f = o.program({});`,
    ],
    [
      'as and parentheses',
      `import { program } from 'vorab'; export const f = (program({}) as unknown);`,
    ],
    [
      'a later export',
      `import { program } from 'vorab'; const g = program({}); export { g as f };`,
    ],
    ['a file that re-exports', `import { p } from './lib.ts'; export const f = p({});`],
    ['export * of vorab', `import { program } from './lib.ts'; export const f = program({});`],
    ['a namespace of a file', `import * as lib from './lib.js'; export const f = lib.p({});`],
    ['export * of a file', `export * from './programs.ts';`],
    ['export { a as b } from', `export { g as f } from './more.ts';`],
  ])('through %s', (_, text) => {
    const source = analyze({
      'model.ts': text,
      'lib.ts': `export * from 'vorab'; export { program as p } from 'vorab';`,
      'programs.ts': `import { program } from 'vorab'; export const f = program({});`,
      'more.ts': `import { program } from 'vorab'; export const g = program({});`,
    });
    expect(makers(source)).toEqual({ f: 'program' });
  });

  it('is not fooled by a name', () => {
    const source = analyze({
      'model.ts': `import { program } from 'other'; function trainStep() {}
export const f = program({}); export const g = trainStep({});`,
    });
    expect(makers(source)).toEqual({ f: undefined, g: undefined });
  });

  it('follows the paths of a tsconfig.json', () => {
    const source = analyze({
      'model.ts': `export * from '@lib/a';`,
      'tsconfig.json': `{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }`,
      'lib/a.ts': `import { program } from 'vorab'; export const f = program({});`,
    });
    expect(makers(source)).toEqual({ f: 'program' });
  });
});

describe('problems', () => {
  it('are syntax errors, in any file of the model', () => {
    const source = analyze({
      'model.ts': `import './lib.ts';\nexport const a = ;\n`,
      'lib.ts': `\n  let b = ;\n`,
    });
    expect(source.problems.map((p) => p.location)).toEqual([
      { file: join(folder, 'lib.ts'), line: 2, column: 11 },
      { file: join(folder, 'model.ts'), line: 2, column: 18 },
    ]);
    expect(source.exports).toEqual([]);
  });

  it('are imports of files that are not there', () => {
    const source = analyze({
      'model.ts': `import data from './data.json' with { type: 'json' };
import type { T } from './types.ts';
export { x } from './nets.ts';`,
      'data.json': '[]',
    });
    expect(source.problems).toEqual([
      {
        message: "imports './nets.ts', which is not there",
        location: { file: join(folder, 'model.ts'), line: 3, column: 19 },
      },
    ]);
  });
});

describe('rootName', () => {
  /** The name at each `/*n*\/` mark; marks are frames, innermost first. */
  const nameAt = (text: string) => {
    const source = analyze({ 'model.ts': text });
    const marks = [...text.matchAll(/\/\*(\d)\*\//g)].sort((a, b) => Number(a[1]) - Number(b[1]));
    const sites = marks.map(({ index }) => {
      const before = text.slice(0, index + 5).split('\n');
      const column = (before.at(-1) ?? '').length + 1;
      return { file: join(folder, 'model.ts'), line: before.length, column };
    });
    return source.rootName(sites);
  };

  it.each([
    ['a variable', 'const net = /*0*/nn.linear();', 'net'],
    ['an argument', 'const net = nn.sequential({ a: [/*0*/nn.linear()] });', 'net'],
    ['a property', `const model = { 'head': /*0*/nn.linear() };`, 'model.head'],
    ['an element', 'const blocks = [{ a: 1 }, { a: /*0*/nn.linear() }];', 'blocks.1.a'],
    ['a condition', 'const net = big ? nn.a() : /*0*/nn.b();', 'net'],
    ['an assignment', 'const m: any = {}; m.head = /*0*/nn.linear();', 'm.head'],
    ['destructuring', 'const { head: h } = { head: /*0*/nn.linear() };', 'h'],
    ['array destructuring', 'const [a, b] = [nn.linear(), /*0*/nn.linear()];', 'b'],
    ['a static property', 'class Net { static head = /*0*/nn.linear(); }', 'Net.head'],
    ['the default export', 'export default /*0*/nn.linear();', 'default'],
    ['nothing', '/*0*/nn.linear();', undefined],
    [
      'a helper',
      'function block() { return /*0*/nn.linear(); }\nconst blocks = /*1*/block();',
      'blocks',
    ],
    [
      'variables of a helper',
      'function block() { const fc = /*0*/nn.linear(); return fc; }\nconst a = { b: /*1*/block() };',
      'a.b.fc',
    ],
    [
      'a callback',
      'const blocks = Array./*1*/from({ length: 2 }, () => /*0*/nn.linear());',
      'blocks',
    ],
    [
      'properties of an instance',
      'class Block { fc = /*0*/nn.linear(); }\nconst block = /*1*/new Block();',
      'block.fc',
    ],
    [
      'properties of an instance whose constructor is implied',
      '/*1*/class Block { fc = /*0*/nn.linear(); }\nconst block = /*2*/new Block();',
      'block.fc',
    ],
    [
      'a constructor',
      'class Block { fc; constructor() { this.fc = /*0*/nn.linear(); } }\nconst b = /*1*/new Block();',
      'b.fc',
    ],
  ])('of %s', (_, text, name) => {
    expect(nameAt(text)).toBe(name);
  });
});

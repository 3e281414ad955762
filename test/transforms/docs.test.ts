import { readFileSync } from 'node:fs';
import * as graph from '@vorab/graph';
import ts from 'typescript';
import { expect, test } from 'vitest';

// The examples of docs/transforms.md say what they give.

const page = readFileSync(new URL('../../docs/transforms.md', import.meta.url), 'utf8');
const code = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n');

test('the examples of the page give what they say', () => {
  let count = 0;
  const check = (got: unknown, want: unknown): void => {
    count += 1;
    const value = typeof got === 'object' && got !== null ? graph.toNested(got as never) : got;
    // As text: the sign of a zero is not said.
    expect(JSON.stringify(value)).toBe(JSON.stringify(want));
  };
  const checked = code.replace(/^(evaluate\(.*);\s+\/\/ (.+)$/gm, 'check($1, $2);');
  const { outputText } = ts.transpileModule(checked, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  const used = Object.entries(graph).filter(([name]) => outputText.includes(name));
  const run = new Function(...used.map(([name]) => name), 'check', outputText);
  run(...used.map(([, value]) => value), check);
  expect(count).toBe([...code.matchAll(/^evaluate\(/gm)].length);
});

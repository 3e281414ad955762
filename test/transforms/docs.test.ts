import { readFileSync } from 'node:fs';
import * as graph from '@vorab/graph';
import ts from 'typescript';
import { expect, test } from 'vitest';

// The examples of these pages say what they give.
test.each(['transforms', 'control-flow'])('the examples of docs/%s.md', (name) => {
  const page = readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
  const code = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n');
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

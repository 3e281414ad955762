import { describe, expect, test } from 'vitest';
import { mutations } from '../test/mutations/index.ts';
import { sample } from '../test/sample.ts';
import { verify } from './index.ts';

describe('verify', () => {
  test('passes a legal program', () => {
    expect(verify(sample().build())).toBeNull();
  });

  test('gives each bad program a name of its own', () => {
    expect(new Set(mutations.map(([name]) => name)).size).toBe(mutations.length);
  });

  for (const [name, code, apply] of mutations) {
    test(`refuses ${name}`, () => {
      const builder = sample();
      apply(builder.program);
      expect(verify(builder.build())?.code).toBe(code);
    });
  }
});

// The C++ unit tests read it. After a change of the sample: vitest -u.
test('the committed sample is what is written now', async () => {
  const hex = Buffer.from(sample().build()).toString('hex');
  const lines = hex.match(/.{1,96}/g) ?? [];
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../test/sample.hex');
});

import { describe, expect, test } from 'vitest';
import { controls } from '../test/mutations/control.ts';
import { mutations } from '../test/mutations/index.ts';
import { kernels } from '../test/mutations/kernel.ts';
import { sample } from '../test/sample.ts';
import { kernelSample } from '../test/sample-kernel.ts';
import { loopSample } from '../test/sample-loop.ts';
import { verify } from './index.ts';

describe('verify', () => {
  test('passes a legal program', () => {
    expect(verify(sample().build())).toBeNull();
    expect(verify(loopSample().build())).toBeNull();
    expect(verify(kernelSample().build())).toBeNull();
  });

  test('gives each bad program a name of its own', () => {
    const all = [...mutations, ...controls, ...kernels];
    expect(new Set(all.map(([name]) => name)).size).toBe(all.length);
  });

  for (const [name, code, apply] of mutations) {
    test(`refuses ${name}`, () => {
      const builder = sample();
      apply(builder.program);
      expect(verify(builder.build())?.code).toBe(code);
    });
  }

  for (const [name, code, apply] of controls) {
    test(`refuses ${name}`, () => {
      const builder = loopSample();
      apply(builder.program);
      expect(verify(builder.build())?.code).toBe(code);
    });
  }

  for (const [name, code, apply] of kernels) {
    test(`refuses ${name}`, () => {
      const builder = kernelSample();
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

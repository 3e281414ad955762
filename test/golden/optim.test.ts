import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { GoldenCase } from '../helpers/golden.ts';
import { difference } from '../helpers/golden.ts';
import type { OptimCase } from '../helpers/golden-optim.ts';
import { optimTrial } from '../helpers/golden-optim.ts';
import { expected } from '../helpers/trials.ts';

// Optimizers, clips and schedules on the reference, against JAX and Optax.

const casesOf = (file: string): readonly (OptimCase & GoldenCase)[] => {
  const path = new URL(`../golden-vectors/${file}`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: (OptimCase & GoldenCase)[] }).cases;
};

describe.each(['optim.json', 'optax.json'])('%s', (file) => {
  test.each(casesOf(file))('$name', (one) => {
    const found = optimTrial(one);
    const got = found?.outputs(expected(found.trial));
    const why = one.outputs.map((want, i) => difference('optim', one, got?.[i], want));
    expect(why).toEqual(one.outputs.map(() => undefined));
  });
});

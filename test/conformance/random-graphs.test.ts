import type { RuntimeName } from '@vorab/runtime';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Closeness } from '../helpers/compare.ts';
import type { Recipe } from '../helpers/random-graph.ts';
import { recipes, smaller, trialOf } from '../helpers/random-graph.ts';
import type { Trial } from '../helpers/trials.ts';
import { compileTrials, runTrials } from '../helpers/trials.ts';
import { complaints } from './suite.ts';

// Whole programs of many ops: chains, reductions over all kinds of axes, views, products with what follows them, states
// updated in place and exchanged, outputs that are inputs or views or the same value twice.

const seed = 20_260_817;
const count = 400;

/** Allows for several roundings, some of them on the way to an exponential. */
function nearly(trial: Trial): Trial & { near(): Closeness } {
  return { ...trial, near: () => ({ rtol: 1e-3, part: 1e-4, atol: 1e-6 }) };
}

const runtimes: readonly RuntimeName[] = ['reference', 'blas', 'mlx'];

const chosen = fc.sample(recipes, { seed, numRuns: count });
const trials = chosen.map((recipe, i) => ({ recipe, trial: nearly(trialOf(recipe, nameOf(i))) }));

function nameOf(i: number): string {
  return `graph ${i} of seed ${seed}`;
}

describe.each([
  ['fused', true],
  ['unfused', false],
] as const)('%s', (_, fuse) => {
  let compiled: ReturnType<typeof compileTrials>;
  beforeAll(() => {
    compiled = compileTrials(
      trials.map(({ trial }) => trial),
      fuse,
    );
  });
  test.each(runtimes)('%s', async (runtime) => {
    const results = await runTrials(compiled, runtime);
    const lines: string[] = [];
    for (const { recipe, trial } of trials) {
      const why = complaints(trial, results.get(trial));
      if (why.length > 0 && lines.length === 0) lines.push(await shrunk(recipe, runtime, fuse));
      lines.push(...why.slice(0, 1));
    }
    expect(lines.slice(0, 8)).toEqual([]);
  });
});

/** The smallest recipe that still fails, as text to reproduce it with. */
async function shrunk(recipe: Recipe, runtime: RuntimeName, fuse: boolean): Promise<string> {
  let best = recipe;
  for (let tries = 0, moved = true; moved && tries < 400; ) {
    moved = false;
    for (const next of smaller(best)) {
      tries++;
      if ((await failureOf(next, runtime, fuse)).length === 0) continue;
      best = next;
      moved = true;
      break;
    }
  }
  const [why] = await failureOf(best, runtime, fuse);
  return `seed ${seed}, shrunk to ${JSON.stringify(best)}: ${why}`;
}

async function failureOf(
  recipe: Recipe,
  runtime: RuntimeName,
  fuse: boolean,
): Promise<readonly string[]> {
  const trial = nearly(trialOf(recipe, 'shrunk'));
  const results = await runTrials(compileTrials([trial], fuse), runtime);
  return complaints(trial, results.get(trial));
}

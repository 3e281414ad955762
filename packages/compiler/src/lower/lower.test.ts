import { dtypes, opNamed } from '@vorab/graph';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { opTrials } from '../../../../test/conformance/op-trials.ts';
import { arrayDifference } from '../../../../test/helpers/compare.ts';
import { interpreted } from '../../../../test/helpers/interpreted.ts';
import { recipes, trialOf } from '../../../../test/helpers/random-graph.ts';
import { expected } from '../../../../test/helpers/trials.ts';

// Random programs, lowered for an arena, one step after the other in TypeScript: a wrong plan shows without native code.

const seed = 20_260_823;
const near = { rtol: 1e-3, part: 1e-4, atol: 1e-6 };

describe.each([
  ['fused', true],
  ['unfused', false],
] as const)('%s steps compute what the graph says', (_, fuse) => {
  test.each(['call', 'scan', 'cond', 'whileLoop'])('functions: %s', (name) => {
    for (const trial of opTrials(opNamed(name), dtypes)) {
      const got = interpreted(trial, fuse);
      for (const [call, arrays] of expected(trial).outputs.entries()) {
        for (const [output, array] of Object.entries(arrays)) {
          const why = arrayDifference(got.outputs[call]?.[output], array, trial.near(array.dtype));
          expect(why, `${trial.name}: call ${call}: ${output}`).toBeUndefined();
        }
      }
    }
  });

  test('random programs', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const trial = trialOf(
          { ...recipe, sizes: recipe.sizes.slice(0, 1).map((n) => Math.min(n, 3)) },
          'random',
        );
        const want = expected(trial);
        const got = interpreted(trial, fuse);
        for (const [call, arrays] of want.outputs.entries()) {
          for (const [name, array] of Object.entries(arrays)) {
            expect(arrayDifference(got.outputs[call]?.[name], array, near), name).toBeUndefined();
          }
          for (const [i, array] of (want.states[call] ?? []).entries()) {
            expect(
              arrayDifference(got.states[call]?.[i], array, near),
              `state ${i}`,
            ).toBeUndefined();
          }
        }
      }),
      { seed, numRuns: 150 },
    );
  });
});

import type { DimEnv, NdArray, Tensor } from '@vorab/graph';
import { bindAttrs, dtypes, evaluateNode, opNamed, withTrace } from '@vorab/graph';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { opTrials } from '../../../../test/conformance/op-trials.ts';
import { arrayDifference } from '../../../../test/helpers/compare.ts';
import { recipes, trialOf } from '../../../../test/helpers/random-graph.ts';
import type { Arrays, Outcome, Trial } from '../../../../test/helpers/trials.ts';
import { expected } from '../../../../test/helpers/trials.ts';
import { canonicalize, prepareFor } from '../passes/index.ts';
import type { Target } from '../targets/index.ts';
import { targets } from '../targets/index.ts';
import { lower } from './index.ts';
import type { EvaluateOp } from './interpret.ts';
import { arrayInArena, StepInterpreter } from './interpret.ts';
import type { Buffer } from './ir.ts';

// Random programs, lowered for an arena, one step after the other in TypeScript: a wrong plan shows without native code.

const seed = 20_260_823;
const blas = targets['blas'] as Target;
const near = { rtol: 1e-3, part: 1e-4, atol: 1e-6 };

const routine =
  (env: DimEnv): EvaluateOp =>
  (op, inputs, attrs, outputs) => {
    const types = outputs.map(({ dtype, shape }) => ({ dtype, shape }));
    const results = evaluateNode(op, inputs, bindAttrs(op, attrs as never, env), types);
    for (const [i, { data }] of results.entries()) outputs[i]?.data.set(data as never);
  };

/** What the lowered steps make of a trial. Arena values share one memory, as planned. */
function interpreted(trial: Trial, fuse: boolean): Outcome {
  return withTrace(() => {
    const graph = canonicalize({ name: 'entry', ...trial.program.trace() });
    const prepared = prepareFor(graph, blas, fuse, new Map());
    const { lowered, memory } = lower(prepared, blas, fuse);
    const states = new Map<Tensor, NdArray>();
    for (const [t, first] of trial.states ?? [])
      states.set(t, { ...first, data: first.data.slice() });
    const after: NdArray[][] = [];
    const outputs = trial.calls.map((call) => {
      const env: DimEnv = new Map(Object.entries(call.sizes));
      const interpreter = new StepInterpreter(env, routine(env));
      const arena = new ArrayBuffer(memory?.arenaBytes ?? 0);
      for (const buffer of lowered.buffers) {
        const array =
          given(buffer, call.inputs, states) ?? arrayInArena(buffer, memory, arena, env);
        if (array) interpreter.bind(buffer, array);
      }
      interpreter.run(lowered);
      after.push(prepared.updates.map(({ state }) => copy(states.get(state.tensor) as NdArray)));
      return Object.fromEntries(
        lowered.buffers.flatMap((buffer) =>
          buffer.place.kind === 'output'
            ? [[prepared.outputs[buffer.place.index]?.name, interpreter.array(buffer)]]
            : [],
        ),
      ) as Arrays;
    });
    return { outputs, states: after };

    function given(
      { place }: Buffer,
      inputs: Arrays,
      values: ReadonlyMap<Tensor, NdArray>,
    ): NdArray | undefined {
      if (place.kind === 'input') return inputs[prepared.inputs[place.index]?.name ?? ''];
      if (place.kind === 'state') return values.get(place.state.tensor);
      return place.kind === 'constant' ? (place.node.attrs['data'] as NdArray) : undefined;
    }
  });
}

const copy = (array: NdArray): NdArray => ({ ...array, data: array.data.slice() });

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

import type { DimEnv, NdArray, Tensor } from '@vorab/graph';
import { bindAttrs, evaluateNode, withTrace } from '@vorab/graph';
import { lower } from '../../packages/compiler/src/lower/index.ts';
import type { EvaluateOp } from '../../packages/compiler/src/lower/interpret.ts';
import { arrayInArena, StepInterpreter } from '../../packages/compiler/src/lower/interpret.ts';
import type { Buffer } from '../../packages/compiler/src/lower/ir.ts';
import { canonicalize, prepareFor } from '../../packages/compiler/src/passes/index.ts';
import type { Target } from '../../packages/compiler/src/targets/index.ts';
import { targets } from '../../packages/compiler/src/targets/index.ts';
import type { Arrays, Outcome, Trial } from './trials.ts';

const blas = targets['blas'] as Target;

/** Runs an op that is a routine, at a binding, by its own meaning. */
export const routine =
  (env: DimEnv): EvaluateOp =>
  (op, inputs, attrs, outputs) => {
    const types = outputs.map(({ dtype, shape }) => ({ dtype, shape }));
    const results = evaluateNode(op, inputs, bindAttrs(op, attrs as never, env), types);
    for (const [i, { data }] of results.entries()) outputs[i]?.data.set(data as never);
  };

/** What the lowered steps make of a trial. Arena values share one memory, as planned. */
export function interpreted(trial: Trial, fuse: boolean): Outcome {
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

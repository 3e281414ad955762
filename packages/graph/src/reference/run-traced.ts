import { nameStates } from '../naming.ts';
import type { ArrayData, NdArray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import type { TracedProgram } from '../program.ts';
import { traceInit } from '../program.ts';
import { withTrace } from '../scope.ts';
import type { StateVariable } from '../state.ts';
import { evaluate } from './evaluate.ts';

/**
 * Runs a traced program once on the reference, with the states in `values`, which it updates: for
 * tests and exploration.
 *
 *     const { loss } = runTraced(traced, values, { image, label });
 *
 * @throws GraphError when an input or a state has no value, or one that does not fit.
 */
export function runTraced(
  traced: TracedProgram,
  values: Map<StateVariable, NdArray>,
  inputs: Readonly<Record<string, ArrayData>> = {},
): Readonly<Record<string, NdArray>> {
  const feeds = new Map<Tensor, ArrayData>();
  for (const { name, tensor } of traced.inputs) {
    const value = inputs[name];
    if (value !== undefined) feeds.set(tensor, value);
  }
  for (const state of traced.states) {
    const value = values.get(state);
    if (value) feeds.set(state.tensor, value);
  }
  const outputs = traced.outputs.map((o) => o.tensor);
  const results = evaluate([...outputs, ...traced.updates.map((u) => u.value)], feeds);
  for (const [i, { state }] of traced.updates.entries()) {
    values.set(state, results[outputs.length + i] as NdArray);
  }
  return Object.fromEntries(traced.outputs.map((o, i) => [o.name, results[i] as NdArray]));
}

/**
 * Runs a traced program once on the reference from the first values of its states, which are named
 * after `root`.
 */
export function runFresh(
  traced: TracedProgram,
  inputs: Readonly<Record<string, ArrayData>>,
  root: string,
): Readonly<Record<string, NdArray>> {
  const names = nameStates(traced.states, () => root);
  return runTraced(traced, initialValues(traced.states, names), inputs);
}

/** The first values of states, from a seed of two words. */
export function initialValues(
  states: Iterable<StateVariable>,
  names: ReadonlyMap<StateVariable, string>,
  seed: readonly [high: number, low: number] = [0, 0],
): Map<StateVariable, NdArray> {
  const values = new Map<StateVariable, NdArray>();
  const init = withTrace(() => traceInit(states, names));
  const data = Uint32Array.from(seed);
  runTraced({ ...init, states: [] }, values, { seed: { dtype: 'u32', shape: [2], data } });
  return values;
}

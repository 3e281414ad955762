import { checkGraph, checkInputTypes, checkOutputs, checkTaps } from './check-program.ts';
import { ProgramContext } from './context.ts';
import { withProgram } from './current-program.ts';
import type { CallSite } from './location.ts';
import { captureCallSites } from './location.ts';
import { fnv1a32 } from './naming.ts';
import type { Tensor } from './node.ts';
import type { TensorType } from './op.ts';
import { input } from './ops/leaves.ts';
import { foldIn } from './ops/random.ts';
import type { Precision } from './precision.ts';
import { mergeScans } from './scan-merge.ts';
import { currentScope, withScope, withTrace } from './scope.ts';
import type { StateVariable } from './state.ts';
import { stateOf } from './state.ts';
import { topologicalOrder } from './topo.ts';
import { u32 } from './types.ts';

/** Inputs of a program, by name. */
export type InputTypes = Readonly<Record<string, TensorType>>;
/** Outputs of a program, by name. */
export type Outputs = Readonly<Record<string, Tensor>>;
/** What the function of a program gets: a tensor for each input. */
export type TensorsOf<I extends InputTypes> = { readonly [K in keyof I]: Tensor };

export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

export interface StateUpdate {
  readonly state: StateVariable;
  readonly value: Tensor;
}

/** A program as a graph: what goes in, what comes out, what is written, and every state involved. */
export interface TracedProgram {
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly NamedTensor[];
  readonly updates: readonly StateUpdate[];
  /** All that are read or written, in the order of first use. */
  readonly states: readonly StateVariable[];
}

/** What a program is made of. */
export interface ProgramSpec<I extends InputTypes, O extends Outputs> {
  readonly kind: 'program' | 'trainStep';
  readonly inputTypes: I;
  readonly training: boolean;
  body(inputs: TensorsOf<I>): O;
}

/** An entry of an artifact: a function of tensors, traced when it is compiled. Made by `program` and `trainStep`. */
export class Program<I extends InputTypes = InputTypes, O extends Outputs = Outputs> {
  readonly kind: 'program' | 'trainStep';
  readonly inputTypes: I;
  /** Where it was made. */
  readonly callSites: readonly CallSite[] = captureCallSites();
  readonly #spec: ProgramSpec<I, O>;

  constructor(spec: ProgramSpec<I, O>) {
    this.kind = spec.kind;
    this.inputTypes = spec.inputTypes;
    this.#spec = spec;
    checkInputTypes(spec.inputTypes, spec.kind, this.callSites);
  }

  /** The function itself, for use inside another program: its updates become those of that program. */
  body(inputs: TensorsOf<I>): O {
    return this.#spec.body(inputs);
  }

  /**
   * Runs the user's function on input leaves.
   *
   * @throws GraphError at the user's line for whatever is wrong in the model.
   */
  trace(): TracedProgram {
    return currentScope().nodes ? this.#trace() : withTrace(() => this.#trace());
  }

  #trace(): TracedProgram {
    const context = new ProgramContext(this.#spec.training);
    const inputs = this.#inputs();
    const given = Object.fromEntries(inputs.map(({ name, tensor }) => [name, tensor]));
    const outputs = withProgram(context, () =>
      checkOutputs(this.body(given as TensorsOf<I>), this.kind, this.callSites),
    );
    const traced = collect(inputs, outputs, context.updates);
    checkGraph(traced, this.inputTypes, this.callSites);
    checkTaps(traced, context.taps);
    return traced;
  }

  #inputs(): readonly NamedTensor[] {
    return withScope({ inherited: [this.callSites], keepStacks: false }, () =>
      Object.entries(this.inputTypes).map(([name, type]) => ({ name, tensor: input(name, type) })),
    );
  }
}

// A mark that another copy of this module knows too.
const mark = Symbol.for('vorab.program');
Object.defineProperty(Program.prototype, mark, { value: true });

function collect(
  inputs: readonly NamedTensor[],
  outputs: readonly NamedTensor[],
  updates: readonly StateUpdate[],
): TracedProgram {
  const roots = mergeScans([...outputs.map((o) => o.tensor), ...updates.map((u) => u.value)]);
  const states = new Set([...statesReachedFrom(roots), ...updates.map((u) => u.state)]);
  const at = (i: number): Tensor => roots[i] as Tensor;
  return {
    inputs,
    outputs: outputs.map((o, i) => ({ ...o, tensor: at(i) })),
    updates: updates.map((u, i) => ({ ...u, value: at(outputs.length + i) })),
    states: [...states],
  };
}

/** The states that tensors are computed from, in the order of first use. */
export function statesReachedFrom(roots: readonly Tensor[]): readonly StateVariable[] {
  return topologicalOrder(roots).flatMap((node) =>
    node.inputs.length === 0 ? node.outputs().flatMap((t) => stateOf(t) ?? []) : [],
  );
}

/** Whether a value is a program, made by whichever copy of this module. */
export function isProgram(value: unknown): value is Program {
  return typeof value === 'object' && value !== null && mark in value;
}

export interface ProgramOptions {
  /** Whether dropout and its like are on; default false. */
  readonly training?: boolean;
  /** The dtypes in which its operations run; see `precision`. */
  readonly precision?: Precision;
}

/**
 * An entry of the artifact: named tensors in, named tensors out. Export it from the model's file. States that the
 * function uses, from wherever they come, belong to the artifact and are shared with the other programs.
 *
 *     const N = dim('N', { max: 256 });
 *     export const classify = program({ image: f32(N, 64) }, ({ image }) => ({ probs: net(image).softmax() }));
 *
 * @throws GraphError when an input's name or type is unusable; when compiled, for whatever is wrong in the function.
 */
export function program<const I extends InputTypes, O extends Outputs>(
  inputs: I,
  body: (inputs: TensorsOf<I>) => O,
  options: ProgramOptions = {},
): Program<I, O> {
  const { training = false, precision } = options;
  const within = precision ? (given: TensorsOf<I>): O => precision.scope(() => body(given)) : body;
  return new Program({ kind: 'program', inputTypes: inputs, training, body: within });
}

/**
 * The entry `init`: from `seed: u32[2]` the first value of every state, each from a key of its own that depends on its
 * name alone.
 */
export function traceInit(
  states: Iterable<StateVariable>,
  names: ReadonlyMap<StateVariable, string>,
): TracedProgram {
  const all = [...states];
  const seed = input('seed', u32(2));
  const updates = all.map((state) => {
    const name = fnv1a32(names.get(state) ?? '');
    const key = withScope({ inherited: [state.callSites] }, () => foldIn(seed, name));
    return { state, value: state.init(key) };
  });
  return { inputs: [{ name: 'seed', tensor: seed }], outputs: [], updates, states: all };
}

/** Runs many small programs through compiler, artifact and runtimes: many of them share one artifact. */
import { basename } from 'node:path';
import type { fb } from '@vorab/artifact';
import type { NamedProgram } from '@vorab/compiler';
import { compilePrograms } from '@vorab/compiler';
import type { NdArray, Program, StateVariable, Tensor, TracedProgram } from '@vorab/graph';
import { evaluate, random, withTrace } from '@vorab/graph';
import type { OpenOptions, RuntimeName, Session } from '@vorab/runtime';
import { open, VorabError } from '@vorab/runtime';

/** Arrays by name. */
export type Arrays = Readonly<Record<string, NdArray>>;

export interface Call {
  /** Sizes of symbolic dims. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly inputs: Arrays;
}

/** A program, and the calls that are made of it in turn. */
export interface Trial {
  readonly name: string;
  readonly program: Program;
  readonly calls: readonly Call[];
  /** First values of its states. */
  readonly states?: ReadonlyMap<Tensor, NdArray>;
}

/** The outputs of each call, and the states after it. */
export interface Outcome {
  readonly outputs: readonly Arrays[];
  /** Per call, in the order in which the program updates them. */
  readonly states: readonly (readonly NdArray[])[];
}

/** The outcome, or why there is none. */
export type Result =
  | { readonly outcome: Outcome }
  | { readonly failure: Error; readonly where: string };

// ------------------------------------------------------------------------------------------------ reference

const expectations = new WeakMap<Trial, Outcome>();

/** What the reference evaluator of the graph package makes of a trial, without compiler, artifact or runtime. */
export function expected(trial: Trial): Outcome {
  const known = expectations.get(trial);
  if (known) return known;
  const traced = withTrace(() => trial.program.trace());
  const states = new Map<StateVariable, NdArray>();
  for (const s of traced.states) {
    const first = trial.states?.get(s.tensor);
    states.set(s, first ?? withTrace(() => evaluate(s.init(random.key(0)))));
  }
  const after: NdArray[][] = [];
  const outputs = trial.calls.map((call) => {
    const results = step(traced, states, call);
    after.push(traced.updates.map(({ state }) => states.get(state) as NdArray));
    return results;
  });
  const outcome = { outputs, states: after };
  expectations.set(trial, outcome);
  return outcome;
}

function step(traced: TracedProgram, states: Map<StateVariable, NdArray>, call: Call): Arrays {
  const feeds = new Map<Tensor, NdArray>();
  for (const { name, tensor } of traced.inputs) feeds.set(tensor, call.inputs[name] as NdArray);
  for (const [state, value] of states) feeds.set(state.tensor, value);
  const roots = [...traced.outputs.map((o) => o.tensor), ...traced.updates.map((u) => u.value)];
  const values = evaluate(roots, feeds, call.sizes);
  const count = traced.outputs.length;
  for (const [i, { state }] of traced.updates.entries())
    states.set(state, values[count + i] as NdArray);
  return Object.fromEntries(traced.outputs.map((o, i) => [o.name, values[i] as NdArray]));
}

// ------------------------------------------------------------------------------------------------ compiled

export interface Artifact {
  readonly bytes: Uint8Array;
  /** The same as objects; entry `e0` is the first trial's. */
  readonly program: fb.ProgramT;
  readonly trials: readonly Trial[];
  readonly names: ReadonlyMap<StateVariable, string>;
  readonly fuse: boolean;
}

export interface Compiled {
  readonly artifacts: readonly Artifact[];
  readonly failures: ReadonlyMap<Trial, Error>;
}

const perArtifact = 128;
const location = { file: 'trials.ts', line: 1, column: 1 };

/** Compiles trials for blas and mlx, many to an artifact. One that does not compile fails alone. */
export function compileTrials(trials: readonly Trial[], fuse: boolean): Compiled {
  const artifacts: Artifact[] = [];
  const failures = new Map<Trial, Error>();
  const compile = (some: readonly Trial[]): void => {
    if (some.length === 0) return;
    try {
      artifacts.push(compileTogether(some, fuse));
    } catch (error) {
      if (some.length === 1) failures.set(some[0] as Trial, error as Error);
      else for (const half of halves(some)) compile(half);
    }
  };
  for (let at = 0; at < trials.length; at += perArtifact)
    compile(trials.slice(at, at + perArtifact));
  return { artifacts, failures };
}

const halves = <T>(items: readonly T[]): readonly (readonly T[])[] => [
  items.slice(0, items.length >> 1),
  items.slice(items.length >> 1),
];

function compileTogether(trials: readonly Trial[], fuse: boolean): Artifact {
  const programs: NamedProgram[] = trials.map(({ program }, i) => ({
    name: `e${i}`,
    program,
    location,
  }));
  const { bytes, program, names } = compilePrograms(programs, {
    targets: ['blas', 'mlx'],
    fuse,
    relativePath: (file) => basename(file),
  });
  return { bytes, program, names, trials, fuse };
}

// ------------------------------------------------------------------------------------------------ run

/** Runs every trial on a runtime. What an artifact's other entries do to a session does not hide one trial's result. */
export async function runTrials(
  { artifacts, failures }: Compiled,
  runtime: RuntimeName,
  options: Pick<OpenOptions, 'threads'> = {},
): Promise<ReadonlyMap<Trial, Result>> {
  const results = new Map<Trial, Result>();
  for (const [trial, failure] of failures) results.set(trial, { failure, where: 'compile' });
  for (const artifact of artifacts) await runArtifact(artifact, { runtime, ...options }, results);
  return results;
}

async function runArtifact(
  { bytes, trials, names, fuse }: Artifact,
  options: OpenOptions,
  results: Map<Trial, Result>,
): Promise<void> {
  let session: Session;
  try {
    session = await open(bytes, { ...options, seed: 0 });
  } catch (error) {
    const [first] = trials;
    if (first && trials.length === 1)
      results.set(first, { failure: error as Error, where: 'open' });
    // One entry refuses for all of them: find it.
    else
      for (const half of halves(trials))
        await runArtifact(compileTogether(half, fuse), options, results);
    return;
  }
  for (const [i, trial] of trials.entries()) {
    try {
      results.set(trial, { outcome: await outcomeOf(session, `e${i}`, trial, names) });
    } catch (error) {
      results.set(trial, { failure: error as Error, where: 'call' });
    }
  }
  await session.close();
}

async function outcomeOf(
  session: Session,
  entry: string,
  trial: Trial,
  names: ReadonlyMap<StateVariable, string>,
): Promise<Outcome> {
  const outputs: Arrays[] = [];
  const states: NdArray[][] = [];
  const { updates } = trial.states
    ? withTrace(() => trial.program.trace())
    : { updates: [] as TracedProgram['updates'] };
  for (const { inputs } of trial.calls) {
    outputs.push(await call(session, entry, inputs));
    const after: NdArray[] = [];
    for (const { state } of updates) {
      const data = (await session.state.read(names.get(state) ?? '')) as NdArray['data'];
      after.push({ dtype: state.type.dtype, shape: state.type.shape as readonly number[], data });
    }
    states.push(after);
  }
  return { outputs, states };
}

async function call(session: Session, entry: string, inputs: Arrays): Promise<Arrays> {
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [name, { data, shape }]),
  );
  const results = await session.call(entry, given);
  const arrays: Record<string, NdArray> = {};
  for (const [name, tensor] of Object.entries(results)) {
    if (!('dispose' in tensor)) continue;
    const { dtype, shape } = tensor;
    arrays[name] = { dtype, shape, data: (await tensor.data()) as NdArray['data'] };
    tensor.dispose();
  }
  return arrays;
}

/** Whether a failure is a runtime's word that it does not take a dtype. */
export function isRefusal(failure: Error): boolean {
  return failure instanceof VorabError && failure.code === 'unsupported';
}

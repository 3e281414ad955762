import { fb } from '@vorab/artifact';
import type {
  CallSite,
  DimSymbol,
  Program,
  SourceLocation,
  StateVariable,
  Tensor,
  TracedProgram,
} from '@vorab/graph';
import { dimSymbols, nameStates, stateOf, traceInit, withRootNames, withTrace } from '@vorab/graph';
import { insertedCasts } from './casts.ts';
import { CompileError } from './compile-error.ts';
import { Emitter } from './emit/emitter.ts';
import { emitFunction } from './emit/function.ts';
import { emitEntryPlan } from './emit/plan.ts';
import type { EntryGraph } from './entry-graph.ts';
import { statesRead, verifyGraph } from './entry-graph.ts';
import { lower } from './lower/index.ts';
import type { RuntimeChecks } from './passes/checks.ts';
import { insertChecks } from './passes/checks.ts';
import { canonicalize, prepareFor } from './passes/index.ts';
import type { Origins } from './passes/rewrite.ts';
import { withTaps } from './passes/taps.ts';
import type { Target } from './targets/index.ts';
import { targets as allTargets } from './targets/index.ts';
import { producer } from './version.ts';

/** A program of the user's module, as discovered. */
export interface NamedProgram {
  readonly name: string;
  readonly program: Program;
  readonly doc?: string | undefined;
  readonly location: SourceLocation;
}

export interface CompileOptions {
  /** Plans to write, by target: 'blas', 'mlx'. */
  readonly targets: readonly string[];
  /** Whether ops are joined into tapes and composites kept whole; default true. */
  readonly fuse?: boolean;
  /** The user's variable for what some call sites made. */
  readonly rootName?: (callSites: readonly CallSite[]) => string | undefined;
  /** What to look at while the programs run; default nothing. */
  readonly checks?: RuntimeChecks;
  /** How a source file is named in the artifact: relative, with forward slashes. */
  readonly relativePath?: (file: string) => string;
  /** Told after each pass, with its time. */
  readonly onPass?: (pass: PassTime) => void;
}

export interface PassTime {
  readonly entry: string;
  readonly pass: string;
  readonly ms: number;
}

export interface CompileResult {
  /** The `.vorab` file. */
  readonly bytes: Uint8Array;
  /** The same as objects. */
  readonly program: fb.ProgramT;
  readonly names: ReadonlyMap<StateVariable, string>;
}

/**
 * Traces programs and plans them for every target: one artifact.
 *
 * @throws GraphError for what is wrong in a model, CompileError for what is wrong in the request.
 */
export function compilePrograms(
  programs: readonly NamedProgram[],
  options: CompileOptions,
): CompileResult {
  return new Compilation(options).run(programs);
}

class Compilation {
  private readonly options: CompileOptions;
  private readonly emitter: Emitter;
  private readonly targets: readonly Target[];

  constructor(options: CompileOptions) {
    this.options = options;
    this.emitter = new Emitter(producer, options.relativePath ?? ((file) => file));
    this.targets = options.targets.map(targetNamed);
  }

  run(programs: readonly NamedProgram[]): CompileResult {
    const traced = programs.map((p) => ({ ...p, graph: this.trace(p) }));
    const states = [...new Set(traced.flatMap((t) => t.graph.states))];
    const names = nameStates(states, this.options.rootName ?? (() => undefined));
    for (const state of states) this.emitState(state, names);
    const graphs = traced.flatMap((t) => this.entriesOf(t, names));
    if (states.length > 0) {
      const graph = { name: 'init', ...withTrace(() => traceInit(states, names)) };
      const doc = 'The first value of every state, from a seed.';
      graphs.push({
        name: 'init',
        doc,
        location: firstOf(programs).location,
        program: firstOf(programs).program,
        graph,
        kind: fb.EntryKind.Init,
      });
    }
    const plans = this.targets.map((t) => new fb.PlanT(t.name, [t.name]));
    for (const entry of graphs) this.emitEntry(entry, plans);
    this.emitter.program.plans.push(...plans);
    this.emitter.callees.finish(this.emitter.program.functions);
    return { bytes: this.emitter.builder.build(), program: this.emitter.program, names };
  }

  private trace({ name, program }: NamedProgram): EntryGraph {
    if (name === 'init')
      throw new CompileError("a program cannot be called 'init': that entry makes the first state");
    const rootName = this.options.rootName ?? ((): undefined => undefined);
    const trace = (): TracedProgram => withTrace(() => program.trace());
    return this.timed(name, 'trace', () => ({ name, ...withRootNames(rootName, trace) }));
  }

  // The program itself, and another entry for its taps, if it has any.
  private entriesOf(
    entry: NamedProgram & { graph: EntryGraph },
    names: ReadonlyMap<StateVariable, string>,
  ): readonly (NamedProgram & { graph: EntryGraph; kind: fb.EntryKind })[] {
    const kind = fb.EntryKind.Program;
    const own = (t: Tensor): string => leafName(t, names);
    const checked = (graph: EntryGraph): EntryGraph =>
      insertChecks(graph, this.options.checks ?? {}, own);
    const plain = { ...entry, graph: checked(entry.graph), kind };
    const tapped = withTaps(entry.graph);
    if (!tapped) return [plain];
    const doc = `${entry.name} with its taps as outputs.`;
    return [plain, { ...entry, name: tapped.name, doc, graph: checked(tapped), kind }];
  }

  private emitState(state: StateVariable, names: ReadonlyMap<StateVariable, string>): void {
    const { emitter } = this;
    const kind = {
      parameter: fb.StateKind.Parameter,
      state: fb.StateKind.State,
      hyper: fb.StateKind.Hyper,
    }[state.kind];
    const table = new fb.StateT(
      names.get(state) ?? '',
      emitter.type(state.type),
      kind,
      state.trainable,
    );
    emitter.stateIndex.set(state, emitter.program.states.push(table) - 1);
  }

  private emitEntry(
    entry: NamedProgram & { graph: EntryGraph; kind: fb.EntryKind },
    plans: readonly fb.PlanT[],
  ): void {
    const { emitter } = this;
    const graph = this.timed(entry.name, 'canonicalize', () => canonicalize(entry.graph));
    verifyGraph(graph, 'canonicalize');
    const symbols = inputSymbols(graph);
    for (const symbol of symbols) emitter.symbol(symbol);
    const { index, origins } = this.timed(entry.name, 'emit function', () =>
      emitFunction(emitter, graph),
    );
    const port = ({ name, tensor }: EntryGraph['inputs'][number]): fb.PortT =>
      new fb.PortT(name, emitter.type(tensor.type));
    const stateIndex = (state: StateVariable): number => emitter.stateIndex.get(state) ?? 0;
    const table = new fb.EntryT(
      entry.name,
      entry.doc ?? null,
      entry.kind,
      index,
      graph.inputs.map(port),
      graph.outputs.map(port),
      statesRead(graph).map(stateIndex),
      graph.updates.map((u) => stateIndex(u.state)),
      emitter.place(entry.location),
      symbols.map((s) => emitter.symbol(s)),
    );
    const at = emitter.program.entries.push(table) - 1;
    for (const [i, target] of this.targets.entries()) {
      plans[i]?.entries.push(this.plan(graph, at, target, origins));
    }
  }

  private plan(graph: EntryGraph, entry: number, target: Target, origins: Origins): fb.EntryPlanT {
    const { fuse = true } = this.options;
    const own: Origins = new Map(origins);
    const prepared = this.timed(graph.name, `prepare for ${target.name}`, () =>
      prepareFor(graph, target, fuse, own),
    );
    verifyGraph(prepared, `prepare for ${target.name}`);
    const { lowered, memory } = this.timed(graph.name, `lower to ${target.name}`, () =>
      lower(prepared, target, fuse),
    );
    const casts = insertedCasts(prepared, lowered);
    return this.timed(graph.name, `emit ${target.name}`, () =>
      emitEntryPlan(this.emitter, {
        entry,
        target: target.name,
        lowered,
        memory,
        origins: own,
        casts,
      }),
    );
  }

  private timed<T>(entry: string, pass: string, run: () => T): T {
    const start = performance.now();
    const result = run();
    this.options.onPass?.({ entry, pass, ms: performance.now() - start });
    return result;
  }
}

function leafName(t: Tensor, names: ReadonlyMap<StateVariable, string>): string {
  const state = stateOf(t);
  return state ? `${state.kind} '${names.get(state)}'` : `input '${t.node.attrs['name']}'`;
}

function firstOf<T>(items: readonly T[]): T {
  const [first] = items;
  if (first === undefined) throw new CompileError('there are no programs to compile');
  return first;
}

function targetNamed(name: string): Target {
  const target = allTargets[name];
  if (target) return target;
  throw new CompileError(
    `there is no target '${name}'; targets are ${Object.keys(allTargets).join(', ')}`,
  );
}

function inputSymbols(graph: EntryGraph): readonly DimSymbol[] {
  const found = new Map<string, DimSymbol>();
  for (const { tensor } of graph.inputs) {
    for (const symbol of tensor.shape.flatMap(dimSymbols)) found.set(symbol.name, symbol);
  }
  return [...found.values()];
}

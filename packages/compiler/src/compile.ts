import { fb } from '@vorab/artifact';
import type {
  CallSite,
  Program,
  SourceLocation,
  StateVariable,
  Tensor,
  TracedProgram,
} from '@vorab/graph';
import { nameStates, stateOf, traceInit, withRootNames, withTrace } from '@vorab/graph';
import { askedElsewhere } from './asked-elsewhere.ts';
import { insertedCasts } from './casts.ts';
import { CompileError } from './compile-error.ts';
import { Emitter } from './emit/emitter.ts';
import { emitFunction } from './emit/function.ts';
import { emitEntryPlan } from './emit/plan.ts';
import type { EntryGraph } from './entry-graph.ts';
import { inputSymbols, statesRead, verifyGraph } from './entry-graph.ts';
import { lower } from './lower/index.ts';
import type { RuntimeChecks } from './passes/checks.ts';
import { insertChecks } from './passes/checks.ts';
import { canonicalize, prepareFor } from './passes/index.ts';
import type { Origins } from './passes/rewrite.ts';
import { withTaps } from './passes/taps.ts';
import type { BuiltProblem } from './placement/build-problem.ts';
import { buildProblem, callsOf } from './placement/build-problem.ts';
import type { Calibration } from './placement/calibration.ts';
import { shippedRates } from './placement/rates.ts';
import type { Routed, RouteOptions } from './placement/route.ts';
import { route, routeNow } from './placement/route.ts';
import { checkWishes } from './placement/wishes.ts';
import type { EmittedEntry } from './split-plans.ts';
import { emitSplit } from './split-plans.ts';
import { planName, plansNamed } from './targets/plans.ts';
import type { Target } from './targets/target.ts';
import { producer } from './version.ts';

/** A program of the user's module, as discovered. */
export interface NamedProgram {
  readonly name: string;
  readonly program: Program;
  readonly doc?: string | undefined;
  readonly location: SourceLocation;
}

export interface CompileOptions extends RouteOptions {
  /** Plans to write: 'blas', 'mlx' for one target each, 'blas+mlx' for one that is split over both. */
  readonly targets: readonly string[];
  /** Measured rates, for plans over several targets; default: those that the compiler ships. */
  readonly calibration?: Calibration | undefined;
  /** Capabilities that every target of every plan must have where it runs, as `vorab doctor` names them. */
  readonly requires?: readonly string[] | undefined;
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
  const compilation = new Compilation(options);
  compilation.begin(programs);
  return compilation.finish(
    compilation.problems().map(({ problem }) => routeNow(problem, options)),
  );
}

/** The same, waiting for a router that answers later. */
export async function compileRouted(
  programs: readonly NamedProgram[],
  options: CompileOptions,
): Promise<CompileResult> {
  const compilation = new Compilation(options);
  compilation.begin(programs);
  const routed: Routed[] = [];
  for (const { problem } of compilation.problems()) routed.push(await route(problem, options));
  return compilation.finish(routed);
}

class Compilation {
  private readonly options: CompileOptions;
  private readonly emitter: Emitter;
  /** The targets of each plan. */
  private readonly plans: readonly (readonly Target[])[];
  private readonly requires: string[];
  private readonly entries: EmittedEntry[] = [];
  private names: ReadonlyMap<StateVariable, string> = new Map();
  private built: readonly BuiltProblem[] = [];

  constructor(options: CompileOptions) {
    this.options = options;
    this.emitter = new Emitter(producer, options.relativePath ?? ((file) => file));
    this.plans = plansNamed(options.targets, options.calibration !== undefined);
    this.requires = [...new Set(options.requires ?? [])];
  }

  /** Traces the programs, writes their portable functions, and plans them for single targets. */
  begin(programs: readonly NamedProgram[]): void {
    const traced = programs.map((p) => ({ ...p, graph: this.trace(p) }));
    const states = [...new Set(traced.flatMap((t) => t.graph.states))];
    const names = nameStates(states, this.options.rootName ?? (() => undefined));
    this.names = names;
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
    const single = this.plans.filter((plan) => plan.length === 1).flat();
    const plans = single.map((t) => new fb.PlanT(t.name, [t.name]));
    for (const plan of plans) plan.requires = this.requires;
    for (const entry of graphs) this.emitEntry(entry, single, plans);
    this.emitter.program.plans.push(...plans);
  }

  /** What routers are asked: one problem for each plan over several targets. */
  problems(): readonly BuiltProblem[] {
    const { calibration, fuse = true, relativePath = (file: string) => file } = this.options;
    this.built = this.splits().map((targets) =>
      buildProblem(this.entries, {
        plan: planName(targets),
        targets,
        rates: calibration?.rates ?? shippedRates,
        fuse,
        nameOf: (state) => this.names.get(state) ?? '',
        relativePath,
      }),
    );
    return this.built;
  }

  /** Writes the plans over several targets, as their routers say, and the file. */
  finish(routed: readonly Routed[]): CompileResult {
    const { emitter, names } = this;
    for (const [i, targets] of this.splits().entries()) {
      const [built, answer] = [this.built[i], routed[i]];
      if (!built || !answer) throw new Error(`no placement for plan ${planName(targets)}`);
      const calibration = this.options.calibration?.sha256;
      const request = {
        name: planName(targets),
        targets,
        built,
        routed: answer,
        calibration,
        requires: this.requires,
      };
      emitSplit(emitter, request, this.entries, (...of) => this.plan(...of));
    }
    emitter.callees.finish(emitter.program.functions);
    return { bytes: emitter.builder.build(), program: emitter.program, names };
  }

  private splits(): readonly (readonly Target[])[] {
    return this.plans.filter((plan) => plan.length > 1);
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
    targets: readonly Target[],
    plans: readonly fb.PlanT[],
  ): void {
    const { emitter } = this;
    const graph = this.timed(entry.name, 'canonicalize', () => canonicalize(entry.graph));
    verifyGraph(graph, 'canonicalize');
    checkWishes(graph, this.plans);
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
    const calls = entry.kind === fb.EntryKind.Init ? callsOf.init : callsOf.program;
    this.entries.push({ graph, calls, index: at, origins });
    for (const [i, target] of targets.entries()) {
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
    const plan = this.timed(graph.name, `emit ${target.name}`, () =>
      emitEntryPlan(this.emitter, {
        entry,
        target: target.name,
        lowered,
        memory,
        origins: own,
        casts,
      }),
    );
    askedElsewhere(this.emitter, plan, lowered, target);
    return plan;
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

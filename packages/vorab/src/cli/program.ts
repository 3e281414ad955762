import { fb } from '@vorab/artifact';
import { formatType } from '@vorab/compiler/binding';

/** What `inspect` shows of a program; the names are those of its JSON. */
export interface ProgramDescription {
  readonly producer: string;
  readonly dims: readonly DimDescription[];
  readonly entries: readonly EntryDescription[];
  readonly states: readonly StateDescription[];
  readonly plans: readonly PlanDescription[];
  readonly constants: { readonly count: number; readonly bytes: number };
}

export interface DimDescription {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly multipleOf: number;
}

export interface PortDescription {
  readonly name: string;
  readonly type: string;
}

export interface EntryDescription {
  readonly name: string;
  readonly kind: 'program' | 'init' | 'part';
  readonly doc: string;
  readonly location: string;
  readonly inputs: readonly PortDescription[];
  readonly outputs: readonly PortDescription[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly dims: readonly string[];
}

export interface StateDescription {
  readonly name: string;
  readonly kind: string;
  readonly type: string;
  readonly trainable: boolean;
}

export interface PlanDescription {
  readonly name: string;
  readonly targets: readonly string[];
  /** Whether plans over several targets run by it. */
  readonly part: boolean;
  /** Of a plan over several targets: who placed its steps, and the hash of the rates, if they were given. */
  readonly router: string | null;
  readonly calibration: string | null;
  readonly entries: readonly {
    readonly entry: string;
    readonly steps: number;
    readonly arenaBytes: number;
    readonly peakBytes: number;
  }[];
}

/** Strings of a verified program are text. */
export const string = (value: string | Uint8Array | null): string => String(value ?? '');

/** `model.ts:12:5`. */
export function locationAt(program: fb.ProgramT, index: number): string {
  const at = program.locations[index];
  return at ? `${program.files[at.file]}:${at.line}:${at.column}` : '';
}

export const stepsOf = (plan: fb.EntryPlanT): readonly fb.StepT[] =>
  plan.regions.flatMap((region) => region.steps);

export function describeProgram(program: fb.ProgramT): ProgramDescription {
  return {
    producer: string(program.producer),
    dims: program.symbols.map((symbol) => ({
      name: string(symbol.name),
      min: Number(symbol.min),
      max: Number(symbol.max),
      multipleOf: Number(symbol.multipleOf),
    })),
    entries: program.entries.map((entry) => describeEntry(program, entry)),
    states: program.states.map((state) => ({
      name: string(state.name),
      kind: fb.StateKind[state.kind].toLowerCase(),
      type: formatType(program, state.type),
      trainable: state.trainable,
    })),
    plans: program.plans.map((plan) => describePlan(program, plan)),
    constants: {
      count: program.constants.length,
      bytes: program.segments.reduce((sum, segment) => sum + Number(segment.length), 0),
    },
  };
}

function describeEntry(program: fb.ProgramT, entry: fb.EntryT): EntryDescription {
  const ports = (list: readonly fb.PortT[]): PortDescription[] =>
    list.map((port) => ({ name: string(port.name), type: formatType(program, port.type) }));
  const states = (indices: readonly number[]): string[] =>
    indices.map((index) => string(program.states[index]?.name ?? null));
  return {
    name: string(entry.name),
    kind: entryKinds[entry.kind],
    doc: string(entry.doc),
    location: locationAt(program, entry.location),
    inputs: ports(entry.inputs),
    outputs: ports(entry.outputs),
    reads: states(entry.reads),
    writes: states(entry.writes),
    dims: entry.symbols.map((index) => string(program.symbols[index]?.name ?? null)),
  };
}

const entryKinds: { readonly [K in fb.EntryKind]: EntryDescription['kind'] } = {
  [fb.EntryKind.Program]: 'program',
  [fb.EntryKind.Init]: 'init',
  [fb.EntryKind.Part]: 'part',
};

function describePlan(program: fb.ProgramT, plan: fb.PlanT): PlanDescription {
  return {
    name: string(plan.name),
    targets: plan.targets.map(String),
    part: plan.part,
    router: plan.router === null ? null : string(plan.router),
    calibration: plan.calibration === null ? null : string(plan.calibration),
    entries: plan.entries.map((entryPlan) => ({
      entry: string(program.entries[entryPlan.entry]?.name ?? null),
      steps: stepsOf(entryPlan).length,
      arenaBytes: Number(entryPlan.arenaBytes),
      peakBytes: Number(entryPlan.peakBytes),
    })),
  };
}

import { fb, opById } from '@vorab/artifact';
import { type Capability, examineRuntime, isCapability } from '@vorab/runtime';
import { locationAt, string } from './program.ts';

/** Why a plan is as it is; the names are those of `explain --json`. */
export interface PlanExplanation {
  readonly name: string;
  readonly targets: readonly string[];
  readonly entries: readonly EntryExplanation[];
  /** What its targets do on this machine only. */
  readonly here: readonly TargetExplanation[];
}

/** A target of a plan, on this machine. */
export interface TargetExplanation {
  readonly target: string;
  /** Why it does not run here; undefined: it does. */
  readonly problem: string | undefined;
  readonly device: string | undefined;
  readonly capabilities: Readonly<Record<string, Capability>>;
}

/** What the runtime of a target says of this machine. */
export async function explainTarget(target: string): Promise<TargetExplanation> {
  const { problem, description = {} } = await examineRuntime(target);
  const { device } = description;
  return {
    target,
    problem,
    device: device === undefined ? undefined : String(device),
    capabilities: Object.fromEntries(
      Object.entries(description).filter((field): field is [string, Capability] =>
        isCapability(field[1]),
      ),
    ),
  };
}

export interface EntryExplanation {
  readonly entry: string;
  readonly arenaBytes: number;
  /** The largest sum of live values: no plan needs less. */
  readonly peakBytes: number;
  /** The first step that writes a state: what fails before it changes nothing. */
  readonly firstWrite: number;
  readonly steps: readonly StepExplanation[];
  readonly casts: readonly CastExplanation[];
}

export interface StepExplanation {
  readonly name: string;
  readonly target: string;
  /**
   * fused: a tape over blocks; contract: a matrix product with what follows it; apply: a routine;
   * control: runs functions.
   */
  readonly form: 'fused' | 'contract' | 'apply' | 'control';
  /** Why it runs on this target in this form. */
  readonly reason: string;
  /** Why the group ends here. */
  readonly border: string;
  /** The ops that it computes. */
  readonly ops: readonly string[];
  /** The user's lines. */
  readonly locations: readonly string[];
  /** How the functions of a control step run. */
  readonly bodies?: readonly BodyExplanation[];
}

/** A plan within a plan. */
export interface BodyExplanation {
  /** The name of its function. */
  readonly function: string;
  readonly arenaBytes: number;
  readonly steps: readonly StepExplanation[];
}

export interface CastExplanation {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly location: string;
}

export function explainEntry(program: fb.ProgramT, plan: fb.EntryPlanT): EntryExplanation {
  const entry = program.entries[plan.entry];
  const nodes = program.functions[entry?.function_ ?? -1]?.nodes ?? [];
  return {
    entry: string(entry?.name ?? null),
    arenaBytes: Number(plan.arenaBytes),
    peakBytes: Number(plan.peakBytes),
    firstWrite: plan.firstWrite,
    steps: plan.regions.flatMap((region) =>
      region.steps.map((step) => explainStep(program, nodes, string(region.target), step)),
    ),
    casts: plan.casts.map((cast) => ({
      from: fb.DType[cast.from].toLowerCase(),
      to: fb.DType[cast.to].toLowerCase(),
      reason: string(program.strings[cast.reason] ?? null),
      location: locationAt(program, cast.location),
    })),
  };
}

function explainStep(
  program: fb.ProgramT,
  nodes: readonly fb.NodeT[],
  target: string,
  step: fb.StepT,
): StepExplanation {
  return {
    name: string(step.name) || formOf(step),
    target,
    form: formOf(step),
    reason: string(program.strings[step.reason] ?? null),
    border: string(program.strings[step.border] ?? null),
    ops: step.nodes.map((index) => opById(nodes[index]?.op ?? 0)?.name ?? '?'),
    locations: step.locations.map((index) => locationAt(program, index)),
    ...(step.body instanceof fb.ControlT && { bodies: explainBodies(program, target, step.body) }),
  };
}

function explainBodies(
  program: fb.ProgramT,
  target: string,
  { attributes, bodies }: fb.ControlT,
): readonly BodyExplanation[] {
  const functions = attributes.flatMap(({ value }) =>
    value instanceof fb.FunctionAttrT ? [program.functions[value.value]] : [],
  );
  return bodies.map((body, i) => ({
    function: string(functions[i]?.name ?? null),
    arenaBytes: Number(body.arenaBytes),
    steps: body.steps.map((step) => explainStep(program, functions[i]?.nodes ?? [], target, step)),
  }));
}

function formOf(step: fb.StepT): StepExplanation['form'] {
  switch (step.bodyType) {
    case fb.StepBody.Fused:
      return 'fused';
    case fb.StepBody.Contract:
      return 'contract';
    case fb.StepBody.Control:
      return 'control';
    default:
      return 'apply';
  }
}

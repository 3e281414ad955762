import { fb, opById } from '@vorab/artifact';
import { type Capability, examineRuntime, isCapability } from '@vorab/runtime';
import { locationAt, string } from './program.ts';

/** Why a plan is as it is; the names are those of `explain --json`. */
export interface PlanExplanation {
  readonly name: string;
  readonly targets: readonly string[];
  /** Capabilities that each target must have where it runs. */
  readonly requires: readonly string[];
  /** Of a plan over several targets: who placed its steps, by whose rates. */
  readonly router?: string;
  readonly rates?: string;
  /** The states that each of its targets holds. */
  readonly holds?: Readonly<Record<string, readonly string[]>>;
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
   * control: runs functions; call: the steps of one target, of several; transfer: from one to another;
   * kernel: one kernel where the device has Metal, its steps elsewhere.
   */
  readonly form: 'fused' | 'contract' | 'apply' | 'control' | 'call' | 'transfer' | 'kernel';
  /** Why it runs on this target in this form. */
  readonly reason: string;
  /** Why the group ends here. */
  readonly border: string;
  /** The ops that it computes. */
  readonly ops: readonly string[];
  /** What its sums run in, or in something wider; [] where it sums nothing. */
  readonly accumulates: readonly string[];
  /** The user's lines. */
  readonly locations: readonly string[];
  /** How the functions of a control step run. */
  readonly bodies?: readonly BodyExplanation[];
  /** What a kernel is, and the steps that run where it does not. */
  readonly kernel?: KernelExplanation;
  /** What a call runs. */
  readonly part?: EntryExplanation;
  /** Why it runs on this target and on no other of the plan. */
  readonly placement?: PlacementExplanation;
}

export interface PlacementExplanation {
  readonly reason: string;
  readonly costs: readonly CostExplanation[];
}

/** What the ops that this step is the first to compute cost on a target. */
export interface CostExplanation {
  readonly target: string;
  readonly ns: number;
  /** Why they cannot run there; null where they can. */
  readonly problem: string | null;
}

/** A kernel in Metal's language. */
export interface KernelExplanation {
  readonly name: string;
  /** Threads of each row, and rows of a threadgroup. */
  readonly threads: number;
  readonly group: number;
  readonly steps: readonly StepExplanation[];
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

/** The states that each target of a plan over several holds. */
export function explainHolds(
  program: fb.ProgramT,
  { targets, parts }: fb.PlanT,
): Readonly<Record<string, readonly string[]>> {
  const held = targets.map((target, i) => {
    const states = program.plans[parts[i] ?? -1]?.holds ?? [];
    return [String(target), states.map((s) => string(program.states[s]?.name ?? null))] as const;
  });
  return Object.fromEntries(held);
}

export function explainEntry(
  program: fb.ProgramT,
  plan: fb.EntryPlanT,
  within: fb.PlanT,
): EntryExplanation {
  const entry = program.entries[plan.entry];
  const nodes = program.functions[entry?.function_ ?? -1]?.nodes ?? [];
  return {
    entry: string(entry?.name ?? null),
    arenaBytes: Number(plan.arenaBytes),
    peakBytes: Number(plan.peakBytes),
    firstWrite: plan.firstWrite,
    steps: plan.regions.flatMap((region) =>
      region.steps.map((step) => ({
        ...explainStep(program, nodes, string(region.target), step),
        ...explainPart(program, within, string(region.target), step),
      })),
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
    accumulates: accumulatesIn(step).map((dtype) => fb.DType[dtype].toLowerCase()),
    locations: step.locations.map((index) => locationAt(program, index)),
    ...(step.placement && { placement: explainPlacement(program, step.placement) }),
    ...(step.body instanceof fb.ControlT && { bodies: explainBodies(program, target, step.body) }),
    ...(step.body instanceof fb.KernelT && {
      kernel: {
        name: string(step.body.name),
        threads: step.body.threads,
        group: step.body.group,
        steps: step.body.steps.map((each) => explainStep(program, nodes, target, each)),
      },
    }),
  };
}

// A kernel states nothing itself: its steps do.
const accumulatesIn = ({ accumulates, body }: fb.StepT): readonly fb.DType[] =>
  body instanceof fb.KernelT
    ? [...new Set(body.steps.flatMap((each) => each.accumulates))]
    : accumulates;

function explainPlacement(
  program: fb.ProgramT,
  { reason, costs }: fb.PlacementT,
): PlacementExplanation {
  return {
    reason: string(program.strings[reason] ?? null),
    costs: costs.map(({ target, ns, problem }) => ({
      target: string(target),
      ns: Number(ns),
      problem: string(program.strings[problem] ?? null) || null,
    })),
  };
}

function explainPart(
  program: fb.ProgramT,
  { targets, parts }: fb.PlanT,
  target: string,
  { body }: fb.StepT,
): { readonly part?: EntryExplanation } {
  if (!(body instanceof fb.CallT)) return {};
  const plan = program.plans[parts[targets.map(String).indexOf(target)] ?? -1];
  const entry = plan?.entries.find((each) => each.entry === body.entry);
  return plan && entry ? { part: explainEntry(program, entry, plan) } : {};
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
    case fb.StepBody.Call:
      return 'call';
    case fb.StepBody.Transfer:
      return 'transfer';
    case fb.StepBody.Kernel:
      return 'kernel';
    default:
      return 'apply';
  }
}

import { fail, type Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { type Context, eachRefersTo, refersTo, sameType } from './rules.ts';
import type { PlanContext } from './steps.ts';

/** Whether a step is of a plan of several targets. */
export const isSplitStep = ({ body }: fb.StepT): boolean =>
  body instanceof fb.CallT || body instanceof fb.TransferT;

const checkPorts = (
  plan: PlanContext,
  path: Path,
  field: 'inputs' | 'outputs',
  given: readonly number[],
  ports: readonly fb.PortT[],
): void => {
  if (given.length !== ports.length) {
    fail('arity', path, `has ${given.length} ${field}, but its part has ${ports.length}`);
  }
  eachRefersTo(path, field, 'value', given, plan.values.length);
  const own = field === 'inputs' ? fb.Storage.Input : fb.Storage.Output;
  for (const [i, index] of given.entries()) {
    const { storage, type } = plan.values[index] ?? new fb.ValueT();
    const expected = ports[i]?.type ?? 0;
    if (storage !== own && storage !== fb.Storage.Device) {
      fail('storage', path.at(field, i), `is value ${index}, which no part has among its ${field}`);
    }
    if (!sameType(plan.context.program, type, expected)) {
      fail('signature', path.at(field, i), `has type ${type}, but its part has type ${expected}`);
    }
  }
};

const checkStates = (
  plan: PlanContext,
  path: Path,
  field: 'reads' | 'writes',
  given: readonly number[],
  states: readonly number[],
): void => {
  if (given.length !== states.length) {
    fail('arity', path, `has ${given.length} ${field}, but its part has ${states.length}`);
  }
  eachRefersTo(path, field, 'value', given, plan.values.length);
  for (const [i, index] of given.entries()) {
    const { storage, index: state } = plan.values[index] ?? new fb.ValueT();
    if (storage === fb.Storage.State && state === states[i]) continue;
    fail('storage', path.at(field, i), `is value ${index}, which is not state ${states[i]}`);
  }
};

/** A call by itself: its part, and values of the part's types. */
export const checkCall = (plan: PlanContext, path: Path, call: fb.CallT): void => {
  const { entries } = plan.context.program;
  refersTo(path.field('entry'), 'entry', call.entry, entries.length);
  const part = entries[call.entry] ?? new fb.EntryT();
  if (part.kind !== fb.EntryKind.Part) {
    fail('kind', path.field('entry'), `is ${call.entry}, which is not of kind Part`);
  }
  checkPorts(plan, path, 'inputs', call.inputs, part.inputs);
  checkPorts(plan, path, 'outputs', call.outputs, part.outputs);
  checkStates(plan, path, 'reads', call.reads, part.reads);
  checkStates(plan, path, 'writes', call.writes, part.writes);
};

/** A transfer by itself. */
export const checkTransfer = (plan: PlanContext, path: Path, transfer: fb.TransferT): void => {
  const { program } = plan.context;
  const types = (['input', 'output'] as const).map((field) => {
    const index = transfer[field];
    refersTo(path.field(field), 'value', index, plan.values.length);
    const { storage, type } = plan.values[index] ?? new fb.ValueT();
    if (storage !== fb.Storage.Device) {
      fail('storage', path.field(field), `is value ${index}, which is not of storage Device`);
    }
    return type;
  });
  const [from, to] = [types[0] ?? 0, types[1] ?? 0];
  if (!sameType(program, from, to)) fail('signature', path, `copies type ${from} to type ${to}`);
};

/** Who holds each Device value of an entry's plan, so far. */
class Holders {
  private readonly targets: Map<number, string> = new Map();

  written(path: Path, value: fb.ValueT | undefined, index: number, target: string): void {
    if (value?.storage !== fb.Storage.Device) return;
    if (this.targets.has(index)) fail('write', path, `writes value ${index} a second time`);
    this.targets.set(index, target);
  }

  // What nothing has written is for the order of reads and writes to refuse.
  of(index: number): string | undefined {
    return this.targets.get(index);
  }
}

interface SplitContext {
  readonly context: Context;
  readonly plan: fb.EntryPlanT;
  readonly holders: Holders;
  /** Of the region. */
  readonly target: string;
  /** The plan that its calls run by. */
  readonly part: number;
}

const checkCallee = (split: SplitContext, path: Path, call: fb.CallT): void => {
  const { plans, entries } = split.context.program;
  const { part, plan, holders, target } = split;
  if (!plans[part]?.entries.some(({ entry }) => entry === call.entry)) {
    fail('plan', path.field('entry'), `is ${call.entry}, which plans[${part}] does not plan`);
  }
  const bound = entries[plan.entry]?.symbols ?? [];
  for (const symbol of entries[call.entry]?.symbols ?? []) {
    if (bound.includes(symbol)) continue;
    fail('symbol', path.field('entry'), `depends on symbol ${symbol}, which no input binds`);
  }
  for (const [i, index] of call.inputs.entries()) {
    const holder = holders.of(index) ?? target;
    if (holder === target) continue;
    fail('plan', path.at('inputs', i), `is value ${index}, which ${holder} holds, not ${target}`);
  }
  for (const [i, index] of call.outputs.entries()) {
    holders.written(path.at('outputs', i), plan.values[index], index, target);
  }
};

const checkMove = (split: SplitContext, path: Path, { input, output }: fb.TransferT): void => {
  const { plan, holders, target } = split;
  if (holders.of(input) === target) {
    fail('plan', path.field('input'), `is value ${input}, which ${target} holds already`);
  }
  holders.written(path.field('output'), plan.values[output], output, target);
};

/** An entry's plan over several targets: what is called is planned, and each value is where it is read. */
export const checkSplitEntry = (
  context: Context,
  path: Path,
  plan: fb.EntryPlanT,
  { targets, parts }: fb.PlanT,
): void => {
  const holders = new Holders();
  for (const [r, region] of plan.regions.entries()) {
    const target = String(region.target);
    const part = parts[targets.indexOf(target)] ?? 0;
    const split: SplitContext = { context, plan, holders, target, part };
    for (const [s, { body }] of region.steps.entries()) {
      const at = path.at('regions', r).at('steps', s).field('body');
      if (body instanceof fb.CallT) checkCallee(split, at, body);
      else if (body instanceof fb.TransferT) checkMove(split, at, body);
    }
  }
};

const checkHeld = (context: Context, path: Path, plan: fb.PlanT): void => {
  const { entries } = context.program;
  for (const [i, { entry }] of plan.entries.entries()) {
    const { reads, writes } = entries[entry] ?? new fb.EntryT();
    const stray = [...reads, ...writes].find((state) => !plan.holds.includes(state));
    if (stray === undefined) continue;
    fail('plan', path.at('entries', i), `uses state ${stray}, which the plan does not hold`);
  }
};

const checkOwners = ({ program }: Context, path: Path, plan: fb.PlanT): void => {
  const owners = plan.parts.flatMap((part) => program.plans[part]?.holds ?? []);
  for (const state of program.states.keys()) {
    const count = owners.filter((owned) => owned === state).length;
    if (count === 1) continue;
    fail('plan', path.field('parts'), `hold state ${state} ${count} times, expected once`);
  }
};

/** Whether a plan runs parts, or is of one target, or is made of parts, and of which. */
export const checkParts = (context: Context, path: Path, plan: fb.PlanT): void => {
  const { plans, states } = context.program;
  const { targets, parts, holds } = plan;
  eachRefersTo(path, 'parts', 'plan', parts, plans.length);
  eachRefersTo(path, 'holds', 'state', holds, states.length);
  if (plan.part && targets.length > 1) fail('plan', path, 'is a part of several targets');
  if (!plan.part && holds.length > 0) fail('plan', path.field('holds'), 'are not of a part');
  const expected = targets.length > 1 ? targets.length : 0;
  if (parts.length !== expected) {
    fail('plan', path, `has ${parts.length} parts, expected ${expected}`);
  }
  for (const [i, index] of parts.entries()) {
    const of = plans[index] ?? new fb.PlanT();
    if (of.part && of.targets.length === 1 && of.targets[0] === targets[i]) continue;
    fail('plan', path.at('parts', i), `is ${index}, which is no part for "${targets[i]}"`);
  }
  if (plan.part) checkHeld(context, path, plan);
  if (expected > 0) checkOwners(context, path, plan);
};

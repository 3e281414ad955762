import { dtypeSize } from '../binding.ts';
import { fail, Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { checkArena } from './arena.ts';
import { Flow, type PlacedStep } from './flow.ts';
import { checkRanges } from './ranges.ts';
import { type Context, isDType, isOneOf, limit, Names, refersTo, sameType } from './rules.ts';
import { checkStep, type PlanContext } from './steps.ts';
import { baseOf } from './tape.ts';

/** The type that a value at this storage and index must have; null where it has its own. */
const typeAt = (plan: PlanContext, path: Path, value: fb.ValueT): number | null => {
  const { context, entry } = plan;
  const { states, constants } = context.program;
  const { index } = value;
  switch (value.storage) {
    case fb.Storage.Input:
      refersTo(path.field('index'), 'input', index, entry.inputs.length);
      return entry.inputs[index]?.type ?? 0;
    case fb.Storage.Output:
      refersTo(path.field('index'), 'output', index, entry.outputs.length);
      return entry.outputs[index]?.type ?? 0;
    case fb.Storage.State:
      refersTo(path.field('index'), 'state', index, states.length);
      return states[index]?.type ?? 0;
    case fb.Storage.Constant:
      refersTo(path.field('index'), 'constant', index, constants.length);
      return constants[index]?.type ?? 0;
    default:
      return null;
  }
};

const checkArenaRange = (path: Path, { offset, bytes }: fb.ValueT, arena: bigint): void => {
  if (offset % 64n !== 0n || bytes % 64n !== 0n) {
    fail('arena', path, `has ${bytes} bytes from byte ${offset}, expected multiples of 64`);
  }
  if (bytes > arena || offset > arena - bytes) {
    fail('arena', path, `has ${bytes} bytes from byte ${offset} of an arena of ${arena}`);
  }
};

const checkAlias = (plan: PlanContext, path: Path, value: fb.ValueT, own: number): void => {
  refersTo(path.field('index'), 'value', value.index, own);
  const base = plan.values[value.index] ?? new fb.ValueT();
  if (base.storage === fb.Storage.Alias) {
    fail('alias', path, `refers to value ${value.index}, itself an alias`);
  }
  const { types } = plan.context.program;
  const [width, other] = [value, base].map(({ type }) => dtypeSize(types[type]?.dtype ?? 0));
  if (width !== other) {
    fail('alias', path, `has elements of ${width} bytes of a value with ${other}`);
  }
};

const checkValue = (plan: PlanContext, path: Path, index: number, arena: bigint): void => {
  const { program } = plan.context;
  const value = plan.values[index] ?? new fb.ValueT();
  refersTo(path.field('type'), 'type', value.type, program.types.length);
  isOneOf(path.field('storage'), 'storage', value.storage, 7);
  const type = typeAt(plan, path, value);
  if (type !== null && !sameType(program, value.type, type)) {
    fail('storage', path, `has type ${value.type}, but what it names has type ${type}`);
  }
  if (value.storage === fb.Storage.Arena) checkArenaRange(path, value, arena);
  if (value.storage === fb.Storage.Alias) checkAlias(plan, path, value, index);
};

/** Whether no step of a region addresses memory: all are Apply, and of no value in the arena. */
const isValueRegion = ({ values }: PlanContext, { steps }: fb.RegionT): boolean =>
  steps.every(
    ({ body }) =>
      body instanceof fb.ApplyT &&
      [...body.inputs, ...body.outputs].every(
        (value) => values[baseOf(values, value)]?.storage !== fb.Storage.Arena,
      ),
  );

const checkRegions = (
  plan: PlanContext,
  path: Path,
  regions: readonly fb.RegionT[],
  targets: readonly string[],
): PlacedStep[] => {
  const steps: PlacedStep[] = [];
  for (const [r, region] of regions.entries()) {
    const at = path.at('regions', r);
    const target = String(region.target);
    if (!targets.includes(target)) {
      fail('plan', at.field('target'), `is "${target}", which is no target of the plan`);
    }
    for (const [s, step] of region.steps.entries()) checkStep(plan, at.at('steps', s), step);
    const bindsNew = isValueRegion(plan, region);
    for (const [s, step] of region.steps.entries()) {
      steps.push({ path: at.at('steps', s), step, bindsNew });
    }
  }
  return steps;
};

const checkCasts = ({ program }: Context, path: Path, casts: readonly fb.CastRecordT[]): void => {
  for (const [i, cast] of casts.entries()) {
    const at = path.at('casts', i);
    isDType(at.field('from'), cast.from);
    isDType(at.field('to'), cast.to);
    refersTo(at.field('reason'), 'string', cast.reason, program.strings.length);
    refersTo(at.field('location'), 'location', cast.location, program.locations.length);
  }
};

const checkFlow = (
  plan: PlanContext,
  path: Path,
  steps: readonly PlacedStep[],
  firstWrite: number,
): void => {
  const flow = new Flow(plan);
  for (const [index, step] of steps.entries()) flow.step(index, step);
  flow.finish(path);
  const expected = flow.firstWrite ?? steps.length;
  if (firstWrite !== expected) {
    fail('first-write', path.field('first_write'), `is ${firstWrite}, expected ${expected}`);
  }
  checkArena(plan, flow, steps, path);
};

const checkEntryPlan = (
  context: Context,
  path: Path,
  plan: fb.EntryPlanT,
  targets: readonly string[],
): void => {
  const entry = context.program.entries[plan.entry] ?? new fb.EntryT();
  const of: PlanContext = { context, values: plan.values, entry };
  if (plan.arenaBytes > BigInt(limit)) {
    fail('arena', path.field('arena_bytes'), `is ${plan.arenaBytes}, expected at most ${limit}`);
  }
  for (const i of plan.values.keys()) checkValue(of, path.at('values', i), i, plan.arenaBytes);
  const steps = checkRegions(of, path, plan.regions, targets);
  checkCasts(context, path, plan.casts);
  checkRanges(path, { context, plan, binding: context.high });
  checkRanges(path, { context, plan, binding: context.low });
  checkFlow(of, path, steps, plan.firstWrite);
};

const checkTargets = (path: Path, targets: readonly string[]): void => {
  if (targets.length === 0) fail('plan', path, 'has no targets');
  for (const [i, target] of targets.entries()) {
    const at = path.at('targets', i);
    if (target === '') fail('name', at, 'is empty');
    const before = targets.indexOf(target);
    if (before !== i) fail('duplicate', at, `is "${target}", as at index ${before}`);
  }
};

const checkPlan = (context: Context, path: Path, plan: fb.PlanT): void => {
  const { entries } = context.program;
  checkTargets(path, plan.targets);
  const seen = new Set<number>();
  for (const [i, of] of plan.entries.entries()) {
    const at = path.at('entries', i);
    refersTo(at.field('entry'), 'entry', of.entry, entries.length);
    if (seen.has(of.entry)) fail('duplicate', at.field('entry'), `is ${of.entry} again`);
    seen.add(of.entry);
    checkEntryPlan(context, at, of, plan.targets);
  }
  if (seen.size !== entries.length) {
    fail('plan', path, `has plans of ${seen.size} entries, expected ${entries.length}`);
  }
};

export const checkPlans = (context: Context): void => {
  const names = new Names();
  for (const [i, plan] of context.program.plans.entries()) {
    const path = Path.program.at('plans', i);
    names.add(path, plan.name);
    checkPlan(context, path, plan);
  }
};

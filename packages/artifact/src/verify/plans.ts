import { fail, Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { checkFlow } from './control.ts';
import type { PlacedStep } from './flow.ts';
import { entryFrame } from './frame.ts';
import { checkRanges } from './ranges.ts';
import { type Context, isDType, limit, Names, refersTo } from './rules.ts';
import { checkParts, checkSplitEntry, isSplitStep } from './split.ts';
import { checkStep, type PlanContext } from './steps.ts';
import { baseOf } from './tape.ts';
import { checkValues } from './values.ts';

/** Whether no step addresses memory: none is a tape, and no Apply is of a value in the arena. */
const areOfValues = ({ values }: PlanContext, steps: readonly fb.StepT[]): boolean =>
  steps.every(
    (step) =>
      isSplitStep(step) ||
      ((step.body instanceof fb.ApplyT || step.body instanceof fb.KernelT) &&
        [...step.body.inputs, ...step.body.outputs].every(
          (value) => values[baseOf(values, value)]?.storage !== fb.Storage.Arena,
        )),
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
    const bindsNew = areOfValues(plan, region.steps);
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

const checkEntryPlan = (
  context: Context,
  path: Path,
  plan: fb.EntryPlanT,
  within: fb.PlanT,
): void => {
  const entry = context.program.entries[plan.entry] ?? new fb.EntryT();
  const split = within.targets.length > 1;
  const frame = entryFrame(context, entry);
  const of: PlanContext = { context, values: plan.values, frame, split };
  if (plan.arenaBytes > BigInt(limit)) {
    fail('arena', path.field('arena_bytes'), `is ${plan.arenaBytes}, expected at most ${limit}`);
  }
  checkValues(of, path, plan.arenaBytes);
  const steps = checkRegions(of, path, plan.regions, within.targets);
  if (split) checkSplitEntry(context, path, plan, within);
  checkCasts(context, path, plan.casts);
  for (const binding of [context.high, context.low]) checkRanges(path, context, plan, binding);
  const expected = checkFlow(of, path, steps) ?? steps.length;
  if (plan.firstWrite !== expected) {
    fail('first-write', path.field('first_write'), `is ${plan.firstWrite}, expected ${expected}`);
  }
};

const checkNames = (path: Path, field: string, names: readonly string[]): void => {
  for (const [i, name] of names.entries()) {
    const at = path.at(field, i);
    if (name === '') fail('name', at, 'is empty');
    const before = names.indexOf(name);
    if (before !== i) fail('duplicate', at, `is "${name}", as at index ${before}`);
  }
};

const checkPlan = (context: Context, path: Path, plan: fb.PlanT): void => {
  const { entries } = context.program;
  if (plan.targets.length === 0) fail('plan', path, 'has no targets');
  checkNames(path, 'targets', plan.targets);
  checkNames(path, 'requires', plan.requires);
  const isPlanned = (entry: fb.EntryT | undefined): boolean =>
    (entry?.kind === fb.EntryKind.Part) === plan.part;
  const seen = new Set<number>();
  for (const [i, of] of plan.entries.entries()) {
    const at = path.at('entries', i);
    refersTo(at.field('entry'), 'entry', of.entry, entries.length);
    if (seen.has(of.entry)) fail('duplicate', at.field('entry'), `is ${of.entry} again`);
    seen.add(of.entry);
    if (!isPlanned(entries[of.entry])) {
      const kind = plan.part ? 'is not' : 'is';
      fail('plan', at.field('entry'), `is ${of.entry}, which ${kind} of kind Part`);
    }
  }
  const expected = entries.filter(isPlanned).length;
  if (!plan.part && seen.size !== expected) {
    fail('plan', path, `has plans of ${seen.size} entries, expected ${expected}`);
  }
  checkParts(context, path, plan);
  for (const [i, of] of plan.entries.entries()) {
    checkEntryPlan(context, path.at('entries', i), of, plan);
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

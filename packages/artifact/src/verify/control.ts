import { fail, type Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { checkArena } from './arena.ts';
import { Flow, type PlacedStep } from './flow.ts';
import { bodyFrame } from './frame.ts';
import { checkAttributes, checkOp } from './functions.ts';
import { eachRefersTo, limit } from './rules.ts';
import type { PlanContext } from './steps.ts';
import { checkValues } from './values.ts';

/** The functions that attributes hold, in their order. */
const functionsOf = (attributes: readonly fb.AttributeT[]): number[] =>
  attributes.flatMap(({ value }) => (value instanceof fb.FunctionAttrT ? [value.value] : []));

/** A body of a step, with what its rules need to know. */
interface BodyContext {
  readonly plan: PlanContext;
  readonly path: Path;
  readonly body: fb.BodyT;
}

/** The bodies of a control step whose attributes have been checked. */
const bodiesOf = ({ context }: PlanContext, path: Path, control: fb.ControlT): BodyContext[] => {
  const functions = functionsOf(control.attributes);
  return control.bodies.map((body, i) => {
    const at = path.at('bodies', i);
    const frame = bodyFrame(context, at, body.carries, functions[i] ?? 0);
    return { plan: { context, values: body.values, frame, split: false }, path: at, body };
  });
};

const checkScratch = (plan: PlanContext, path: Path, { scratch, bodies }: fb.ControlT): void => {
  eachRefersTo(path, 'scratch', 'value', scratch, plan.values.length);
  if (scratch.length > 1)
    fail('arena', path, `has ${scratch.length} scratches, expected at most 1`);
  const value = plan.values[scratch[0] ?? -1];
  if (value !== undefined && value.storage !== fb.Storage.Arena) {
    fail('arena', path.at('scratch', 0), 'is not in the arena');
  }
  for (const [i, { arenaBytes }] of bodies.entries()) {
    const bytes = value?.bytes ?? 0n;
    if (arenaBytes <= bytes) continue;
    fail('arena', path.at('bodies', i), `needs ${arenaBytes} bytes of a scratch of ${bytes}`);
  }
};

/** Checks a step of a body. */
type CheckStep = (plan: PlanContext, path: Path, step: fb.StepT) => void;

/** A control step by itself, and its bodies: values and steps. */
export const checkControl = (
  plan: PlanContext,
  path: Path,
  control: fb.ControlT,
  checkStep: CheckStep,
): void => {
  const op = checkOp(path, control.op, control.inputs.length, control.outputs.length);
  if (op.kind !== 'Call') fail('op', path, `has op ${op.name}, expected one that runs functions`);
  eachRefersTo(path, 'inputs', 'value', control.inputs, plan.values.length);
  eachRefersTo(path, 'outputs', 'value', control.outputs, plan.values.length);
  checkAttributes(plan.context, path, op, control.attributes, -1);
  const functions = functionsOf(control.attributes).length;
  if (control.bodies.length !== functions) {
    fail(
      'arity',
      path,
      `has ${control.bodies.length} bodies, expected ${functions} for ${op.name}`,
    );
  }
  checkScratch(plan, path, control);
  for (const { plan: of, path: at, body } of bodiesOf(plan, path, control)) {
    if (body.arenaBytes > BigInt(limit)) {
      fail('arena', at.field('arena_bytes'), `is ${body.arenaBytes}, expected at most ${limit}`);
    }
    checkValues(of, at, body.arenaBytes);
    for (const [s, step] of body.steps.entries()) checkStep(of, at.at('steps', s), step);
  }
};

/** Reads and writes within the bodies of a step, if it has any. */
const checkBodyFlows = (plan: PlanContext, { path, step }: PlacedStep): void => {
  if (!(step.body instanceof fb.ControlT)) return;
  for (const { plan: of, path: at, body } of bodiesOf(plan, path.field('body'), step.body)) {
    const steps = body.steps.map((each, s) => ({
      path: at.at('steps', s),
      step: each,
      bindsNew: false,
    }));
    checkFlow(of, at, steps);
  }
};

/** The order of reads and writes, and who shares bytes; returns the first step that writes a state. */
export const checkFlow = (
  plan: PlanContext,
  path: Path,
  steps: readonly PlacedStep[],
): number | null => {
  const flow = new Flow(plan);
  for (const [index, step] of steps.entries()) {
    checkBodyFlows(plan, step);
    flow.step(index, step);
  }
  flow.finish(path);
  checkArena(plan, flow, steps, path);
  return flow.firstWrite;
};

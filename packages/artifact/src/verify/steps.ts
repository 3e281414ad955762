import { dtypeName } from '../binding.ts';
import { fail, type Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { checkAccumulation } from './accumulation.ts';
import { checkControl } from './control.ts';
import type { Frame } from './frame.ts';
import { checkAttributes, checkOp } from './functions.ts';
import { checkKernel } from './kernel.ts';
import { type Context, eachRefersTo, maxRank, refersTo } from './rules.ts';
import { checkCall, checkTransfer, isSplitStep } from './split.ts';
import { checkTape, isZero } from './tape.ts';

/** What the rules of a step need of its plan. */
export interface PlanContext {
  readonly context: Context;
  readonly values: readonly fb.ValueT[];
  readonly frame: Frame;
  /** Whether it is a plan of several targets. */
  readonly split: boolean;
}

const checkAccess = (
  { context, values }: PlanContext,
  path: Path,
  access: fb.AccessT,
  dims: number,
): void => {
  const { exprs } = context.program;
  refersTo(path.field('value'), 'value', access.value, values.length);
  if (values[access.value]?.storage === fb.Storage.Device) {
    fail('storage', path, `addresses value ${access.value}, which is of storage Device`);
  }
  refersTo(path.field('offset'), 'expr', access.offset, exprs.length);
  eachRefersTo(path, 'strides', 'expr', access.strides, exprs.length);
  if (access.strides.length !== dims) {
    fail('access', path, `has ${access.strides.length} strides, expected ${dims}`);
  }
};

const checkFused = (
  plan: PlanContext,
  path: Path,
  fused: fb.FusedT,
  acc: readonly fb.DType[] | null,
): void => {
  const { dims, reduced, inner } = fused;
  if (dims.length > maxRank) {
    fail('rank', path, `has ${dims.length} dims, expected at most ${maxRank}`);
  }
  eachRefersTo(path, 'dims', 'expr', dims, plan.context.program.exprs.length);
  if (reduced + inner > dims.length) {
    fail('rank', path, `has ${reduced} reduced and ${inner} inner dims of ${dims.length}`);
  }
  for (const [i, access] of fused.accesses.entries()) {
    checkAccess(plan, path.at('accesses', i), access, dims.length);
  }
  checkTape(path, { context: plan.context, values: plan.values, fused, acc });
};

/** What a contraction of this dtype may accumulate in. */
const accumulators = (dtype: fb.DType): fb.DType[] =>
  dtype === fb.DType.F16 || dtype === fb.DType.BF16 ? [dtype, fb.DType.F32] : [dtype];

/** The dims of the epilogue: all but k. */
const outerDims = ({ batch, m, n }: fb.ContractT): number[] => [...batch, m, n];

/** The operand's access, whose stride on the other's dim must be 0. */
const checkOperand = (
  plan: PlanContext,
  path: Path,
  access: fb.AccessT,
  dims: number,
  other: number,
): fb.DType => {
  checkAccess(plan, path, access, dims);
  if (!isZero(plan.context, access.strides[other])) {
    fail('access', path.at('strides', other), 'is not 0 on the dim of the other operand');
  }
  const { type } = plan.values[access.value] ?? new fb.ValueT();
  return plan.context.program.types[type]?.dtype ?? 0;
};

const checkContract = (plan: PlanContext, path: Path, contract: fb.ContractT): void => {
  const { exprs } = plan.context.program;
  const { batch, m, n, k, epilogue } = contract;
  if (batch.length > maxRank - 2) {
    fail('rank', path, `has ${batch.length} batch dims, expected at most ${maxRank - 2}`);
  }
  eachRefersTo(path, 'batch', 'expr', batch, exprs.length);
  for (const [field, expr] of Object.entries({ m, n, k })) {
    refersTo(path.field(field), 'expr', expr, exprs.length);
  }
  const dims = batch.length + 3;
  const none = new fb.AccessT();
  const a = checkOperand(plan, path.field('a'), contract.a ?? none, dims, dims - 2);
  const b = checkOperand(plan, path.field('b'), contract.b ?? none, dims, dims - 3);
  if (a !== b || a === fb.DType.Bool) {
    fail(
      'dtype',
      path,
      `multiplies ${dtypeName(a)} and ${dtypeName(b)}, expected one numeric dtype`,
    );
  }
  const of = epilogue ?? new fb.FusedT();
  const at = path.field('epilogue');
  const outer = outerDims(contract);
  if (of.dims.length !== outer.length || of.dims.some((dim, i) => dim !== outer[i])) {
    fail('rank', at, 'has other dims than batch, m, n');
  }
  checkFused(plan, at, of, accumulators(a));
};

const checkApply = (plan: PlanContext, path: Path, apply: fb.ApplyT): void => {
  const op = checkOp(path, apply.op, apply.inputs.length, apply.outputs.length);
  eachRefersTo(path, 'inputs', 'value', apply.inputs, plan.values.length);
  eachRefersTo(path, 'outputs', 'value', apply.outputs, plan.values.length);
  checkAttributes(plan.context, path, op, apply.attributes, -1);
};

const checkPlacement = ({ program }: Context, path: Path, placement: fb.PlacementT): void => {
  const strings = program.strings.length;
  refersTo(path.field('reason'), 'string', placement.reason, strings);
  for (const [i, { problem }] of placement.costs.entries()) {
    refersTo(path.at('costs', i).field('problem'), 'string', problem, strings);
  }
};

/** A step by itself: indices, dtypes, levels, attributes. Its order among the others is for `checkFlow`. */
export const checkStep = (plan: PlanContext, path: Path, step: fb.StepT): void => {
  const { program } = plan.context;
  refersTo(path.field('reason'), 'string', step.reason, program.strings.length);
  refersTo(path.field('border'), 'string', step.border, program.strings.length);
  eachRefersTo(path, 'nodes', 'node', step.nodes, plan.frame.nodes);
  eachRefersTo(path, 'locations', 'location', step.locations, program.locations.length);
  if (step.placement) checkPlacement(plan.context, path.field('placement'), step.placement);
  const at = path.field('body');
  const { body } = step;
  if (isSplitStep(step) !== plan.split) {
    fail('plan', at, `is of step kind ${step.bodyType}, in a plan of ${targetsOf(plan)}`);
  }
  if (body instanceof fb.FusedT) checkFused(plan, at, body, null);
  else if (body instanceof fb.ContractT) checkContract(plan, at, body);
  else if (body instanceof fb.ApplyT) checkApply(plan, at, body);
  else if (body instanceof fb.ControlT) checkControl(plan, at, body, checkStep);
  else if (body instanceof fb.CallT) checkCall(plan, at, body);
  else if (body instanceof fb.TransferT) checkTransfer(plan, at, body);
  else if (body instanceof fb.KernelT) checkKernel(plan, at, body, checkStep);
  else fail('kind', at, `is of step kind ${step.bodyType}, expected 1 to 7`);
  checkAccumulation(plan, path, step);
};

const targetsOf = ({ split }: PlanContext): string => (split ? 'several targets' : 'one target');

import { dtypeSize } from '../binding.ts';
import { fail, type Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { isOneOf, refersTo, sameType } from './rules.ts';
import type { PlanContext } from './steps.ts';

const isThere = (path: Path, noun: string, index: number, type: number | null): number => {
  if (type === null) return fail('storage', path, `is ${noun} ${index}, which is a carry`);
  return type;
};

/** The type that a value at this storage and index must have; null where it has its own. */
const typeAt = (plan: PlanContext, path: Path, value: fb.ValueT): number | null => {
  const { frame, context } = plan;
  const { constants } = context.program;
  const { index } = value;
  const at = path.field('index');
  switch (value.storage) {
    case fb.Storage.Input:
      refersTo(at, 'input', index, frame.inputs.length);
      return isThere(at, 'input', index, frame.inputs[index] ?? null);
    case fb.Storage.Output:
      refersTo(at, 'output', index, frame.outputs.length);
      return isThere(at, 'output', index, frame.outputs[index] ?? null);
    case fb.Storage.State:
      refersTo(at, 'state', index, frame.states.length);
      return frame.states[index] ?? 0;
    case fb.Storage.Constant:
      refersTo(at, 'constant', index, constants.length);
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

/** The values of a plan, or of a body, each by itself. */
export const checkValues = (plan: PlanContext, path: Path, arena: bigint): void => {
  for (const i of plan.values.keys()) checkValue(plan, path.at('values', i), i, arena);
};

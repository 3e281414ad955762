import { dtypeName } from '../binding.ts';
import { fail, type Path } from '../fault.ts';
import { opById } from '../ops.ts';
import { fb } from '../schema.ts';
import type { PlanContext } from './steps.ts';

const accumulatorOf = (dtype: fb.DType): fb.DType =>
  dtype === fb.DType.F16 || dtype === fb.DType.BF16 ? fb.DType.F32 : dtype;

const functionsOf = (attributes: readonly fb.AttributeT[]): number[] =>
  attributes.flatMap(({ value }) => (value instanceof fb.FunctionAttrT ? [value.value] : []));

/** What an op sums in, whose first operand is of a type; nothing where it does not sum. */
const sumsOf = (program: fb.ProgramT, op: number, first: number | undefined): fb.DType[] => {
  const type = first === undefined ? undefined : program.types[first];
  return type && opById(op)?.accumulates ? [accumulatorOf(type.dtype)] : [];
};

/** The same of all functions that these run, each looked at once. */
function sumsWithin(program: fb.ProgramT, functions: readonly number[]): fb.DType[] {
  const all = new Set(functions);
  const found: fb.DType[] = [];
  for (const index of all) {
    const of = program.functions[index] ?? new fb.FunctionT();
    const types = [...of.parameters];
    for (const { op, inputs, attributes, outputs } of of.nodes) {
      found.push(...sumsOf(program, op, types[inputs[0] ?? -1]));
      for (const inner of functionsOf(attributes)) all.add(inner);
      types.push(...outputs);
    }
  }
  return found;
}

function accumulationOf({ context, values }: PlanContext, body: fb.StepT['body']): fb.DType[] {
  const { program } = context;
  if (body instanceof fb.ContractT) {
    const type = values[body.a?.value ?? -1]?.type ?? -1;
    return [accumulatorOf(program.types[type]?.dtype ?? 0)];
  }
  if (body instanceof fb.FusedT) {
    return body.tape.flatMap(({ kind, op, dtype }) =>
      kind === fb.InstrKind.Reduce && opById(op)?.accumulates ? [accumulatorOf(dtype)] : [],
    );
  }
  if (!(body instanceof fb.ApplyT)) return [];
  return [
    ...sumsOf(program, body.op, values[body.inputs[0] ?? -1]?.type),
    ...sumsWithin(program, functionsOf(body.attributes)),
  ];
}

/** Whether a step whose body has been checked states what its sums run in. */
export const checkAccumulation = (plan: PlanContext, path: Path, step: fb.StepT): void => {
  const expected = [...new Set(accumulationOf(plan, step.body))].sort((a, b) => a - b);
  const stated = step.accumulates;
  if (stated.length === expected.length && stated.every((dtype, i) => dtype === expected[i]))
    return;
  const list = (dtypes: readonly fb.DType[]): string =>
    dtypes.map(dtypeName).join(', ') || 'nothing';
  fail('accumulation', path, `accumulates ${list(stated)}, expected ${list(expected)}`);
};

import type { Binding } from '../binding.ts';
import type { Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { storeExtents } from './ranges.ts';
import type { Context } from './rules.ts';
import { elementsOf } from './tables.ts';

/** One read or write of a plan's value by a step. */
export interface Use {
  readonly path: Path;
  readonly value: number;
  readonly write: boolean;
  /** Elements that a write fills, at one binding. */
  filled(binding: Binding): bigint;
}

const none = (): bigint => 0n;

const ofFused = (context: Context, path: Path, fused: fb.FusedT): Use[] =>
  fused.tape.flatMap(({ kind, a }, i) => {
    const access = fused.accesses[a];
    const write = kind === fb.InstrKind.Store;
    if (access === undefined || !(write || kind === fb.InstrKind.Load)) return [];
    const filled = (binding: Binding): bigint =>
      storeExtents(context, fused, access, binding).reduce(
        (product, { extent }) => product * extent,
        1n,
      );
    return [
      { path: path.at('tape', i), value: access.value, write, filled: write ? filled : none },
    ];
  });

const ofContract = (context: Context, path: Path, contract: fb.ContractT): Use[] => {
  const operand = (name: 'a' | 'b'): Use => ({
    path: path.field(name),
    value: contract[name]?.value ?? 0,
    write: false,
    filled: none,
  });
  const epilogue = contract.epilogue ?? new fb.FusedT();
  return [operand('a'), operand('b'), ...ofFused(context, path.field('epilogue'), epilogue)];
};

const ofApply = (
  context: Context,
  values: readonly fb.ValueT[],
  path: Path,
  apply: fb.ApplyT | fb.ControlT,
): Use[] => [
  ...read(path, 'inputs', apply.inputs),
  ...written(context, values, path, 'outputs', apply.outputs),
];

/** Values that are read whole. */
const read = (path: Path, field: string, of: readonly number[]): Use[] =>
  of.map((value, i) => ({ path: path.at(field, i), value, write: false, filled: none }));

const ofCall = (
  context: Context,
  values: readonly fb.ValueT[],
  path: Path,
  call: fb.CallT,
): Use[] => [
  ...read(path, 'inputs', call.inputs),
  ...read(path, 'reads', call.reads),
  ...written(context, values, path, 'outputs', call.outputs),
  ...written(context, values, path, 'writes', call.writes),
];

const ofTransfer = (
  context: Context,
  values: readonly fb.ValueT[],
  path: Path,
  { input, output }: fb.TransferT,
): Use[] => [
  { path: path.field('input'), value: input, write: false, filled: none },
  ...written(context, values, path, 'output', [output]).map((use) => ({
    ...use,
    path: path.field('output'),
  })),
];

/** Values that are written whole. */
const written = (
  context: Context,
  values: readonly fb.ValueT[],
  path: Path,
  field: string,
  of: readonly number[],
): Use[] =>
  of.map((value, i) => ({
    path: path.at(field, i),
    value,
    write: true,
    filled: (binding: Binding): bigint =>
      BigInt(elementsOf(context.program, values[value]?.type ?? 0, binding)),
  }));

/** What a verified step reads and writes, in order. */
export const usesOf = (
  context: Context,
  values: readonly fb.ValueT[],
  path: Path,
  step: fb.StepT,
): Use[] => {
  const at = path.field('body');
  const { body } = step;
  if (body instanceof fb.FusedT) return ofFused(context, at, body);
  if (body instanceof fb.ContractT) return ofContract(context, at, body);
  if (body instanceof fb.ApplyT) return ofApply(context, values, at, body);
  if (body instanceof fb.ControlT) {
    const scratch = written(context, values, at, 'scratch', body.scratch);
    return [...ofApply(context, values, at, body), ...scratch];
  }
  if (body instanceof fb.CallT) return ofCall(context, values, at, body);
  if (body instanceof fb.TransferT) return ofTransfer(context, values, at, body);
  return [];
};

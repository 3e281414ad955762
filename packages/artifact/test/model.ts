/** Short ways to write the parts of a program, for tests. */
import { fb, type Index, opById, opByName, type ProgramBuilder } from '../src/index.ts';

export const op = (name: string): number => {
  const row = opByName(name);
  if (row === undefined) throw new Error(`the op table has no ${name}`);
  return row.id;
};

export const ints = (...values: number[]): fb.AttributeT =>
  new fb.AttributeT(fb.AttributeValue.IntsAttr, new fb.IntsAttrT(values.map(BigInt)));

export const dtypeAttr = (dtype: fb.DType): fb.AttributeT =>
  new fb.AttributeT(fb.AttributeValue.DTypeAttr, new fb.DTypeAttrT(dtype));

export const shapeAttr = (...exprs: Index[]): fb.AttributeT =>
  new fb.AttributeT(fb.AttributeValue.ShapeAttr, new fb.ShapeAttrT(exprs));

export const constantAttr = (constant: Index): fb.AttributeT =>
  new fb.AttributeT(fb.AttributeValue.ConstantAttr, new fb.ConstantAttrT(constant));

export const node = (
  name: string,
  inputs: Index[],
  output: Index,
  attributes: fb.AttributeT[] = [],
): fb.NodeT => new fb.NodeT(op(name), inputs, attributes, [output], [0]);

const { Load, Const, Index: IndexOf, Size, Acc, Scalar, Reduce, Store } = fb.InstrKind;
const f32 = fb.DType.F32;

/** Instructions of a tape. */
export const tape = {
  load: (access: number, dtype: fb.DType = f32): fb.InstrT =>
    new fb.InstrT(0n, 0, access, 0, 0, 0, Load, dtype),
  constant: (bits: bigint, dtype: fb.DType = f32): fb.InstrT =>
    new fb.InstrT(bits, 0, 0, 0, 0, 0, Const, dtype),
  index: (dim: number): fb.InstrT => new fb.InstrT(0n, 0, dim, 0, 0, 0, IndexOf, fb.DType.I32),
  size: (expr: Index, dtype: fb.DType = fb.DType.I32): fb.InstrT =>
    new fb.InstrT(BigInt(expr), 0, 0, 0, 0, 0, Size, dtype),
  acc: (dtype: fb.DType = f32): fb.InstrT => new fb.InstrT(0n, 0, 0, 0, 0, 0, Acc, dtype),
  scalar: (name: string, operands: number[], dtype: fb.DType = f32): fb.InstrT => {
    const [a = 0, b = 0, c = 0, d = 0] = operands;
    return new fb.InstrT(0n, op(name), a, b, c, d, Scalar, dtype);
  },
  reduce: (name: string, operand: number, dtype: fb.DType = f32): fb.InstrT =>
    new fb.InstrT(0n, op(name), operand, 0, 0, 0, Reduce, dtype),
  store: (access: number, value: number, dtype: fb.DType = f32): fb.InstrT =>
    new fb.InstrT(0n, 0, access, value, 0, 0, Store, dtype),
};

export const step = (
  body: StepBodyT,
  name: string,
  reason: Index,
  placement: fb.PlacementT | null = null,
  accumulates: fb.DType[] = sumsOf(body),
): fb.StepT => new fb.StepT(kindOf(body), body, name, reason, 0, [], [0], placement, accumulates);

/** What a step of f32 sums in. */
const sumsOf = (body: StepBodyT): fb.DType[] => {
  const sums = (id: number): boolean => opById(id)?.accumulates === true;
  if (body instanceof fb.ContractT) return [f32];
  if (body instanceof fb.FusedT) {
    return body.tape.some(({ kind, op: of }) => kind === Reduce && sums(of)) ? [f32] : [];
  }
  return body instanceof fb.ApplyT && sums(body.op) ? [f32] : [];
};

type StepBodyT =
  | fb.FusedT
  | fb.ContractT
  | fb.ApplyT
  | fb.ControlT
  | fb.CallT
  | fb.TransferT
  | fb.KernelT;

const kindOf = (body: StepBodyT): fb.StepBody => {
  if (body instanceof fb.FusedT) return fb.StepBody.Fused;
  if (body instanceof fb.ContractT) return fb.StepBody.Contract;
  if (body instanceof fb.ControlT) return fb.StepBody.Control;
  if (body instanceof fb.CallT) return fb.StepBody.Call;
  if (body instanceof fb.KernelT) return fb.StepBody.Kernel;
  return body instanceof fb.TransferT ? fb.StepBody.Transfer : fb.StepBody.Apply;
};

/** Values of a plan, by storage. */
export const value = {
  input: (type: Index, index: number): fb.ValueT => new fb.ValueT(type, fb.Storage.Input, index),
  output: (type: Index, index: number): fb.ValueT => new fb.ValueT(type, fb.Storage.Output, index),
  state: (type: Index, index: number): fb.ValueT => new fb.ValueT(type, fb.Storage.State, index),
  constant: (type: Index, index: number): fb.ValueT =>
    new fb.ValueT(type, fb.Storage.Constant, index),
  arena: (type: Index, offset: number, bytes: number): fb.ValueT =>
    new fb.ValueT(type, fb.Storage.Arena, 0, BigInt(offset), BigInt(bytes)),
  device: (type: Index): fb.ValueT => new fb.ValueT(type, fb.Storage.Device),
  alias: (type: Index, of: number): fb.ValueT => new fb.ValueT(type, fb.Storage.Alias, of),
};

/** Accesses by numbers; a stride or offset that is no number is an expr. */
export const access = (
  builder: ProgramBuilder,
  of: number,
  strides: (number | { expr: Index })[],
  offset: number | { expr: Index } = 0,
): fb.AccessT => {
  const expr = (of: number | { expr: Index }): Index =>
    typeof of === 'number' ? builder.literal(of) : of.expr;
  return new fb.AccessT(of, expr(offset), strides.map(expr));
};

import { dtypeName, dtypeSize } from '../binding.ts';
import { fail, type Path } from '../fault.ts';
import { opById } from '../ops.ts';
import { fb } from '../schema.ts';
import { type Context, isDType, isOneOf, refersTo } from './rules.ts';

/** Longest tape: instructions are referred to by 16 bits. */
export const maxTape = 65535;

/** A stride that is 0 at every binding. */
export const isZero = ({ program }: Context, expr: number | undefined): boolean => {
  const of = program.exprs[expr ?? -1];
  return of?.kind === fb.ExprKind.Const && of.value === 0n;
};

/** The reduced dims of a tape, as a range of axes. */
export const reducedAxes = (fused: fb.FusedT): { readonly from: number; readonly to: number } => {
  const to = fused.dims.length - fused.inner;
  return { from: to - fused.reduced, to };
};

/** Whether what this access reads or writes changes along a reduced dim. */
export const accessVaries = (
  context: Context,
  fused: fb.FusedT,
  access: fb.AccessT | undefined,
): boolean => {
  const { from, to } = reducedAxes(fused);
  return (access?.strides.slice(from, to) ?? []).some((stride) => !isZero(context, stride));
};

/** What is known of an instruction that has been checked; Store defines no value. */
interface Defined {
  readonly dtype: fb.DType | null;
  /** Whether the value changes along a reduced dim. */
  readonly varies: boolean;
}

/** The surroundings of a tape. */
export interface TapeContext {
  readonly context: Context;
  readonly fused: fb.FusedT;
  readonly values: readonly fb.ValueT[];
  /** The dtypes that Acc may have; null outside an epilogue. */
  readonly acc: readonly fb.DType[] | null;
}

const scalarBits = (dtype: fb.DType): bigint =>
  dtype === fb.DType.Bool ? 1n : BigInt(8 * dtypeSize(dtype));

class TapeChecker {
  private readonly defined: Defined[] = [];
  private readonly stored: Set<number> = new Set();
  private reduces = false;
  private readonly of: TapeContext;

  constructor(of: TapeContext) {
    this.of = of;
  }

  check(path: Path): void {
    const { tape, reduced, inner } = this.of.fused;
    if (tape.length > maxTape) {
      fail('tape', path, `has ${tape.length} instructions, expected at most ${maxTape}`);
    }
    for (const [i, instr] of tape.entries()) {
      this.defined.push(this.instr(path.at('tape', i), instr));
    }
    if (this.stored.size === 0) fail('tape', path, 'has no Store');
    if (!this.reduces && (reduced > 0 || inner > 0)) {
      fail('tape', path, `has ${reduced} reduced and ${inner} inner dims, but no Reduce`);
    }
    if (this.of.acc !== null && !tape.some(({ kind }) => kind === fb.InstrKind.Acc)) {
      fail('tape', path, 'has no Acc');
    }
  }

  private instr(path: Path, instr: fb.InstrT): Defined {
    isOneOf(path, 'instruction kind', instr.kind, 8);
    isDType(path, instr.dtype);
    const defined = this.define(path, instr);
    if (this.reduces && this.of.fused.inner > 0 && defined.varies) {
      fail('level', path, 'varies over the reduced dims after a Reduce, with inner dims');
    }
    return defined;
  }

  private define(path: Path, instr: fb.InstrT): Defined {
    const { dtype } = instr;
    switch (instr.kind) {
      case fb.InstrKind.Load:
        return this.load(path, instr);
      case fb.InstrKind.Const:
        if (instr.imm >> scalarBits(dtype) !== 0n) {
          fail('tape', path, `has the bits ${instr.imm}, which are no ${dtypeName(dtype)}`);
        }
        return { dtype, varies: false };
      case fb.InstrKind.Index:
        return this.index(path, instr);
      case fb.InstrKind.Size:
        refersTo(path, 'expr', instr.imm, this.of.context.program.exprs.length);
        if (dtype === fb.DType.Bool) fail('dtype', path, 'is bool, expected a number');
        return { dtype, varies: false };
      case fb.InstrKind.Acc:
        this.acc(path, dtype);
        return { dtype, varies: false };
      case fb.InstrKind.Scalar:
        return this.scalar(path, instr);
      case fb.InstrKind.Reduce:
        return this.reduce(path, instr);
      case fb.InstrKind.Store:
        return this.store(path, instr);
      default:
        instr.kind satisfies never;
        return { dtype: null, varies: false };
    }
  }

  /** The access `a`, and the place and dtype of what it addresses. */
  private access(
    path: Path,
    instr: fb.InstrT,
  ): { access: fb.AccessT; place: number; dtype: fb.DType } {
    const { fused, values, context } = this.of;
    refersTo(path, 'access', instr.a, fused.accesses.length);
    const access = fused.accesses[instr.a] ?? new fb.AccessT();
    const value = values[access.value];
    return {
      access,
      place: placeOf(values, access.value),
      dtype: context.program.types[value?.type ?? -1]?.dtype ?? 0,
    };
  }

  private load(path: Path, instr: fb.InstrT): Defined {
    const { access, place, dtype } = this.access(path, instr);
    if (dtype !== instr.dtype) {
      fail('dtype', path, `is ${dtypeName(instr.dtype)}, but its value is ${dtypeName(dtype)}`);
    }
    if (this.stored.has(place)) fail('tape', path, 'loads what this tape has stored to');
    return { dtype, varies: accessVaries(this.of.context, this.of.fused, access) };
  }

  private index(path: Path, { a, dtype }: fb.InstrT): Defined {
    refersTo(path, 'dim', a, this.of.fused.dims.length);
    if (dtype !== fb.DType.I32) fail('dtype', path, `is ${dtypeName(dtype)}, expected i32`);
    const { from, to } = reducedAxes(this.of.fused);
    return { dtype, varies: a >= from && a < to };
  }

  private acc(path: Path, dtype: fb.DType): void {
    if (this.of.acc === null) fail('tape', path, 'is an Acc outside an epilogue');
    if (!this.of.acc.includes(dtype)) {
      fail(
        'dtype',
        path,
        `is ${dtypeName(dtype)}, expected ${this.of.acc.map(dtypeName).join(' or ')}`,
      );
    }
  }

  /** An operand: an earlier instruction that defines a value. */
  private operand(path: Path, index: number): Defined {
    refersTo(path, 'instruction', index, this.defined.length);
    const of = this.defined[index];
    if (of === undefined || of.dtype === null) {
      return fail('tape', path, `refers to instruction ${index}, a Store`);
    }
    return of;
  }

  private scalar(path: Path, instr: fb.InstrT): Defined {
    const op = opById(instr.op);
    if (op === undefined) {
      return fail('op', path, `has op ${instr.op}, which this build does not know`);
    }
    const typeOnly = op.attributes === '' || op.attributes === 'd';
    if (op.kind !== 'Elementwise' || !typeOnly || op.maxInputs > 4) {
      fail('op', path, `has op ${op.name}, expected an elementwise one`);
    }
    const operands = [instr.a, instr.b, instr.c, instr.d].slice(0, op.maxInputs);
    const varies = operands.map((index) => this.operand(path, index).varies);
    return { dtype: instr.dtype, varies: varies.includes(true) };
  }

  private reduce(path: Path, instr: fb.InstrT): Defined {
    const op = opById(instr.op);
    if (op === undefined) {
      return fail('op', path, `has op ${instr.op}, which this build does not know`);
    }
    if (op.kind !== 'Reduce' || op.attributes !== 'I') {
      fail('op', path, `has op ${op.name}, expected a reduce op over axes`);
    }
    if (this.of.acc !== null) fail('tape', path, 'is a Reduce in an epilogue');
    if (!this.operand(path, instr.a).varies) {
      fail('level', path, 'reduces what does not vary over the reduced dims');
    }
    this.reduces = true;
    return { dtype: instr.dtype, varies: false };
  }

  private store(path: Path, instr: fb.InstrT): Defined {
    const { access, place, dtype } = this.access(path, instr);
    const stored = this.operand(path, instr.b);
    if (stored.dtype !== dtype) {
      fail(
        'dtype',
        path,
        `stores ${dtypeName(stored.dtype ?? 0)}, but its value is ${dtypeName(dtype)}`,
      );
    }
    if (accessVaries(this.of.context, this.of.fused, access) !== stored.varies) {
      fail(
        'level',
        path,
        stored.varies
          ? 'stores what varies over the reduced dims without a stride there'
          : 'stores what does not vary over the reduced dims with a stride there',
      );
    }
    this.stored.add(place);
    return { dtype: null, varies: stored.varies };
  }
}

/** The value that holds the memory: itself, or what an alias refers to. */
export const baseOf = (values: readonly fb.ValueT[], value: number): number => {
  const of = values[value];
  return of?.storage === fb.Storage.Alias ? of.index : value;
};

/** A number that is the same for all values at one place (input, output, state, constant, or own memory). */
export const placeOf = (values: readonly fb.ValueT[], value: number): number => {
  const base = baseOf(values, value);
  const of = values[base];
  if (of === undefined) return base * 8;
  const owns = of.storage === fb.Storage.Arena || of.storage === fb.Storage.Device;
  return (owns ? base : of.index) * 8 + of.storage;
};

/** Checks a tape whose accesses have been checked. */
export const checkTape = (path: Path, of: TapeContext): void => new TapeChecker(of).check(path);

import { dtypeName } from '../binding.ts';
import { opById } from '../ops.ts';
import { fb } from '../schema.ts';

/** Longest expr that is written out; a longer one is told by its index. */
const longest = 60;

const symbols: Readonly<Record<number, string>> = {
  [fb.ExprKind.Add]: '+',
  [fb.ExprKind.Mul]: '*',
  [fb.ExprKind.FloorDiv]: '/',
};

/** Names and values of a program as text. Tolerates references that lead nowhere: what is dumped may not be legal. */
export class Names {
  readonly program: fb.ProgramT;
  private readonly exprs: string[] = [];

  constructor(program: fb.ProgramT) {
    this.program = program;
    for (const [index, expr] of program.exprs.entries()) {
      const text = this.exprText(expr);
      this.exprs.push(text.length > longest ? `e${index}` : text);
    }
  }

  private exprText({ kind, value, lhs, rhs }: fb.ExprT): string {
    if (kind === fb.ExprKind.Const) return `${value}`;
    if (kind === fb.ExprKind.Symbol) {
      return String(this.program.symbols[Number(value)]?.name ?? `symbol ${value}`);
    }
    const operand = (index: number): string => {
      const text = this.expr(index);
      return /^[\w?]+$/.test(text) ? text : `(${text})`;
    };
    return `${operand(lhs)} ${symbols[kind] ?? '?'} ${operand(rhs)}`;
  }

  expr(index: number): string {
    return this.exprs[index] ?? '?';
  }

  list(exprs: readonly number[]): string {
    return `[${exprs.map((expr) => this.expr(expr)).join(', ')}]`;
  }

  /** `f32[N, 64]` */
  type(index: number): string {
    const type = this.program.types[index];
    return type === undefined ? '?' : `${dtypeName(type.dtype)}${this.list(type.shape)}`;
  }

  /** `model.ts:7:3` */
  location(index: number): string {
    const location = this.program.locations[index];
    if (location === undefined) return '?';
    return `${this.program.files[location.file] ?? '?'}:${location.line}:${location.column}`;
  }

  op(id: number): string {
    return opById(id)?.name ?? `op ${id}`;
  }

  /** How many operands an elementwise op takes. */
  arity(id: number): number {
    return opById(id)?.maxInputs ?? 0;
  }

  string(index: number): string {
    return this.program.strings[index] ?? '?';
  }

  attribute({ value }: fb.AttributeT): string {
    if (value === null) return '?';
    if (value instanceof fb.DTypeAttrT) return dtypeName(value.value);
    if (value instanceof fb.DimAttrT) return this.expr(value.value);
    if (value instanceof fb.ShapeAttrT) return this.list(value.value);
    if (value instanceof fb.FunctionAttrT) return `function ${value.value}`;
    if (value instanceof fb.ConstantAttrT) return `constant ${value.value}`;
    if (value instanceof fb.StringAttrT) return JSON.stringify(value.value);
    if (value instanceof fb.IntsAttrT || value instanceof fb.BoolsAttrT) {
      return `[${value.value.join(', ')}]`;
    }
    return String(value.value);
  }

  /** ` {f32, [N, 10]}`, or nothing. */
  attributes(attributes: readonly fb.AttributeT[]): string {
    if (attributes.length === 0) return '';
    return ` {${attributes.map((one) => this.attribute(one)).join(', ')}}`;
  }
}

const float16 = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

/** The scalar that these bits are. */
export const scalarText = (bits: bigint, dtype: fb.DType): string => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits, true);
  const number = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
  switch (dtype) {
    case fb.DType.Bool:
      return String(bits !== 0n);
    case fb.DType.I8:
      return String(view.getInt8(0));
    case fb.DType.I32:
      return String(view.getInt32(0, true));
    case fb.DType.I64:
      return String(view.getBigInt64(0, true));
    case fb.DType.F16:
      return number(float16(Number(bits & 0xffffn)));
    case fb.DType.BF16:
      view.setUint32(0, Number(bits & 0xffffn) * 2 ** 16, true);
      return number(view.getFloat32(0, true));
    case fb.DType.F32:
      return number(view.getFloat32(0, true));
    case fb.DType.F64:
      return number(view.getFloat64(0, true));
    default:
      return String(bits);
  }
};

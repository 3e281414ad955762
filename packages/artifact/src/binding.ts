import { fb } from './schema.ts';

const evaluate = (
  expr: fb.ExprT,
  symbols: readonly number[],
  earlier: readonly number[],
): number => {
  const lhs = earlier[expr.lhs] ?? 0;
  const rhs = earlier[expr.rhs] ?? 0;
  switch (expr.kind) {
    case fb.ExprKind.Const:
      return Number(expr.value);
    case fb.ExprKind.Symbol:
      return symbols[Number(expr.value)] ?? 0;
    case fb.ExprKind.Add:
      return lhs + rhs;
    case fb.ExprKind.Mul:
      return lhs * rhs;
    case fb.ExprKind.FloorDiv:
      return Math.floor(lhs / rhs);
    default:
      expr.kind satisfies never;
      return 0;
  }
};

/**
 * Every expr of a program at one binding of its symbols. The verifier holds each within 53 bits at every legal binding,
 * so that numbers are exact.
 */
export class Binding {
  readonly symbols: readonly number[];
  private readonly exprs: readonly number[];

  /** One value per symbol of the program, in order. */
  constructor(program: fb.ProgramT, symbols: readonly number[]) {
    const exprs: number[] = [];
    for (const expr of program.exprs) {
      // Adding 0 turns the -0 of a product into 0.
      exprs.push(evaluate(expr, symbols, exprs) + 0);
    }
    this.symbols = symbols;
    this.exprs = exprs;
  }

  /** The value of an expr by index. */
  at(expr: number): number {
    const value = this.exprs[expr];
    if (value === undefined) {
      throw new RangeError(`there is no expr ${expr}, expected < ${this.exprs.length}`);
    }
    return value;
  }

  /** Extents of a type. */
  shape(type: fb.TensorTypeT): number[] {
    return type.shape.map((expr) => this.at(expr));
  }
}

/** Bytes of one element; 0 for what is no dtype. */
export const dtypeSize = (dtype: fb.DType): number => {
  switch (dtype) {
    case fb.DType.Bool:
    case fb.DType.U8:
    case fb.DType.I8:
      return 1;
    case fb.DType.F16:
    case fb.DType.BF16:
      return 2;
    case fb.DType.U32:
    case fb.DType.I32:
    case fb.DType.F32:
      return 4;
    case fb.DType.I64:
    case fb.DType.F64:
      return 8;
    default:
      dtype satisfies never;
      return 0;
  }
};

const dtypeNames = ['bool', 'u8', 'i8', 'u32', 'i32', 'i64', 'f16', 'bf16', 'f32', 'f64'];

/** `f32` */
export const dtypeName = (dtype: fb.DType): string => dtypeNames[dtype] ?? '?';

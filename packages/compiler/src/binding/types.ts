import { fb } from '@vorab/artifact';

/** A string of the object API, which may not be there only before a program is verified. */
export function text(value: string | Uint8Array | null): string {
  return typeof value === 'string' ? value : value ? new TextDecoder().decode(value) : '';
}

/** An extent as the user would write it: `64`, `N`, `2*N + 1`. */
export function formatExpr(program: fb.ProgramT, index: number): string {
  const expr = program.exprs[index];
  if (!expr) throw new RangeError(`no expr ${index}`);
  const side = (at: number): string => formatExpr(program, at);
  const factor = (at: number): string =>
    program.exprs[at]?.kind === fb.ExprKind.Add ? `(${side(at)})` : side(at);
  switch (expr.kind) {
    case fb.ExprKind.Const:
      return String(expr.value);
    case fb.ExprKind.Symbol:
      return text(program.symbols[Number(expr.value)]?.name ?? null);
    case fb.ExprKind.Add:
      return `${side(expr.lhs)} + ${side(expr.rhs)}`;
    case fb.ExprKind.Mul:
      return `${factor(expr.lhs)}*${factor(expr.rhs)}`;
    case fb.ExprKind.FloorDiv:
      return `floor(${factor(expr.lhs)}/${factor(expr.rhs)})`;
    default:
      return expr.kind satisfies never;
  }
}

/** dtype and extents of a type, as text. */
export function readType(
  program: fb.ProgramT,
  index: number,
): { readonly dtype: string; readonly shape: readonly string[] } {
  const type = program.types[index];
  if (!type) throw new RangeError(`no type ${index}`);
  return {
    dtype: fb.DType[type.dtype].toLowerCase(),
    shape: type.shape.map((expr) => formatExpr(program, expr)),
  };
}

/** `f32[N, 64]`. */
export function formatType(program: fb.ProgramT, index: number): string {
  const { dtype, shape } = readType(program, index);
  return `${dtype}[${shape.join(', ')}]`;
}

/** The symbols whose bounds a reader of these types wants: `N from 1 to 256`. */
export function formatBounds(program: fb.ProgramT, symbols: readonly number[]): string {
  return symbols
    .flatMap((index) => {
      const symbol = program.symbols[index];
      if (!symbol) return [];
      const step = symbol.multipleOf > 1n ? `, multiples of ${symbol.multipleOf}` : '';
      return [`${text(symbol.name)} from ${symbol.min} to ${symbol.max}${step}`];
    })
    .join('; ');
}

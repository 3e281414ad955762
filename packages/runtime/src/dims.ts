import type { ExprInfo, PortInfo, ProgramInfo } from './program.ts';
import { evaluate } from './program.ts';

/** How an extent depends on the symbols. */
export type Dim =
  | { readonly kind: 'fixed'; readonly extent: number }
  /** scale × symbol + offset, scale ≥ 1: the symbol follows from the extent. */
  | {
      readonly kind: 'affine';
      readonly symbol: number;
      readonly scale: number;
      readonly offset: number;
    }
  /** Checked once its symbols are known. */
  | { readonly kind: 'expr'; readonly expr: number };

interface Affine {
  readonly symbol: number | undefined;
  readonly scale: number;
  readonly offset: number;
}

function affine(exprs: readonly ExprInfo[], index: number): Affine | undefined {
  const expr = exprs[index];
  if (expr === undefined || expr.kind === 'floorDiv') return undefined;
  if (expr.kind === 'const') return { symbol: undefined, scale: 0, offset: expr.value };
  if (expr.kind === 'symbol') return { symbol: expr.symbol, scale: 1, offset: 0 };
  const lhs = affine(exprs, expr.lhs);
  const rhs = affine(exprs, expr.rhs);
  if (lhs === undefined || rhs === undefined) return undefined;
  if (expr.kind === 'add') return addAffine(lhs, rhs);
  if (lhs.symbol === undefined) return scaleAffine(rhs, lhs.offset);
  return rhs.symbol === undefined ? scaleAffine(lhs, rhs.offset) : undefined;
}

function addAffine(a: Affine, b: Affine): Affine | undefined {
  if (a.symbol !== undefined && b.symbol !== undefined && a.symbol !== b.symbol) return undefined;
  return {
    symbol: a.symbol ?? b.symbol,
    scale: a.scale + b.scale,
    offset: a.offset + b.offset,
  };
}

function scaleAffine(a: Affine, factor: number): Affine {
  return { symbol: a.symbol, scale: a.scale * factor, offset: a.offset * factor };
}

/** What follows from expr `index` being an extent. */
export function dimOf(program: ProgramInfo, index: number): Dim {
  const form = affine(program.exprs, index);
  if (form === undefined) return { kind: 'expr', expr: index };
  if (form.symbol === undefined || form.scale === 0) return { kind: 'fixed', extent: form.offset };
  if (form.scale < 0) return { kind: 'expr', expr: index };
  return { kind: 'affine', symbol: form.symbol, scale: form.scale, offset: form.offset };
}

/** The extent of `dim`; NaN while a symbol is unknown (NaN). */
export function extentOf(program: ProgramInfo, dim: Dim, symbols: ArrayLike<number>): number {
  switch (dim.kind) {
    case 'fixed':
      return dim.extent;
    case 'affine':
      return dim.scale * (symbols[dim.symbol] ?? Number.NaN) + dim.offset;
    case 'expr':
      return evaluate(program.exprs, dim.expr, symbols);
    default:
      return dim satisfies never;
  }
}

/** An expr as a user writes it: `N`, `2*N + 1`. */
export function formatExpr(program: ProgramInfo, index: number): string {
  const expr = program.exprs[index];
  if (expr === undefined) return '?';
  switch (expr.kind) {
    case 'const':
      return String(expr.value);
    case 'symbol':
      return program.symbols[expr.symbol]?.name ?? '?';
    case 'add':
      return `${formatExpr(program, expr.lhs)} + ${formatExpr(program, expr.rhs)}`;
    case 'mul':
      return `${formatFactor(program, expr.lhs)}*${formatFactor(program, expr.rhs)}`;
    case 'floorDiv':
      return `floor(${formatFactor(program, expr.lhs)}/${formatFactor(program, expr.rhs)})`;
    default:
      return expr satisfies never;
  }
}

function formatFactor(program: ProgramInfo, index: number): string {
  const text = formatExpr(program, index);
  return program.exprs[index]?.kind === 'add' ? `(${text})` : text;
}

/** `f32[N, 64]`. */
export function formatPort(program: ProgramInfo, port: PortInfo): string {
  return `${port.dtype}[${port.shape.map((expr) => formatExpr(program, expr)).join(', ')}]`;
}

import { Binding } from '../binding.ts';
import { fail, Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { type Context, isOneOf, limit, maxSymbols, Names, refersTo } from './rules.ts';

const maxExtent: bigint = 2n ** 31n - 1n;

/** Smallest and largest value, over all legal bindings. */
interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}

const checkSymbol = (path: Path, { min, max, multipleOf }: fb.SymbolT): Interval => {
  if (min < 0n || max < min || max > maxExtent) {
    fail('bounds', path, `has bounds ${min} to ${max}, expected 0 <= min <= max <= ${maxExtent}`);
  }
  if (multipleOf < 1n || multipleOf > maxExtent) {
    fail('bounds', path, `has multiple_of ${multipleOf}, expected 1 to ${maxExtent}`);
  }
  const high = (max / multipleOf) * multipleOf;
  if (high < min) fail('bounds', path, `has no multiple of ${multipleOf} from ${min} to ${max}`);
  return { low: ((min + multipleOf - 1n) / multipleOf) * multipleOf, high };
};

const floorDiv = (a: bigint, b: bigint): bigint => {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
};

/** What a monotonic operation reaches lies between what it gives at the corners. */
const corners = (a: Interval, b: Interval, of: (x: bigint, y: bigint) => bigint): Interval => {
  const values = [of(a.low, b.low), of(a.low, b.high), of(a.high, b.low), of(a.high, b.high)];
  return {
    low: values.reduce((x, y) => (y < x ? y : x)),
    high: values.reduce((x, y) => (y > x ? y : x)),
  };
};

const nothing: Interval = { low: 0n, high: 0n };

class Exprs {
  readonly dependence: bigint[] = [];
  private readonly intervals: Interval[] = [];
  private readonly symbols: readonly Interval[];

  constructor(symbols: readonly Interval[]) {
    this.symbols = symbols;
  }

  add(path: Path, expr: fb.ExprT): void {
    isOneOf(path.field('kind'), 'expr kind', expr.kind, 5);
    const interval = this.intervalOf(path, expr);
    const bound = BigInt(limit);
    if (interval.low < -bound || interval.high > bound) {
      const value = interval.low < -bound ? interval.low : interval.high;
      fail('overflow', path, `reaches ${value}, expected ${-bound} to ${bound}`);
    }
    this.intervals.push(interval);
  }

  private intervalOf(path: Path, expr: fb.ExprT): Interval {
    if (expr.kind === fb.ExprKind.Const) {
      this.dependence.push(0n);
      return { low: expr.value, high: expr.value };
    }
    if (expr.kind === fb.ExprKind.Symbol) {
      refersTo(path, 'symbol', expr.value, this.symbols.length);
      this.dependence.push(1n << expr.value);
      return this.symbols[Number(expr.value)] ?? nothing;
    }
    const index = this.intervals.length;
    refersTo(path.field('lhs'), 'expr', expr.lhs, index);
    refersTo(path.field('rhs'), 'expr', expr.rhs, index);
    const a = this.intervals[expr.lhs] ?? nothing;
    const b = this.intervals[expr.rhs] ?? nothing;
    this.dependence.push((this.dependence[expr.lhs] ?? 0n) | (this.dependence[expr.rhs] ?? 0n));
    if (expr.kind === fb.ExprKind.Add) return { low: a.low + b.low, high: a.high + b.high };
    if (expr.kind === fb.ExprKind.Mul) return corners(a, b, (x, y) => x * y);
    if (b.low <= 0n && b.high >= 0n) fail('division', path, 'divides by what can be 0');
    return corners(a, b, floorDiv);
  }
}

/** Checks symbols and exprs, and evaluates the exprs at the two bindings that everything else is checked at. */
export const checkDims = (program: fb.ProgramT): Context => {
  if (program.symbols.length > maxSymbols) {
    fail(
      'bounds',
      Path.program.field('symbols'),
      `are ${program.symbols.length}, expected at most ${maxSymbols}`,
    );
  }
  const names = new Names();
  const symbols = program.symbols.map((symbol, i) => {
    const path = Path.program.at('symbols', i);
    names.add(path, symbol.name);
    return checkSymbol(path, symbol);
  });
  const exprs = new Exprs(symbols);
  for (const [i, expr] of program.exprs.entries()) exprs.add(Path.program.at('exprs', i), expr);
  return {
    program,
    high: new Binding(
      program,
      symbols.map(({ high }) => Number(high)),
    ),
    low: new Binding(
      program,
      symbols.map(({ low }) => Number(low)),
    ),
    dependence: exprs.dependence,
  };
};

/**
 * Dimensions: a number, or an expression over symbolic dims. Expressions are integer polynomials
 * whose atoms are symbols and floor divisions, kept in a normal form, so that equality of keys is
 * (provable) equality of values.
 */
export type Dim = number | DimExpr;

/** A symbolic dimension's declaration. */
export interface DimSymbol {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly multipleOf: number;
}

type Atom =
  | { readonly kind: 'symbol'; readonly key: string; readonly symbol: DimSymbol }
  | { readonly kind: 'floorDiv'; readonly key: string; readonly lhs: Dim; readonly rhs: Dim };

interface Term {
  readonly coefficient: number;
  /** Sorted by key; empty for the constant term. */
  readonly atoms: readonly Atom[];
}

/** A polynomial with at least one atom. Made by `dim` and the functions of this file only. */
export class DimExpr {
  readonly key: string;

  constructor(
    /** Sorted by monomial key, no zero coefficients. */
    readonly terms: readonly Term[],
  ) {
    this.key = terms.map(termKey).join('+');
  }

  toString(): string {
    return this.key;
  }
}

const monomialKey = (atoms: readonly Atom[]): string => atoms.map((a) => a.key).join('*');

function termKey(term: Term): string {
  if (term.atoms.length === 0) return String(term.coefficient);
  const body = monomialKey(term.atoms);
  return term.coefficient === 1 ? body : `${term.coefficient}*${body}`;
}

/**
 * A symbolic dimension: one artifact serves every size between `min` and `max` (both included) that
 * is a multiple of `multipleOf`.
 *
 *     const N = dim('N', { max: 256 });
 *     const x = f32(N, 64);
 */
export function dim(
  name: string,
  bounds: { readonly min?: number; readonly max: number; readonly multipleOf?: number },
): DimExpr {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new RangeError(`dim: '${name}' is not an identifier`);
  // JavaScript may leave them out.
  if (typeof bounds?.max !== 'number') {
    throw new TypeError(
      `dim '${name}': no bound, expected the largest extent, for example dim('${name}', { max: 256 })`,
    );
  }
  const { min = 1, max, multipleOf = 1 } = bounds;
  for (const [what, n] of Object.entries({ min, max, multipleOf })) {
    if (!Number.isSafeInteger(n) || n < 0 || n > 2 ** 31 - 1) {
      throw new RangeError(`dim '${name}': ${what} is ${n}, expected an integer in [0, 2^31)`);
    }
  }
  if (multipleOf < 1 || min > max) {
    throw new RangeError(
      `dim '${name}': expected min <= max and multipleOf >= 1, got ${min}, ${max}, ${multipleOf}`,
    );
  }
  const symbol = { name, min, max, multipleOf };
  return new DimExpr([{ coefficient: 1, atoms: [{ kind: 'symbol', key: name, symbol }] }]);
}

export function isStatic(d: Dim): d is number {
  return typeof d === 'number';
}

/** The normal form as text; equal texts are equal dims. */
export function dimKey(d: Dim): string {
  return typeof d === 'number' ? String(d) : d.key;
}

export function dimEqual(a: Dim, b: Dim): boolean {
  return a === b || dimKey(a) === dimKey(b);
}

const termsOf = (d: Dim): readonly Term[] =>
  typeof d === 'number' ? (d === 0 ? [] : [{ coefficient: d, atoms: [] }]) : d.terms;

function normal(terms: readonly Term[]): Dim {
  const byMonomial = new Map<string, Term>();
  for (const term of terms.flatMap(reduceExact)) {
    const key = monomialKey(term.atoms);
    const coefficient = (byMonomial.get(key)?.coefficient ?? 0) + term.coefficient;
    byMonomial.set(key, { coefficient, atoms: term.atoms });
  }
  const kept = [...byMonomial].filter(([, t]) => t.coefficient !== 0);
  // Equal quotients may have become exact together: floor(n / 2) twice is n where n is even.
  const exact = kept.flatMap(([, t]) => reduceExact(t));
  if (exact.some((t, i) => t !== kept[i]?.[1])) return normal(exact);
  if (kept.length === 0) return 0;
  if (kept.length === 1 && kept[0]?.[0] === '') return kept[0][1].coefficient;
  kept.sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1));
  return new DimExpr(kept.map(([, t]) => t));
}

// k * floor(n / d) is (k / d) * n where d divides n for every legal binding.
function reduceExact(term: Term): readonly Term[] {
  const at = term.atoms.findIndex(
    (a) =>
      a.kind === 'floorDiv' &&
      typeof a.rhs === 'number' &&
      term.coefficient % a.rhs === 0 &&
      divides(a.rhs, a.lhs),
  );
  const atom = term.atoms[at];
  if (atom?.kind !== 'floorDiv' || typeof atom.rhs !== 'number') return [term];
  const rest = { coefficient: term.coefficient / atom.rhs, atoms: term.atoms.toSpliced(at, 1) };
  return termsOf(dimMul(atom.lhs, normal([rest])));
}

function multipleOfTerm(term: Term): number {
  return term.atoms.reduce(
    (m, a) => m * (a.kind === 'symbol' ? a.symbol.multipleOf : 1),
    Math.abs(term.coefficient),
  );
}

/** Whether n divides d at every legal binding, as far as this can be proved. */
export function divides(n: number, d: Dim): boolean {
  return n !== 0 && termsOf(d).every((t) => multipleOfTerm(t) % n === 0);
}

export function dimAdd(...dims: readonly Dim[]): Dim {
  if (dims.every(isStatic)) return dims.reduce((a, b) => a + b, 0);
  return normal(dims.flatMap(termsOf));
}

export function dimMul(...dims: readonly Dim[]): Dim {
  if (dims.every(isStatic)) return dims.reduce((a, b) => a * b, 1);
  let product: readonly Term[] = [{ coefficient: 1, atoms: [] }];
  for (const d of dims) product = product.flatMap((p) => termsOf(d).map((t) => mulTerms(p, t)));
  return normal(product);
}

function mulTerms(a: Term, b: Term): Term {
  const atoms = [...a.atoms, ...b.atoms].sort((x, y) =>
    x.key < y.key ? -1 : x.key > y.key ? 1 : 0,
  );
  return { coefficient: a.coefficient * b.coefficient, atoms };
}

export function dimSub(a: Dim, b: Dim): Dim {
  return dimAdd(a, dimMul(-1, b));
}

/** floor(a / b); exact divisions disappear. */
export function dimFloorDiv(a: Dim, b: Dim): Dim {
  if (b === 0) throw new RangeError('dim: division by zero');
  if (typeof a === 'number' && typeof b === 'number') return Math.floor(a / b);
  const exact = exactQuotient(a, b);
  if (exact !== undefined) return exact;
  const whole = wholePart(a, b);
  if (whole !== 0) return dimAdd(whole, dimFloorDiv(dimSub(a, dimMul(whole, b)), b));
  const key = `floor((${dimKey(a)})/(${dimKey(b)}))`;
  return new DimExpr([{ coefficient: 1, atoms: [{ kind: 'floorDiv', key, lhs: a, rhs: b }] }]);
}

// floor((n + q * b) / b) is floor(n / b) + q: of equal quotients, the one with the least constant is written.
function wholePart(a: Dim, b: Dim): number {
  const constant = termsOf(a).find((t) => t.atoms.length === 0);
  return typeof b === 'number' && b > 0 && constant ? Math.floor(constant.coefficient / b) : 0;
}

/** a / b as a polynomial, where b is one term that divides every term of a. */
export function exactQuotient(a: Dim, b: Dim): Dim | undefined {
  if (dimEqual(a, b)) return 1;
  const divisor = termsOf(b);
  const [d] = divisor;
  if (divisor.length !== 1 || !d) return undefined;
  const quotients = termsOf(a).map((t) => divideTerm(t, d));
  return quotients.every((q) => q !== undefined) ? normal(quotients) : undefined;
}

function divideTerm(term: Term, divisor: Term): Term | undefined {
  if (term.coefficient % divisor.coefficient !== 0) return undefined;
  const atoms = [...term.atoms];
  for (const atom of divisor.atoms) {
    const at = atoms.findIndex((a) => a.key === atom.key);
    if (at < 0) return undefined;
    atoms.splice(at, 1);
  }
  return { coefficient: term.coefficient / divisor.coefficient, atoms };
}

/** The product of all extents. */
export function elementCount(shape: readonly Dim[]): Dim {
  return dimMul(...shape);
}

/** Smallest and largest value over all bindings, by interval arithmetic (never too narrow). */
export function dimBounds(d: Dim): readonly [min: number, max: number] {
  if (typeof d === 'number') return [d, d];
  let [low, high] = [0, 0];
  for (const term of d.terms) {
    let [a, b] = [term.coefficient, term.coefficient];
    for (const atom of term.atoms) [a, b] = intervalMul([a, b], atomBounds(atom));
    low += a;
    high += b;
  }
  const [least, most] = boundsByRemainder(d);
  return [Math.max(low, least), Math.min(high, most)];
}

// floor(n / k) is (n - n mod k) / k, and a remainder is below k: n - k * floor(n / k) is at most k - 1.
function boundsByRemainder(d: DimExpr): Interval {
  for (const term of d.terms) {
    const [atom] = term.atoms;
    if (term.atoms.length !== 1 || atom?.kind !== 'floorDiv' || typeof atom.rhs !== 'number')
      continue;
    const times = term.coefficient / atom.rhs;
    if (atom.rhs < 1 || !Number.isInteger(times)) continue;
    const rest = normal([
      ...d.terms.filter((t) => t !== term),
      ...termsOf(dimMul(atom.lhs, times)),
    ]);
    const [low, high] = dimBounds(rest);
    const [least, most] = intervalMul([-times, -times], [0, atom.rhs - 1]);
    return [low + least, high + most];
  }
  return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
}

type Interval = readonly [number, number];

function intervalMul([a, b]: Interval, [c, d]: Interval): [number, number] {
  const products = [a * c, a * d, b * c, b * d];
  return [Math.min(...products), Math.max(...products)];
}

function atomBounds(atom: Atom): Interval {
  if (atom.kind === 'symbol') {
    const { min, max, multipleOf: m } = atom.symbol;
    return [Math.ceil(min / m) * m, Math.floor(max / m) * m];
  }
  const [a, b] = dimBounds(atom.lhs);
  const [c, d] = dimBounds(atom.rhs);
  const quotients = [a / c, a / d, b / c, b / d].map(Math.floor);
  return [Math.min(...quotients), Math.max(...quotients)];
}

/** The largest value over all bindings. */
export function dimMax(d: Dim): number {
  return dimBounds(d)[1];
}

/** Values of symbols by name. */
export type DimEnv = ReadonlyMap<string, number>;

export function evaluateDim(d: Dim, env: DimEnv): number {
  if (typeof d === 'number') return d;
  return d.terms.reduce(
    (sum, t) => sum + t.atoms.reduce((p, a) => p * evaluateAtom(a, env), t.coefficient),
    0,
  );
}

function evaluateAtom(atom: Atom, env: DimEnv): number {
  if (atom.kind === 'floorDiv')
    return Math.floor(evaluateDim(atom.lhs, env) / evaluateDim(atom.rhs, env));
  const value = env.get(atom.symbol.name);
  if (value === undefined) throw new RangeError(`dim '${atom.symbol.name}' has no value`);
  return value;
}

/** The symbols that occur in d, each once, in order of first occurrence. */
export function dimSymbols(d: Dim): readonly DimSymbol[] {
  const found = new Map<string, DimSymbol>();
  const visit = (x: Dim): void => {
    for (const atom of termsOf(x).flatMap((t) => t.atoms)) {
      if (atom.kind === 'symbol') found.set(atom.symbol.name, atom.symbol);
      else [atom.lhs, atom.rhs].forEach(visit);
    }
  };
  visit(d);
  return [...found.values()];
}

/**
 * How an expression is built, for whoever translates it: constants, symbols, sums, products, floor
 * divisions.
 */
export interface DimVisitor<T> {
  constant(value: number): T;
  symbol(symbol: DimSymbol): T;
  add(a: T, b: T): T;
  mul(a: T, b: T): T;
  floorDiv(a: T, b: T): T;
}

export function visitDim<T>(d: Dim, visitor: DimVisitor<T>): T {
  if (typeof d === 'number') return visitor.constant(d);
  const atom = (a: Atom): T =>
    a.kind === 'symbol'
      ? visitor.symbol(a.symbol)
      : visitor.floorDiv(visitDim(a.lhs, visitor), visitDim(a.rhs, visitor));
  const term = (t: Term): T => {
    const factors = t.atoms.map(atom);
    if (t.coefficient !== 1 || factors.length === 0)
      factors.unshift(visitor.constant(t.coefficient));
    return factors.reduce((a, b) => visitor.mul(a, b));
  };
  return d.terms.map(term).reduce((a, b) => visitor.add(a, b));
}

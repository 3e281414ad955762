import { fb, programRoot } from '@vorab/artifact';
import { type DType, dtypeBytes, dtypes } from './dtype.ts';

/** What a session knows of an artifact: names, types and bounds; no functions and no steps. */
export interface ProgramInfo {
  readonly producer: string;
  readonly symbols: readonly SymbolInfo[];
  readonly exprs: readonly ExprInfo[];
  readonly states: readonly StateInfo[];
  readonly entries: readonly EntryInfo[];
  readonly plans: readonly PlanInfo[];
}

export interface SymbolInfo {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly multipleOf: number;
}

/** The smallest size that a symbol may be bound to. */
export function smallestSize({ min, multipleOf }: SymbolInfo): number {
  return Math.ceil(min / multipleOf) * multipleOf;
}

/** A dim. `lhs` and `rhs` are indices of earlier ones. */
export type ExprInfo =
  | { readonly kind: 'const'; readonly value: number }
  | { readonly kind: 'symbol'; readonly symbol: number }
  | { readonly kind: 'add' | 'mul' | 'floorDiv'; readonly lhs: number; readonly rhs: number };

export interface PortInfo {
  readonly name: string;
  readonly doc: string | undefined;
  readonly dtype: DType;
  /** Indices of exprs. */
  readonly shape: readonly number[];
}

export type StateKind = 'parameter' | 'state' | 'hyper';

export interface StateInfo {
  readonly index: number;
  readonly name: string;
  readonly kind: StateKind;
  readonly trainable: boolean;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: number;
}

export interface EntryInfo {
  readonly index: number;
  readonly name: string;
  readonly doc: string | undefined;
  /** part: what one target runs of another entry, in a plan of several; nobody else calls it. */
  readonly kind: 'program' | 'init' | 'part';
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /** Indices of states. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Indices of symbols that the inputs bind. */
  readonly symbols: readonly number[];
}

export interface PlanInfo {
  readonly index: number;
  readonly name: string;
  readonly targets: readonly string[];
  /** Capabilities that each target must have. */
  readonly requires: readonly string[];
  /** Whether only plans of several targets run by it. */
  readonly part: boolean;
}

/** Items by index. */
export const range = <T>(length: number, at: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => at(index));

/** A field that a verified program has. */
export function present<T>(value: T | null): T {
  // The file is verified; this is for the type.
  if (value === null) throw new TypeError('a verified program misses a required field');
  return value;
}

const stateKinds: { readonly [K in fb.StateKind]: StateKind } = {
  [fb.StateKind.Parameter]: 'parameter',
  [fb.StateKind.State]: 'state',
  [fb.StateKind.Hyper]: 'hyper',
};

const entryKinds: { readonly [K in fb.EntryKind]: EntryInfo['kind'] } = {
  [fb.EntryKind.Program]: 'program',
  [fb.EntryKind.Init]: 'init',
  [fb.EntryKind.Part]: 'part',
};

function readExpr(expr: fb.Expr): ExprInfo {
  const kind = expr.kind();
  switch (kind) {
    case fb.ExprKind.Const:
      return { kind: 'const', value: Number(expr.value()) };
    case fb.ExprKind.Symbol:
      return { kind: 'symbol', symbol: Number(expr.value()) };
    case fb.ExprKind.Add:
      return { kind: 'add', lhs: expr.lhs(), rhs: expr.rhs() };
    case fb.ExprKind.Mul:
      return { kind: 'mul', lhs: expr.lhs(), rhs: expr.rhs() };
    case fb.ExprKind.FloorDiv:
      return { kind: 'floorDiv', lhs: expr.lhs(), rhs: expr.rhs() };
    default:
      return kind satisfies never;
  }
}

function readType(program: fb.Program, index: number): { dtype: DType; shape: number[] } {
  const type = present(program.types(index));
  const dtype = dtypes[type.dtype()];
  if (dtype === undefined) throw new TypeError('a verified program has an unknown dtype');
  return { dtype, shape: range(type.shapeLength(), (i) => present(type.shape(i))) };
}

function readPort(program: fb.Program, port: fb.Port): PortInfo {
  return {
    name: present(port.name()),
    doc: port.doc() ?? undefined,
    ...readType(program, port.type()),
  };
}

/** The value of expr `index` at these symbols. */
export function evaluate(
  exprs: readonly ExprInfo[],
  index: number,
  symbols: ArrayLike<number>,
): number {
  const expr = exprs[index];
  if (expr === undefined) throw new TypeError('a verified program has an unknown expr');
  switch (expr.kind) {
    case 'const':
      return expr.value;
    case 'symbol':
      return symbols[expr.symbol] ?? 0;
    case 'add':
      return evaluate(exprs, expr.lhs, symbols) + evaluate(exprs, expr.rhs, symbols);
    case 'mul':
      return evaluate(exprs, expr.lhs, symbols) * evaluate(exprs, expr.rhs, symbols);
    case 'floorDiv':
      return Math.floor(evaluate(exprs, expr.lhs, symbols) / evaluate(exprs, expr.rhs, symbols));
    default:
      return expr satisfies never;
  }
}

function readState(program: fb.Program, exprs: readonly ExprInfo[], index: number): StateInfo {
  const state = present(program.states(index));
  const { dtype, shape } = readType(program, state.type());
  const extents = shape.map((expr) => evaluate(exprs, expr, []));
  return {
    index,
    name: present(state.name()),
    kind: stateKinds[state.kind()],
    trainable: state.trainable(),
    dtype,
    shape: extents,
    bytes: extents.reduce((product, extent) => product * extent, dtypeBytes(dtype)),
  };
}

function readEntry(program: fb.Program, index: number): EntryInfo {
  const entry = present(program.entries(index));
  return {
    index,
    name: present(entry.name()),
    doc: entry.doc() ?? undefined,
    kind: entryKinds[entry.kind()],
    inputs: range(entry.inputsLength(), (i) => readPort(program, present(entry.inputs(i)))),
    outputs: range(entry.outputsLength(), (i) => readPort(program, present(entry.outputs(i)))),
    reads: range(entry.readsLength(), (i) => present(entry.reads(i))),
    writes: range(entry.writesLength(), (i) => present(entry.writes(i))),
    symbols: range(entry.symbolsLength(), (i) => present(entry.symbols(i))),
  };
}

function readPlan(program: fb.Program, index: number): PlanInfo {
  const plan = present(program.plans(index));
  return {
    index,
    name: present(plan.name()),
    targets: range(plan.targetsLength(), (i) => plan.targets(i)),
    requires: range(plan.requiresLength(), (i) => plan.requires(i)),
    part: plan.part(),
  };
}

function readSymbol(program: fb.Program, index: number): SymbolInfo {
  const symbol = present(program.symbols(index));
  return {
    name: present(symbol.name()),
    min: Number(symbol.min()),
    max: Number(symbol.max()),
    multipleOf: Number(symbol.multipleOf()),
  };
}

/** Names, types and bounds of a verified program. */
export function readProgram(flatbuffer: Uint8Array): ProgramInfo {
  const program = programRoot(flatbuffer);
  const exprs = range(program.exprsLength(), (i) => readExpr(present(program.exprs(i))));
  return {
    producer: present(program.producer()),
    symbols: range(program.symbolsLength(), (i) => readSymbol(program, i)),
    exprs,
    states: range(program.statesLength(), (i) => readState(program, exprs, i)),
    entries: range(program.entriesLength(), (i) => readEntry(program, i)),
    plans: range(program.plansLength(), (i) => readPlan(program, i)),
  };
}

/** What a plan has for an entry. */
export function entryPlanOf(plan: fb.Plan, entry: number): fb.EntryPlan | undefined {
  return range(plan.entriesLength(), (i) => present(plan.entries(i))).find(
    (of) => of.entry() === entry,
  );
}

/** The steps of all regions of an entry's plan, in the order in which errors count them. */
export function stepsOf(plan: fb.EntryPlan): readonly fb.Step[] {
  return range(plan.regionsLength(), (r) => present(plan.regions(r))).flatMap((region) =>
    range(region.stepsLength(), (s) => present(region.steps(s))),
  );
}

/** `file:line:column` of a location; undefined for the index of none. */
export function locationAt(program: fb.Program, index: number): string | undefined {
  if (index >= program.locationsLength()) return undefined;
  const location = present(program.locations(index));
  return `${program.files(location.file())}:${location.line()}:${location.column()}`;
}

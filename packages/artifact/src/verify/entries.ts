import { fail, Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { valueTypes } from './functions.ts';
import {
  type Context,
  eachOnce,
  eachRefersTo,
  isOneOf,
  Names,
  refersTo,
  sameType,
} from './rules.ts';

const checkPorts = (
  context: Context,
  path: Path,
  field: string,
  ports: readonly fb.PortT[],
): void => {
  const names = new Names();
  for (const [i, port] of ports.entries()) {
    const at = path.at(field, i);
    names.add(at, port.name);
    refersTo(at.field('type'), 'type', port.type, context.program.types.length);
  }
};

/** Ports, then states, have the types of the function's parameters or results. */
const checkSignature = (
  { program }: Context,
  path: Path,
  noun: string,
  entry: readonly number[],
  of: readonly number[],
): void => {
  if (entry.length !== of.length) {
    fail('signature', path, `has ${entry.length} ${noun}s, but its function has ${of.length}`);
  }
  for (const [i, type] of entry.entries()) {
    const expected = of[i] ?? 0;
    if (!sameType(program, type, expected)) {
      fail(
        'signature',
        path,
        `has type ${type} for ${noun} ${i}, but its function has type ${expected}`,
      );
    }
  }
};

/** Symbols that are by themselves a dim of an input: a call binds those. */
const boundBy = ({ program }: Context, inputs: readonly fb.PortT[]): bigint => {
  let bound = 0n;
  for (const { type } of inputs) {
    for (const index of program.types[type]?.shape ?? []) {
      const expr = program.exprs[index];
      if (expr?.kind === fb.ExprKind.Symbol) bound |= 1n << expr.value;
    }
  }
  return bound;
};

const checkSymbols = (context: Context, path: Path, entry: fb.EntryT): void => {
  const { program, dependence } = context;
  eachRefersTo(path, 'symbols', 'symbol', entry.symbols, program.symbols.length);
  eachOnce(path, 'symbols', entry.symbols);
  const bound = boundBy(context, entry.inputs);
  const listed = entry.symbols.reduce((bits, symbol) => bits | (1n << BigInt(symbol)), 0n);
  for (let symbol = 0; symbol < program.symbols.length; symbol++) {
    const bit = 1n << BigInt(symbol);
    if ((bound & bit) === (listed & bit) || entry.kind === fb.EntryKind.Part) continue;
    fail(
      'symbol',
      path.field('symbols'),
      (listed & bit) === 0n
        ? `lack symbol ${symbol}, which is a dim of an input`
        : `name symbol ${symbol}, which is no dim of an input`,
    );
  }
  for (const field of ['inputs', 'outputs'] as const) {
    for (const [i, { type }] of entry[field].entries()) {
      const used = (program.types[type]?.shape ?? []).reduce(
        (bits, expr) => bits | (dependence[expr] ?? 0n),
        0n,
      );
      if ((used & ~listed) !== 0n) {
        fail('symbol', path.at(field, i), 'depends on a symbol that no input binds');
      }
    }
  }
};

const checkInit = ({ program }: Context, path: Path, entry: fb.EntryT): void => {
  const [seed, ...others] = entry.inputs;
  const type = program.types[seed?.type ?? -1];
  const two = program.exprs[type?.shape[0] ?? -1];
  const isSeed =
    seed?.name === 'seed' &&
    others.length === 0 &&
    type?.dtype === fb.DType.U32 &&
    type.shape.length === 1 &&
    two?.kind === fb.ExprKind.Const &&
    two.value === 2n;
  if (!isSeed) fail('init', path, 'has other inputs than seed: u32[2]');
  if (entry.reads.length > 0) fail('init', path, 'reads states');
  if (entry.writes.length !== program.states.length) {
    fail(
      'init',
      path,
      `writes ${entry.writes.length} states, expected all ${program.states.length}`,
    );
  }
};

const checkEntry = (context: Context, path: Path, entry: fb.EntryT): void => {
  const { program } = context;
  isOneOf(path.field('kind'), 'entry kind', entry.kind, 3);
  refersTo(path.field('function'), 'function', entry.function_, program.functions.length);
  checkPorts(context, path, 'inputs', entry.inputs);
  checkPorts(context, path, 'outputs', entry.outputs);
  for (const field of ['reads', 'writes'] as const) {
    eachRefersTo(path, field, 'state', entry[field], program.states.length);
    eachOnce(path, field, entry[field]);
  }
  refersTo(path.field('location'), 'location', entry.location, program.locations.length);
  checkSymbols(context, path, entry);
  const of = program.functions[entry.function_] ?? new fb.FunctionT();
  const types = valueTypes(of);
  const stateTypes = (states: readonly number[]): number[] =>
    states.map((state) => program.states[state]?.type ?? 0);
  const portTypes = (ports: readonly fb.PortT[]): number[] => ports.map(({ type }) => type);
  const taken = [...portTypes(entry.inputs), ...stateTypes(entry.reads)];
  const given = [...portTypes(entry.outputs), ...stateTypes(entry.writes)];
  checkSignature(context, path, 'parameter', taken, of.parameters);
  checkSignature(
    context,
    path,
    'result',
    given,
    of.results.map((value) => types[value] ?? 0),
  );
  if (entry.kind === fb.EntryKind.Init) checkInit(context, path, entry);
};

export const checkEntries = (context: Context): void => {
  const names = new Names();
  let init: number | null = null;
  for (const [i, entry] of context.program.entries.entries()) {
    const path = Path.program.at('entries', i);
    names.add(path, entry.name);
    checkEntry(context, path, entry);
    if (entry.kind !== fb.EntryKind.Init) continue;
    if (init !== null) fail('init', path, `is of kind Init, as entries[${init}]`);
    init = i;
  }
};

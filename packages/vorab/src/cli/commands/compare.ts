import {
  type EntryInfo,
  open,
  type ProgramInfo,
  type RuntimeName,
  runtimeNames,
  type Session,
  type Tensor,
  type TypedArray,
} from '@vorab/runtime';
import {
  type CallOptions,
  chooseEntry,
  dimsOf,
  randomShape,
  readInputs,
  seedOf,
  startOf,
  toValue,
} from '../call.ts';
import { type Difference, difference } from '../difference.ts';
import { UsageError } from '../errors.ts';
import type { NdValue } from '../npy.ts';
import { type Output, table } from '../output.ts';
import { randomValue } from '../values.ts';

export interface CompareOptions extends CallOptions {
  readonly runtimes?: string;
  readonly steps?: string;
  readonly json?: boolean;
}

/** One output of one runtime in one step, against the first runtime's. */
interface Compared extends Difference {
  readonly step: number;
  readonly output: string;
  readonly runtime: string;
}

/** `vorab compare`. */
export async function compare(
  path: string,
  options: CompareOptions,
  output: Output,
): Promise<void> {
  const names = runtimesOf(options.runtimes ?? 'reference,blas');
  const steps = stepsOf(options.steps ?? '1');
  await using opened = new Sessions();
  for (const runtime of names) {
    opened.sessions.push(await open(path, { runtime, ...startOf(options) }));
  }
  const [first, ...others] = opened.sessions;
  if (first === undefined) return;
  const entry = chooseEntry(first.program, options.entry);
  await shareStates(first, others);
  const rows: Compared[] = [];
  for (let step = 0; step < steps; step++) {
    const inputs = await inputsOf(first.program, entry, options, step);
    rows.push(...(await compareStep(first, others, entry, inputs, step)));
  }
  const [base = '', ...against] = names;
  if (options.json) output.json({ entry: entry.name, base, against, steps, differences: rows });
  else print(entry, base, against, rows, output);
}

/** Closes what was opened, whatever happens. */
class Sessions {
  readonly sessions: Session[] = [];

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.close()));
  }
}

function runtimesOf(text: string): readonly RuntimeName[] {
  const names = text.split(',').map((name) => name.trim());
  const known = names.flatMap((name) => runtimeNames.filter((each) => each === name));
  const all = runtimeNames.join(', ');
  if (known.length !== names.length) {
    throw new UsageError(`--runtimes ${text}: expected some of ${all}, with commas between`);
  }
  if (new Set(known).size === known.length && known.length >= 2) return known;
  throw new UsageError(`--runtimes ${text}: expected two different ones or more of ${all}`);
}

function stepsOf(text: string): number {
  const steps = Number(text);
  if (Number.isInteger(steps) && steps >= 1) return steps;
  throw new UsageError(`--steps ${text}: expected a whole number of 1 or more`);
}

/** All begin with the first one's states: those that a seed gives may differ in their last places. */
async function shareStates(first: Session, others: readonly Session[]): Promise<void> {
  for (const name of first.state.names()) {
    const value: TypedArray = await first.state.read(name);
    for (const other of others) await other.state.write(name, value);
  }
}

/** What is given, and random values for the rest: of equal seeds equal ones, of other steps others. */
async function inputsOf(
  program: ProgramInfo,
  entry: EntryInfo,
  options: CompareOptions,
  step: number,
): Promise<Record<string, NdValue>> {
  const input = (options.input ?? []).filter((text) => !text.endsWith('=random'));
  const inputs = await readInputs(program, entry, { ...options, input });
  const dims = dimsOf(options);
  for (const port of entry.inputs) {
    const shape = randomShape(program, port, dims);
    inputs[port.name] ??= randomValue(port.dtype, shape, seedOf(options) + step);
  }
  return inputs;
}

async function compareStep(
  first: Session,
  others: readonly Session[],
  { name: entry }: EntryInfo,
  inputs: Record<string, NdValue>,
  step: number,
): Promise<Compared[]> {
  const expected = await valuesOf(first, entry, inputs);
  const rows: Compared[] = [];
  for (const other of others) {
    const { runtime } = other.info();
    const found = await valuesOf(other, entry, inputs);
    for (const [output, value] of expected) {
      const against = found.get(output);
      if (against) rows.push({ step, output, runtime, ...difference(value, against) });
    }
  }
  return rows;
}

async function valuesOf(
  session: Session,
  entry: string,
  inputs: Record<string, NdValue>,
): Promise<ReadonlyMap<string, NdValue>> {
  const values = new Map<string, NdValue>();
  for (const [name, tensor] of Object.entries(await session.call(entry, inputs))) {
    values.set(name, await toValue(tensor as Tensor));
  }
  return values;
}

function print(
  entry: EntryInfo,
  base: string,
  against: readonly string[],
  rows: readonly Compared[],
  output: Output,
): void {
  output.line(`${entry.name}: ${against.join(', ')} against ${base}`);
  const head = ['step', 'output', 'runtime', 'ulp', 'relative', 'unequal', 'where'];
  for (const line of table([head, ...rows.map(cellsOf)])) output.line(line);
}

function cellsOf({ step, output, runtime, ulp, relative, unequal, worst }: Compared): string[] {
  const where =
    worst === undefined
      ? 'equal'
      : `[${worst.index.join(', ')}]: ${worst.found}, expected ${worst.expected}`;
  const apart = relative === 0 ? '0' : relative.toExponential(1);
  return [String(step), output, runtime, String(ulp), apart, String(unequal), where];
}

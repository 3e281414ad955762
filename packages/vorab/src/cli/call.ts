import type { EntryInfo, OpenOptions, PortInfo, ProgramInfo, Tensor } from '@vorab/runtime';
import { CliError, UsageError } from './errors.ts';
import type { NdValue } from './npy.ts';
import { randomValue, readValue, splitPair } from './values.ts';

/** What commands that call an entry take. */
export interface CallOptions {
  readonly entry?: string;
  readonly input?: readonly string[];
  readonly dim?: readonly string[];
  readonly seed?: string;
  readonly weights?: string;
}

/** The states that a session begins with. */
export function startOf(options: CallOptions): Pick<OpenOptions, 'seed' | 'weights'> {
  const seed = seedOf(options);
  return options.weights === undefined ? { seed } : { weights: options.weights };
}

export function seedOf({ seed: text }: CallOptions): number {
  const seed = Number(text ?? 0);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new UsageError(`--seed ${text}: expected a whole number of 0 or more`);
}

/** The entry of this name, or the only one. */
export function chooseEntry(program: ProgramInfo, wanted: string | undefined): EntryInfo {
  const entries = program.entries.filter(
    ({ kind, name }) =>
      (kind === 'program' && (name === wanted || !name.includes(':'))) || wanted === 'init',
  );
  const names = entries.map(({ name }) => name).join(', ');
  const found =
    wanted === undefined && entries.length === 1
      ? entries[0]
      : entries.find(({ name }) => name === wanted);
  if (found) return found;
  if (wanted === undefined) throw new UsageError(`--entry is missing; there are: ${names}`);
  throw new CliError('entry-unknown', `there is no entry '${wanted}'; there are: ${names}`);
}

/** Throws for a name that none of the ports has. */
export function checkNames(
  option: string,
  names: readonly string[],
  ports: readonly PortInfo[],
): void {
  const known = ports.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const list = known.join(', ') || 'none';
  throw new CliError('name-unknown', `${option}: there is no '${unknown}'; there are: ${list}`);
}

/** The inputs that are given. */
export async function readInputs(
  program: ProgramInfo,
  entry: EntryInfo,
  options: CallOptions,
): Promise<Record<string, NdValue>> {
  const pairs = (options.input ?? []).map((text) => splitPair('--input', text));
  const dims = dimsOf(options);
  checkNames(
    '--input',
    pairs.map(([name]) => name),
    entry.inputs,
  );
  const inputs: Record<string, NdValue> = {};
  for (const [name, text] of pairs) {
    const port = entry.inputs.find((candidate) => candidate.name === name);
    if (!port) continue;
    inputs[name] =
      text === 'random'
        ? randomValue(port.dtype, randomShape(program, port, dims), Number(options.seed ?? 0))
        : await readValue(text, port.dtype, name);
  }
  return inputs;
}

/** Sizes by the names of dims, as text. */
export function dimsOf(options: CallOptions): ReadonlyMap<string, string> {
  return new Map((options.dim ?? []).map((text) => splitPair('--dim', text)));
}

/** The extents of an input; dims that are not given are as small as they may be. */
export function randomShape(
  program: ProgramInfo,
  port: PortInfo,
  dims: ReadonlyMap<string, string>,
): number[] {
  const extent = (index: number): number => {
    const expr = program.exprs[index];
    switch (expr?.kind) {
      case 'const':
        return expr.value;
      case 'symbol':
        return sizeOf(program, expr.symbol, dims);
      case 'add':
        return extent(expr.lhs) + extent(expr.rhs);
      case 'mul':
        return extent(expr.lhs) * extent(expr.rhs);
      case 'floorDiv':
        return Math.floor(extent(expr.lhs) / extent(expr.rhs));
      default:
        return 0;
    }
  };
  return port.shape.map(extent);
}

function sizeOf(program: ProgramInfo, index: number, dims: ReadonlyMap<string, string>): number {
  const symbol = program.symbols[index];
  const name = symbol?.name ?? '';
  const text = dims.get(name);
  const smallest = Math.max(symbol?.min ?? 0, symbol?.multipleOf ?? 1);
  const size = text === undefined ? smallest : Number(text);
  if (Number.isInteger(size) && size >= 0) return size;
  throw new UsageError(`--dim ${name}=${text}: expected a whole number`);
}

/** A tensor's elements; the tensor is disposed of. */
export async function toValue(tensor: Tensor): Promise<NdValue> {
  using held = tensor;
  return { dtype: held.dtype, shape: held.shape, data: await held.data() };
}

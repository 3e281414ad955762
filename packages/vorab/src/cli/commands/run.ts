import { writeFile } from 'node:fs/promises';
import {
  type EntryInfo,
  type OpenOptions,
  open,
  type PortInfo,
  type ProgramInfo,
  type RuntimeChoice,
  runtimeNames,
  type Session,
  type Tensor,
} from '@vorab/runtime';
import { CliError, UsageError } from '../errors.ts';
import { type NdValue, writeNpy } from '../npy.ts';
import { type Output, toJson } from '../output.ts';
import { randomValue, readValue, splitPair } from '../values.ts';

export interface RunOptions {
  readonly entry?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly dim?: readonly string[];
  readonly runtime?: string;
  readonly seed?: string;
  readonly weights?: string;
  readonly json?: boolean;
}

/** `vorab run`. */
export async function run(path: string, options: RunOptions, output: Output): Promise<void> {
  const files = new Map((options.output ?? []).map((text) => splitPair('--output', text)));
  await using session = await open(path, openOptions(options));
  const entry = chooseEntry(session.program, options.entry);
  checkNames('--output', [...files.keys()], entry.outputs);
  const inputs = await readInputs(session.program, entry, options);
  const start = performance.now();
  const results = await session.call(entry.name, inputs);
  const values = new Map<string, NdValue>();
  for (const [name, tensor] of Object.entries(results)) {
    values.set(name, await toValue(tensor as Tensor));
  }
  const ms = performance.now() - start;
  for (const [name, file] of files) {
    const value = values.get(name);
    if (value) await writeFile(file, encode(file, value));
  }
  print(session, entry, values, ms, options, output);
}

function openOptions(options: RunOptions): OpenOptions {
  const seed = Number(options.seed ?? 0);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new UsageError(`--seed ${options.seed}: expected a whole number of 0 or more`);
  }
  const choices: readonly string[] = ['auto', ...runtimeNames, 'blas+mlx'];
  const runtime = options.runtime ?? 'auto';
  if (!choices.includes(runtime)) {
    throw new UsageError(`--runtime ${runtime}: expected one of ${choices.join(', ')}`);
  }
  return {
    runtime: runtime as RuntimeChoice,
    ...(options.weights === undefined ? { seed } : { weights: options.weights }),
  };
}

function chooseEntry(program: ProgramInfo, wanted: string | undefined): EntryInfo {
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

function checkNames(option: string, names: readonly string[], ports: readonly PortInfo[]): void {
  const known = ports.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const list = known.join(', ') || 'none';
  throw new CliError('name-unknown', `${option}: there is no '${unknown}'; there are: ${list}`);
}

async function readInputs(
  program: ProgramInfo,
  entry: EntryInfo,
  options: RunOptions,
): Promise<Record<string, NdValue>> {
  const pairs = (options.input ?? []).map((text) => splitPair('--input', text));
  const dims = new Map((options.dim ?? []).map((text) => splitPair('--dim', text)));
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

function randomShape(
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

async function toValue(tensor: Tensor): Promise<NdValue> {
  using held = tensor;
  return { dtype: held.dtype, shape: held.shape, data: await held.data() };
}

const encode = (file: string, value: NdValue): string | Uint8Array =>
  file.endsWith('.json') ? `${toJson(nested(value))}\n` : writeNpy(value);

/** Arrays in arrays, numbers as they are stored. */
function nested({ shape, data }: NdValue): unknown {
  let at = 0;
  const nest = (axis: number): unknown => {
    const extent = shape[axis];
    return extent === undefined ? data[at++] : Array.from({ length: extent }, () => nest(axis + 1));
  };
  return nest(0);
}

function print(
  session: Session,
  entry: EntryInfo,
  values: ReadonlyMap<string, NdValue>,
  ms: number,
  options: RunOptions,
  output: Output,
): void {
  const { runtime } = session.info();
  if (options.json) {
    const outputs = [...values].map(([name, value]) => {
      return [name, { dtype: value.dtype, shape: value.shape, data: nested(value) }];
    });
    output.json({ entry: entry.name, runtime, ms, outputs: Object.fromEntries(outputs) });
    return;
  }
  output.line(`${entry.name} on ${runtime}, ${ms.toFixed(2)} ms`);
  for (const [name, value] of values) {
    output.line(`${name}: ${value.dtype}[${value.shape.join(', ')}] ${preview(value)}`);
  }
}

const shownElements = 12;

function preview({ data }: NdValue): string {
  const shown = Array.from(data.subarray(0, shownElements) as ArrayLike<number | bigint>, (x) =>
    typeof x === 'bigint' || Number.isInteger(x) ? String(x) : x.toPrecision(6),
  );
  return `${shown.join(' ')}${data.length > shownElements ? ` … (${data.length})` : ''}`;
}

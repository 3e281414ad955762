import { writeFile } from 'node:fs/promises';
import {
  type EntryInfo,
  type Ledger,
  type OpenOptions,
  open,
  type RuntimeChoice,
  runtimeNames,
  type Session,
  type Tensor,
} from '@vorab/runtime';
import {
  type CallOptions,
  checkNames,
  chooseEntry,
  readInputs,
  startOf,
  toValue,
} from '../call.ts';
import { UsageError } from '../errors.ts';
import { type NdValue, writeNpy } from '../npy.ts';
import { type Output, toJson } from '../output.ts';
import { splitPair } from '../values.ts';

export interface RunOptions extends CallOptions {
  readonly output?: readonly string[];
  readonly runtime?: string;
  readonly allowFallback?: readonly string[];
  readonly require?: readonly string[];
  readonly ledger?: boolean;
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
  const ledger = options.ledger === true ? await session.expect({}) : undefined;
  for (const [name, file] of files) {
    const value = values.get(name);
    if (value) await writeFile(file, encode(file, value));
  }
  print({ session, entry, values, ms, ledger }, options, output);
}

function openOptions(options: RunOptions): OpenOptions {
  const choices: readonly string[] = ['auto', ...runtimeNames, 'blas+mlx'];
  const runtime = options.runtime ?? 'auto';
  if (!choices.includes(runtime)) {
    throw new UsageError(`--runtime ${runtime}: expected one of ${choices.join(', ')}`);
  }
  return {
    runtime: runtime as RuntimeChoice,
    allowFallback: options.allowFallback ?? [],
    requires: options.require ?? [],
    ...startOf(options),
  };
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

interface Finished {
  readonly session: Session;
  readonly entry: EntryInfo;
  readonly values: ReadonlyMap<string, NdValue>;
  readonly ms: number;
  readonly ledger: Ledger | undefined;
}

function print(finished: Finished, options: RunOptions, output: Output): void {
  const { session, entry, values, ms, ledger } = finished;
  const { runtime } = session.info();
  if (options.json) {
    const outputs = [...values].map(([name, value]) => {
      return [name, { dtype: value.dtype, shape: value.shape, data: nested(value) }];
    });
    const found = ledger && { ledger: { rows: ledger.rows, totals: ledger.totals } };
    output.json({ entry: entry.name, runtime, ms, outputs: Object.fromEntries(outputs), ...found });
    return;
  }
  output.line(`${entry.name} on ${runtime}, ${ms.toFixed(2)} ms`);
  for (const [name, value] of values) {
    output.line(`${name}: ${value.dtype}[${value.shape.join(', ')}] ${preview(value)}`);
  }
  if (ledger) output.line(`ledger:\n${String(ledger).replace(/^/gm, '  ')}`);
}

const shownElements = 12;

function preview({ data }: NdValue): string {
  const shown = Array.from(data.subarray(0, shownElements) as ArrayLike<number | bigint>, (x) =>
    typeof x === 'bigint' || Number.isInteger(x) ? String(x) : x.toPrecision(6),
  );
  return `${shown.join(' ')}${data.length > shownElements ? ` … (${data.length})` : ''}`;
}

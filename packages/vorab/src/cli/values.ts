import { readFile } from 'node:fs/promises';
import type { DType, TypedArray } from '@vorab/runtime';
import { encodeFloat } from '@vorab/runtime';
import { CliError, UsageError } from './errors.ts';
import { type NdValue, readNpy } from './npy.ts';

/** `name=value` of an option. */
export function splitPair(option: string, text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new UsageError(`${option} ${text}: expected name=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}

type ArrayMaker = (length: number) => TypedArray;

const makers: { readonly [D in DType]: ArrayMaker } = {
  bool: (n) => new Uint8Array(n),
  u8: (n) => new Uint8Array(n),
  i8: (n) => new Int8Array(n),
  u32: (n) => new Uint32Array(n),
  i32: (n) => new Int32Array(n),
  i64: (n) => new BigInt64Array(n),
  f16: (n) => new Uint16Array(n),
  bf16: (n) => new Uint16Array(n),
  f32: (n) => new Float32Array(n),
  f64: (n) => new Float64Array(n),
};

/** Reads `file.npy`, `file.json`, or a number. */
export async function readValue(text: string, dtype: DType, name: string): Promise<NdValue> {
  if (text.endsWith('.npy')) return readNpy(await readFile(text), text, dtype);
  if (text.endsWith('.json')) return fromJson(await readJson(text), dtype, text);
  if (text !== '' && Number.isFinite(Number(text))) return fromJson(Number(text), dtype, name);
  const found = `--input ${name}=${text}`;
  throw new UsageError(`${found}: expected a .npy or .json file, a number, or random`);
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError('json', `${path}: ${(cause as Error).message}`, undefined, { cause });
  }
}

/** Nested arrays of numbers or booleans, as an array of `dtype`. */
export function fromJson(value: unknown, dtype: DType, name: string): NdValue {
  const shape: number[] = [];
  for (let at = value; Array.isArray(at); at = at[0]) shape.push(at.length);
  const flat: (number | boolean)[] = [];
  collect(value, shape, 0, flat, name);
  const data = makers[dtype](flat.length);
  for (const [i, x] of flat.entries()) data[i] = element(dtype, x);
  return { dtype, shape, data };
}

function element(dtype: DType, x: number | boolean): number | bigint {
  if (dtype === 'i64') return BigInt(x);
  return dtype === 'f16' || dtype === 'bf16' ? encodeFloat(dtype, Number(x)) : Number(x);
}

function collect(
  value: unknown,
  shape: readonly number[],
  axis: number,
  into: (number | boolean)[],
  name: string,
): void {
  const extent = shape[axis];
  if (Array.isArray(value) && value.length === extent) {
    for (const part of value) collect(part, shape, axis + 1, into, name);
  } else if (extent === undefined && (typeof value === 'number' || typeof value === 'boolean')) {
    into.push(value);
  } else {
    const found = Array.isArray(value) ? `${value.length} elements` : JSON.stringify(value);
    const expected = extent === undefined ? 'a number' : `${extent} elements`;
    throw new CliError('json', `${name}: ${found} at depth ${axis}, expected ${expected}`);
  }
}

/** Equal seeds give equal values: normal for floats, 0 to 9 for integers. */
export function randomValue(dtype: DType, shape: readonly number[], seed: number): NdValue {
  const next = xorshift(seed);
  const data = makers[dtype](shape.reduce((a, b) => a * b, 1));
  const integer = (): number => Math.floor(next() * 10);
  for (let i = 0; i < data.length; i++) {
    if (dtype === 'bool') data[i] = next() < 0.5 ? 0 : 1;
    else data[i] = element(dtype, isFloat(dtype) ? normal(next) : integer());
  }
  return { dtype, shape, data };
}

const isFloat = (dtype: DType): boolean => /^b?f/.test(dtype);

// Box–Muller.
const normal = (next: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/** Marsaglia's xorshift32, to [0, 1). */
function xorshift(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

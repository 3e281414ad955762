/** One model in each float dtype, all the way: constants, parameters, state, training, inputs, outputs, weights files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { compilePrograms } from '@vorab/compiler';
import type { DType, Program, Tensor } from '@vorab/graph';
import {
  constant,
  dim,
  i32,
  init,
  losses,
  optim,
  parameter,
  program,
  readNumber,
  state,
  toNdArray,
  trainStep,
  update,
} from '@vorab/graph';
import type {
  Tensor as DeviceTensor,
  Float16ArrayLike,
  RuntimeName,
  Session,
} from '@vorab/runtime';
import { decodeFloats, encodeFloats, open } from '@vorab/runtime';
import { afterAll, describe, expect, test } from 'vitest';

const floats = ['f16', 'bf16', 'f32', 'f64'] as const;
type Float = (typeof floats)[number];
const runtimes: readonly RuntimeName[] = ['reference', 'blas', 'mlx'];

const N = dim('N', { max: 32 });
const features = 4;
// Large enough for a segment of its own, of every width.
const rows = 2 ** 13;

const folder = mkdtempSync(join(tmpdir(), 'vorab-dtypes-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Model {
  readonly bytes: Uint8Array;
  readonly table: readonly number[];
}

/** Least squares on features that a constant table holds, with a state that counts in the dtype itself. */
function modelIn(dtype: Float): Model {
  const type = (...shape: Tensor['shape']) => ({ dtype, shape });
  const data = Array.from({ length: rows * features }, (_, i) => ((i * 37) % 64) / 32 - 1);
  const table = { ...toNdArray(data, dtype), shape: [rows, features] };
  const w = parameter(type(features, 1), init.zeros, { name: 'w' });
  const b = parameter(type(1), 0.5, { name: 'b' });
  const seen = state(type(), 0, { name: 'seen' });
  const predict = (row: Tensor): Tensor =>
    constant(table).gather(row).matmul(w).add(b).reshape([N]);
  const programs: Readonly<Record<string, Program>> = {
    predict: program({ row: i32(N), shift: type() }, ({ row, shift }) => ({
      y: predict(row as Tensor).add(shift as Tensor),
      x: constant(table).gather(row as Tensor),
    })) as Program,
    fit: trainStep({
      inputs: { row: i32(N), y: type(N) },
      loss: ({ row, y }) => losses.mse(predict(row), y),
      optimizer: optim.sgd({ learningRate: 0.1, momentum: 0.9 }),
    }) as Program,
    see: program({ x: type(N) }, ({ x }) => {
      update(seen, seen.add((x as Tensor).sum()));
      return { doubled: (x as Tensor).mul(2) };
    }) as Program,
  };
  const location = { file: 'dtypes.ts', line: 1, column: 1 };
  const named = Object.entries(programs).map(([name, p]) => ({ name, program: p, location }));
  const { bytes } = compilePrograms(named, {
    targets: ['blas', 'mlx'],
    relativePath: (file) => basename(file),
  });
  return { bytes, table: Array.from(data, (_, i) => readNumber(table, i)) };
}

const arrayOf = (dtype: Float, values: readonly number[]) => toNdArray(values, dtype).data as never;
const numbers = (dtype: DType, data: ArrayLike<number | bigint>): number[] =>
  dtype === 'f16' || dtype === 'bf16'
    ? Array.from(decodeFloats(dtype, data as ArrayLike<number>))
    : Array.from(data, Number);

const eps: Readonly<Record<Float, number>> = {
  f16: 2 ** -10,
  bf16: 2 ** -7,
  f32: 2 ** -20,
  f64: 2 ** -45,
};
const models = new Map<Float, Model>();
const modelOf = (dtype: Float): Model => {
  const known = models.get(dtype) ?? modelIn(dtype);
  models.set(dtype, known);
  return known;
};

const truth = [0.5, -1, 0.25, 2];
const target = (table: readonly number[], row: number): number =>
  truth.reduce((sum, t, i) => sum + t * (table[row * features + i] ?? 0), 0.125);

// The language's own where there is one; else one that says it is, over the same bits.
class StandIn extends Uint16Array {
  override get [Symbol.toStringTag](): 'Uint16Array' {
    return 'Float16Array' as 'Uint16Array';
  }
}

/** A Float16Array that does not lie at the start of its buffer. */
function float16(values: readonly number[]): Float16ArrayLike {
  const own = (globalThis as { Float16Array?: typeof Uint16Array }).Float16Array ?? StandIn;
  const buffer = new ArrayBuffer(2 * values.length + 4);
  new Uint16Array(buffer, 4).set(encodeFloats('f16', values));
  return new own(buffer, 4, values.length) as unknown as Float16ArrayLike;
}

type Tensors = Readonly<Record<string, DeviceTensor>>;

const call = async (session: Session, entry: string, inputs: object): Promise<Tensors> =>
  (await session.call(entry, { ...inputs })) as Tensors;

async function learn(session: Session, dtype: Float, table: readonly number[]): Promise<number> {
  let loss = Number.NaN;
  for (let step = 0; step < 60; step++) {
    const row = Int32Array.from({ length: 32 }, (_, i) => (step * 32 + i * 7) % rows);
    const y = arrayOf(
      dtype,
      Array.from(row, (r) => target(table, r)),
    );
    const { loss: result } = await call(session, 'fit', { row, y });
    loss = (await result?.item()) as number;
  }
  return loss;
}

describe.each(runtimes)('%s', (runtime) => {
  test.each(floats)('%s: learns, and gives in its dtype what it was given', async (dtype) => {
    const { bytes, table } = modelOf(dtype);
    await using session = await open(bytes, { runtime, seed: 0 });
    expect(await learn(session, dtype, table)).toBeLessThan(0.02);
    const row = Int32Array.of(0, 5, rows - 1);
    const { x, y } = await call(session, 'predict', { row, shift: 1 });
    const wanted = Array.from(row).flatMap((r) => table.slice(r * features, (r + 1) * features));
    expect(x?.dtype).toBe(dtype);
    expect(numbers(dtype, (await x?.data()) ?? [])).toEqual(wanted);
    for (const [i, value] of numbers(dtype, (await y?.data()) ?? []).entries())
      expect(Math.abs(value - 1 - target(table, row[i] ?? 0))).toBeLessThan(0.3);
    expect(session.state.info('w').dtype).toBe(dtype);
  });

  test.each(floats)('%s: fills arrays, keeps state, saves and loads', async (dtype) => {
    const { bytes, table } = modelOf(dtype);
    const file = join(folder, `${runtime}-${dtype}.safetensors`);
    const x = arrayOf(dtype, [1, 0.5, -0.25]);
    const doubled = arrayOf(dtype, [0, 0, 0]);
    await using first = await open(bytes, { runtime, seed: 0 });
    await first.call('see', { x }, { out: { doubled } });
    expect(numbers(dtype, doubled)).toEqual([2, 1, -0.5]);
    first.callSync('see', { x }, { out: { doubled: null } });
    await learn(first, dtype, table);
    await first.save(file);
    await using second = await open(bytes, { runtime, weights: file });
    for (const name of first.state.names())
      expect(await second.state.read(name)).toEqual(await first.state.read(name));
    expect(numbers(dtype, (await second.state.read('seen')) as never)).toEqual([2.5]);
    await second.state.write('seen', 0.75);
    expect(numbers(dtype, (await second.state.read('seen')) as never)).toEqual([0.75]);
  });

  test('f16: takes and fills a Float16Array', async () => {
    await using session = await open(modelOf('f16').bytes, { runtime, seed: 0 });
    const x = float16([1, 0.5, -0.25]);
    const [doubled, sync] = [float16([0, 0, 0]), float16([0, 0, 0])];
    const results = await session.call('see', { x }, { out: { doubled } });
    session.callSync('see', { x: { data: x, shape: [3] } }, { out: { doubled: sync } });
    expect(results['doubled']).toBe(doubled);
    for (const array of [doubled, sync]) {
      const bits = new Uint16Array(array.buffer as ArrayBuffer, array.byteOffset, 3);
      expect(numbers('f16', bits)).toEqual([2, 1, -0.5]);
    }
    await session.state.write('seen', float16([3]) as never);
    expect(numbers('f16', (await session.state.read('seen')) as never)).toEqual([3]);
    const bf16 = await open(modelOf('bf16').bytes, { runtime, seed: 0 });
    const wrong = bf16.call('see', { x });
    await expect(wrong).rejects.toThrow(/input x is a Float16Array, expected bf16\[N\]/);
    await bf16.close();
  });

  test.each(floats)('%s: equals the reference after training', async (dtype) => {
    const { bytes, table } = modelOf(dtype);
    const trained = async (on: RuntimeName): Promise<number[]> => {
      await using session = await open(bytes, { runtime: on, seed: 0 });
      await learn(session, dtype, table);
      return numbers(dtype, (await session.state.read('w')) as never);
    };
    const [got, want] = [await trained(runtime), await trained('reference')];
    for (const [i, value] of got.entries())
      expect(Math.abs(value - (want[i] ?? Number.NaN))).toBeLessThanOrEqual(16 * eps[dtype]);
  });
});

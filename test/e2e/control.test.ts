/** Control flow as users meet it: a recurrent net that trains, loops and choices that data decide, aborts. */
import { join } from 'node:path';
import type { InputValue, RuntimeName, Tensor } from '@vorab/runtime';
import { AbortError, open } from '@vorab/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomOf } from '../helpers/arrays.ts';
import { numbersOf } from '../support/calls.ts';
import { compileModel, scratch, vorab } from '../support/cli.ts';

const model = `
import {
  add, cond, dim, f32, fn, full, i32, init, optim, parameter, program, scan, state, trainStep, type Tensor, update,
  whileLoop,
} from 'vorab';
const T = dim('T', { min: 0, max: 32 });
const B = dim('B', { max: 16 });
const hidden = 8;
const wx = parameter(f32(1, hidden), init.normal(0.4));
const wh = parameter(f32(hidden, hidden), init.normal(0.2));
const wo = parameter(f32(hidden, 1), init.normal(0.4));

const net = fn('net', (xs: Tensor) => {
  const first = xs.sum(0).mul(0).matmul(full(0, [1, hidden]));
  const [last, all] = scan(
    (h: Tensor, x: Tensor) => {
      const next = h.matmul(wh).add(x.matmul(wx)).tanh();
      return [next, next.matmul(wo)];
    },
    first,
    xs,
  );
  return { y: last.matmul(wo), all };
});

/** A prediction after each element of a sequence. */
export const predict = program({ xs: f32(T, B, 1) }, ({ xs }) => net(xs));
export const fit = trainStep({
  inputs: { xs: f32(T, B, 1), y: f32(B, 1) },
  loss: ({ xs, y }) => {
    const off = net(xs).y.sub(y);
    return off.mul(off).mean();
  },
  optimizer: optim.adam({ learningRate: 0.02 }),
});

/** Newton's method for the square root, and how many steps it took. */
export const root = program({ a: f32() }, ({ a }) => {
  const [x, steps] = whileLoop(
    ([x]) => x.mul(x).sub(a).abs().greater(a.mul(1e-5)),
    ([x, n]) => [x.add(a.div(x)).mul(0.5), n.add(1)] as [Tensor, Tensor],
    [a, full(0, [], 'i32')] as [Tensor, Tensor],
  );
  return { x, steps };
});

/** Loops within loops, whose graph of all steps is deeper than a compiler may recurse. */
export const deep = program({ x: f32(8) }, ({ x }) => {
  const often = (step: (x: Tensor) => Tensor) => (x: Tensor): Tensor =>
    scan((y: Tensor) => [step(y), null] as const, x, null, { length: 60 })[0];
  const step = (x: Tensor): Tensor => {
    let y = x;
    for (let i = 0; i < 8; i++) y = y.mul(1.01).tanh();
    return y;
  };
  return { y: often(often(step))(x) };
});

const calls = state(i32(), 0);
/** Counts for as long as it is let. */
export const forever = program({ limit: f32() }, ({ limit }) => {
  update(calls, add(calls, 1));
  return { x: whileLoop((x) => x.less(limit), (x) => x.add(1).mul(0.5), full(0, [])) };
});
export const counted = program({}, () => ({ calls: add(calls, 0) }));

/** The largest of a sequence that is positive, or what is next to it. */
export const choose = program({ xs: f32(T), other: f32() }, ({ xs, other }) => ({
  y: cond(xs.max().greater(0), () => xs.max().sqrt(), () => other.mul(2)),
}));
`;

let artifact: string;
beforeAll(async () => {
  const folder = scratch({ 'model.ts': model });
  artifact = await compileModel(join(folder, 'model.ts'));
}, 60_000);

const runtimes: readonly RuntimeName[] = ['reference', 'blas', 'mlx'];

/** Sequences, and the sum of each where later elements count more. */
function batch(length: number, count: number): { xs: InputValue; y: InputValue } {
  const random = randomOf(`${length} ${count}`);
  const xs = Float32Array.from({ length: length * count }, () => random() * 2 - 1);
  const y = Float32Array.from({ length: count }, (_, b) =>
    Array.from({ length }).reduce(
      (sum: number, _, t) => 0.6 * sum + 0.3 * (xs[t * count + b] as number),
      0,
    ),
  );
  return { xs: { data: xs, shape: [length, count, 1] }, y: { data: y, shape: [count, 1] } };
}

const losses = new Map<RuntimeName, number[]>();

describe.each(runtimes)('on %s', (runtime) => {
  it('a recurrent net learns, at any length of its sequences', async () => {
    await using session = await open(artifact, { runtime, seed: 3 });
    const found: number[] = [];
    for (let step = 0; step < 60; step++) {
      const { loss = [] } = await numbersOf(session, 'fit', batch(4 + (step % 3), 8));
      found.push(loss[0] as number);
    }
    losses.set(runtime, found);
    const mean = (from: number, to: number): number =>
      found.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
    expect(mean(50, 60)).toBeLessThan(mean(0, 10) / 5);
    const { all = [], y = [] } = await numbersOf(session, 'predict', { xs: batch(5, 3).xs });
    expect(all).toHaveLength(15);
    for (const [b, last] of all.slice(12).entries()) expect(last).toBeCloseTo(y[b] as number, 5);
    const none = await numbersOf(session, 'predict', { xs: batch(0, 3).xs });
    expect(none).toEqual({ all: [], y: [0, 0, 0] });
  }, 60_000);

  it('a loop runs for as long as data say', async () => {
    await using session = await open(artifact, { runtime, seed: 0 });
    const { x = [], steps = [] } = await numbersOf(session, 'root', { a: 2 });
    expect(x[0]).toBeCloseTo(Math.SQRT2, 4);
    expect(steps[0]).toBe(3);
    expect((await numbersOf(session, 'root', { a: 1 }))['steps']).toEqual([0]);
  });

  it('one branch is taken', async () => {
    await using session = await open(artifact, { runtime, seed: 0 });
    const chosen = async (xs: readonly number[]): Promise<unknown> =>
      (await numbersOf(session, 'choose', { xs: Float32Array.from(xs), other: 21 }))['y'];
    expect(await chosen([1, 4, -9])).toEqual([2]);
    expect(await chosen([-1])).toEqual([42]);
  });

  it('a loop without end is aborted, and has changed no state', async () => {
    await using session = await open(artifact, { runtime, seed: 0 });
    const controller = new AbortController();
    const call = session.call('forever', { limit: 2 }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 30);
    await expect(call).rejects.toBeInstanceOf(AbortError);
    const { calls } = await session.call('counted', {});
    expect(await (calls as Tensor).item()).toBe(0);
  });
});

it('loops within loops are as deep on mlx as they say', async () => {
  const x = Float32Array.from({ length: 8 }, (_, i) => i / 4 - 1);
  const found: number[][] = [];
  for (const runtime of ['blas', 'mlx'] as const) {
    await using session = await open(artifact, { runtime, seed: 3 });
    found.push((await numbersOf(session, 'deep', { x }))['y'] ?? []);
  }
  for (const [i, y] of found[0]?.entries() ?? []) expect(found[1]?.[i]).toBeCloseTo(y, 5);
});

it('a loop in steady state allocates nothing on blas', async () => {
  await using session = await open(artifact, { runtime: 'blas', seed: 3 });
  const given = batch(6, 8);
  for (let i = 0; i < 3; i++) await numbersOf(session, 'fit', given);
  const before = (await session.stats()).allocations;
  for (let i = 0; i < 10; i++) await numbersOf(session, 'fit', given);
  expect((await session.stats()).allocations).toBe(before);
});

it('learns alike on all runtimes', () => {
  const [reference = [], ...others] = runtimes.map((runtime) => losses.get(runtime) ?? []);
  for (const other of others)
    for (const [i, loss] of reference.entries()) expect(other[i]).toBeCloseTo(loss, 4);
});

it('explain shows the steps of a body under its scan', async () => {
  const { stdout } = await vorab(['explain', artifact, '--entry', 'predict', '--plan', 'blas']);
  expect(stdout).toMatch(/ blas {2}scan {2}model\.ts:\d+:\d+\n/);
  expect(stdout).toMatch(
    /runs 'scan body', over .*:\n {9,}0 {2}blas {2}.*matmul.*model\.ts:\d+:\d+/,
  );
});

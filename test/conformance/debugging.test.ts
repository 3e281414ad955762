/** Taps, and checks of values and indices, on every runtime: docs/debugging.md. */
import { basename } from 'node:path';
import type { RuntimeChecks } from '@vorab/compiler';
import { compilePrograms } from '@vorab/compiler';
import type { Program, Tensor } from '@vorab/graph';
import * as g from '@vorab/graph';
import type { Tensor as DeviceTensor, RuntimeName, Session, VorabError } from '@vorab/runtime';
import { open } from '@vorab/runtime';
import { describe, expect, test } from 'vitest';

const runtimes: readonly RuntimeName[] = ['reference', 'blas', 'mlx'];
const location = { file: 'debugging.ts', line: 1, column: 1 };

type Programs = Readonly<Record<string, unknown>>;

function compiled(programs: Programs, checks: RuntimeChecks = {}): Uint8Array {
  const named = Object.entries(programs).map(([name, p]) => ({
    name,
    program: p as Program,
    location,
  }));
  const relativePath = (file: string): string => basename(file);
  return compilePrograms(named, { targets: ['blas', 'mlx'], checks, relativePath }).bytes;
}

async function failure(session: Session, entry: string, inputs: object): Promise<VorabError> {
  try {
    await session.call(entry, { ...inputs });
  } catch (error) {
    return error as VorabError;
  }
  throw new Error(`${entry} did not fail`);
}

const N = g.dim('N', { max: 16 });

// ------------------------------------------------------------------------------------------------ taps

function tapped(): Uint8Array {
  const w = g.parameter(g.f32(3, 2), 0.5, { name: 'w' });
  const scale = g.parameter(g.f32(3), 1, { name: 'scale' });
  const model = (x: Tensor): Tensor =>
    g.tap(
      'out',
      g
        .tap('scaled', g.tap('hidden', x.mul(2)).mul(scale))
        .tanh()
        .matmul(w),
    );
  return compiled({
    apply: g.program({ x: g.f32(N, 3) }, ({ x }) => ({ y: model(x).sum(), n: g.sizeOf(N) })),
    fit: g.trainStep({
      inputs: { x: g.f32(N, 3) },
      loss: ({ x }) => model(x).mean(),
      optimizer: g.optim.sgd({ learningRate: 1 }),
    }),
    plain: g.program({ x: g.f32(N, 3) }, ({ x }) => ({ y: x.sum() })),
    twice: g.program({ x: g.f32(N, 3) }, ({ x }) => ({
      y: g.tap('h', g.tap('h', x).mul(3)).sum(),
    })),
  });
}

const data = async (t: unknown): Promise<number[]> =>
  Array.from((await (t as DeviceTensor).data()) as Float32Array);

describe.each(runtimes)('taps on %s', (runtime) => {
  const bytes = tapped();
  const x = Float32Array.of(0, 0.5, 1, -1, 0.25, 2);
  const doubled = Array.from(x, (v) => 2 * v);

  test('are handed out when asked for, and not otherwise', async () => {
    await using session = await open(bytes, { runtime, seed: 0 });
    const plain = await session.call('apply', { x });
    expect(Object.keys(plain)).toEqual(['y', 'n']);
    const asked = await session.call('apply', { x }, { taps: ['hidden'] });
    const taps = asked['taps'] as unknown as Readonly<Record<string, DeviceTensor>>;
    expect(Object.keys(asked)).toEqual(['y', 'n', 'taps']);
    expect(Object.keys(taps)).toEqual(['hidden']);
    expect(taps['hidden']?.shape).toEqual([2, 3]);
    expect(await data(taps['hidden'])).toEqual(doubled);
    const out = { y: new Float32Array(1), n: null };
    const all = session.callSync('apply', { x }, { out, taps: true });
    expect(Object.keys(all['taps'] as object)).toEqual(['hidden', 'scaled', 'out']);
    expect(all['y']).toBe(out.y);
    expect(out.y[0]).toBeCloseTo((await data(plain['y']))[0] ?? 0, 5);
    expect('n' in all).toBe(false);
  });

  test('give cotangents, and the step is a step', async () => {
    await using session = await open(bytes, { runtime, seed: 0 });
    const step = session['fit'] as (...args: unknown[]) => Promise<Record<string, unknown>>;
    const { taps } = await step({ x }, { taps: ['out.grad', 'scaled.grad', 'hidden'] });
    const named = taps as Readonly<Record<string, DeviceTensor>>;
    expect(await data(named['out.grad'])).toEqual([0.25, 0.25, 0.25, 0.25]);
    const slopes = doubled.map((h) => 0.25 * (1 - Math.tanh(h) ** 2));
    for (const [i, v] of (await data(named['scaled.grad'])).entries())
      expect(v).toBeCloseTo(slopes[i] ?? 0, 5);
    expect(await session.state.read('step')).toEqual(Int32Array.of(1));
    await session.call('fit', { x });
    expect(await session.state.read('step')).toEqual(Int32Array.of(2));
  });

  test('of one name are numbered; unknown ones are refused', async () => {
    await using session = await open(bytes, { runtime, seed: 0 });
    const { taps } = (await session.call('twice', { x }, { taps: true })) as unknown as {
      taps: Record<string, DeviceTensor>;
    };
    expect(await data(taps['h'])).toEqual(Array.from(x));
    expect(await data(taps['h.2'])).toEqual(Array.from(x, (v) => 3 * v));
    await expect(session.call('apply', { x }, { taps: ['hiden'] })).rejects.toThrow(
      /apply: there is no tap hiden; there are: hidden, scaled, out\n {2}fix: did you mean hidden\?/,
    );
    await expect(session.call('plain', { x }, { taps: true })).rejects.toMatchObject({
      code: 'tap-unknown',
    });
    await expect(session.call('none', { x })).rejects.toThrow(
      /there are: apply, fit, plain, twice, init/,
    );
    expect(session.info().entries).toEqual(['apply', 'fit', 'plain', 'twice']);
  });
});

test('a tap costs nothing where nobody asks', () => {
  const steps = (use: (x: Tensor) => Tensor): number => {
    const entry = g.program({ x: g.f32(N, 3) }, ({ x }) => ({ y: use(x.exp()).mul(2).sum() }));
    const options = { targets: ['blas'], relativePath: basename };
    const { program } = compilePrograms(
      [{ name: 'e', program: entry as Program, location }],
      options,
    );
    return program.plans[0]?.entries[0]?.regions[0]?.steps.length ?? 0;
  };
  expect(steps((x) => g.tap('h', x))).toBe(steps((x) => x));
});

test('a tap without one value, or without use, is refused at its line', () => {
  const body = g.program({ x: g.f32(4) }, ({ x }) => ({
    y: g.scan((c: Tensor, v: Tensor) => [c.add(g.tap('c', v)), c], g.zeros([]), x)[0] as Tensor,
  }));
  expect(() => body.trace()).toThrow(/debugging\.test\.ts:\d+:\d+: tap\('c'\) inside scan/);
  const unused = g.program({ x: g.f32(4) }, ({ x }) => {
    g.tap('h', x.exp());
    return { y: x };
  });
  expect(() => unused.trace()).toThrow(/tap 'h'.*nothing uses what it returns/);
});

// ------------------------------------------------------------------------------------------------ checks

describe.each(runtimes)('checkFinite on %s', (runtime) => {
  test('of one tensor: value, name, place and line; no state changes', async () => {
    const count = g.state(g.i32(), 0, { name: 'count' });
    const bytes = compiled({
      logs: g.program({ x: g.f32(N, 2) }, ({ x }) => {
        g.update(count, count.add(1));
        return { y: g.checkFinite(x.log(), 'the logarithms').mul(2) };
      }),
    });
    await using session = await open(bytes, { runtime, seed: 0 });
    await session.call('logs', { x: Float32Array.of(1, 2) });
    const error = await failure(session, 'logs', { x: Float32Array.of(1, 2, 3, 4, 5, 0) });
    expect(error.message).toMatch(/logs: checkFinite at \[2, 1\]: -Infinity in the logarithms/);
    expect(error).toMatchObject({ code: 'failed', op: 'checkFinite', index: [2, 1] });
    expect((await failure(session, 'logs', { x: Float32Array.of(1, -1) })).message).toMatch(
      /NaN in/,
    );
    expect(await session.state.read('count')).toEqual(Int32Array.of(1));
  });

  test.each(['f16', 'bf16', 'f32', 'f64'] as const)(
    'every infinity and NaN of %s',
    async (dtype) => {
      const bytes = compiled({
        both: g.program({ x: { dtype, shape: [N] } }, ({ x }) => ({
          y: g.checkFinite(x as Tensor),
        })),
        nan: g.program({ x: { dtype, shape: [N] } }, ({ x }) => ({
          y: g.checkFinite(x as Tensor, undefined, { infinities: false }),
        })),
      });
      await using session = await open(bytes, { runtime });
      const array = (values: readonly number[]) => g.toNdArray(values, dtype).data;
      const largest = { f16: 65504, bf16: 3.3e38, f32: 3.4e38, f64: 1.7e308 }[dtype];
      await session.call('both', { x: array([0, -0, largest, -largest, 1e-8]) });
      for (const bad of [Infinity, -Infinity, NaN]) {
        const error = await failure(session, 'both', { x: array([0, bad, bad]) });
        expect(error.message).toContain(`at [1]: ${bad}`);
        if (!Number.isNaN(bad)) await session.call('nan', { x: array([0, bad]) });
      }
      expect((await failure(session, 'nan', { x: array([Infinity, NaN]) })).index).toEqual([1]);
    },
  );

  test('of a whole program: the op that made it, forward, backward, and inputs', async () => {
    const w = g.parameter(g.f32(2), 1, { name: 'w' });
    const programs = {
      forward: g.program({ x: g.f32(N, 2) }, ({ x }) => {
        const safe = x.exp();
        const wrong = safe.div(x.abs());
        return { y: wrong.add(1).sum() };
      }),
      fit: g.trainStep({
        inputs: { x: g.f32(2) },
        loss: ({ x }) => x.mul(w).sqrt().sum(),
        optimizer: g.optim.sgd({ learningRate: 1 }),
      }),
      masked: g.program({ x: g.f32(N, 2) }, ({ x }) => ({
        y: g.where(x.greater(0), x, Number.NEGATIVE_INFINITY).add(1).softmax(0),
      })),
    };
    const bytes = compiled(programs, { finite: true });
    await using session = await open(bytes, { runtime, seed: 0 });
    await session.call('forward', { x: Float32Array.of(1, 2) });
    const forward = await failure(session, 'forward', { x: Float32Array.of(1, 2, 3, 0) });
    expect(forward.message).toMatch(
      /debugging\.test\.ts:\d+:\d+: forward: checkFinite at \[1, 1\]: Infinity first appears in div/,
    );
    const given = await failure(session, 'forward', { x: Float32Array.of(1, Number.NaN) });
    expect(given.message).toMatch(/at \[0, 1\]: NaN in input 'x'/);
    await session.call('fit', { x: Float32Array.of(1, 4) });
    const before = await session.state.read('w');
    const backward = await failure(session, 'fit', { x: Float32Array.of(1, 0) });
    expect(backward.message).toMatch(
      /fit: checkFinite at \[1\]: (Infinity|NaN) first appears in \w+ \(backward of sqrt\)/,
    );
    expect(await session.state.read('w')).toEqual(before);
    await session.state.write('w', Float32Array.of(1, Number.NaN));
    const held = await failure(session, 'fit', { x: Float32Array.of(1, 1) });
    expect(held.message).toMatch(/at \[1\]: NaN in parameter 'w'/);
    // What the model itself makes infinite may pass through.
    await session.call('masked', { x: Float32Array.of(1, 1, -1, 2) });
    expect(
      (await failure(session, 'masked', { x: Float32Array.of(1, -1, -1, -1) })).message,
    ).toMatch(/NaN first appears in softmax/);
  });
});

describe.each(runtimes)('checkIndices on %s', (runtime) => {
  const index = (type: 'i32' | 'u8' | 'i64') => ({ dtype: type, shape: [N] });
  const table = g.constant([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);

  test('of one tensor', async () => {
    const bytes = compiled({
      rows: g.program({ i: index('i64') }, ({ i }) => ({
        y: table.gather(g.checkIndices(i as Tensor, 3)),
      })),
      sized: g.program({ i: index('u8'), x: g.f32(N) }, ({ i, x }) => ({
        y: x.gather(g.checkIndices(i as Tensor, N)),
      })),
    });
    await using session = await open(bytes, { runtime });
    await session.call('rows', { i: BigInt64Array.of(0n, 2n) });
    const error = await failure(session, 'rows', { i: BigInt64Array.of(0n, 2n, 3n) });
    expect(error.message).toMatch(/rows: checkIndices at \[2\]: index 3 is outside \[0, 3\)/);
    const negative = await failure(session, 'rows', { i: BigInt64Array.of(-1n) });
    expect(negative.message).toContain('index -1 is outside [0, 3)');
    await session.call('sized', { i: Uint8Array.of(1, 0), x: Float32Array.of(1, 2) });
    const sized = await failure(session, 'sized', {
      i: Uint8Array.of(0, 2),
      x: Float32Array.of(1, 2),
    });
    expect(sized.message).toContain('at [1]: index 2 is outside [0, 2)');
  });

  test('of a whole program: every op that takes indices, its line and axis', async () => {
    const w = g.parameter(g.f32(3, 2), 1, { name: 'w' });
    const programs = {
      embed: g.trainStep({
        inputs: { i: g.i32(N) },
        loss: ({ i }) => g.embedding(w, i).mean(),
        optimizer: g.optim.sgd({ learningRate: 1 }),
      }),
      scatter: g.program({ i: g.i32(N), v: g.f32(2, N) }, ({ i, v }) => ({
        y: g.scatterAdd(g.zeros([2, 5]), i, v, 1),
      })),
    };
    for (const [checks, fails] of [
      [{ indices: true }, true],
      [{}, false],
    ] as const) {
      await using session = await open(compiled(programs, checks), { runtime, seed: 0 });
      const calls = [
        [
          'embed',
          { i: Int32Array.of(0, 3) },
          /at \[1\]: index 3 is outside \[0, 3\) of gather, whose axis 0 has 3/,
        ],
        [
          'scatter',
          { i: Int32Array.of(5), v: new Float32Array(2) },
          /index 5 is outside \[0, 5\) of scatterAdd, whose axis 1 has 5/,
        ],
      ] as const;
      for (const [entry, inputs, message] of calls) {
        if (!fails) await session.call(entry, { ...inputs });
        else {
          const error = await failure(session, entry, inputs);
          expect(error.message).toMatch(message);
          expect(error.location).toMatch(/debugging\.test\.ts:\d+/);
        }
      }
      if (fails) await session.call('embed', { i: Int32Array.of(0, 2) });
    }
  });
});

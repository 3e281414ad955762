/** Plans that are split over blas and mlx: what runs where, and that it does not matter for the result. */
import { join } from 'node:path';
import { fb, verify } from '@vorab/artifact';
import type { NamedProgram } from '@vorab/compiler';
import type { Program, Tensor } from '@vorab/graph';
import {
  dim,
  f32,
  grad,
  i32,
  losses,
  nn,
  optim,
  program,
  scan,
  sizeOf,
  state,
  trainStep,
  update,
  withPlacement,
} from '@vorab/graph';
import type { RuntimeChoice } from '@vorab/runtime';
import { open } from '@vorab/runtime';
import { describe, expect, it } from 'vitest';
import { numbersOf } from '../support/calls.ts';
import { scratch } from '../support/cli.ts';
import {
  anywhere,
  block,
  compiled,
  expectClose,
  named,
  opsOn,
  results,
  splitOf,
  x,
} from '../support/split-block.ts';

describe('a program with an svd, an attention block and an MLP', () => {
  const free = compiled([named('run', block(anywhere))]);

  it('is split by the router, each step with the costs of both targets', () => {
    expect(splitOf(free.program).router).toBe('min cut');
    expect(opsOn(free.program, 'blas')).toContain('svd');
    expect(opsOn(free.program, 'mlx')).toContain('matmul');
    const parts = free.program.plans.filter(({ part }) => part);
    const steps = parts.flatMap(({ entries }) =>
      entries.flatMap(({ regions }) => regions.flatMap((region) => region.steps)),
    );
    expect(steps.length).toBeGreaterThan(10);
    for (const { placement } of steps) {
      expect(placement?.costs.map(({ target }) => target)).toEqual(['blas', 'mlx']);
    }
    const svdStep = steps.find(({ name }) => name === 'svd');
    expect(svdStep?.placement?.costs.every(({ ns }) => ns > 0n)).toBe(true);
  });

  it('gives the same bytes again', () => {
    const again = compiled([named('run', block(anywhere))]);
    expect(again.bytes).toEqual(free.bytes);
    expect(verify(again.bytes)).toBeNull();
  });

  it('agrees with the reference, and counts what it moves', async () => {
    expectClose(await results(free.bytes, 'blas+mlx'), await results(free.bytes, 'reference'));
    await using session = await open(free.bytes, { runtime: 'blas+mlx', seed: 1 });
    const before = await session.stats();
    await numbersOf(session, 'run', { x });
    const after = await session.stats();
    const moves = splitOf(free.program).entries.map(({ regions }) =>
      regions.flatMap(({ steps }) => steps.filter(({ body }) => body instanceof fb.TransferT)),
    );
    expect(after.runs - before.runs).toBe(1);
    expect(after.copiesDevice - before.copiesDevice).toBe(moves[0]?.length);
    // The entry that initialises has run as well.
    const carried = (await session.ledger()).rows.filter(({ why }) => why.startsWith('carried'));
    expect(carried).not.toHaveLength(0);
    expect(carried.reduce((sum, { count }) => sum + count, 0)).toBe(moves.flat().length);
    for (const { direction, bytes, location } of carried) {
      expect(direction).toBe('device');
      expect(bytes).toBeGreaterThan(0);
      expect(location).toMatch(/\.ts:\d+:\d+$/);
    }
    expect(session.info().plan).toBe('blas+mlx');
  });

  it('has a profile of its calls and transfers, and of the steps of blas', async () => {
    await using session = await open(free.bytes, { runtime: 'blas+mlx', seed: 1, profile: true });
    for (let call = 0; call < 3; call++) await numbersOf(session, 'run', { x });
    const profile = await session.profile();
    const own = profile.filter(({ entry }) => entry === 'run');
    const steps = splitOf(free.program).entries[0]?.regions.flatMap((region) => region.steps) ?? [];
    expect(own.map(({ name }) => name).sort()).toEqual(
      steps.map(({ name }) => String(name)).sort(),
    );
    for (const { runs, ms } of own) {
      expect(runs).toBe(3);
      expect(ms).toBeGreaterThan(0);
    }
    const onBlas = own.find(({ name }) => name.endsWith(':blas'));
    const within = profile.filter(({ entry }) => entry === onBlas?.name);
    expect(within.map(({ name }) => name)).toContain('svd');
    expect(within.every(({ location }) => location?.startsWith('split-block.ts:'))).toBe(true);
    expect(within.reduce((sum, { ms }) => sum + ms, 0)).toBeLessThanOrEqual(onBlas?.ms ?? 0);
  });

  for (const target of ['blas', 'mlx'] as const) {
    for (const part of ['svd', 'attention', 'mlp']) {
      it(`runs ${part} on ${target} when asked, with the same result`, async () => {
        const asked = compiled([
          named(
            'run',
            block((name, body) => (name === part ? withPlacement(target, body) : body())),
          ),
        ]);
        const whole = part === 'svd' ? ['svd'] : ['matmul'];
        expect(opsOn(asked.program, target)).toEqual(expect.arrayContaining(whole));
        expectClose(await results(asked.bytes, 'blas+mlx'), await results(free.bytes, 'blas'));
      });
    }
  }

  it('runs in stages where its parts alternate', async () => {
    const wishes: Readonly<Record<string, string>> = { svd: 'mlx', attention: 'blas', mlp: 'mlx' };
    const asked = compiled([
      named(
        'run',
        block((name, body) => withPlacement(wishes[name] ?? 'blas', body)),
      ),
    ]);
    expectClose(await results(asked.bytes, 'blas+mlx'), await results(free.bytes, 'blas'));
  });
});

describe('a training step over a split plan', () => {
  const [body, head] = [nn.sequential(nn.linear(16, 32), nn.gelu()), nn.linear(32, 4)];
  const programs = (bodyOn: string, headOn: string): readonly NamedProgram[] => {
    const net = (x: Tensor): Tensor => {
      const hidden = withPlacement(bodyOn, () => body(x));
      return withPlacement(headOn, () => head(hidden));
    };
    const fit = trainStep({
      inputs: { x: f32(8, 16), label: i32(8) },
      loss: ({ x, label }) => losses.crossEntropy(net(x), label),
      optimizer: optim.adamW({ learningRate: 1e-2 }),
    });
    const predict = program({ x: f32(8, 16) }, ({ x }) => ({ y: net(x) }));
    return [named('fit', fit), named('predict', predict)];
  };

  const inputs = (step: number) => ({
    x: Float32Array.from({ length: 128 }, (_, i) => Math.sin(i * (step + 1))),
    label: Int32Array.from({ length: 8 }, (_, i) => (i + step) % 4),
  });

  async function trained(bytes: Uint8Array, runtime: RuntimeChoice) {
    await using session = await open(bytes, { runtime, seed: 3 });
    const found: number[] = [];
    for (let step = 0; step < 20; step++) {
      const { loss } = await numbersOf(session, 'fit', inputs(step));
      found.push(...(loss ?? []));
    }
    const weights = join(scratch(), 'weights.safetensors');
    await session.save(weights);
    const { y = [] } = await numbersOf(session, 'predict', { x: inputs(0).x });
    return { losses: found, y, weights };
  }

  for (const [bodyOn, headOn] of [
    ['blas', 'mlx'],
    ['mlx', 'blas'],
  ] as const) {
    it(`gives the same losses with its body on ${bodyOn} and its head on ${headOn}`, async () => {
      const { bytes, program: artifact } = compiled(programs(bodyOn, headOn));
      const fit = splitOf(artifact).entries[0];
      expect(new Set(fit?.regions.map(({ target }) => target)).size).toBe(2);
      const split = await trained(bytes, 'blas+mlx');
      const whole = await trained(bytes, 'blas');
      expect(split.losses.length).toBe(20);
      expectClose({ losses: split.losses, y: split.y }, { losses: whole.losses, y: whole.y });
      await using again = await open(bytes, { runtime: 'blas+mlx', weights: split.weights });
      const { y = [] } = await numbersOf(again, 'predict', { x: inputs(0).x });
      expectClose({ y }, { y: split.y });
    });
  }
});

describe('what a part holds', () => {
  const agree = async (of: Program, sizes: readonly number[]): Promise<void> => {
    const targets = ['blas', 'blas+mlx', 'mlx+blas'];
    const { bytes, program: artifact } = compiled([named('run', of)], { targets });
    expect(verify(bytes)).toBeNull();
    expect(splitOf(artifact).entries[0]?.regions.length).toBeGreaterThan(1);
    await using whole = await open(bytes, { runtime: 'blas', seed: 1 });
    await using split = await open(bytes, { runtime: 'blas+mlx', seed: 1 });
    await using other = await open(bytes, { runtime: 'mlx+blas', seed: 1 });
    for (const size of sizes) {
      const given = { x: { data: x.subarray(0, size * 8), shape: [size, 8] } };
      const expected = await numbersOf(whole, 'run', given);
      expectClose(await numbersOf(split, 'run', given), expected);
      expectClose(await numbersOf(other, 'run', given), expected);
    }
  };

  it('may depend on symbols that its own inputs do not show', async () => {
    const N = dim('N', { max: 16 });
    const run = program({ x: f32(N, 8) }, ({ x }) => {
      const mean = withPlacement('mlx', () => x.sum().div(sizeOf(N).cast('f32')));
      const spread = withPlacement('blas', () => mean.exp().broadcastTo([N, 2]).add(1));
      return { y: withPlacement('mlx', () => spread.mul(3)), z: spread };
    });
    await agree(run, [1, 5, 16, 5]);
  });

  it('may be a loop, and its gradient', async () => {
    const h0 = state(f32(8), 0.5);
    const run = program({ x: f32(dim('N', { max: 16 }), 8) }, ({ x }) => {
      const looped = withPlacement('mlx', () =>
        scan((h: Tensor, row: Tensor) => [h.mul(row).tanh(), h.sum()] as const, h0, x),
      );
      const [last, sums] = looped;
      const loss = withPlacement('blas', () => last.sum().add((sums as Tensor).sum()));
      const [dx] = grad(loss, [x]);
      update(h0, last.add(0.1));
      return { loss, dx: dx as Tensor, before: h0 };
    });
    await agree(run, [4, 1, 7]);
  });

  it('may read what another target holds, and hand out what no op makes', async () => {
    const [a, b] = [state(f32(8), 1), state(f32(8), 2)];
    const run = program({ x: f32(dim('N', { max: 16 }), 8) }, ({ x }) => {
      const sum = withPlacement('mlx', () => a.add(b).add(x.sum([0])));
      // They exchange their values.
      update(a, b);
      update(b, a);
      return { sum, a, b, x, twice: withPlacement('blas', () => sum.mul(2)) };
    });
    await agree(run, [2, 3, 2]);
  });
});

/** Split plans keep what a session promises: random placements agree, failed calls change nothing, wishes are held. */
import { basename } from 'node:path';
import type { NamedProgram, PlacementProblem, Router } from '@vorab/compiler';
import { compilePrograms } from '@vorab/compiler';
import {
  add,
  cond,
  f32,
  f64,
  fn,
  i32,
  inverse,
  losses,
  nn,
  optim,
  type Program,
  place,
  program,
  scan,
  state,
  svd,
  type Tensor,
  type TensorType,
  trainStep,
  update,
  whileLoop,
  withPlacement,
} from '@vorab/graph';
import { open, type VorabError } from '@vorab/runtime';
import { describe, expect, it } from 'vitest';
import { numbersOf } from '../support/calls.ts';

const named = (name: string, of: Program): NamedProgram => ({
  name,
  program: of,
  location: { file: 'model.ts', line: 1, column: 1 },
});

const relativePath = (file: string): string => basename(file);

/** Mulberry32. */
const random = (seed: number): (() => number) => {
  let at = seed;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let t = Math.imul(at ^ (at >>> 15), 1 | at);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

const routerBy = (targetOf: (node: PlacementProblem['nodes'][number]) => string): Router => ({
  name: 'of the test',
  place: ({ nodes }) => ({
    version: 1,
    placements: nodes.map((node) => ({ node: node.id, target: targetOf(node) })),
  }),
});

const split = (programs: readonly NamedProgram[], router: Router) =>
  compilePrograms(programs, { targets: ['blas', 'blas+mlx'], relativePath, router });

describe('a training step whose every op is placed at random', () => {
  const net = nn.sequential(nn.linear(6, 8), nn.dropout(0.2), nn.gelu(), nn.linear(8, 3));
  const seen = state(f32(6), 0);
  const runs = state(i32(), 0);
  const fit = trainStep({
    inputs: { x: f32(4, 6), label: i32(4) },
    loss: ({ x, label }) => {
      update(seen, add(seen, svd(x).vt.slice([0, 0], [1, 6]).reshape([6]).abs()));
      update(runs, add(runs, 1));
      return losses.crossEntropy(net(x.add(seen.mul(0.01))), label);
    },
    optimizer: optim.adamW({ learningRate: 1e-2 }),
    outputs: ({ x }) => ({ seen, twice: x.mul(2) }),
  });
  const { bytes: whole } = compilePrograms([named('fit', fit)], {
    targets: ['blas'],
    relativePath,
  });
  const inputs = {
    x: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * 1.3)),
    label: Int32Array.of(0, 2, 1, 0),
  };
  const trained = async (bytes: Uint8Array, runtime: 'blas' | 'blas+mlx') => {
    await using session = await open(bytes, { runtime, seed: 5 });
    const steps: Record<string, number[]>[] = [];
    for (let i = 0; i < 4; i++) steps.push(await numbersOf(session, 'fit', inputs));
    return steps;
  };

  for (let seed = 1; seed <= 8; seed++) {
    it(`agrees with blas alone: placement ${seed}`, async () => {
      const next = random(seed);
      const { bytes } = split(
        [named('fit', fit)],
        routerBy(() => (next() < 0.5 ? 'blas' : 'mlx')),
      );
      const found = await trained(bytes, 'blas+mlx');
      for (const [i, step] of (await trained(whole, 'blas')).entries()) {
        for (const [name, values] of Object.entries(step)) {
          for (const [k, value] of values.entries()) {
            expect(found[i]?.[name]?.[k], `${name} of step ${i}`).toBeCloseTo(value, 3);
          }
        }
      }
    });
  }
});

describe('a call that fails on its data', () => {
  const [onBlas, onMlx] = [state(f32(), 0), state(f32(), 0)];
  const run = program({ x: f32(2, 2) }, ({ x }) => {
    update(onBlas, onBlas.add(x.sum()));
    update(onMlx, onMlx.add(x.sum().mul(3)));
    return { y: inverse(x.mul(2)).exp() };
  });
  // The states part at once; the inverse comes last, on either target.
  for (const last of ['blas', 'mlx']) {
    it(`changes no state of any target where ${last} fails`, async () => {
      const router = routerBy(({ kind, id, entry, name }) => {
        if (kind === 'state') return id === 0 ? 'blas' : 'mlx';
        if (entry === 'init') return 'blas';
        return name === 'inverse' ? last : last === 'blas' ? 'mlx' : 'blas';
      });
      const { bytes, program: artifact } = split([named('run', run)], router);
      const [first = '', second = ''] = artifact.states.map((s) => String(s.name));
      await using session = await open(bytes, { runtime: 'blas+mlx', seed: 0 });
      const states = async () => [
        await session.state.read(first),
        await session.state.read(second),
      ];
      await session.call('run', { x: Float32Array.of(1, 2, 3, 4) });
      const before = await states();
      expect(before).toEqual([Float32Array.of(10), Float32Array.of(30)]);
      const failed = session.call('run', { x: Float32Array.of(1, 2, 2, 4) });
      await expect(failed).rejects.toMatchObject({ code: 'failed', op: 'inverse' });
      await expect(failed).rejects.toThrow('the matrix is singular');
      const { location } = (await failed.catch((error: VorabError) => error)) as VorabError;
      expect(location).toMatch(/^placement-failures\.test\.ts:\d+:\d+$/);
      expect(await states()).toEqual(before);
      await session.call('run', { x: Float32Array.of(1, 2, 3, 4) });
      expect(await states()).toEqual([Float32Array.of(20), Float32Array.of(60)]);
    });
  }
});

describe('wishes', () => {
  const compile = (
    body: (x: Tensor) => Tensor,
    targets = ['blas+mlx'],
    type: TensorType = f32(2, 2),
  ) =>
    compilePrograms(
      [
        named(
          'run',
          program({ x: type }, ({ x }) => ({ y: body(x as Tensor) })),
        ),
      ],
      {
        targets,
        relativePath,
      },
    );
  const line = /^.*placement-failures\.test\.ts:\d+:\d+: /;

  it('for a target that is not there are refused at the line', () => {
    const wrong = () => compile((x) => place(x.exp(), 'abacus'));
    expect(wrong).toThrow(line);
    expect(wrong).toThrow("there is no target 'abacus'\n  fix: name one of blas, mlx");
  });

  it('for a target that no plan has are refused', () => {
    const wrong = () => compile((x) => place(x.exp(), 'mlx'), ['blas']);
    expect(wrong).toThrow(line);
    expect(wrong).toThrow('fix: compile with --targets blas+mlx');
  });

  it('for a target that cannot run the op are refused', () => {
    const wrong = () =>
      compile((x) => withPlacement('mlx', () => x.exp()), ['blas+mlx'], f64(2, 2));
    expect(wrong).toThrow(line);
    expect(wrong).toThrow("'mlx' cannot run it: MLX has f64 on its CPU device only");
  });

  it('of an input are refused', () => {
    expect(() => compile((x) => place(x, 'mlx'))).toThrow('which nothing computes');
  });

  const wished = (x: Tensor): Tensor => withPlacement('mlx', () => x.exp());
  const inner = fn('inner', wished);
  const bodies: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    scan: (x) => scan((c: Tensor) => [place(c.exp(), 'mlx'), c], x, null, { length: 2 })[0],
    cond: (x) => cond(x.sum().greater(0), wished, (y) => y, x),
    whileLoop: (x) => whileLoop((y) => y.sum().less(1), wished, x),
    "function 'inner'": (x) => inner(x),
  };
  for (const [of, body] of Object.entries(bodies)) {
    it(`in the body of ${of} are refused at the line, and may stand around it`, () => {
      expect(() => compile(body)).toThrow(line);
      expect(() => compile(body)).toThrow(
        `inside the body of ${of}, which runs on one target whole`,
      );
      expect(() => compile(body)).toThrow("fix: put withPlacement('mlx', () => …) around it");
    });
  }

  it('around a loop place it whole', () => {
    const looped = (x: Tensor): Tensor =>
      withPlacement('mlx', () =>
        scan((c: Tensor) => [c.mul(2).exp(), null] as const, x, null, { length: 2 }),
      )[0];
    const { program: artifact } = compile((x) => looped(place(x.add(1), 'blas')));
    const split = artifact.plans.find(({ name }) => name === 'blas+mlx');
    const regions = split?.entries[0]?.regions ?? [];
    expect(regions.map(({ target }) => String(target))).toEqual(['blas', 'mlx']);
    const call = regions[1]?.steps.at(-1);
    expect(artifact.strings[call?.placement?.reason ?? 0]).toBe('the model asks for mlx');
  });

  it('are told where a plan of one target passes them over', () => {
    const { program: artifact } = compile((x) => place(x.exp(), 'mlx'), ['blas', 'blas+mlx']);
    const step = artifact.plans[0]?.entries[0]?.regions[0]?.steps[0];
    const reason = artifact.strings[step?.placement?.reason ?? 0];
    expect(reason).toBe('the model asks for mlx; this plan has blas alone');
  });
});

import type { NamedProgram } from '@vorab/compiler';
import { compilePrograms } from '@vorab/compiler';
import type { NdArray, Tensor } from '@vorab/graph';
import {
  barrier,
  checkpoint,
  constant,
  crossEntropy,
  dim,
  evaluate,
  f32,
  grad,
  i32,
  input,
  jvp,
  nameStates,
  nn,
  optim,
  program,
  random,
  topologicalOrder,
  trainStep,
  vmap,
  withTrace,
} from '@vorab/graph';
import type { RuntimeName } from '@vorab/runtime';
import { open } from '@vorab/runtime';
import { describe, expect, test } from 'vitest';
import { arrayFor, randomOf } from '../helpers/arrays.ts';
import type { Outcome, Trial } from '../helpers/trials.ts';
import { compileTrials, runTrials } from '../helpers/trials.ts';
import { numbers, valuesOf } from './support.ts';

// checkpoint: the gradient computes a function again instead of keeping what lies inside it.

const N = dim('N', { max: 64 });
const layers = 16;
const width = 32;

type Body = (x: Tensor, ws: readonly Tensor[]) => Tensor;

const layer = (x: Tensor, w: Tensor): Tensor => x.matmul(w).tanh().mul(x.sigmoid()).sin();
const segment: Body = (x, ws) => ws.reduce(layer, x);

/** The gradients of a deep chain, its layers in segments of four. */
function chain(name: string, wrap: (f: Body) => Body): Trial {
  const types = Object.fromEntries(
    Array.from({ length: layers }, (_, i) => [`w${i}`, f32(width, width)]),
  );
  const body = (given: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
    const ws = Object.keys(types).map((key) => given[key] as Tensor);
    const x = given['x'] as Tensor;
    const segments = Array.from({ length: layers / 4 }, (_, i) => ws.slice(4 * i, 4 * i + 4));
    const y = segments.reduce((h, part) => wrap(segment)(h, part), x);
    const loss = y.mul(y).mean();
    const found = grad(loss, [x, ...ws]);
    return { loss, ...Object.fromEntries(found.map((g, i) => [`g${i}`, g])) };
  };
  const draw = randomOf('chain');
  const fill = { from: -0.4, to: 0.4 };
  const weights = Object.keys(types).map((key): [string, NdArray] => [
    key,
    arrayFor('f32', [width, width], fill, draw),
  ]);
  const inputs = { x: arrayFor('f32', [48, width], fill, draw), ...Object.fromEntries(weights) };
  return {
    name,
    program: program({ x: f32(N, width), ...types }, body as never) as never,
    calls: [{ sizes: { N: 48 }, inputs }],
  };
}

describe('a deep chain', async () => {
  const plain = chain('plain', (f) => f);
  const saved = chain('checkpointed', (f) => (x, ws) => checkpoint(f)(x, ws));
  const trials = [plain, saved];

  test.each([true, false])('needs less memory at its peak, fused: %s', (fuse) => {
    const { artifacts, failures } = compileTrials(trials, fuse);
    expect([...failures.values()]).toEqual([]);
    const plan = artifacts[0]?.program.plans.find((p) => p.name === 'blas');
    const [a, b] = (plan?.entries ?? []).map((e) => Number(e.peakBytes)) as [number, number];
    expect(b).toBeLessThan(0.65 * a);
  });

  test.each(['reference', 'blas', 'mlx'] as const)(
    'has the same gradients, bit for bit: %s',
    async (runtime) => {
      const results = await runTrials(compileTrials(trials, true), runtime);
      const outputs = trials.map((trial) => {
        const result = results.get(trial);
        if (!result || 'failure' in result) throw result?.failure ?? new Error('did not run');
        return (result as { outcome: Outcome }).outcome.outputs[0] ?? {};
      });
      const [one = {}, other = {}] = outputs;
      expect(Object.keys(one)).toHaveLength(layers + 2);
      for (const [key, array] of Object.entries(one)) {
        expect(Buffer.from(bytesOf(other[key])).equals(bytesOf(array)), key).toBe(true);
      }
    },
  );
});

const bytesOf = (array: NdArray | undefined): Uint8Array => {
  const { buffer, byteOffset, byteLength } = array?.data ?? new Uint8Array();
  return new Uint8Array(buffer, byteOffset, byteLength);
};

describe('training through a checkpoint', () => {
  const net = nn.sequential(nn.linear(8, 16), nn.gelu(), nn.dropout(0.3), nn.linear(16, 4));
  const saved = checkpoint(net);
  const step = (f: (t: Tensor) => Tensor): NamedProgram['program'] =>
    trainStep({
      inputs: { x: f32(N, 8), y: i32(N) },
      loss: ({ x, y }) => crossEntropy(f(x), y),
      optimizer: optim.sgd({ learningRate: 0.1 }),
    }) as never;
  const location = { file: 'net.ts', line: 1, column: 1 };

  async function losses(f: (t: Tensor) => Tensor, runtime: RuntimeName): Promise<number[]> {
    const { bytes } = compilePrograms([{ name: 'fit', program: step(f), location }], {
      targets: ['blas', 'mlx'],
      relativePath: () => 'net.ts',
    });
    const session = await open(bytes, { runtime, seed: 1 });
    const found: number[] = [];
    for (let i = 0; i < 4; i++) {
      const data = Float32Array.from({ length: 40 }, (_, k) => Math.sin(k + i));
      const y = { data: Int32Array.from([0, 1, 2, 3, 0]), shape: [5] };
      const { loss } = await session.call('fit', { x: { data, shape: [5, 8] }, y });
      found.push(Number(await (loss as { item(): Promise<unknown> }).item()));
    }
    await session.close();
    return found;
  }

  test.each<RuntimeName>(['reference', 'blas', 'mlx'])(
    'gives the same losses: %s',
    async (runtime) => {
      const [plain, again] = [await losses(net, runtime), await losses(saved, runtime)];
      expect(again).toEqual(plain);
      expect(new Set(plain).size).toBe(plain.length);
    },
  );
});

describe('checkpoint', () => {
  const x = constant([0.1, 0.2, 0.3], 'f64');
  const f = (t: Tensor): Tensor => t.exp().sin().mul(t);

  test('keeps no node of the forward pass but the operands', () => {
    withTrace(() => {
      const t = input('t', f32(4));
      const y = checkpoint(f)(t);
      const [g] = grad(y.sum(), [t]) as readonly [Tensor];
      const exponentials = topologicalOrder([g]).filter((n) => n.op.name === 'exp');
      expect(exponentials.map((n) => n.inputs[0]?.node.op.name)).toEqual(['barrier']);
    });
  });

  test('computes again what depends on captured tensors alone', () => {
    withTrace(() => {
      const t = input('t', f32(4));
      const y = checkpoint(() => t.exp().sin())();
      const [g] = grad(y.sum(), [t]) as readonly [Tensor];
      const names = topologicalOrder([g]).map((n) => n.op.name);
      expect(names).toContain('barrier');
      expect(names.filter((name) => name === 'exp')).toHaveLength(1);
    });
  });

  test('takes and gives forms of tensors, and integers', () => {
    const g = checkpoint(({ a, n }: { a: Tensor; n: Tensor }) => ({ y: f(a), m: n.add(1) }));
    const found = g({ a: x, n: constant([1, 2, 3], 'i32') });
    expect(valuesOf(found.y)).toEqual(valuesOf(f(x)));
    expect(valuesOf(found.m)).toEqual([2, 3, 4]);
    expect(valuesOf(grad(found.y.sum(), [x])[0] as Tensor)).toEqual(
      valuesOf(grad(f(x).sum(), [x])[0] as Tensor),
    );
  });

  test('nests, and goes through vmap, jvp and second derivatives', () => {
    const nested = checkpoint((t: Tensor) => checkpoint(f)(f(t)));
    const direct = (t: Tensor): Tensor => f(f(t));
    const second = (g: (t: Tensor) => Tensor): Tensor =>
      grad((grad(g(x).sum(), [x])[0] as Tensor).sum(), [x])[0] as Tensor;
    expect(valuesOf(second(nested))).toEqual(valuesOf(second(direct)));
    const one = constant([1, 1, 1], 'f64');
    expect(valuesOf(jvp(nested, [x], [one]).tangent)).toEqual(
      valuesOf(jvp(direct, [x], [one]).tangent),
    );
    const each = (g: (t: Tensor) => Tensor): Tensor =>
      grad(vmap((t: Tensor, u: Tensor) => g(t).mul(u), { in: [0, null] })(x, one).sum(), [
        x,
      ])[0] as Tensor;
    expect(valuesOf(each(nested))).toEqual(valuesOf(each(direct)));
  });

  test('a module keeps its parameters and their names', () => {
    const names = (
      wrap: <F extends (t: Tensor) => Tensor>(f: F) => (t: Tensor) => Tensor,
    ): string[] => {
      const block = (): ((t: Tensor) => Tensor) =>
        wrap(nn.sequential(nn.linear(4, 4), nn.layerNorm(4)));
      const net = nn.sequential(block(), block());
      const y = withTrace(() => program({ a: f32(N, 4) }, ({ a }) => ({ y: net(a) })).trace());
      expect(nn.parameters(net)).toHaveLength(8);
      return [...nameStates(y.states, () => 'net').values()];
    };
    expect(names((f) => checkpoint(f))).toEqual(names((f) => f));
  });

  test('draws the same random numbers again', () => {
    const k = random.key(3);
    const g = (t: Tensor): Tensor => t.mul(random.uniform(k, [3], { dtype: 'f64' })).exp();
    expect(valuesOf(grad(checkpoint(g)(x).sum(), [x])[0] as Tensor)).toEqual(
      valuesOf(grad(g(x).sum(), [x])[0] as Tensor),
    );
  });
});

test('barrier is its operand, and orders what comes after it', () => {
  withTrace(() => {
    const [a, b] = [input('a', f32(3)), input('b', f32())];
    const y = barrier(a, [b]);
    expect(y.toString()).toBe('f32[3]');
    expect(y.exp().node).not.toBe(a.exp().node);
    expect(numbers(evaluate(y, { a: [1, 2, 3], b: 0 }))).toEqual([1, 2, 3]);
  });
});

/** The digits in mixed precision: bf16 products on f32 parameters, and f16 with a loss scale. */
import { join } from 'node:path';
import type { RuntimeName, Session, Tensor } from '@vorab/runtime';
import { open } from '@vorab/runtime';
import { describe, expect, it } from 'vitest';
import type { Digits } from '../../examples/digits/digits.ts';
import { batches, classes, readDigits, size } from '../../examples/digits/digits.ts';
import { compileModel, scratch, vorab } from '../support/cli.ts';

const epochs = 20;

const model = (policy: string, scale: string): string => `
import { dim, f32, i32, losses, nn, optim, precision, program, trainStep } from 'vorab';

const N = dim('N', { max: 512 });
const net = nn.sequential(nn.linear(64, 128), nn.gelu(), nn.dropout(0.1), nn.linear(128, 10));
const mixed = precision({ params: 'f32', compute: '${policy}', accumulate: 'f32' });

export const classify = program(
  { image: f32(N, 64) },
  ({ image }) => ({ probs: net(image).softmax() }),
  { precision: mixed },
);

export const fit = trainStep({
  inputs: { image: f32(N, 64), label: i32(N) },
  loss: ({ image, label }) => losses.crossEntropy(net(image), label),
  optimizer: optim.adamW({
    learningRate: optim.warmupCosine({ peak: 3e-3, warmup: 50, steps: 460 }),
  }),
  precision: mixed,
  lossScale: ${scale},
});
`;

async function accuracy(session: Session, { image, label }: Digits): Promise<number> {
  const { probs } = (await session.call('classify', { image })) as { readonly probs: Tensor };
  const values = Array.from((await probs.data()) as Float32Array);
  const right = label.filter((digit, i) => {
    const row = values.slice(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row)) === digit;
  });
  return right.length / label.length;
}

async function learn(artifact: string, runtime: RuntimeName): Promise<Session> {
  const session = await open(artifact, { runtime, seed: 0 });
  const { training } = readDigits();
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const batch of batches(training, epoch)) {
      await session.call('fit', { ...batch }, { out: { loss: null } });
    }
  }
  return session;
}

interface Explained {
  readonly plans: readonly {
    readonly name: string;
    readonly entries: readonly {
      readonly entry: string;
      readonly casts: readonly Readonly<Record<'from' | 'to' | 'reason' | 'location', string>>[];
    }[];
  }[];
}

describe('the digits in bf16, with parameters in f32', () => {
  const folder = scratch({ 'model.ts': model('bf16', "'off'") });
  const compiled = compileModel(join(folder, 'model.ts'), '--targets', 'blas,mlx');

  it.each(['blas'] as const)('are read as well as in f32 on %s', async (runtime) => {
    await using session = await learn(await compiled, runtime);
    const { test } = readDigits();
    expect(size(test)).toBeGreaterThan(300);
    expect(await accuracy(session, test)).toBeGreaterThanOrEqual(0.97);
    expect(session.state.info('net.0.weight').dtype).toBe('f32');
  });

  it('list every cast with its reason and line', async () => {
    const { stdout } = await vorab(['explain', await compiled, '--json']);
    const { plans } = JSON.parse(stdout) as Explained;
    for (const plan of plans) {
      const casts = plan.entries.find(({ entry }) => entry === 'fit')?.casts ?? [];
      const policy = casts.filter(({ reason }) => reason.startsWith('precision policy: '));
      expect(new Set(policy.map(({ reason }) => reason))).toEqual(
        new Set([
          'precision policy: matmul runs in bf16',
          'precision policy: f32 operand beside bf16',
          'precision policy: crossEntropy stays in f32',
        ]),
      );
      expect(casts.filter(({ reason }) => reason === '')).toEqual([]);
      expect(casts.filter(({ location }) => !/model\.ts:\d+:\d+$/.test(location))).toEqual([]);
      // Gradients come back in the dtype of the parameters.
      const back = casts.filter(({ reason }) => reason.startsWith('derivative of: precision'));
      expect(
        back.filter(({ from, to }) => from === 'bf16' && to === 'f32').length,
      ).toBeGreaterThanOrEqual(4);
    }
    const { stdout: text } = await vorab(['explain', await compiled, '--entry', 'fit']);
    expect(text).toContain('bf16 operands are widened to f32 block by block, summed in f32');
    expect(text).toMatch(
      /cast f32 → bf16: precision policy: matmul runs in bf16 {2}model\.ts:\d+:\d+/,
    );
  });
});

describe('the digits in f16, with a dynamic loss scale', () => {
  it('are read as well, and the scale has found its place', async () => {
    const folder = scratch({
      'model.ts': model('f16', '{ initial: 2 ** 40, growthInterval: 100 }'),
    });
    const artifact = await compileModel(join(folder, 'model.ts'), '--targets', 'blas');
    await using session = await learn(artifact, 'blas');
    expect(await accuracy(session, readDigits().test)).toBeGreaterThanOrEqual(0.97);
    const [scale] = await session.state.read('lossScale.scale');
    const [skipped] = await session.state.read('lossScale.skippedSteps');
    const [step] = await session.state.read('step');
    expect(Number(skipped)).toBeGreaterThan(10);
    expect(Number(scale)).toBeLessThan(2 ** 30);
    const calls = epochs * Math.ceil(size(readDigits().training) / 64);
    expect(Number(step) + Number(skipped)).toBe(calls);
  });
});

/** Calls of a trained model that cannot be: each is refused with what was found and expected, and changes nothing. */
import { join } from 'node:path';
import { AbortError, type ErrorCode, open, type RuntimeName, type Session } from '@vorab/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileModel, scratch } from '../support/cli.ts';

const model = (width: number): string => `
import { dim, f32, i32, losses, nn, optim, trainStep } from 'vorab';
const N = dim('N', { max: 8 });
const net = nn.linear(4, ${width});
export const fit = trainStep({
  inputs: { image: f32(N, 4), label: i32(N) },
  loss: ({ image, label }) => losses.crossEntropy(net(image), label),
  optimizer: optim.sgd({ learningRate: 0.1 }),
});
`;

const image = new Float32Array(12).fill(0.5);
const label = Int32Array.of(0, 1, 2);

/** Name, inputs, code, message. */
const faults: readonly (readonly [string, Record<string, unknown>, ErrorCode, RegExp])[] = [
  ['missing', { image }, 'input-missing', /fit: input label is missing, expected i32\[N\]/],
  [
    'extra',
    { image, label, more: label },
    'input-unknown',
    /no input more; its inputs are image, label/,
  ],
  ['misspelt', { image, lable: label }, 'input-missing', /rename lable to label/],
  [
    'of wrong dtype',
    { image, label: new Float32Array(3) },
    'input-dtype',
    /Float32Array, expected i32\[N\]/,
  ],
  [
    'of wrong rank',
    { image: { data: image, shape: [12] }, label },
    'input-rank',
    /rank 1.*f32\[N, 4\]/,
  ],
  ['of wrong size', { image: new Float32Array(13), label }, 'input-size', /13/],
  [
    'of wrong shape',
    { image: { data: image, shape: [4, 3] }, label },
    'input-size',
    /extent 3.*expected 4/,
  ],
  [
    'beyond a bound',
    { image: new Float32Array(36), label: new Int32Array(9) },
    'dim-bounds',
    /N is 9.*8/,
  ],
  [
    'of two sizes for one dim',
    { image, label: Int32Array.of(1, 2) },
    'dim-conflict',
    /N is 3 by input image and 2 by/,
  ],
  [
    'a list',
    { image: [1, 2], label },
    'input-kind',
    /JavaScript array.*\n {2}fix: pass Float32Array/,
  ],
];

let folder = '';
let artifact: string;
let other: string;
beforeAll(async () => {
  folder = scratch({ 'model.ts': model(3), 'other.ts': model(5) });
  [artifact, other] = await Promise.all([
    compileModel(join(folder, 'model.ts')),
    compileModel(join(folder, 'other.ts')),
  ]);
});

const runtimes: readonly RuntimeName[] = ['reference', 'blas', 'mlx'];

describe.each(runtimes)('on %s', (runtime) => {
  let session: Session;
  let before: unknown;
  beforeAll(async () => {
    session = await open(artifact, { runtime, seed: 1 });
    before = await states(session);
  });
  afterAll(() => session.close());

  it.each(faults)('an input %s', async (_, inputs, code, message) => {
    const refused = session.call('fit', inputs);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ name: 'VorabError', code });
    expect(() => session.callSync('fit', inputs)).toThrow(message);
    expect(await states(session)).toEqual(before);
  });

  it('a call that is aborted before it begins', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const aborted = session.call('fit', { image, label }, { signal });
    await expect(aborted).rejects.toBeInstanceOf(AbortError);
    await expect(aborted).rejects.toMatchObject({ code: 'aborted', cause: new Error('enough') });
    expect(await states(session)).toEqual(before);
  });

  it('weights for another model', async () => {
    const wrong = await open(other, { runtime, seed: 1 });
    const file = join(folder, `other-${runtime}.safetensors`);
    await wrong.save(file);
    await wrong.close();
    await expect(session.load(file)).rejects.toMatchObject({ code: 'weights' });
    await expect(session.load(file)).rejects.toThrow(/net\.weight.*f32\[4, 5\].*f32\[4, 3\]/s);
    expect(await states(session)).toEqual(before);
    await expect(open(artifact, { runtime, weights: file })).rejects.toMatchObject({
      code: 'weights',
    });
  });

  it('a call on a closed session', async () => {
    const closed = await open(artifact, { runtime, seed: 1 });
    await closed.close();
    await expect(closed.call('fit', { image, label })).rejects.toThrow('the session is closed');
    expect(() => closed.callSync('fit', { image, label })).toThrow('the session is closed');
    await expect(closed.save(join(folder, 'never'))).rejects.toMatchObject({ code: 'closed' });
  });
});

async function states(session: Session): Promise<unknown> {
  const names = session.state.names();
  return Promise.all(names.map(async (name) => [name, await session.state.read(name)]));
}

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStub } from '../test/stub.ts';
import type { Inputs } from './entry.ts';
import type { Session } from './index.ts';
import { VorabError } from './index.ts';

let session: Session;
beforeAll(async () => {
  session = await openStub();
});
afterAll(() => session.close());

/** The error of a call, sync and by promise alike. */
async function refusal(entry: string, inputs: Inputs, out?: Record<string, ArrayBufferView>) {
  const options = out === undefined ? {} : { out };
  const byPromise = await session.call(entry, inputs, options).catch((error: unknown) => error);
  expect(byPromise).toBeInstanceOf(VorabError);
  expect(() => session.callSync(entry, inputs, options)).toThrow(
    String((byPromise as Error).message),
  );
  const { code, message } = byPromise as VorabError;
  return `${code}: ${message}`;
}

const image = new Float32Array(8);
const label = new Int32Array(2);

test('missing and extra inputs', async () => {
  expect(await refusal('echo', {})).toBe(
    'input-missing: echo: input x is missing, expected f32[N, 4]',
  );
  expect(await refusal('pair', { imagee: image, label, flag: true })).toContain(
    'rename imagee to image',
  );
  expect(await refusal('pair', { image, label, flag: true, lable: label })).toBe(
    'input-unknown: pair: there is no input lable; its inputs are image, label, flag\n  fix: did you mean label?',
  );
});

test('wrong kinds and dtypes', async () => {
  expect(await refusal('echo', { x: new Float64Array(4) })).toBe(
    'input-dtype: echo: input x is a Float64Array, expected f32[N, 4]\n  fix: pass a Float32Array, e.g. Float32Array.from(values)',
  );
  expect(await refusal('echo', { x: [1, 2, 3, 4] })).toContain(
    'fix: pass Float32Array.from(values)',
  );
  expect(await refusal('echo', { x: [[1, 2, 3, 4]] })).toContain(
    'Float32Array.from(values.flat(Infinity))',
  );
  expect(await refusal('echo', { x: null })).toContain('input-kind: echo: input x is null');
  expect(await refusal('echo', { x: 'text' })).toContain('input-kind: echo: input x is a string');
  expect(await refusal('echo', { x: { data: [1], shape: [1] } })).toContain('input-kind');
  expect(await refusal('echo', { x: 3 })).toContain('input-rank: echo: input x is the scalar 3');
  expect(await refusal('scalar', { x: 1.5 })).toContain(
    'whole number from -2147483648 to 2147483647',
  );
  expect(await refusal('scalar', { x: true })).toContain('booleans are for bool');
  expect(await refusal('pair', { image, label, flag: Uint8Array.of(2) })).toContain('input-value');
});

test('wrong rank, size and extents', async () => {
  expect(await refusal('echo', { x: new Float32Array(6) })).toBe(
    'input-size: echo: input x has 6 elements, expected a multiple of 4 (f32[N, 4])',
  );
  expect(await refusal('echo', { x: { data: image, shape: [8] } })).toBe(
    'input-rank: echo: input x has rank 1 (shape [8]), expected f32[N, 4]',
  );
  expect(await refusal('echo', { x: { data: image, shape: [4, 2] } })).toBe(
    'input-size: echo: input x has extent 2 at axis 1, expected 4 (f32[N, 4])',
  );
  expect(await refusal('echo', { x: { data: image, shape: [3, 4] } })).toBe(
    'input-size: echo: input x is 8 elements with shape [3, 4], which holds 12, expected f32[N, 4]',
  );
  expect(await refusal('scalar', { x: new Int32Array(2) })).toContain('has 2 elements, expected 1');
});

test('dims: bounds, multiples, two sizes, not inferable', async () => {
  expect(await refusal('echo', { x: new Float32Array(300 * 4) })).toContain(
    'dim-bounds: echo: dim N is 300 by input x, expected from 1 to 256\n  fix: split the input',
  );
  expect(await refusal('echo', { x: new Float32Array(0) })).toContain('dim N is 0 by input x');
  expect(await refusal('square', { x: { data: new Float32Array(9), shape: [3, 3] } })).toBe(
    'dim-bounds: square: dim M is 3 by input x, expected a multiple of 2 from 2 to 64',
  );
  expect(await refusal('pair', { image, label: new Int32Array(3), flag: false })).toBe(
    'dim-conflict: pair: dim N is 2 by input image and 3 by input label\n  fix: give image and label the same N',
  );
  expect(await refusal('square', { x: { data: image, shape: [2, 4] } })).toContain('dim-conflict');
  expect(await refusal('square', { x: new Float32Array(4) })).toBe(
    'dim-unknown: square: dim M does not follow from the lengths of flat arrays\n  fix: give one of its inputs as { data, shape }',
  );
});

test('outputs of the caller', async () => {
  const x = image;
  expect(await refusal('echo', { x }, { z: image })).toBe(
    'out-unknown: echo: there is no output z; its outputs are y',
  );
  expect(await refusal('echo', { x }, { y: new Float32Array(4) })).toBe(
    'out-size: echo: out y has 4 elements, expected 8 (shape [2, 4])',
  );
  expect(await refusal('echo', { x }, { y: new Int32Array(8) })).toBe(
    'out-dtype: echo: out y is an Int32Array, expected a Float32Array for f32[N, 4]',
  );
});

test('names of entries', async () => {
  await expect(session.call('ecoh', {})).rejects.toThrow('did you mean echo?');
});

test('everything that is legal', async () => {
  const three = { data: new Float32Array(12).fill(2), shape: [3, 4] };
  expect((await session.call('echo', { x: three }))['y']).toMatchObject({ shape: [3, 4] });
  const both = await session.call('pair', { image, label, flag: true });
  expect(Object.keys(both)).toEqual(['image', 'label', 'flag']);
  for (const x of [Int32Array.of(5), 5, { data: Int32Array.of(5), shape: [] }]) {
    const { y } = session.sync['scalar']?.({ x }) ?? {};
    expect(y?.itemSync()).toBe(5);
  }
  const inner = new Float32Array(64).subarray(8, 16);
  expect((await session.call('echo', { x: inner }))['y']).toMatchObject({ shape: [2, 4] });
  const shared = new Float32Array(new SharedArrayBuffer(32)).fill(7);
  const out = new Float32Array(8);
  session.callSync('echo', { x: shared }, { out: { y: out } });
  expect(out[7]).toBe(7);
});

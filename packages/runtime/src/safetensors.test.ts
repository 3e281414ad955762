import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testArtifact } from '../test/program.ts';
import { openStub, stubBackend } from '../test/stub.ts';
import type { Session } from './index.ts';
import { openOn, VorabError } from './index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vorab-weights-'));
});
afterAll(() => rm(folder, { recursive: true }));

const states = {
  flag: { type: ['Bool', 3] },
  half: { type: ['F16', 2] },
  brain: { type: ['BF16', 1] },
  key: { type: ['U32', 2] },
  wide: { type: ['F64', 2] },
  step: { type: ['I64'] },
  byte: { type: ['U8', 3] },
  weight: { type: ['F32', 2, 3], kind: 'Parameter' },
} as const;
const entries = [{ name: 'scalar', inputs: { x: ['I32'] }, outputs: { y: ['I32'] } }] as const;
const everyDType = testArtifact({ states, entries });

const values = {
  flag: Uint8Array.of(1, 0, 1),
  half: Uint16Array.of(0x3c00, 0xc000),
  brain: Uint16Array.of(0x3f80),
  key: Uint32Array.of(1, 0xffff_ffff),
  wide: Float64Array.of(Math.PI, -0),
  step: BigInt64Array.of(-5n),
  byte: Uint8Array.of(1, 2, 255),
  weight: Float32Array.of(1, 2, 3, 4, 5, Number.NaN),
} as const;

const openAll = (artifact = everyDType): Promise<Session> =>
  openOn(stubBackend(), 'test', artifact, { seed: 0 });

async function writeAll(session: Session): Promise<void> {
  for (const [name, value] of Object.entries(values)) await session.state.write(name, value);
}

const failure = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(VorabError);
  return `${(error as VorabError).code}: ${(error as Error).message}`;
};

test('what was saved is loaded, bit for bit, and nothing else is left behind', async () => {
  await using session = await openAll();
  await writeAll(session);
  const path = join(folder, 'all.safetensors');
  await session.save(path);
  await session.save(path);
  await using other = await openAll();
  await other.load(path);
  for (const [name, value] of Object.entries(values)) {
    expect(await other.state.read(name)).toEqual(value);
  }
  await using third = await openOn(stubBackend(), 'test', everyDType, { weights: path });
  expect(await third.state.read('wide')).toEqual(values.wide);
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a save is a snapshot between the calls before and after it', async () => {
  await using session = await openStub();
  const path = join(folder, 'snapshot.safetensors');
  const calls = [session.call('grow'), session.save(path), session.call('grow')];
  await Promise.all(calls);
  expect(await session.state.read('count')).toEqual(Float32Array.of(3));
  await session.load(path);
  expect(await session.state.read('count')).toEqual(Float32Array.of(2));
});

const python = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));

test.skipIf(!existsSync(python))('the safetensors package reads it', async () => {
  await using session = await openAll();
  await writeAll(session);
  const path = join(folder, 'python.safetensors');
  await session.save(path);
  const script = `
import json, sys
import numpy as np
from safetensors import safe_open
with safe_open(sys.argv[1], framework="numpy") as f:
    names = [n for n in f.keys() if n != "brain"]
    print(json.dumps({"meta": sorted(f.metadata()), **{n: [str(f.get_tensor(n).dtype), f.get_tensor(n).shape, np.nan_to_num(f.get_tensor(n).astype("float64")).ravel().tolist()] for n in names}}))
`;
  const read = JSON.parse(execFileSync(python, ['-c', script, path], { encoding: 'utf8' }));
  expect(read).toMatchObject({
    meta: ['format', 'producer', 'vorab.states'],
    flag: ['bool', [3], [1, 0, 1]],
    half: ['float16', [2], [1, -2]],
    key: ['uint32', [2], [1, 0xffff_ffff]],
    wide: ['float64', [2], [Math.PI, -0]],
    step: ['int64', [], [-5]],
    byte: ['uint8', [3], [1, 2, 255]],
  });
  expect(read.weight.slice(0, 2)).toEqual(['float32', [2, 3]]);
});

test.skipIf(!existsSync(python))('and we read what it writes', async () => {
  const path = join(folder, 'written.safetensors');
  const script = `
import sys, numpy as np
from safetensors.numpy import save_file
save_file({"weight": np.arange(6, dtype="float32").reshape(2, 3), "count": np.float32(7).reshape(()), "lr": np.zeros((), "float32")}, sys.argv[1])
`;
  execFileSync(python, ['-c', script, path]);
  await using session = await openStub();
  await session.load(path);
  expect(await session.state.read('weight')).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
});

test('weights for another model change nothing and name the differences', async () => {
  await using other = await openOn(
    stubBackend(),
    'test',
    testArtifact({
      states: { weight: { type: ['F32', 3, 2] }, lr: { type: ['I32'] }, extra: { type: ['F32'] } },
      entries,
    }),
    { seed: 0 },
  );
  const path = join(folder, 'other.safetensors');
  await other.save(path);
  await using session = await openStub();
  await session.state.write('count', 5);
  expect(await failure(session.load(path))).toBe(
    `weights: ${path} holds weights for another model; nothing was loaded
    weight is f32[3, 2], expected f32[2, 3]
    count is missing, expected f32[]
    lr is i32[], expected f32[]
    extra is not a state of this artifact
  fix: load a file that was saved from this artifact`,
  );
  expect(await session.state.read('count')).toEqual(Float32Array.of(5));
  const open = openOn(stubBackend(), 'test', everyDType, { weights: path });
  expect(await failure(open)).toContain('and 5 more');
});

test('parameters alone, only when asked', async () => {
  const path = join(folder, 'parameters.safetensors');
  await using all = await openAll();
  await writeAll(all);
  await all.save(path);
  await using session = await openStub();
  await session.state.write('count', 9);
  expect(await failure(session.load(path))).toContain("load(path, { only: 'parameters' })");
  await session.load(path, { only: 'parameters' });
  expect((await session.state.read('weight'))[4]).toBe(5);
  expect(await session.state.read('count')).toEqual(Float32Array.of(9));
});

test('files that are missing, cut, or no safetensors are refused', async () => {
  await using session = await openStub();
  const path = join(folder, 'bad.safetensors');
  expect(await failure(session.load(join(folder, 'nowhere')))).toContain('weights: cannot read');
  await session.save(path);
  const whole = await readFile(path);
  for (const length of [0, 7, 8, 20, whole.length - 1]) {
    await truncate(path, length);
    expect(await failure(session.load(path))).toMatch(/^weights: .*has \d+ bytes|header/);
    await writeFile(path, whole);
  }
  await writeFile(path, Buffer.concat([whole, Buffer.of(0)]));
  expect(await failure(session.load(path))).toContain('its header describes');
  const withHeader = async (header: string, data = 0): Promise<string> => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
    await writeFile(path, Buffer.concat([length, Buffer.from(header), Buffer.alloc(data)]));
    return failure(session.load(path));
  };
  expect(await withHeader('{')).toContain('not JSON');
  expect(await withHeader('[]')).toContain('no JSON object');
  expect(await withHeader('{"a":1}')).toContain('by no JSON object');
  expect(await withHeader('{"a":{"dtype":"F8","shape":[],"data_offsets":[0,1]}}', 1)).toContain(
    'dtype F8',
  );
  expect(await withHeader('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4)).toContain(
    'legal shape',
  );
  expect(await withHeader('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,5]}}', 5)).toContain(
    'do not fit',
  );
  expect(await withHeader('{"a":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}', 8)).toContain(
    'gap',
  );
  expect(await failure(session.save(join(folder, 'no/such/folder')))).toContain(
    'weights: cannot write',
  );
});

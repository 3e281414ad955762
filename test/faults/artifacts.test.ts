/** Files that are no artifacts, or damaged ones: every way to open one refuses, and says what was found. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type fb, read, write } from '@vorab/artifact';
import { open, type RuntimeName, VorabError } from '@vorab/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileModel, scratch, vorab } from '../support/cli.ts';

const model = `
import { constant, f32, program } from 'vorab';
const table = constant([[1, 2], [3, 4]]);
export const look = program({ x: f32(2, 2) }, ({ x }) => ({ y: x.matmul(table) }));
`;
const runtimes: readonly RuntimeName[] = ['reference', 'blas', 'mlx'];

let folder = '';
let good: Uint8Array = new Uint8Array();
beforeAll(async () => {
  folder = scratch({ 'model.ts': model });
  good = readFileSync(await compileModel(join(folder, 'model.ts')));
});

const flipped = (at: number): Uint8Array => {
  const copy = Uint8Array.from(good);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
};

const programOf = (): fb.ProgramT => read(good);

/** Name, file, and what is said about it. */
const faults: readonly (readonly [string, () => Uint8Array, RegExp])[] = [
  ['empty', () => new Uint8Array(), /has 0 bytes, expected at least 128/],
  ['truncated in the header', () => good.subarray(0, 77), /has 77 bytes, expected at least 128/],
  ['truncated in the program', () => good.subarray(0, 1000), /has 1000 bytes, expected \d{4,}/],
  ['truncated at the last byte', () => good.subarray(0, -1), /has \d+ bytes, expected \d+/],
  ['too long', () => Buffer.concat([good, Buffer.of(0)]), /has \d+ bytes, expected \d+/],
  ['not an artifact', () => Buffer.from('#!/bin/sh\n'.repeat(99)), /does not start like a \.vorab/],
  ['of another generation', () => changed(8, 7), /is of generation 7, expected 1/],
  ['with a flipped bit in the program', () => flipped(300), /does not match its SHA-256/],
  ['with a flipped bit in a segment', () => flipped(good.length - 60), /SHA-256|zero/],
  ['of a compiler with a feature that is unknown', withFeature, /"sparse".*does not know/],
];

function changed(at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(good);
  copy[at] = value;
  return copy;
}

function withFeature(): Uint8Array {
  const program = programOf();
  program.requiredFeatures.push('sparse');
  const constants = program.constants.map((constant) => {
    const start = Number(program.segments[constant.segment]?.offset ?? 0n);
    return good.subarray(start, start + 16);
  });
  return write(program, constants);
}

const openError = async (path: string, runtime: RuntimeName): Promise<VorabError> => {
  try {
    await (await open(path, { runtime })).close();
  } catch (error) {
    if (error instanceof VorabError) return error;
    throw error;
  }
  throw new Error(`${runtime} opened it`);
};

describe('a file that is', () => {
  it.each(faults)('%s', async (_, bytes, message) => {
    const file = join(folder, 'bad.vorab');
    writeFileSync(file, bytes());
    for (const runtime of runtimes) {
      const error = await openError(file, runtime);
      expect(error.code).toBe('artifact');
      expect(error.message).toMatch(message);
      expect(error.message).toContain(file);
    }
  });

  it.each(runtimes)('missing, on %s', async (runtime) => {
    const error = await openError(join(folder, 'nowhere.vorab'), runtime);
    expect(error.message).toMatch(/nowhere\.vorab/);
  });

  it('damaged, through every command', async () => {
    writeFileSync(join(folder, 'flipped.vorab'), flipped(300));
    copyFileSync(join(folder, 'flipped.vorab'), join(folder, 'same.vorab'));
    const commands = [
      ['check', 'flipped.vorab'],
      ['inspect', 'flipped.vorab', '--dump'],
      ['explain', 'flipped.vorab'],
      ['run', 'flipped.vorab', '-i', 'x=random', '--runtime', 'blas'],
    ];
    for (const args of commands) {
      const { code, stdout, stderr } = await vorab(args, { cwd: folder });
      expect(stderr, args[0]).toMatch(/^error: .*flipped\.vorab.*does not match its SHA-256/);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    }
  });

  it('truncated at any byte, or flipped at any byte', async () => {
    const step = 37;
    for (let at = 0; at < good.length; at += step) {
      for (const bytes of [good.subarray(0, at), flipped(at)]) {
        const opened = open(bytes, { runtime: 'blas' }).then((session) => session.close());
        await expect(opened, `byte ${at}`).rejects.toThrow(/cannot open/);
      }
    }
  });
});

describe('a runtime that is not built', () => {
  it('names every path that was tried, and how to build it', async () => {
    const env = { VORAB_BACKEND_DIR: folder, VORAB_MLX_LIBRARY: join(folder, 'libnone.so') };
    const args = ['run', 'model.vorab', '-i', 'x=random', '--runtime', 'mlx'];
    const { code, stderr } = await vorab(args, { cwd: folder, env });
    expect(stderr).toMatch(/^error: .*'mlx' is not there; tried\n.*libnone\.so/);
    expect(stderr).toMatch(/fix: build it with `npm run setup -- runtime-mlx`/);
    expect(code).toBe(1);
  });

  it('nor is the addon', async () => {
    const env = { VORAB_ADDON: join(folder, 'none.node') };
    const args = ['run', 'model.vorab', '-i', 'x=random', '--runtime', 'blas'];
    const { code, stderr } = await vorab(args, { cwd: folder, env });
    expect(stderr).toMatch(/vorab\.node is not there; tried\n.*none\.node/);
    expect(code).toBe(1);
  });

  it('has no plan in the artifact', async () => {
    const only = join(folder, 'only-mlx.vorab');
    await compileModel(join(folder, 'model.ts'), '-o', only, '--targets', 'mlx');
    const error = await openError(only, 'blas');
    expect(error.code).toBe('plan-missing');
    expect(error.message).toMatch(
      /no plan for runtime 'blas'; it has: mlx\n {2}fix: compile it with/,
    );
  });
});

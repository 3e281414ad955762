import { beforeAll, describe, expect, test } from 'vitest';
import { byteMutations, programLength, rehash } from '../test/bytes.ts';
import { controls } from '../test/mutations/control.ts';
import { mutations } from '../test/mutations/index.ts';
import { kernels } from '../test/mutations/kernel.ts';
import { splits } from '../test/mutations/split.ts';
import type { Mutation } from '../test/mutations/types.ts';
import { buildNativeVerifier, nativeVerdicts } from '../test/native.ts';
import { sample, withLargeConstant } from '../test/sample.ts';
import { kernelSample } from '../test/sample-kernel.ts';
import { loopSample } from '../test/sample-loop.ts';
import { splitSample } from '../test/sample-split.ts';
import { headerBytes } from './container.ts';
import { type Fault, type ProgramBuilder, verify } from './index.ts';

/** Both verifiers over the same files: their verdicts, messages included, are the same. Returns them. */
const verdicts = (files: readonly Uint8Array[]): (Fault | null)[] => {
  const own = files.map((file) => verify(file));
  expect(nativeVerdicts(files)).toEqual(own);
  return own;
};

const codes = (files: readonly Uint8Array[]): Set<string> =>
  new Set(verdicts(files).map((fault) => fault?.code ?? 'ok'));

/** A small generator (Mulberry32) that gives the same numbers everywhere. */
const random = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** One byte of the program changed, or one whole word, and the hash made right again. */
const damaged = (file: Uint8Array, next: () => number): Uint8Array => {
  const copy = file.slice();
  const length = programLength(file);
  const at = headerBytes + Math.floor(next() * length);
  const interesting = [0, 1, 2, 3, 0x7f, 0x80, 0xff, Math.floor(next() * 256)];
  const pick = (): number => interesting[Math.floor(next() * interesting.length)] ?? 0;
  if (next() < 0.7) copy[at] = pick();
  else for (let i = 0; i < 4; i++) copy[(at & ~3) + i] = pick();
  return rehash(copy);
};

describe('both verifiers', () => {
  const good = sample().build();
  const loop = loopSample().build();
  const kernel = kernelSample().build();
  const split = splitSample().build();

  beforeAll(() => buildNativeVerifier(), 600_000);

  test('pass legal files', () => {
    const files = [good, loop, kernel, split, withLargeConstant(sample()).build()];
    expect(verdicts(files)).toEqual(files.map(() => null));
  });

  test('refuse every bad program alike', () => {
    const made = (all: readonly Mutation[], of: () => ProgramBuilder): Uint8Array[] =>
      all.map(([, , apply]) => {
        const builder = of();
        apply(builder.program);
        return builder.build();
      });
    const files = [
      ...made(mutations, sample),
      ...made(controls, loopSample),
      ...made(kernels, kernelSample),
      ...made(splits, splitSample),
    ];
    const all = [...mutations, ...controls, ...kernels, ...splits];
    const found = verdicts(files).map((fault, i) => [all[i]?.[0], fault?.code]);
    expect(found).toEqual(all.map(([name, code]) => [name, code]));
  }, 60_000);

  test('refuse every bad file alike', () => {
    const found = verdicts(byteMutations.map(([, , apply]) => apply(good)));
    expect(found.map((fault, i) => [byteMutations[i]?.[0], fault?.code])).toEqual(
      byteMutations.map(([name, code]) => [name, code]),
    );
  });

  test('refuse a file truncated at any byte', () => {
    const files = Array.from({ length: good.length }, (_, length) => good.subarray(0, length));
    expect(codes(files)).toEqual(new Set(['truncated']));
  }, 60_000);

  test('refuse a file with any byte of header or program flipped', () => {
    const flipped = (at: number): Uint8Array => {
      const copy = good.slice();
      copy[at] = (copy[at] ?? 0) ^ 0xff;
      return copy;
    };
    const length = headerBytes + programLength(good);
    const files = Array.from({ length }, (_, at) => flipped(at));
    expect(codes(files)).not.toContain('ok');
  }, 60_000);

  test('agree on random damage to the program', () => {
    const next = random(1);
    const files = Array.from({ length: 8000 }, (_, i) =>
      damaged([good, kernel, loop, split][i % 4] ?? good, next),
    );
    expect(codes(files).size).toBeGreaterThan(15);
  }, 60_000);
});

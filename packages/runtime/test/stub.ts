import { fileURLToPath } from 'node:url';
import type { AnyEntries, OpenOptions, Session } from '../src/index.ts';
import { NativeBackend, openOn } from '../src/index.ts';
import { testArtifact } from './program.ts';

const extension = process.platform === 'darwin' ? 'dylib' : 'so';

/** The stub backends: for any thread, and for its own. */
export const stubs = ['stub', 'stub_owner'] as const;
export type Stub = (typeof stubs)[number];

export function stubLibrary(stub: Stub): string {
  const url = new URL(`../build/Release/libvorab_${stub}.${extension}`, import.meta.url);
  return fileURLToPath(url);
}

export function stubBackend(stub: Stub = 'stub'): NativeBackend {
  return new NativeBackend('stub', stubLibrary(stub));
}

/** Entries of every kind that the stub knows. */
export const stubArtifact: Uint8Array = testArtifact({
  dims: { N: { min: 1, max: 256 }, M: { min: 2, max: 64, multipleOf: 2 } },
  states: {
    weight: { type: ['F32', 2, 3], kind: 'Parameter' },
    count: { type: ['F32'] },
    lr: { type: ['F32'], kind: 'Hyper' },
  },
  entries: [
    { name: 'echo', inputs: { x: ['F32', 'N', 4] }, outputs: { y: ['F32', 'N', 4] } },
    {
      name: 'pair',
      inputs: { image: ['F32', 'N', 4], label: ['I32', 'N'], flag: ['Bool'] },
      outputs: { image: ['F32', 'N', 4], label: ['I32', 'N'], flag: ['Bool'] },
    },
    { name: 'square', inputs: { x: ['F32', 'M', 'M'] }, outputs: { y: ['F32', 'M', 'M'] } },
    { name: 'scalar', inputs: { x: ['I32'] }, outputs: { y: ['I32'] } },
    { name: 'sleep', inputs: { ms: ['I32'] }, outputs: { ms: ['I32'] } },
    { name: 'stubborn', inputs: { ms: ['I32'] }, outputs: { ms: ['I32'] } },
    { name: 'grow', outputs: { zero: ['F32', 2] }, writes: ['weight', 'count'] },
    { name: 'fail', inputs: { x: ['F32', 2] }, outputs: { y: ['F32', 2] } },
    { name: 'broken', inputs: { x: ['F32', 2] }, outputs: { y: ['F32', 2] } },
    { name: 'close', outputs: { zero: ['F32', 2] } },
  ],
});

export function openStub<E = AnyEntries>(
  stub: Stub = 'stub',
  options: OpenOptions = { seed: 0 },
): Promise<Session<E>> {
  return openOn<E>(stubBackend(stub), 'test', stubArtifact, options);
}

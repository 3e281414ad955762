import { readFile } from 'node:fs/promises';
import { type fb, programBytes, read } from '@vorab/artifact';
import type { Backend, BackendOptions, BackendSession, LoadedArtifact } from '@vorab/runtime';
import { VorabError } from '@vorab/runtime';
import { ReferenceSession } from './session.ts';

interface ReadArtifact extends LoadedArtifact {
  readonly file: Uint8Array;
  readonly parsed: fb.ProgramT;
}

async function load(source: string | Uint8Array): Promise<ReadArtifact> {
  try {
    const file = typeof source === 'string' ? await readFile(source) : source.slice();
    const parsed = read(file);
    return { file, parsed, program: programBytes(file) };
  } catch (cause) {
    const what = typeof source === 'string' ? source : 'the artifact';
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new VorabError({ code: 'artifact', message: `cannot open ${what}: ${message}`, cause });
  }
}

async function open(
  artifact: LoadedArtifact,
  _plan: number,
  options: BackendOptions,
): Promise<BackendSession> {
  const { file, parsed } = artifact as ReadArtifact;
  return new ReferenceSession(file, parsed, options);
}

/** The reference: needs no plan, and evaluates an artifact's functions on the JavaScript thread. */
export const referenceBackend: Backend = {
  name: 'reference',
  needsPlan: false,
  origin: '@vorab/runtime-reference',
  describe: () => ({ device: 'JavaScript', thread: 'the JavaScript thread', version: '0.1.0' }),
  load,
  open,
};

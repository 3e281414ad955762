import { createRequire } from 'node:module';
import type { BackendSession, LoadedArtifact } from './backend.ts';

/** A file mapped and verified by the addon. */
export interface NativeArtifact extends LoadedArtifact {
  readonly handle: object;
}

export interface BackendLibrary {
  readonly name: string;
  readonly ownerThread: boolean;
  /** A JSON object. */
  readonly description: string;
}

/** The exports of `vorab.node`. */
export interface Addon {
  /** VORAB_BACKEND_ABI. */
  readonly abi: number;
  openArtifact(source: string | Uint8Array): Promise<NativeArtifact>;
  describeBackend(library: string): BackendLibrary;
  /**
   * One library for each target of the plan. `options` is a JSON object for the backends; `queue`: calls that may wait.
   */
  openSession(
    artifact: NativeArtifact,
    library: string | readonly string[],
    plan: number,
    options: string,
    queue: number,
  ): Promise<BackendSession>;
}

/** The names of `Addon`; a test holds them against the addon. */
export const addonExports: { readonly [K in keyof Addon]: 'number' | 'function' } = {
  abi: 'number',
  openArtifact: 'function',
  describeBackend: 'function',
  openSession: 'function',
};

/** The methods of the addon's session; a test holds them against the addon. */
export const sessionMethods: { readonly [K in keyof BackendSession]: true } = {
  bindEntry: true,
  prepare: true,
  readState: true,
  readStateSync: true,
  writeState: true,
  writeStateSync: true,
  createTensor: true,
  readTensor: true,
  readTensorSync: true,
  releaseTensor: true,
  bytesToLine: true,
  stats: true,
  statsSync: true,
  ledger: true,
  ledgerSync: true,
  profile: true,
  abort: true,
  close: true,
  outstanding: true,
  liveTensors: true,
};

const require = createRequire(import.meta.url);

/** The addon at `path`. Throws what Node says when it cannot load it. */
export function loadAddon(path: string): Addon {
  return require(path) as Addon;
}

import { VorabError } from './errors.ts';
import { parseFallbacks } from './fallback.ts';
import type { RuntimeChoice } from './registry.ts';

export interface OpenOptions {
  /**
   * Default `auto`: mlx on macOS where it is there, else blas; never the reference. `blas+mlx` runs the plan that was
   * split over both.
   */
  readonly runtime?: RuntimeChoice;
  /** Initialises every state. Give this, or `weights`. */
  readonly seed?: number | bigint;
  /** A safetensors file with every state. */
  readonly weights?: string;
  /** Threads of the backend's pool; default: the backend's own choice. */
  readonly threads?: number;
  /**
   * Counts the time of every step, for `session.profile()`. Only of a runtime that runs steps: blas, and plans over several
   * targets, whose calls and transfers have times, as have the steps of blas within.
   */
  readonly profile?: boolean;
  /**
   * What becomes of floats too small for a full exponent (f32 below 1.2e-38): `keep`, the default, computes with them as
   * IEEE 754 says, slowly; `flush` takes operands and results that are denormal as zero, as JAX does on CPUs. Moments of
   * Adam decay into that range where gradients stay zero, and a step may then take half as long again. Denormals of f16
   * are kept. Of blas alone: others do what their device does.
   */
  readonly denormals?: 'keep' | 'flush';
  /** Promise calls that may wait at once; default 16384. */
  readonly queue?: number;
  /**
   * Functions of each entry that stay built, one for each binding of its dims; the one used least recently goes.
   * Default 16 on mlx, 32 on blas, 64 on the reference.
   */
  readonly functionCache?: number;
  /**
   * Whether mlx runs the plan's kernels on a device with Metal, default true; else it runs the steps that they stand
   * for. A kernel is code of whoever made the artifact, which no verifier looks into.
   */
  readonly kernels?: boolean;
  /**
   * Runtimes that may run instead of the one asked for where that one is missing, has no plan, or lacks what the
   * artifact needs: `['mlx→blas']`. Without it `open` refuses. The ledger counts every run elsewhere.
   */
  readonly allowFallback?: readonly string[];
  /**
   * Capabilities, as `vorab doctor` lists them, without which `open` refuses a runtime: `['fuse']`. Of a plan over several
   * targets each must have them.
   */
  readonly requires?: readonly string[];
}

/** Throws `argument` for options that are wrong by themselves. */
export function checkOptions(options: OpenOptions): void {
  const wrong = (message: string, cure?: string): VorabError =>
    new VorabError({ code: 'argument', message: `open: ${message}`, cure });
  const { threads, denormals, queue, seed, weights, functionCache, allowFallback } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw wrong(`threads is ${threads}, expected a whole number of 1 or more`);
  }
  if (denormals !== undefined && denormals !== 'keep' && denormals !== 'flush') {
    throw wrong(`denormals is ${denormals}, expected 'keep' or 'flush'`);
  }
  if (queue !== undefined && !(Number.isInteger(queue) && queue >= 1 && queue < 2 ** 31)) {
    throw wrong(`queue is ${queue}, expected a whole number of 1 or more`);
  }
  if (functionCache !== undefined && !isCacheSize(functionCache)) {
    throw wrong(`functionCache is ${functionCache}, expected a whole number from 1 to 1000000`);
  }
  if (seed !== undefined && weights !== undefined) {
    throw wrong('both seed and weights are given', 'weights hold every state: leave seed out');
  }
  if (seed !== undefined && !isSeed(seed)) {
    throw wrong(
      `seed is ${seed}, expected a whole number from 0 to 2^64 - 1 (a bigint above 2^53 - 1)`,
    );
  }
  parseFallbacks(allowFallback ?? []);
}

const isCacheSize = (size: number): boolean =>
  Number.isInteger(size) && size >= 1 && size <= 1_000_000;

function isSeed(seed: number | bigint): boolean {
  if (typeof seed === 'number') return Number.isSafeInteger(seed) && seed >= 0;
  return seed >= 0n && seed < 2n ** 64n;
}

import { parseArgs } from 'node:util';
import type { RuntimeChoice } from 'vorab/runtime';

const runtimes: readonly string[] = ['auto', 'blas', 'mlx', 'reference'];

export interface Options {
  readonly runtime: RuntimeChoice;
  readonly epochs: number;
}

/** The command line: `--runtime blas|mlx|reference`, `--epochs 26`. Ends the process when it is wrong. */
export function parseOptions(): Options {
  const options = {
    runtime: { type: 'string', default: 'auto' },
    epochs: { type: 'string', default: '26' },
  } as const;
  try {
    const { runtime, epochs } = parseArgs({ options }).values;
    if (!runtimes.includes(runtime)) {
      throw new Error(`--runtime ${runtime}: expected one of ${runtimes.join(', ')}`);
    }
    if (!/^[1-9]\d*$/.test(epochs)) {
      throw new Error(`--epochs ${epochs}: expected a number of 1 or more`);
    }
    return { runtime: runtime as RuntimeChoice, epochs: Number(epochs) };
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    process.exit(2);
  }
}

/** Where a run leaves its files. */
export const out: URL = new URL('./out/', import.meta.url);

/** What the first process tells the second, beside the weights. */
export interface RunRecord {
  readonly runtime: RuntimeChoice;
  readonly accuracy: number;
  readonly epochs: number;
  /** Epochs that were done when the checkpoint was saved. */
  readonly checkpointEpoch: number;
  /** The losses after the checkpoint, of the run that was not interrupted. */
  readonly lossesAfterCheckpoint: readonly number[];
}

import { parseArgs } from 'node:util';
import type { RuntimeChoice } from 'vorab/runtime';

const runtimes: readonly string[] = ['auto', 'blas', 'mlx', 'reference'];

export interface Options {
  readonly runtime: RuntimeChoice;
}

/** The command line of both programs: `--runtime blas|mlx|reference`. Ends the process when it is wrong. */
export function parseOptions(): Options {
  try {
    const { values } = parseArgs({ options: { runtime: { type: 'string', default: 'auto' } } });
    if (runtimes.includes(values.runtime)) return { runtime: values.runtime as RuntimeChoice };
    throw new Error(`--runtime ${values.runtime}: expected one of ${runtimes.join(', ')}`);
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
  /** The losses after the checkpoint, of the run that was not interrupted. */
  readonly lossesAfterCheckpoint: readonly number[];
}

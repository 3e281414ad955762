import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CompileError } from '../compile-error.ts';
import type { Rates } from './rates.ts';
import { families } from './rates.ts';

/** Rates from a file, and the hash that an artifact made with them records. */
export interface Calibration {
  readonly rates: Rates;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Reads a file that `vorab doctor --calibrate` wrote.
 *
 * @throws CompileError when it is not there, or holds something else.
 */
export async function readCalibration(path: string): Promise<Calibration> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw calibrationError(path, error instanceof Error ? error.message : String(error));
  }
  return parseCalibration(bytes, path);
}

/** The same of a file's content. */
export function parseCalibration(bytes: Uint8Array, path: string): Calibration {
  let rates: unknown;
  try {
    rates = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw calibrationError(path, error instanceof Error ? error.message : String(error));
  }
  const problem = ratesProblem(rates);
  if (problem !== undefined) throw calibrationError(path, problem);
  return { rates: rates as Rates, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const calibrationError = (path: string, found: string): CompileError =>
  new CompileError(
    `calibration ${path}: ${found}\n  fix: write it with \`vorab doctor --calibrate ${path}\``,
  );

const isRate = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= 1e12;

function ratesProblem(rates: unknown): string | undefined {
  const { version, machine, targets, links } = (rates ?? {}) as Partial<Rates>;
  if (version !== 1) return `its version is ${JSON.stringify(version)}, expected 1`;
  if (typeof machine !== 'string') return 'it names no machine';
  if (typeof targets !== 'object' || targets === null) return 'it has no targets';
  for (const [name, target] of Object.entries(targets)) {
    const { launchNs, hostNs, ns } = target ?? {};
    if (!isRate(launchNs) || !isRate(hostNs)) return `target '${name}' lacks launchNs or hostNs`;
    const lacking = families.find((family) => !isRate(ns?.[family]));
    if (lacking !== undefined) return `target '${name}' lacks the rate of ${lacking}`;
  }
  if (!Array.isArray(links)) return 'it has no links';
  const wrong = links.findIndex(
    ({ from, to, ns, nsPerByte }) =>
      typeof from !== 'string' || typeof to !== 'string' || !isRate(ns) || !isRate(nsPerByte),
  );
  return wrong < 0 ? undefined : `links[${wrong}] is no link`;
}

/** The C++ verifier, through its test program. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Fault } from '../src/index.ts';

const packageRoot = path.resolve(import.meta.dirname, '..');
const setUp = path.join(packageRoot, 'build');
// The set-up's objects, where there are any.
const isSetUp = existsSync(path.join(setUp, 'CMakeCache.txt'));
const build = isSetUp ? setUp : path.join(setUp, 'test');
const tool = path.join(build, 'native/test/vorab-verify');

/** Builds the program where it is missing or old. */
export const buildNativeVerifier = (): void => {
  const options = { stdio: 'pipe' } as const;
  const configure = (tests: 'ON' | 'OFF'): Buffer =>
    execFileSync('cmake', ['-S', packageRoot, '-B', build, `-DVORAB_TESTS=${tests}`], options);
  configure('ON');
  const target = ['--target', 'vorab-verify', '--parallel', '2'];
  execFileSync('cmake', ['--build', build, ...target], options);
  if (isSetUp) configure('OFF');
};

const lengthOf = (file: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, file.length, true);
  return bytes;
};

const toFault = (verdict: unknown): Fault | null => {
  if (verdict === null) return null;
  if (!Array.isArray(verdict)) throw new TypeError(`found ${verdict}, expected a verdict`);
  return { code: String(verdict[0]), message: String(verdict[1]) };
};

/** The verdicts of the C++ verifier over many files, in one process. */
export const nativeVerdicts = (files: readonly Uint8Array[]): (Fault | null)[] => {
  const input = Buffer.concat(files.flatMap((file) => [lengthOf(file), file]));
  const output = execFileSync(tool, ['--batch'], { input, maxBuffer: 2 ** 30, encoding: 'utf8' });
  return output
    .trim()
    .split('\n')
    .map((line) => toFault(JSON.parse(line)));
};

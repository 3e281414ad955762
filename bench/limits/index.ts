import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** What this machine can do at most, on all its cores. */
export interface Limits {
  /** Multiply-adds of f32, as two operations each. */
  readonly GFLOPS: number;
  /** Read and written by a copy that is larger than the caches. */
  readonly GBps: number;
}

/** Measures the limits, by a program that is built where it is missing. Takes about a second. */
export function measureLimits(): Limits {
  const source = import.meta.dirname;
  const build = join(source, 'build');
  execFileSync('cmake', ['-S', source, '-B', build], { stdio: 'pipe' });
  execFileSync('cmake', ['--build', build], { stdio: 'pipe' });
  return JSON.parse(execFileSync(join(build, 'limits'), { encoding: 'utf8' }));
}

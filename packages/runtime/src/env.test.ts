import { afterEach, expect, it } from 'vitest';
import { withoutBlasThreads } from './env.ts';

const name = 'OPENBLAS_NUM_THREADS';

afterEach(() => {
  delete process.env[name];
});

it('tells OpenBLAS to start no threads while it may be loaded, and nobody afterwards', async () => {
  const seen: (string | undefined)[] = [];
  const body = async (ms: number): Promise<void> => {
    seen.push(process.env[name]);
    await new Promise((done) => setTimeout(done, ms));
    seen.push(process.env[name]);
    if (ms === 5) throw new Error('no library');
  };
  const all = [withoutBlasThreads(() => body(1)), withoutBlasThreads(() => body(5))];
  await Promise.allSettled(all);
  expect(seen).toEqual(['1', '1', '1', '1']);
  expect(process.env[name]).toBeUndefined();
});

it('leaves the number that the user gives', async () => {
  process.env[name] = '8';
  expect(await withoutBlasThreads(async () => process.env[name])).toBe('8');
  expect(process.env[name]).toBe('8');
});

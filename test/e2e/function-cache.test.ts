/** Functions for sizes: kept up to a bound, built again after it, right in any case. */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { open, type Session, type Tensor } from '@vorab/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from 'vorab';
import { scratch } from '../support/cli.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const model = `
import { dim, f32, program } from 'vorab';
const N = dim('N', { min: 1, max: 512 });
/** Enough steps for a function to be worth something. */
export const wave = program({ x: f32(N, 64) }, ({ x }) => {
  let y = x;
  for (let i = 0; i < 20; i++) y = y.mul(0.5).add(x).sub(y.mul(0.25));
  return { y: y.sum(1) };
});
export const other = program({ x: f32(N) }, ({ x }) => ({ y: x.mul(2) }));
`;

let artifact: string;
beforeAll(async () => {
  const folder = scratch({ 'model.ts': model });
  artifact = (await compile(join(folder, 'model.ts'))).artifact;
});

/** What `wave` makes of rows of ones times 1, 2, …: y ← 0.25 y + x, 20 times from y = x. */
function expected(rows: number): number[] {
  let factor = 1;
  for (let i = 0; i < 20; i++) factor = 0.25 * factor + 1;
  return Array.from({ length: rows }, (_, row) => 64 * factor * (row + 1));
}

async function wave(session: Session, rows: number): Promise<void> {
  const x = Float32Array.from({ length: rows * 64 }, (_, i) => Math.floor(i / 64) + 1);
  const { y } = await session.call('wave', { x });
  const found = await (y as Tensor).data();
  for (const [row, value] of expected(rows).entries()) {
    const error = Math.abs(Number(found[row]) - value) / value;
    if (error > 1e-5) throw new RangeError(`row ${row} of ${rows}: ${found[row]}, not ${value}`);
  }
  (y as Tensor).dispose();
}

const sizes = Array.from({ length: 200 }, (_, i) => i + 1);

async function sweep(session: Session): Promise<void> {
  for (const rows of sizes) await wave(session, rows);
}

describe.each(['blas', 'mlx'] as const)('on %s', (runtime) => {
  test('two hundred sizes through a cache of sixteen are right and leave memory as it was', async () => {
    await using session = await open(artifact, { runtime, functionCache: 16 });
    await sweep(session);
    await session.expect({ builds: 200, misses: 200, hits: 0, evictions: 184 });
    collect();
    const before = process.memoryUsage().rss;
    for (let again = 0; again < 4; again++) await sweep(session);
    await session.expect({ builds: 800, evictions: 800, buildMs: { atLeast: 0.001 } });
    collect();
    expect(process.memoryUsage().rss - before).toBeLessThan(16 * 1024 * 1024);
    for (const rows of sizes.slice(-16)) await wave(session, rows);
    await session.expect({ builds: 0, hits: 16, evictions: 0 });
  });

  test('an entry of many sizes takes nothing from another', async () => {
    await using session = await open(artifact, { runtime, functionCache: 2 });
    const x = new Float32Array(3);
    await session.call('other', { x });
    for (let rows = 1; rows <= 5; rows++) await wave(session, rows);
    await session.expect({ builds: 6, evictions: 3 });
    await session.call('other', { x });
    await session.expect({ builds: 0, hits: 1 });
  });

  test('what is prepared is built before the first call', async () => {
    await using session = await open(artifact, { runtime });
    await Promise.all([1, 2, 3].map((N) => session.prepare('wave', { N })));
    await session.expect({ builds: 3, copies: 0 });
    for (const rows of [3, 1, 2]) await wave(session, rows);
    await session.expect({ builds: 0, hits: 3, misses: 0 });
  });
});

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { openStub, stubs } from '../test/stub.ts';
import type { Tensor } from './index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe.each(stubs)('memory of a session of %s', (stub) => {
  test('10,000 disposed calls leave nothing behind', async () => {
    await using session = await openStub(stub);
    const x = new Float32Array(1024);
    const out = { y: new Float32Array(1024) };
    const round = async (calls: number): Promise<void> => {
      for (let i = 0; i < calls; i++) {
        const { y } =
          i % 2 === 0 ? session.callSync('echo', { x }) : await session.call('echo', { x });
        (y as Tensor).dispose();
        if (i % 8 === 0) session.callSync('echo', { x }, { out });
        if (i % 8 === 1) await session.call('echo', { x }, { out });
      }
    };
    await round(1000);
    collect();
    const before = process.memoryUsage().rss;
    await round(9000);
    collect();
    expect(process.memoryUsage().rss - before).toBeLessThan(24 * 1024 * 1024);
    expect((await session.stats()).tensorsLive).toBe(0);
  });

  test('tensors that nobody disposes are released when they are collected', async () => {
    await using session = await openStub(stub);
    for (let i = 0; i < 100; i++) await session.call('echo', { x: new Float32Array(1024) });
    for (let i = 0; i < 50 && (await session.stats()).tensorsLive > 10; i++) {
      collect();
      await sleep(5);
    }
    expect((await session.stats()).tensorsLive).toBeLessThanOrEqual(10);
  });

  test.skipIf(process.platform !== 'linux')(
    'sessions that nobody closes end, with their threads, when they are collected',
    async () => {
      const threads = (): number => readdirSync('/proc/self/task').length;
      (await openStub(stub)).callSync('grow');
      const before = threads();
      for (let i = 0; i < 20; i++) (await openStub(stub)).callSync('grow');
      for (let i = 0; i < 50 && threads() > before; i++) {
        collect();
        await sleep(5);
      }
      expect(threads()).toBeLessThanOrEqual(before);
    },
  );

  // Another process may be in the way once; a call that blocks is in the way every time.
  test('promise calls never block the event loop', { retry: 3 }, async () => {
    await using session = await openStub(stub);
    let running = true;
    const calls = (async () => {
      for (let i = 0; i < 5; i++) await session.call('stubborn', { ms: 100 });
      running = false;
    })();
    const late: number[] = [];
    while (running) {
      const start = performance.now();
      await sleep(5);
      late.push(performance.now() - start - 5);
    }
    await calls;
    late.sort((a, b) => a - b);
    expect(late.length).toBeGreaterThan(30);
    expect(late[Math.floor(late.length * 0.95)]).toBeLessThan(50);
  });

  test('10,000 calls in flight settle in order', async () => {
    await using session = await openStub(stub);
    const results = await Promise.all(
      Array.from({ length: 10_000 }, (_, x) => session.call('scalar', { x })),
    );
    const numbers = results.map(({ y }) => (y as Tensor).itemSync());
    expect(numbers).toEqual(numbers.map((_, i) => i));
    for (const { y } of results) (y as Tensor).dispose();
    expect((await session.stats()).tensorsLive).toBe(0);
  });
});

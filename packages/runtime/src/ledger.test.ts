import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { testArtifact } from '../test/program.ts';
import { openStub, stubBackend, stubLibrary, stubs } from '../test/stub.ts';
import { causes, type Ledger, NativeBackend, openOn, type Tensor, VorabError } from './index.ts';

const failure = async (promise: Promise<unknown>): Promise<VorabError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof VorabError) return error;
  throw new TypeError(`expected a VorabError, found ${String(error)}`);
};

const seen = (ledger: Ledger) =>
  ledger.rows.map(({ kind, what, why, count, bytes }) => [kind, what, why, count, bytes]);

test('the causes are those of backend.h, in its order', () => {
  const header = readFileSync(new URL('../native/backend.h', import.meta.url), 'utf8');
  const names = [...header.matchAll(/^ {2}VORAB_CAUSE_(\w+)/gm)].map(([, name]) => name);
  expect(names).toEqual(causes.map(({ name }) => name));
});

describe.each(stubs)('the ledger of %s', (stub) => {
  test('begins with the initialisation, which expect does not look back at', async () => {
    await using session = await openStub(stub);
    const ledger = await session.ledger();
    expect(seen(ledger)).toEqual([
      ['copy', 'init: input seed', 'copied when the call was made', 1, 8],
    ]);
    expect((await session.expect({ copies: 0 })).rows).toEqual([]);
  });

  test('names entry, port, cause and line, and adds up', async () => {
    await using session = await openStub(stub);
    const before = await session.ledger();
    const x = new Float32Array(8);
    const out = { y: new Float32Array(8) };
    await session.call('echo', { x });
    await session.call('echo', { x }, { out });
    session.callSync('echo', { x }, { out });
    const found = (await session.ledger()).since(before);
    expect(seen(found)).toEqual([
      ['copy', 'echo: output y', 'copied into host memory', 2, 64],
      ['copy', 'echo: input x', 'copied when the call was made', 2, 64],
      ['copy', 'echo: output y', "copied into the caller's array", 1, 32],
    ]);
    expect(found.totals).toMatchObject({ copies: 5, copiesIn: 2, copiesOut: 3, bytesIn: 64 });
    expect(found.rows[0]?.location).toMatch(/^model\.ts:\d+:\d+$/);
    expect(session.ledgerSync().rows).toEqual((await session.ledger()).rows);
    expect(String(found).split('\n')[1]).toMatch(
      /^2 {2}copy in {3}64 B {2}echo: input x: copied when the call was made +model\.ts:1:14$/,
    );
    expect(String(found.since(found))).toBe('nothing happened');
  });

  test('is read in order with calls', async () => {
    await using session = await openStub(stub);
    const call = () => session.call('scalar', { x: 1 });
    const reads = [call(), session.expect({ copiesIn: 1 }), call(), call()];
    await Promise.all([...reads, session.expect({ copiesIn: 2 })]);
    await session.expect({ copies: 0 });
  });

  test('counts what an aborted call had copied', async () => {
    await using session = await openStub(stub);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [session.call('sleep', { ms: 2000 }, { signal })];
    for (let i = 0; i < 3; i++) calls.push(session.call('scalar', { x: 1 }, { signal }));
    controller.abort();
    await Promise.allSettled(calls);
    await session.expect({ copiesIn: 4 });
  });

  test('stays as small as the artifact, however long the session runs', async () => {
    await using session = await openStub(stub);
    for (let i = 0; i < 500; i++) {
      session.callSync('scalar', { x: i }, { out: { y: new Int32Array(1) } });
    }
    const { rows, totals } = await session.ledger();
    expect(rows.length).toBe(2);
    expect(totals.copiesOut).toBe(500);
  });
});

describe('expect', () => {
  test('takes exact numbers, ceilings and floors', async () => {
    await using session = await openStub();
    for (let i = 0; i < 3; i++) await session.call('scalar', { x: 1 });
    const since = await session.ledger();
    await session.expect({ copiesIn: 3, builds: { atMost: 1 }, copies: { atLeast: 1, atMost: 5 } });
    session.expectSync({ copies: 0, casts: 0, builds: 0, layouts: 0, fallbacks: 0 });
    await session.call('scalar', { x: 1 });
    const { totals } = await session.expect({ copies: 1 }, { since });
    expect(totals.bytesIn).toBe(4);
  });

  test('throws what was found, what was expected, the line and the cure', async () => {
    await using session = await openStub();
    await session.call('echo', { x: new Float32Array(8) });
    const error = await failure(session.expect({ copies: 0, builds: { atLeast: 2 } }));
    expect(error.code).toBe('ledger');
    expect(error.location).toBe('model.ts:1:14');
    expect(error.message).toBe(`model.ts:1:14: the ledger does not hold what was expected
    copies: 1, expected exactly 0
      1  copy in  32 B  echo: input x: copied when the call was made  model.ts:1:14
    builds: 0, expected at least 2
  fix: pass tensors instead of arrays, and read only what is needed; fewer than expected: expect what the calls since the last expect do, or a lower bound`);
    // A failed one is a mark as well.
    await session.expect({ copies: 0 });
  });

  test('refuses what is no counter and no bound', async () => {
    await using session = await openStub();
    const wrong = failure(session.expect({ copyes: 0 } as never));
    expect((await wrong).message).toContain('there is no counter copyes; there are: copies, ');
    expect((await wrong).cure).toBe('did you mean copies?');
    for (const bound of [-1, Number.NaN, {}, { atLeast: 3, atMost: 2 }, null, '0']) {
      const error = await failure(session.expect({ copies: bound as never }));
      expect(error).toMatchObject({ code: 'argument' });
    }
  });
});

describe('prepare', () => {
  test('takes the sizes of dims by name', async () => {
    await using session = await openStub();
    await session.prepare('echo', { N: 7 });
    await session.prepare('scalar');
    await session.expect({ builds: 2, copies: 0 });
    expect((await failure(session.prepare('echo'))).message).toBe(
      "echo: dim N is missing, expected a whole number from 1 to 256\n  fix: prepare('echo', { N: 1 })",
    );
    expect((await failure(session.prepare('square', { M: 3 }))).message).toBe(
      'square: dim M is 3, expected a multiple of 2 from 2 to 64',
    );
    expect((await failure(session.prepare('echo', { n: 3 }))).cure).toBe('did you mean N?');
    expect(await failure(session.prepare('eco', { N: 3 }))).toMatchObject({
      code: 'entry-unknown',
    });
  });
});

test('a dtype that the machine lacks is refused by name', async () => {
  const artifact = testArtifact({
    entries: [{ name: 'wide', inputs: { x: ['F64', 2] }, outputs: { y: ['F64', 2] } }],
  });
  class Narrow extends NativeBackend {
    override describe() {
      return { device: 'metal', dtypes: ['f32', 'i32'] };
    }
  }
  const error = await failure(openOn(new Narrow('stub', stubLibrary('stub')), 'test', artifact));
  expect(error).toMatchObject({ code: 'unsupported', location: 'model.ts:1:14' });
  expect(error.message).toContain(
    "wide computes in f64, which runtime 'stub' does not have on this machine (metal); it has: f32, i32",
  );
  await using session = await openOn(stubBackend(), 'test', artifact);
  const { y } = await session.call('wide', { x: Float64Array.of(1, 2) });
  expect(await (y as Tensor).data()).toEqual(Float64Array.of(1, 2));
});

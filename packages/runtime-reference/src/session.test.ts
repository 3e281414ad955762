import { setTimeout as sleep } from 'node:timers/promises';
import { fb, opByName, ProgramBuilder } from '@vorab/artifact';
import { open, type Session, Tensor, VorabError } from '@vorab/runtime';
import { expect, test } from 'vitest';
import { testArtifact } from '../../runtime/test/program.ts';
import { stubArtifact } from '../../runtime/test/stub.ts';

const openReference = (source: Uint8Array | string = stubArtifact): Promise<Session> =>
  open(source, { runtime: 'reference', seed: 0 });

const code = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof VorabError ? error.code : String(error)),
  );

async function values(result: unknown): Promise<unknown> {
  return Tensor.is(result) ? result.toArray() : result;
}

/** y = x + x, `count` times over, as separate nodes. */
function doubling(count: number): Uint8Array {
  const builder = new ProgramBuilder('vorab test');
  const { program } = builder;
  const type = builder.type(fb.DType.F32, [builder.literal(256), builder.literal(256)]);
  const location = builder.location('model.ts', 3, 5);
  const nodes = Array.from(
    { length: count },
    (_, i) => new fb.NodeT(opByName('add')?.id, [i, i], [], [type], [location]),
  );
  program.functions.push(new fb.FunctionT('double', [type], nodes, [count]));
  const port = (name: string): fb.PortT => new fb.PortT(name, type, '');
  program.entries.push(
    new fb.EntryT(
      'double',
      '',
      fb.EntryKind.Program,
      0,
      [port('x')],
      [port('y')],
      [],
      [],
      location,
    ),
  );
  return builder.build();
}

test('computes what the functions say, without a plan', async () => {
  await using session = await openReference(doubling(3));
  expect(session.info()).toMatchObject({ runtime: 'reference', plan: undefined });
  const x = new Float32Array(256 * 256).fill(1.5);
  const y = new Float32Array(256 * 256);
  await session.call('double', { x }, { out: { y } });
  expect(y[12345]).toBe(12);
  session.callSync('double', { x: y }, { out: { y } });
  expect(y[5]).toBe(96);
  const { y: tensor } = await session.call('double', { x });
  const again = await session.call('double', { x: tensor });
  expect((again['y'] as Tensor).dataSync()[0]).toBe(96);
  const { steps, runs, tensorsLive, builds, cacheHits } = await session.stats();
  expect([steps, runs, tensorsLive, builds, cacheHits]).toEqual([12, 4, 2, 1, 3]);
});

test('runs calls in order and copies inputs at the call', async () => {
  await using session = await openReference();
  const x = new Float32Array(8).fill(1);
  const first = session.call('echo', { x });
  x.fill(2);
  const second = session.call('echo', { x });
  const sync = session.callSync('scalar', { x: 5 });
  expect(session.statsSync().pending).toBe(0);
  expect(await values((await first)['y'])).toEqual([Array(4).fill(1), Array(4).fill(1)]);
  expect(await values((await second)['y'])).toEqual([Array(4).fill(2), Array(4).fill(2)]);
  expect(await values(sync['y'])).toBe(5);
  x.fill(3);
  const { y } = session.callSync('echo', { x });
  x.fill(4);
  expect((y as Tensor).dataSync()[0]).toBe(3);
});

test('keeps states: init, calls, writes, save and load', async () => {
  await using session = await openReference();
  await session.state.write('weight', new Float32Array(6).fill(2));
  const before = session.state.read('weight');
  const grown = session.call('grow');
  const after = session.state.read('weight');
  await grown;
  expect([(await before)[0], (await after)[0]]).toEqual([2, 0]);
  await session.hyper.set('lr', 0.25);
  expect(await session.hyper.get('lr')).toBe(0.25);
});

test('gives the thread back between nodes, and aborts there', async () => {
  await using session = await openReference(doubling(300));
  const x = new Float32Array(256 * 256);
  const controller = new AbortController();
  const call = code(session.call('double', { x }, { signal: controller.signal }));
  let turns = 0;
  while (turns < 5) {
    await sleep(1);
    turns++;
  }
  controller.abort();
  expect(await call).toBe('aborted');
  expect(session.statsSync().runs).toBe(0);
  expect(await code(session.call('double', { x }))).toBe(undefined);
});

test('closes after what is queued', async () => {
  const session = await openReference();
  const call = session.call('scalar', { x: 1 });
  const closing = session.close();
  expect(await code(session.call('scalar', { x: 1 }))).toBe('closed');
  await closing;
  const { y } = await call;
  expect(await code((y as Tensor).data())).toBe('closed');
});

test('refuses files that are not whole, and more calls than the queue holds', async () => {
  expect(await code(openReference('/nowhere.vorab'))).toBe('artifact');
  expect(await code(openReference(stubArtifact.slice(0, 500)))).toBe('artifact');
  const flipped = testArtifact({ entries: [] });
  flipped[200] = (flipped[200] ?? 0) ^ 1;
  expect(await code(openReference(flipped))).toBe('artifact');
  await using session = await open(stubArtifact, { runtime: 'reference', seed: 0, queue: 1 });
  const calls = [1, 2, 3].map((x) => code(session.call('scalar', { x })));
  expect(await Promise.all(calls)).toEqual([undefined, 'queue-full', 'queue-full']);
});

import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { openStub, stubs } from '../test/stub.ts';
import { AbortError, type Tensor, VorabError } from './index.ts';

const code = (error: unknown): string | undefined =>
  error instanceof VorabError ? error.code : undefined;

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each(stubs)('a session of %s', (stub) => {
  test('runs calls in order, sync calls after what is queued', async () => {
    await using session = await openStub(stub);
    const done: number[] = [];
    const calls = [20, 5, 1].map((ms) =>
      session
        .call('sleep', { ms })
        .then((result) => done.push((result['ms'] as Tensor).itemSync() as number)),
    );
    expect(session.callSync('scalar', { x: 9 })['y']).toBeDefined();
    expect((await session.stats()).pending).toBe(0);
    await Promise.all(calls);
    expect(done).toEqual([20, 5, 1]);
  });

  test('copies inputs at the call', async () => {
    await using session = await openStub(stub);
    const x = new Float32Array(8).fill(1);
    const first = session.call('echo', { x });
    x.fill(2);
    const second = session.call('echo', { x });
    expect(await ((await first)['y'] as Tensor).data()).toEqual(new Float32Array(8).fill(1));
    expect(await ((await second)['y'] as Tensor).data()).toEqual(new Float32Array(8).fill(2));
    const { inputCopies, inputBytes } = await session.stats();
    expect([inputCopies, inputBytes]).toEqual([3, 2 * 32 + 8]);
  });

  test('fills the caller’s arrays, and leaves out what is null', async () => {
    await using session = await openStub(stub);
    const image = new Float32Array(8).fill(4);
    const label = Int32Array.of(1, 2);
    const out = { image: new Float32Array(8), label: null };
    const results = await session.call('pair', { image, label, flag: true }, { out });
    expect(results['image']).toBe(out.image);
    expect(out.image).toEqual(image);
    expect(Object.keys(results)).toEqual(['image', 'flag']);
    const again = new Float32Array(8);
    const sync = session.callSync('pair', { image, label, flag: true }, { out: { image: again } });
    expect(again).toEqual(image);
    expect(await (sync['label'] as Tensor).toArray()).toEqual([1, 2]);
    expect(await (sync['flag'] as Tensor).item()).toBe(true);
  });

  test('allocates arrays where the runtime reads and fills them best', async () => {
    await using session = await openStub(stub);
    const image = session.allocate('f32', [2, 4]);
    const out = { image: session.allocate('f32', [2, 4]), label: null, flag: null };
    expect([image.length, image.every((x) => x === 0)]).toEqual([8, true]);
    expect(image.byteOffset).toBeLessThan(64);
    image.fill(3);
    session.callSync('pair', { image, label: Int32Array.of(1, 2), flag: true }, { out });
    expect(out.image).toEqual(image);
    const others = (['bool', 'i64', 'bf16'] as const).map((d) => session.allocate(d, [3]));
    expect(others).toEqual([new Uint8Array(3), new BigInt64Array(3), new Uint16Array(3)]);
    expect([session.allocate('f64', []).length, session.allocate('f64', [0, 5]).length]).toEqual([
      1, 0,
    ]);
    for (const shape of [[-1], [1.5], [2 ** 40, 2 ** 40]]) {
      expect(() => session.allocate('f32', shape)).toThrow(/allocate: the shape \[/);
    }
    await session.close();
    expect(() => session.allocate('f32', [1])).toThrow(/closed/);
  });

  test('rejects when the caller’s array goes away meanwhile', async () => {
    await using session = await openStub(stub);
    const y = new Float32Array(8);
    const call = session.call('echo', { x: new Float32Array(8) }, { out: { y } });
    structuredClone(y, { transfer: [y.buffer] });
    expect(code(await failure(call))).toBe('out-size');
  });

  test('takes its tensors as inputs, and keeps them while a call needs them', async () => {
    await using session = await openStub(stub);
    const x = await session.tensor('f32', Float32Array.of(1, 2, 3, 4), [1, 4]);
    const sleeping = session.call('sleep', { ms: 10 });
    const echoed = session.call('echo', { x });
    x.dispose();
    await sleeping;
    const { y } = await echoed;
    expect(await (y as Tensor).toArray()).toEqual([[1, 2, 3, 4]]);
    expect(code(await failure(session.call('echo', { x })))).toBe('tensor');
    await using other = await openStub(stub);
    const foreign = await failure(other.call('echo', { x: y }));
    expect(String(foreign)).toContain('the tensor belongs to another session');
    expect(code(await failure(session.call('scalar', { x: y })))).toBe('input-dtype');
  });

  test('aborts: before it runs, while it runs, never after', async () => {
    await using session = await openStub(stub);
    const controller = new AbortController();
    const running = failure(session.call('sleep', { ms: 5000 }, { signal: controller.signal }));
    const queued = failure(session.call('sleep', { ms: 5000 }, { signal: controller.signal }));
    const kept = session.call('scalar', { x: 3 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const start = performance.now();
    controller.abort('enough');
    for (const error of [await running, await queued]) {
      expect(error).toBeInstanceOf(AbortError);
      expect(error).toMatchObject({ name: 'AbortError', code: 'aborted', cause: 'enough' });
    }
    expect(performance.now() - start).toBeLessThan(1000);
    expect(await ((await kept)['y'] as Tensor).item()).toBe(3);
    const late = failure(session.call('scalar', { x: 3 }, { signal: controller.signal }));
    expect(code(await late)).toBe('aborted');
    const ignored = new AbortController();
    const stubborn = session.call('stubborn', { ms: 30 }, { signal: ignored.signal });
    setTimeout(() => ignored.abort(), 5);
    expect(await ((await stubborn)['ms'] as Tensor).item()).toBe(30);
    expect((await session.stats()).aborted).toBe(2);
  });

  test('one signal aborts any number of calls, with one listener', async () => {
    await using session = await openStub(stub);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 20 }, () =>
      failure(session.call('sleep', { ms: 1000 }, { signal })),
    );
    const kept = session.call('scalar', { x: 3 });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    controller.abort();
    expect(new Set((await Promise.all(calls)).map(code))).toEqual(new Set(['aborted']));
    await kept;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('says where a failed call failed, and goes on', async () => {
    await using session = await openStub(stub);
    const error = await failure(session.call('fail', { x: new Float32Array(2) }));
    expect(error).toMatchObject({
      code: 'failed',
      message: 'model.ts:8:14: fail: step 3: the matrix is singular\n  fix: use another',
      location: 'model.ts:8:14',
      index: [1, 4],
    });
    expect(() => session.callSync('fail', { x: new Float32Array(2) })).toThrow('singular');
    expect((await session.stats()).failed).toBe(2);
    expect(session.callSync('scalar', { x: 1 })).toBeDefined();
  });

  test('is broken after a failure that followed a write of state', async () => {
    await using session = await openStub(stub);
    const x = new Float32Array(2);
    expect(code(await failure(session.call('broken', { x })))).toBe('broken');
    expect(code(await failure(session.call('scalar', { x: 1 })))).toBe('broken');
    expect(code(await failure(session.state.read('count')))).toBe('broken');
  });

  test('closes after what is queued, or aborts it', async () => {
    const session = await openStub(stub);
    const calls = [session.call('sleep', { ms: 10 }), session.call('scalar', { x: 1 })];
    const closing = session.close();
    expect(code(await failure(session.call('scalar', { x: 1 })))).toBe('closed');
    const [slept] = await Promise.all(calls);
    await closing;
    expect(session.close()).toBe(closing);
    const tensor = slept?.['ms'] as Tensor;
    expect(code(await failure(tensor.data()))).toBe('closed');
    expect(() => tensor.itemSync()).toThrow('closed');
    tensor.dispose();
    expect(() => session.callSync('scalar', { x: 1 })).toThrow('closed');
    for (const late of [session.stats(), session.save('x'), session.state.read('count')]) {
      expect(code(await failure(late))).toBe('closed');
    }
    const other = await openStub(stub);
    const start = performance.now();
    const aborted = [
      failure(other.call('sleep', { ms: 5000 })),
      failure(other.call('scalar', { x: 1 })),
    ];
    await other.close({ abort: true });
    expect((await Promise.all(aborted)).map(code)).toEqual(['aborted', 'aborted']);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('refuses more calls than the queue holds', async () => {
    await using session = await openStub(stub, { seed: 0, queue: 2 });
    const calls = [30, 0, 0, 0, 0].map((ms) => failure(session.call('sleep', { ms })));
    const codes = (await Promise.all(calls)).map(code);
    expect(codes.filter((c) => c === 'queue-full').length).toBeGreaterThanOrEqual(2);
    expect(codes.slice(0, 2)).toEqual([undefined, undefined]);
  });

  test('gives entries as methods, except where the name is taken', async () => {
    await using session = await openStub<{
      grow: { inputs: Record<never, never>; outputs: { zero: Tensor<'f32', [2]> } };
    }>(stub);
    expect(await (await session.grow()).zero.toArray()).toEqual([0, 0]);
    expect(session.sync.grow().zero.dtype).toBe('f32');
    expect(Object.keys(await session.call('close'))).toEqual(['zero']);
    expect(session.closed).toBe(false);
    expect('init' in session).toBe(false);
  });

  test('reads and writes states and hyper-parameters in order with calls', async () => {
    await using session = await openStub(stub);
    const before = session.state.read('count');
    const grown = session.call('grow');
    const after = session.state.read('count');
    await grown;
    expect([...(await before), ...(await after)]).toEqual([1, 2]);
    await session.state.write('weight', Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(await session.state.read('weight')).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    await session.hyper.set('lr', 0.5);
    expect(await session.hyper.get('lr')).toBe(0.5);
    expect(session.hyper.names()).toEqual(['lr']);
    expect(session.state.names('parameter')).toEqual(['weight']);
    expect(code(await failure(session.hyper.set('weight', 1)))).toBe('state-unknown');
    expect(String(await failure(session.state.read('wieght')))).toContain('did you mean weight?');
    expect(code(await failure(session.state.write('weight', new Float32Array(5))))).toBe(
      'input-size',
    );
    expect(code(await failure(session.state.write('weight', new Int32Array(6))))).toBe(
      'input-dtype',
    );
  });
});

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { stubs } from '../test/stub.ts';

const locateModule = new URL('./locate.ts', import.meta.url).href;
const stubModule = new URL('../test/stub.ts', import.meta.url).href;

/** Runs a module in its own process, with `session` open on `stub`. */
function run(stub: string, body: string) {
  const script = `
    import { openStub } from ${JSON.stringify(stubModule)};
    const session = await openStub(${JSON.stringify(stub)});
    ${body}
  `;
  const args = ['-C', '@vorab/source', '--import', 'tsx', '--input-type=module', '-e', script];
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const start = performance.now();
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    timeout: 9000,
  });
  return { status, signal, stdout, stderr, took: performance.now() - start };
}

describe.each(stubs)('the end of a process with a session of %s', (stub) => {
  test('an open session does not keep it alive', () => {
    expect(run(stub, 'await session.call("scalar", { x: 1 }); console.log("end");')).toMatchObject({
      status: 0,
      stdout: 'end\n',
      stderr: '',
    });
  });

  test('a pending call does, until it has settled', () => {
    const body = 'session.call("sleep", { ms: 300 }).then(() => console.log("settled"));';
    expect(run(stub, body)).toMatchObject({ status: 0, stdout: 'settled\n', stderr: '' });
  });

  test('process.exit() in the middle of calls ends at once', () => {
    const body = `
      for (let i = 0; i < 10; i++) session.call('sleep', { ms: 60000 });
      setTimeout(() => process.exit(3), 30);`;
    expect(run(stub, body)).toMatchObject({ status: 3, signal: null, stderr: '' });
  });

  test('so does the end of a worker thread', () => {
    // The addon alone: TypeScript's loader does not reach into workers.
    const body = `
      const { Worker } = await import('node:worker_threads');
      const { stubArtifact, stubLibrary } = await import(${JSON.stringify(stubModule)});
      const { locateAddon } = await import(${JSON.stringify(locateModule)});
      const worker = new Worker(\`
        const { parentPort, workerData } = require('node:worker_threads');
        const addon = require(workerData.addon);
        addon.openArtifact(workerData.artifact).then(async (artifact) => {
          const session = await addon.openSession(artifact, workerData.library, 0, '{}', 8);
          const sleep = session.bindEntry(workerData.entry);
          sleep.start(Int32Array.of(60000), undefined);
          sleep.start(Int32Array.of(60000), undefined);
          parentPort.postMessage('running');
        });\`, {
        eval: true,
        execArgv: [],
        workerData: {
          addon: locateAddon().path,
          artifact: stubArtifact,
          library: stubLibrary(${JSON.stringify(stub)}),
          entry: session.program.entries.findIndex(({ name }) => name === 'sleep'),
        },
      });
      worker.on('error', (error) => console.error(error));
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
      console.log(await session.sync.scalar({ x: 4 }).y.item());`;
    const result = run(stub, body);
    expect(result).toMatchObject({ status: 0, stdout: '4\n', stderr: '' });
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root, runNode, scratch, vorab } from '../support/cli.ts';

const folder = scratch({});

/** Opens an artifact with some threads, and prints how many more the process has, and where it may run. */
const script = join(folder, 'count.ts');
writeFileSync(
  script,
  `import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { open } from ${JSON.stringify(join(root, 'packages/runtime/src/index.ts'))};
const [artifact, threads] = process.argv.slice(2);
const count = () => readdirSync('/proc/self/task').length;
const cpus = () => /Cpus_allowed:\\s+(\\S+)/.exec(readFileSync('/proc/thread-self/status', 'utf8'))[1];
await readFile(artifact); // Node's own threads
const before = { count: count(), cpus: cpus() };
const session = await open(artifact, { runtime: 'blas', seed: 0, threads: Number(threads) });
console.log(JSON.stringify({ more: count() - before.count, same: cpus() === before.cpus }));
await session.close();
`,
);

it.runIf(process.platform === 'linux')(
  'a session has its own threads and no library’s',
  async () => {
    const artifact = join(folder, 'tiny.vorab');
    const compiled = await vorab(
      ['compile', 'bench/models/tiny.ts', '-o', artifact, '--no-binding', '--targets', 'blas'],
      { env: { VORAB_BENCH_SIZES: JSON.stringify({ in: 4, hidden: 16, out: 1 }) } },
    );
    expect(compiled.code, compiled.stderr).toBe(0);
    for (const threads of [1, 3]) {
      const { code, stdout, stderr } = await runNode(script, [artifact, String(threads)]);
      expect(code, stderr).toBe(0);
      // One takes calls off the event loop; the caller of a step is one of the threads that compute.
      expect(JSON.parse(stdout)).toEqual({ more: 1 + (threads - 1), same: true });
    }
  },
);

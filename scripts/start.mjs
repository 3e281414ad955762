/** The main job: sets up what is missing, then compiles, trains and queries the digits example. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNode } from './lib/process.mjs';
import { setup } from './setup.mjs';

const main = 'examples/digits/main.ts';

if (!existsSync(join(root, main))) {
  console.error(`${main} is not there`);
  process.exitCode = 1;
} else if ((await setup()).ok) {
  const { code } = await runNode(['--import', 'tsx', main, ...process.argv.slice(2)]);
  process.exitCode = code;
} else {
  process.exitCode = 1;
}

/** The main job: sets up what is missing, then compiles, trains and queries the digits example. */
import { runNode } from './lib/process.mjs';
import { setup } from './setup.mjs';

const main = 'examples/digits/main.ts';

if ((await setup()).ok) {
  const { code } = await runNode(['--import', 'tsx', main, ...process.argv.slice(2)]);
  process.exitCode = code;
} else {
  process.exitCode = 1;
}

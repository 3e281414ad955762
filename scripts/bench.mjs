/** The set-up where it is missing, then `bench/index.ts` with the arguments as they are. */
import { root, runNode } from './lib/process.mjs';
import { setup } from './setup.mjs';

const { ok } = await setup();
const args = ['--import', 'tsx', 'bench/index.ts', ...process.argv.slice(2)];
process.exitCode = ok ? (await runNode(args, { cwd: root })).code : 1;

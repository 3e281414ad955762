/** All static checks, at once; the output of those that fail is shown. */
import { fileURLToPath } from 'node:url';
import { clangFormat } from './lib/cpp.mjs';
import { run, runNode, seconds } from './lib/process.mjs';
import { setup } from './setup.mjs';

const bin = (name, ...args) => run(`node_modules/.bin/${name}`, args, { capture: true });

/** How many lines of a failed check are shown. */
const SHOWN = 80;

/** Title, and what runs. The types of the packages are checked by the build. */
const checks = [
  ['lint and format (Biome)', () => bin('biome', 'ci', '--error-on-warnings', '--colors=off', '.')],
  ['C++ format (clang-format)', () => clangFormat('--dry-run', '-Werror')],
  ['types of tests and scripts', () => bin('tsc', '-p', 'tsconfig.test.json')],
  [
    'import rule',
    () => bin('depcruise', '--config', '.dependency-cruiser.mjs', 'packages', 'test'),
  ],
  [
    'generated files',
    () =>
      runNode(['-C', '@vorab/source', '--import', 'tsx', 'scripts/generate.ts', '--check'], {
        capture: true,
      }),
  ],
];

async function runCheck([title, action]) {
  const start = performance.now();
  const { code, output } = await action();
  const verdict = code === 0 ? 'ok' : 'FAILED';
  console.log(`check: ${title.padEnd(44)} ${verdict.padEnd(7)} ${seconds(start)}`);
  return { title, ok: code === 0, output };
}

/** Runs all of them; true if none fails. */
export async function check() {
  const failed = (await Promise.all(checks.map(runCheck))).filter(({ ok }) => !ok);
  for (const { title, output } of failed) {
    const lines = output.trimEnd().split('\n');
    const left = lines.length > SHOWN ? `\n(and ${lines.length - SHOWN} more lines)` : '';
    console.error(`\n--- ${title}\n${lines.slice(0, SHOWN).join('\n')}${left}`);
  }
  return failed.length === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ready = (await setup(['types', 'python'])).ok;
  process.exitCode = (await check()) && ready ? 0 : 1;
}

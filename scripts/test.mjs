/**
 * All of CI: set-up, static checks, C++ tests, sanitizers, and each vitest project.
 *
 *   node scripts/test.mjs                  everything
 *   node scripts/test.mjs unit golden      some stages
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './check.mjs';
import { packagesWithTests, runCppTests } from './lib/cpp.mjs';
import { root, run, seconds } from './lib/process.mjs';
import { setup } from './setup.mjs';

const counts = { passed: 0, failed: 0, skipped: 0 };

async function cppTests(sanitize, names = packagesWithTests()) {
  let ok = true;
  for (const name of names) {
    const passed = await runCppTests(name, sanitize);
    counts[passed ? 'passed' : 'failed'] += 1;
    ok = ok && passed;
  }
  return ok;
}

async function vitest(project) {
  const report = join(root, `.setup/vitest-${project}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run('node_modules/.bin/vitest', [
    'run',
    '--project',
    project,
    ...reporters,
  ]);
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    counts.passed += numPassedTests;
    counts.failed += numFailedTests;
    counts.skipped += numPendingTests;
  }
  return code === 0;
}

const stages = {
  check,
  // Sanitized code is hardly optimised, and only kernels may differ when it is; so the other tests run once, sanitized.
  native: () => cppTests(false, ['runtime-blas']),
  sanitize: () => cppTests(true),
  unit: () => vitest('unit'),
  golden: () => vitest('golden'),
  gradients: () => vitest('gradients'),
  transforms: () => vitest('transforms'),
  conformance: () => vitest('conformance'),
  faults: () => vitest('faults'),
  e2e: () => vitest('e2e'),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in stages));
if (unknown.length > 0) {
  console.error(
    `no stage named ${unknown.join(', ')}; there are: ${Object.keys(stages).join(', ')}`,
  );
  process.exit(2);
}

/** Title, whether it passed, time. */
const lines = [];

async function stage(name, action) {
  const start = performance.now();
  console.log(`\n=== ${name}`);
  const ok = await action();
  lines.push(
    `${name.padEnd(14)} ${(ok ? 'passed' : 'FAILED').padEnd(8)} ${seconds(start).padStart(8)}`,
  );
  return ok;
}

const start = performance.now();
let ok = await stage('setup', async () => (await setup()).ok);
if (ok) {
  for (const name of names.length > 0 ? names : Object.keys(stages)) {
    ok = (await stage(name, stages[name])) && ok;
  }
}
console.log(`\n${lines.join('\n')}\n\nall in ${seconds(start)}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = ok ? 0 : 1;

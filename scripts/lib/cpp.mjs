/** The hand-written C++ of the repository, and its unit tests. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root, run } from './process.mjs';
import { filesUnder } from './steps.mjs';

/** Every C++ source and header that a person wrote. */
export function cppFiles() {
  return filesUnder('packages', (path) => /\/native\/(?!.*generated\/).*\.(cc|h)$/.test(path));
}

/** The venv's clang-format, over all of them. */
export function clangFormat(...flags) {
  return run('.venv/bin/clang-format', [...flags, ...cppFiles()], { capture: true });
}

/** Packages whose CMake project has unit tests behind VORAB_TESTS. */
export function packagesWithTests() {
  return ['artifact', 'runtime', 'runtime-blas', 'runtime-mlx'].filter((name) =>
    existsSync(join(root, 'packages', name, 'native/test/CMakeLists.txt')),
  );
}

/** What cmake-js would pass, for a project that also builds the addon. */
function nodeIncludes() {
  const require = createRequire(join(root, 'packages/runtime/package.json'));
  const api = require('node-api-headers').include_dir;
  return [api, require('node-addon-api').include_dir].join(';');
}

/**
 * Configures, builds and runs a package's C++ tests in `build/<kind>`.
 * @param {string} name folder in packages/
 * @param {'test' | 'sanitize'} kind sanitize: with AddressSanitizer and UndefinedBehaviorSanitizer
 * @returns {Promise<boolean>}
 */
export async function runCppTests(name, kind) {
  const source = `packages/${name}`;
  const build = `${source}/build/${kind}`;
  const options = [
    '-DVORAB_TESTS=ON',
    `-DVORAB_SANITIZE=${kind === 'sanitize' ? 'ON' : 'OFF'}`,
    `-DCMAKE_JS_INC=${nodeIncludes()}`,
  ];
  const stages = [
    ['cmake', ['-S', source, '-B', build, ...options]],
    ['cmake', ['--build', build, '--parallel', String(availableParallelism())]],
  ];
  for (const [command, args] of stages) {
    const { code, output } = await run(command, args, { capture: true });
    if (code !== 0) {
      console.error(output);
      return false;
    }
  }
  return (await run('ctest', ['--test-dir', build, '--output-on-failure'])).code === 0;
}

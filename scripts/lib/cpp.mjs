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
  // Its include_dir is relative to wherever Node was started; cmake-js takes the quoted absolute path.
  return [api, require('node-addon-api').include.replaceAll('"', '')].join(';');
}

/** Runs the commands in turn; shows the output of one that fails. */
async function allOf(commands) {
  for (const [command, ...args] of commands) {
    const { code, output } = await run(command, args, { capture: true });
    if (code !== 0) {
      console.error(output);
      return false;
    }
  }
  return true;
}

/** The folder that a package's tests are built in. */
function buildOf(name, sanitize) {
  const build = `packages/${name}/build`;
  if (sanitize) return `${build}/sanitize`;
  return existsSync(join(root, build, 'CMakeCache.txt')) ? build : `${build}/test`;
}

/** The artifact reader's library in its own build, which every other project links. */
function reader(name, sanitize) {
  const library = join(root, buildOf('artifact', sanitize), 'libvorab_artifact.a');
  return name === 'artifact' ? [] : [`-DVORAB_ARTIFACT_LIBRARY=${library}`];
}

/**
 * Builds and runs a package's C++ tests; those of the artifact package come first.
 * @param {string} name folder in packages/
 * @param {boolean} sanitize with AddressSanitizer and UndefinedBehaviorSanitizer, in a build of its
 *   own; else with the objects of the set-up's build, where there is one
 * @returns {Promise<boolean>}
 */
export async function runCppTests(name, sanitize) {
  const source = `packages/${name}`;
  const build = buildOf(name, sanitize);
  const setUp = build === `${source}/build`;
  const configure = (tests) => [
    ...['cmake', '-S', source, '-B', build, `-DVORAB_TESTS=${tests}`],
    ...[`-DVORAB_SANITIZE=${sanitize ? 'ON' : 'OFF'}`, `-DCMAKE_JS_INC=${nodeIncludes()}`],
    ...reader(name, sanitize),
  ];
  const compile = ['cmake', '--build', build, '--parallel', String(availableParallelism())];
  const built = await allOf([configure('ON'), compile]);
  const ok = built && (await run('ctest', ['--test-dir', build, '--output-on-failure'])).code === 0;
  // The set-up's build stays without tests.
  return (!setUp || (await allOf([configure('OFF')]))) && ok;
}

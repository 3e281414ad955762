/** The tools that set-up needs from the machine, and how each platform installs them. */
import { readFileSync } from 'node:fs';
import { run } from './process.mjs';

const NODE = [20, 19];
const CMAKE = [3, 22];
const GCC = [11, 0];
const PYTHON = [3, 10];

/** Packages per tool and package manager. */
const PACKAGES = {
  apt: { compiler: 'g++', make: 'make', cmake: 'cmake', python: 'python3 python3-venv' },
  dnf: { compiler: 'gcc-c++', make: 'make', cmake: 'cmake', python: 'python3' },
  brew: { cmake: 'cmake', python: 'python' },
};

const COMMANDS = {
  apt: 'sudo apt-get install -y',
  dnf: 'sudo dnf install -y',
  brew: 'brew install',
};

function manager() {
  if (process.platform === 'darwin') return 'brew';
  let release = '';
  try {
    release = readFileSync('/etc/os-release', 'utf8');
  } catch {
    return undefined;
  }
  const ids = [...release.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)/gm)]
    .map((match) => match[1])
    .join(' ');
  if (/debian|ubuntu/.test(ids)) return 'apt';
  if (/fedora|rhel|centos/.test(ids)) return 'dnf';
  return undefined;
}

/** First `major.minor` in a text. */
function versionIn(text) {
  const match = /(\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

const older = (version, least) =>
  version[0] < least[0] || (version[0] === least[0] && version[1] < least[1]);

async function compiler() {
  const command = process.env.CXX ?? 'c++';
  const { code, output } = await run(command, ['--version'], { capture: true });
  if (code !== 0) return `C++ compiler: \`${command}\` not found`;
  const gcc = /(clang|Apple)/.test(output) ? undefined : versionIn(output.replace(/\(.*?\)/g, ''));
  if (gcc && older(gcc, GCC)) {
    return `C++ compiler: g++ ${gcc.join('.')} found, ${GCC.join('.')} or newer needed (C++20)`;
  }
  return undefined;
}

async function make() {
  for (const command of ['make', 'ninja']) {
    if ((await run(command, ['--version'], { capture: true })).code === 0) return undefined;
  }
  return 'make: neither `make` nor `ninja` found';
}

async function cmake() {
  const { code, output } = await run('cmake', ['--version'], { capture: true });
  if (code !== 0) return 'CMake: `cmake` not found';
  const version = versionIn(output);
  if (version && older(version, CMAKE)) {
    return `CMake: ${version.join('.')} found, ${CMAKE.join('.')} or newer needed`;
  }
  return undefined;
}

async function python() {
  const ask = 'import sys; print(sys.version.split()[0])\nimport venv, ensurepip';
  const { code, output } = await run('python3', ['-c', ask], { capture: true });
  if (code === 127) return 'Python 3 with venv: `python3` not found';
  const version = versionIn(output);
  if (version && older(version, PYTHON)) {
    return `Python: ${version.join('.')} found, ${PYTHON.join('.')} or newer needed`;
  }
  if (code !== 0) return `Python: ${version?.join('.') ?? ''} found, but without its venv module`;
  return undefined;
}

function installLines(missing) {
  const by = manager();
  if (by === undefined)
    return ['  with your package manager: a C++20 compiler, make, cmake, python3 with venv'];
  const lines = [];
  const packages = missing.map((tool) => PACKAGES[by][tool]).filter(Boolean);
  if (by === 'brew' && (missing.includes('compiler') || missing.includes('make'))) {
    lines.push('  xcode-select --install');
  }
  if (packages.length > 0) lines.push(`  ${COMMANDS[by]} ${packages.join(' ')}`);
  return lines;
}

/** Says, when this Node is too old, which one is needed; true if it is not. */
export function nodeIsNewEnough() {
  const version = versionIn(process.version);
  if (version === undefined || !older(version, NODE)) return true;
  const how = manager() === 'brew' ? 'brew install node@22' : 'nvm install 22';
  console.error(
    `vorab needs Node ${NODE.join('.')} or newer; this is ${process.version}.\n\nInstall it, for example:\n  ${how}`,
  );
  return false;
}

/** Looks for every tool; if one is missing, one message names all that are and how to install them. */
export async function toolsAreThere() {
  const checks = { compiler, make, cmake, python };
  const found = await Promise.all(Object.values(checks).map((check) => check()));
  const missing = Object.keys(checks).filter((_, at) => found[at] !== undefined);
  if (missing.length === 0) return true;
  const problems = found.filter((text) => text !== undefined).map((text) => `  ${text}`);
  console.error(
    [
      'vorab is built from source here, and needs tools that this machine lacks:',
      ...problems,
      '',
      'Install them, then run the same command again:',
      ...installLines(missing),
    ].join('\n'),
  );
  return false;
}

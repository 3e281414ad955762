/**
 * Steps that run only when their inputs changed.
 *
 * A step's key is a hash over the content of its input files, its own words, and the keys of the steps that it
 * needs. The key of the last success is its stamp, `.setup/<name>.stamp`; equal key and outputs in
 * place mean that there is nothing to do.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, seconds } from './process.mjs';

/**
 * @typedef {object} Step
 * @property {string} name file name of stamp and log
 * @property {string} title what is shown
 * @property {readonly string[]} needs names of earlier steps
 * @property {() => readonly string[]} inputs files, from the root, whose content matters
 * @property {string} [salt] whatever else matters
 * @property {readonly string[]} outputs paths, from the root, that have to be there
 * @property {() => string | undefined} [impossible] why this machine cannot have it, if so
 * @property {() => Promise<{ code: number, output: string }>} run
 */

const stamps = join(root, '.setup');

/** Files under a folder (both from the root), sorted, that `keep` accepts by their path. */
export function filesUnder(folder, keep = () => true) {
  const found = [];
  const walk = (at) => {
    for (const entry of readdirSync(join(root, at), { withFileTypes: true })) {
      const path = `${at}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!/^(node_modules|dist|build)$/.test(entry.name)) walk(path);
      } else if (keep(path)) found.push(path);
    }
  };
  if (existsSync(join(root, folder))) walk(folder);
  return found.sort();
}

function keyOf(step, keys) {
  const hash = createHash('sha256');
  // The root's own path: venvs and CMake's caches hold it.
  hash.update(JSON.stringify([root, step.salt ?? '', step.needs.map((name) => keys.get(name))]));
  for (const path of step.inputs()) {
    if (!existsSync(join(root, path))) continue;
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

const stampOf = (step) => join(stamps, `${step.name}.stamp`);

function stale(steps) {
  const keys = new Map();
  const todo = [];
  for (const step of steps) {
    keys.set(step.name, keyOf(step, keys));
    const stamp = existsSync(stampOf(step)) ? readFileSync(stampOf(step), 'utf8') : '';
    const [key, state] = stamp.split(' ');
    const there =
      state === 'impossible' || step.outputs.every((path) => existsSync(join(root, path)));
    if (key !== keys.get(step.name) || !there) todo.push(step);
  }
  return { keys, todo };
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Process that holds the lock: 0 while it is being written, undefined if nobody does. */
function ownerOf(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Takes the lock if nobody has it; says who has. A process that is gone has nothing. */
function takeLock(lock) {
  const owner = ownerOf(lock);
  if (owner !== undefined && owner !== 0 && !alive(owner)) rmSync(lock, { force: true });
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return undefined;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return owner ?? 0;
  }
}

/** One set-up at a time in a checkout. */
async function withLock(action) {
  const lock = join(stamps, 'lock');
  let told = false;
  for (let owner = takeLock(lock); owner !== undefined; owner = takeLock(lock)) {
    if (!told) console.log('setup: waiting for another set-up of this checkout');
    told = true;
    await sleep(100);
  }
  try {
    return await action();
  } finally {
    rmSync(lock, { force: true });
  }
}

function reportFailure(step, output) {
  const log = join(stamps, `${step.name}.log`);
  const lines = output.trimEnd().split('\n');
  console.error(`\nsetup: ${step.title} failed. The end of ${log}:\n`);
  console.error(lines.slice(-40).join('\n'));
}

/** Runs one step. Its key was taken before, so that an edit during the run counts as new. */
async function runStep(step, key) {
  const reason = step.impossible?.();
  if (reason !== undefined) {
    console.log(`setup: ${step.title}: left out. ${reason}`);
    writeFileSync(stampOf(step), `${key} impossible`);
    return true;
  }
  console.log(`setup: ${step.title} ...`);
  const start = performance.now();
  const { code, output } = await step.run();
  writeFileSync(join(stamps, `${step.name}.log`), output);
  if (code !== 0) {
    reportFailure(step, output);
    return false;
  }
  writeFileSync(stampOf(step), `${key} done`);
  console.log(`setup: ${step.title.padEnd(44)} ${seconds(start)}`);
  return true;
}

/** Runs each step once those that it needs are done; steps that do not need each other run at once. */
async function runAll(steps, { keys, todo }) {
  const results = new Map();
  for (const step of steps) {
    const result = Promise.all(step.needs.map((name) => results.get(name))).then(
      (done) =>
        !done.includes(false) && (!todo.includes(step) || runStep(step, keys.get(step.name))),
    );
    results.set(step.name, result);
  }
  return !(await Promise.all(results.values())).includes(false);
}

/**
 * Brings every step up to date.
 * @param {readonly Step[]} steps each after those that it needs
 * @param {() => Promise<boolean>} ready called before anything runs: are the tools there?
 * @returns {Promise<{ ok: boolean, ran: number }>}
 */
export async function bringUpToDate(steps, ready) {
  if (stale(steps).todo.length === 0) return { ok: true, ran: 0 };
  if (!(await ready())) return { ok: false, ran: 0 };
  mkdirSync(stamps, { recursive: true });
  return withLock(async () => {
    const found = stale(steps);
    return { ok: await runAll(steps, found), ran: found.todo.length };
  });
}

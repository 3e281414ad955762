/** Child processes and the clock, for the scripts of this folder. */
import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** '12.3 s' since `start`, a value of performance.now(). */
export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, capture?: boolean }} [options] capture: keep stdout
 *   and stderr (interleaved) instead of showing them.
 * @returns {Promise<{ code: number, output: string }>} code 127 if the program cannot be started.
 */
export function run(command, args, { cwd = root, env = process.env, capture = false } = {}) {
  return new Promise((done) => {
    const stdio = capture ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(command, args, { cwd, env, stdio });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => done({ code: 127, output: `${command}: ${error.message}` }));
    child.on('close', (code, signal) =>
      done({
        code: code ?? 1,
        output: signal ? `${output}\n${command}: ended by ${signal}` : output,
      }),
    );
  });
}

/** As `run`, on this Node. */
export function runNode(args, options) {
  return run(process.execPath, args, options);
}

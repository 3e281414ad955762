import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { PlacementAnswer, PlacementProblem } from './problem.ts';
import type { Router } from './router.ts';

/**
 * A router in another process, by JSON lines: it gets the problem as one line on its standard input, and writes its answer
 * as one line on its standard output. It is started for each plan, through the shell, and ended after its answer.
 *
 *     const router = processRouter('node my-router.mjs');
 */
export function processRouter(command: string): Router {
  return { name: command, place: (problem, signal) => ask(command, problem, signal) };
}

function ask(
  command: string,
  problem: PlacementProblem,
  signal: AbortSignal | undefined,
): Promise<PlacementAnswer> {
  // A group of its own, so that what the shell starts ends with it.
  const child = spawn(command, { shell: true, detached: true, stdio: 'pipe' });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-1000);
  });
  const answer = new Promise<PlacementAnswer>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`it cannot be started: ${error.message}`)));
    child.on('close', (code, killedBy) => {
      const how = code === null ? `ended by ${killedBy}` : `ended with code ${code}`;
      const last = complaint.trim().split('\n').at(-1) ?? '';
      reject(new Error(`it ${how} and gave no answer${last === '' ? '' : `: ${last}`}`));
    });
    createInterface({ input: child.stdout }).once('line', (line) => {
      try {
        resolve(JSON.parse(line) as PlacementAnswer);
      } catch {
        reject(new Error(`its answer is no JSON: ${shortened(line)}`));
      }
    });
    signal?.addEventListener('abort', () => stop(child), { once: true });
    // One that does not read its question says why by its end.
    child.stdin.on('error', () => {});
    child.stdin.end(`${JSON.stringify(problem)}\n`);
  });
  return answer.finally(() => stop(child));
}

const shortened = (line: string): string => (line.length > 80 ? `${line.slice(0, 80)}…` : line);

function stop({ pid, exitCode, signalCode }: ChildProcessWithoutNullStreams): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid);
  } catch {
    // It has ended meanwhile.
  }
}

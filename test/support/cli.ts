import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';

export const root: string = resolve(import.meta.dirname, '../..');

const loader = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href;
/** Node's flags to run the packages from their sources. */
export const fromSources: readonly string[] = ['-C', '@vorab/source', '--import', loader];

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a script in a process of its own. */
export function runNode(
  script: string,
  args: readonly string[],
  { cwd = root, env = {} }: RunOptions = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [...fromSources, script, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

/** The `vorab` command. */
export function vorab(args: readonly string[], options?: RunOptions): Promise<Finished> {
  return runNode(join(root, 'packages/vorab/src/cli.ts'), args, options);
}

/** A folder from which `vorab` can be imported; removed when the test file ends. */
export function scratch(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const parent = join(root, 'out');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Compiles as users do, in a process of its own; gives the artifact's path. Throws what the command says. */
export async function compileModel(model: string, ...options: string[]): Promise<string> {
  const { code, stdout, stderr } = await vorab(['compile', model, '--json', ...options]);
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
  return (JSON.parse(stdout) as { artifact: string }).artifact;
}

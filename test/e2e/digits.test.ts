/** The main job: the digits example, as `npm start` runs it. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, runNode, scratch } from '../support/cli.ts';

const digits = join(root, 'examples/digits');

const start = (...args: string[]) => runNode(join(digits, 'main.ts'), args);

describe('the digits example', () => {
  it.each(['mlx', 'blas'])('learns on %s, and goes on in another process', async (runtime) => {
    const { code, stdout, stderr } = await start('--runtime', runtime);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/losses, equal bit for bit/);
    const [, share] = /^test accuracy: (0\.\d{3})$/m.exec(stdout) ?? [];
    expect(Number(share)).toBeGreaterThanOrEqual(0.97);
    const [, report = ''] = /^report: (.*)$/m.exec(stdout) ?? [];
    expect(existsSync(report), report).toBe(true);
    expect(stdout.trimEnd().endsWith(report)).toBe(true);
    expect(code).toBe(0);
  });

  it('runs on the reference, a little', async () => {
    const { code, stdout, stderr } = await start('--runtime', 'reference', '--epochs', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/resumed after epoch 0: 23 losses, equal bit for bit/);
    expect(stdout).toMatch(/^test accuracy: 0\.\d{3}$/m);
  });

  it('needs neither the source of the model nor the compiler once it is compiled', async () => {
    const alone = scratch();
    cpSync(digits, alone, {
      recursive: true,
      filter: (path) => !/(model\.ts|main\.ts|node_modules)$/.test(path),
    });
    expect(existsSync(join(alone, 'model.ts'))).toBe(false);
    const { code, stdout, stderr } = await runNode(join(alone, 'predict.ts'), [
      '--runtime',
      'reference',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/equal bit for bit/);
  });

  it('leaves a page that needs nothing but itself', () => {
    const page = readFileSync(join(digits, 'out/report.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|\bsrc=|https?:/);
    for (const part of ['Learning', 'What is taken for what', 'Misread']) {
      expect(page).toContain(`>${part}</h2>`);
    }
  });

  it('says what is wrong with its options', async () => {
    const { code, stderr } = await start('--runtime', 'gpu');
    expect(stderr).toMatch(/^error: --runtime gpu: expected one of auto, blas, mlx, reference/);
    expect(code).toBe(2);
  });
});

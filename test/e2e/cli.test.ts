import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { root, scratch, vorab } from '../support/cli.ts';

const digits = join(root, 'examples/digits');
const folder = scratch({
  'small/model.ts': `import { dim, f32, program } from 'vorab';
const N = dim('N', { min: 2, max: 8 });
/** Twice as much. */
export const twice = program({ x: f32(N, 2) }, ({ x }) => ({ y: x.add(x) }));
`,
  'rows/model.ts': `import { div, exp, f32, f64, max, program, sub, sum } from 'vorab';
const soft = (x) => {
  const e = exp(sub(x, max(x, -1, { keepDims: true })));
  return div(e, sum(e, -1, { keepDims: true }));
};
/** Each row of positive numbers that sum to 1. */
export const softmax = program({ x: f32(4, 10) }, ({ x }) => ({ y: soft(x) }));
/** The same, in a dtype that Metal has not. */
export const wide = program({ x: f64(4, 10) }, ({ x }) => ({ y: soft(x) }));
`,
});
const artifact = join(folder, 'a.vorab');
const rows = join(folder, 'rows/model.vorab');
const small = join(folder, 'small/model.vorab');

beforeAll(async () => {
  const compiled = await Promise.all([
    vorab(['compile', 'examples/digits/model.ts', '-o', artifact]),
    vorab(['compile', 'model.ts'], { cwd: join(folder, 'small') }),
    vorab(['compile', 'model.ts'], { cwd: join(folder, 'rows') }),
  ]);
  for (const { code, stderr } of compiled) expect(code, stderr).toBe(0);
});

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await vorab([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};

describe('compile', () => {
  it('gives the same bytes again, from another folder, and for a copy elsewhere', async () => {
    const copy = join(folder, 'elsewhere/deep');
    mkdirSync(copy, { recursive: true });
    cpSync(join(digits, 'model.ts'), join(copy, 'model.ts'));
    await Promise.all([
      vorab(['compile', 'model.ts', '-o', join(folder, 'b.vorab')], { cwd: digits }),
      vorab(['compile', join(copy, 'model.ts')], { cwd: '/' }),
    ]);
    const [a, b, c] = [artifact, join(folder, 'b.vorab'), join(copy, 'model.vorab')].map((file) =>
      readFileSync(file),
    );
    expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
    expect(a?.equals(c ?? Buffer.alloc(0))).toBe(true);
  });

  it('writes the binding that the example keeps', () => {
    const text = readFileSync(`${artifact}.ts`, 'utf8').replace('./a.vorab', './model.vorab');
    expect(text).toBe(readFileSync(join(digits, 'model.vorab.ts'), 'utf8'));
  });

  it('leaves the binding out, and fuses nothing, when told', async () => {
    const plain = join(folder, 'plain.vorab');
    const model = 'examples/digits/model.ts';
    const found = await json('compile', model, '-o', plain, '--no-binding', '--no-fuse');
    expect(found).toMatchObject({ artifact: plain, binding: null });
    const steps = async (file: string) => (await json('inspect', file)).plans[0].entries[1].steps;
    expect(await steps(plain)).toBeGreaterThan(await steps(artifact));
  });
});

describe('inspect', () => {
  it('lists entries, inputs, outputs, state, dims, steps and arena bytes', async () => {
    const found = await json('inspect', artifact);
    expect(found.dims).toEqual([{ name: 'N', min: 1, max: 256, multipleOf: 1 }]);
    expect(found.entries).toMatchObject([
      {
        name: 'classify',
        kind: 'program',
        doc: 'Class probabilities of 8×8 digit images.',
        location: 'model.ts:7:14',
        inputs: [{ name: 'image', type: 'f32[N, 64]' }],
        outputs: [{ name: 'probs', type: 'f32[N, 10]' }],
        writes: [],
      },
      { name: 'fit', location: 'model.ts:12:14', outputs: [{ name: 'loss', type: 'f32[]' }] },
      { name: 'init', kind: 'init', reads: [] },
    ]);
    const names = found.states.map((s: { name: string }) => s.name);
    expect(names).toContain('net.0.weight');
    expect(names).toContain('adamW.m.net.3.bias');
    expect(found.plans.map((p: { name: string }) => p.name)).toEqual(['blas', 'mlx']);
    for (const { steps, arenaBytes } of found.plans[0].entries) {
      expect(steps).toBeGreaterThan(0);
      expect(arenaBytes).toBeGreaterThan(0);
    }
  });

  it('prints for people, and dumps', async () => {
    const [text, dump] = await Promise.all([
      vorab(['inspect', artifact]),
      vorab(['inspect', artifact, '--dump']),
    ]);
    expect(text.stdout).toMatch(/^classify\(image: f32\[N, 64\]\) → probs: f32\[N, 10\]/m);
    expect(dump.stdout).toMatch(/classify/);
    expect(dump.code).toBe(0);
  });
});

describe('explain', () => {
  it('gives every step a reason, and the groups, borders and memory', async () => {
    const found = await json('explain', artifact);
    for (const plan of found.plans) {
      for (const entry of plan.entries) {
        expect(entry.steps.length).toBeGreaterThan(0);
        for (const step of entry.steps) {
          expect(step.reason, step.name).not.toBe('');
          if (step.ops.includes('matmul')) expect(step.accumulates, step.name).toEqual(['f32']);
        }
      }
    }
    const [classify] = found.plans[0].entries;
    expect(classify.peakBytes).toBeGreaterThan(0);
    expect(classify.peakBytes).toBeLessThanOrEqual(classify.arenaBytes);
    const ops = classify.steps.map((step: { ops: string[] }) => step.ops.join(' '));
    expect(ops.some((group: string) => group.startsWith('matmul add'))).toBe(true);
  });

  it('says what the targets do on this machine, with the effect', async () => {
    const [{ here }] = (await json('explain', artifact, '--plan', 'mlx')).plans;
    const { compile } = here[0].capabilities;
    expect(here).toMatchObject([{ target: 'mlx', device: expect.any(String) }]);
    const text = `compile: ${compile.available ? 'yes' : 'no'}: ${compile.reason}; ${compile.effect}`;
    expect(compile.effect).not.toBe('');
    const explained = await vorab(['explain', artifact, '--plan', 'mlx', '--entry', 'classify']);
    expect(explained.stdout).toContain(`mlx here (${here[0].device}): ${text}\n`);
    const doctor = await vorab(['doctor']);
    expect(doctor.stdout).toContain(text.replace('compile: ', ''));
    const env = { VORAB_MLX_LIBRARY: join(folder, 'libnone.so') };
    const without = await vorab(['explain', artifact, '--plan', 'mlx'], { env });
    expect(without.stdout).toMatch(/^mlx does not run here: the library of runtime 'mlx' is not/);
  });

  it('says what is a kernel where the device has Metal, what runs elsewhere, and what is none', async () => {
    const args = ['explain', rows, '--plan', 'mlx'];
    const { stdout } = await vorab([...args, '--entry', 'softmax']);
    expect(stdout).toContain('mlx  kernel max+sub+exp+sum+div  model.ts:');
    expect(stdout).toContain('one Metal kernel where the device has Metal');
    expect(stdout).toMatch(
      /with Metal: vorab_kernel_max_sub_exp_sum_div_\w+, 32 threads a row, 8 rows/,
    );
    expect(stdout).toContain('without: max, broadcast, sub, exp, sum, broadcast, div');
    const wide = await vorab([...args, '--entry', 'wide']);
    expect(wide.stdout).toContain('ends here: no Metal kernel: Metal has no f64');
    const [{ entries }] = (await json(...args)).plans;
    const [{ form, kernel }] = entries[0].steps;
    expect({ form, steps: kernel.steps.length }).toEqual({ form: 'kernel', steps: 7 });
    const { runtimes } = await json('doctor');
    const mlx = runtimes.find((r: { name: string }) => r.name === 'mlx').description;
    expect(mlx.kernels).toMatchObject({ available: mlx.device === 'metal' });
  });

  it('knows which entry is meant', async () => {
    const { code, stderr } = await vorab(['explain', artifact, '--entry', 'clasify']);
    expect(stderr).toBe("error: there is no entry 'clasify'; there are: classify, fit, init\n");
    expect(code).toBe(1);
  });
});

describe('check and doctor', () => {
  it('verify in both languages', async () => {
    expect(await json('check', artifact)).toMatchObject({
      ok: true,
      verifiers: { typescript: 'ok', native: 'ok' },
    });
  });

  it('say what is here', async () => {
    const found = await json('doctor');
    const names = found.runtimes.map((r: { name: string }) => r.name);
    expect(names).toEqual(['blas', 'mlx', 'reference']);
    expect(found.runtimes[2].usable).toBe(true);
  });
});

describe('compare', () => {
  it('shows, per step and output, how far runtimes are apart', async () => {
    const runtimes = ['--runtimes', 'reference,blas,mlx'];
    const args = ['--entry', 'fit', '--steps', '3', '--dim', 'N=8', ...runtimes];
    const found = await json('compare', artifact, ...args);
    expect(found).toMatchObject({ entry: 'fit', base: 'reference', against: ['blas', 'mlx'] });
    const rows: { step: number; runtime: string; ulp: number; relative: number }[] =
      found.differences;
    expect(rows.map(({ step, runtime }) => `${step} ${runtime}`)).toEqual(
      [0, 1, 2].flatMap((step) => [`${step} blas`, `${step} mlx`]),
    );
    for (const { ulp, relative } of rows) {
      expect(relative).toBeLessThan(1e-4);
      // A relative difference of 2^-24 is half a unit in the last place at least.
      expect(ulp).toBeLessThanOrEqual(relative * 2 ** 24);
      expect(relative).toBeLessThanOrEqual(ulp * 2 ** -23);
    }
    expect(await json('compare', artifact, ...args)).toEqual(found);
  });

  it('prints a table, takes inputs as run does, and sees what differs', async () => {
    writeFileSync(join(folder, 'x.json'), '[[1, 2], [3, 4]]');
    const input = ['-i', `x=${join(folder, 'x.json')}`];
    const { code, stdout, stderr } = await vorab(['compare', small, ...input]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`twice: blas against reference
step  output  runtime  ulp  relative  unequal  where
0     y       blas     0    0         0        equal
`);
  });

  it.each([
    [['--runtimes', 'blas'], /--runtimes blas: expected two different ones or more/, 2],
    [['--runtimes', 'blas,gpu'], /expected some of blas, mlx, reference/, 2],
    [['--steps', '0'], /--steps 0: expected a whole number of 1 or more/, 2],
    [['--entry', 'once'], /there is no entry 'once'/, 1],
  ])('refuses %j', async (args, message, exit) => {
    const { code, stdout, stderr } = await vorab(['compare', small, ...args]);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  });
});

describe('run', () => {
  it('reads .npy and .json, writes them, and makes random inputs', async () => {
    writeFileSync(join(folder, 'x.json'), '[[1, 2], [3, 4]]');
    const files = ['-o', `y=${join(folder, 'y.npy')}`];
    const common = ['run', small, '--runtime', 'reference'];
    const first = await json(...common, '-i', `x=${join(folder, 'x.json')}`, ...files);
    expect(first.outputs.y).toEqual({
      dtype: 'f32',
      shape: [2, 2],
      data: [
        [2, 4],
        [6, 8],
      ],
    });
    const again = await json(...common, '-i', `x=${join(folder, 'y.npy')}`);
    expect(again.outputs.y.data).toEqual([
      [4, 8],
      [12, 16],
    ]);
    const random = await json(...common, '-i', 'x=random', '--dim', 'N=3', '--seed', '7');
    expect(random.outputs.y.shape).toEqual([3, 2]);
    expect(await json(...common, '-i', 'x=random', '--dim', 'N=3', '--seed', '7')).toMatchObject({
      outputs: random.outputs,
    });
  });

  it('prints what the call copied, built and cast, with causes and lines', async () => {
    const args = ['run', small, '--runtime', 'blas', '-i', 'x=random', '--ledger'];
    const { code, stdout, stderr } = await vorab(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [, ledger = ''] = stdout.split('ledger:\n');
    expect(ledger).toMatch(
      /^ +1 {2}copy in +16 B {2}twice: input x: copied when the call was made +model\.ts:4:14$/m,
    );
    expect(ledger).toMatch(/^ +1 {2}copy out +16 B {2}twice: output y: read by the program /m);
    expect(ledger).toMatch(/^ +1 {2}build +[\d.]+ ms {2}twice: built for sizes not met before/m);
    const found = await json(...args);
    expect(found.ledger.totals).toMatchObject({ copiesIn: 1, copiesOut: 1, builds: 1, casts: 0 });
    const [copy] = found.ledger.rows.filter((row: { kind: string }) => row.kind === 'copy');
    expect(copy).toMatchObject({ location: 'model.ts:4:14', count: 1, bytes: 16 });
  });

  it.each([
    [['--dim', 'N=9', '-i', 'x=random'], /twice: dim N is 9 by input x, .*8/, 1],
    [['-i', 'y=random'], /there is no 'y'; there are: x/, 1],
    [[], /input x is missing, expected f32\[N, 2\]/, 1],
    [['-i', 'x'], /--input x: expected name=value/, 2],
    [['--entry', 'once', '-i', 'x=random'], /there is no entry 'once'; there are: twice/, 1],
    [['--runtime', 'gpu'], /--runtime gpu: expected one of auto, blas, mlx, reference/, 2],
    [['-i', 'x=nowhere.npy'], /nowhere\.npy: no such file/, 1],
  ])('refuses %j', async (args, message, exit) => {
    const runtime = args.includes('--runtime') ? [] : ['--runtime', 'reference'];
    const { code, stdout, stderr } = await vorab(['run', small, ...runtime, ...args]);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch, vorab } from '../support/cli.ts';

const header = `import { cast, dim, f16, f32, i32, losses, matmul, mean, nn, optim, program, argMax, trainStep } from 'vorab';
const N = dim('N', { max: 16 });
const net = nn.linear(4, 3);
const optimizer = optim.sgd({ learningRate: 0.1 });
`;

/** A model of which line 6 is wrong, and what is said about it. */
interface Fault {
  readonly name: string;
  readonly model: string;
  readonly column: number;
  readonly message: RegExp;
}

const program = (inputs: string, line: string): string =>
  `${header}export const f = program({ ${inputs} }, ({ x, y }: any) => ({\n${line}\n}));\n`;
const step = (line: string): string =>
  `${header}export const fit = trainStep({ inputs: { x: f32(N, 4), y: i32(N) }, optimizer,\n${line}\n});\n`;

const faults: readonly Fault[] = [
  {
    name: 'a shape mismatch in an op',
    model: program('x: f32(N, 4), y: f32(5, N)', '  z: matmul(x, y),'),
    column: 6,
    message: /matmul\(f32\[N, 4\], f32\[5, N\]\): .*4.*5/,
  },
  {
    name: 'a dim that is not proved equal',
    model: program("x: f32(N, 4), y: f32(dim('M', { max: 16 }), 4)", '  z: x.add(y),'),
    column: 8,
    message: /add\(f32\[N, 4\], f32\[M, 4\]\): .*N.*M/,
  },
  {
    name: 'two float dtypes',
    model: program('x: f32(N), y: f16(N)', '  z: x.mul(y),'),
    column: 8,
    message: /mul\(f32\[N\], f16\[N\]\): .*\n {2}fix: .*cast/,
  },
  {
    name: 'a shape mismatch inside a composite',
    model: program('x: f32(N, 4), y: i32(N, 4)', '  z: losses.crossEntropy(x, y),'),
    column: 13,
    message: /crossEntropy\(f32\[N, 4\], i32\[N, 4\]\): labels are \[N, 4\], expected \[N\]/,
  },
  {
    name: 'a shape mismatch inside a layer',
    model: program('x: f32(N, 5), y: i32(N)', '  z: net(x),'),
    column: 6,
    message: /f32\[N, 5\]/,
  },
  {
    name: 'a loss that is not a scalar',
    model: step('  loss: ({ x }) => net(x).mul(2),'),
    column: 27,
    message: /the loss is f32\[N, 3\], expected a float scalar\n {2}fix: /,
  },
  {
    name: 'a gradient through an op that has none',
    model: step("  loss: ({ x }) => mean(cast(argMax(net(x), -1), 'f32')),"),
    column: 20,
    message: /no gradient reaches a parameter.*\n {2}fix: /,
  },
  {
    name: "an error of the model's own, in a program",
    model: program('x: f32(N), y: f32(N)', '  z: x.nothing.more,'),
    column: 16,
    message: /the model threw TypeError: .*undefined/,
  },
];

describe.concurrent('compile refuses', () => {
  it.each(faults)('$name', async ({ model, column, message }) => {
    const before = { 'm.vorab': 'as it was', 'm.vorab.ts': 'as it was, too' };
    const cwd = scratch({ 'm.ts': model, ...before });
    const { code, stdout, stderr } = await vorab(['compile', 'm.ts'], { cwd });
    expect(stderr).toMatch(message);
    const error = stderr.slice(stderr.indexOf('error: '));
    expect(error.split('\n')[0]).toMatch(new RegExp(`^error: m\\.ts:6:${column}: `));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(readdirSync(cwd).sort()).toEqual(['m.ts', 'm.vorab', 'm.vorab.ts']);
    for (const [file, content] of Object.entries(before)) {
      expect(readFileSync(join(cwd, file), 'utf8')).toBe(content);
    }
  });

  it.each([
    ['without programs', 'export const a = 1;\n', /^error: m\.ts:1:1: no exported program/],
    ['that throws', '\n  null.x;\n', /^error: m\.ts:2:8: the model threw TypeError/],
    ['that does not parse', 'export const a = 1 +;\n', /^error: m\.ts:1:21: Expression expected/],
    [
      'that calls its program init',
      program('x: f32(N)', '').replace('const f', 'const init'),
      /^error: m\.ts:5:14: a program is called 'init'/,
    ],
  ])('a file %s', async (_, model, message) => {
    const cwd = scratch({ 'm.ts': model });
    const { code, stderr } = await vorab(['compile', 'm.ts'], { cwd });
    expect(stderr.replace(/^load: .*\n/, '')).toMatch(message);
    expect(code).toBe(1);
    expect(readdirSync(cwd)).toEqual(['m.ts']);
  });

  it('a file that is not there', async () => {
    const { code, stderr } = await vorab(['compile', 'nowhere.ts'], { cwd: scratch() });
    expect(stderr).toMatch(/^error: nowhere\.ts: no such file\n {2}fix: /);
    expect(code).toBe(1);
  });

  it('a place that cannot be written, and leaves nothing', async () => {
    const model = `import { f32, program } from 'vorab';
export const f = program({ x: f32(2) }, ({ x }) => ({ y: x.add(1) }));
`;
    const cwd = scratch({ 'm.ts': model, 'file/in-the-way.vorab.ts/x': '' });
    const args = ['compile', 'm.ts', '-o', 'file/in-the-way.vorab'];
    const { code, stderr } = await vorab(args, { cwd });
    expect(stderr).toMatch(/error: .*in-the-way\.vorab/);
    expect(code).toBe(1);
    expect(readdirSync(join(cwd, 'file'))).toEqual(['in-the-way.vorab.ts']);
  });

  it('an unknown target', async () => {
    const { code, stderr } = await vorab(['compile', 'm.ts', '--targets', 'blas,gpu']);
    expect(stderr).toMatch(/^error: --targets: there is no target 'gpu'; there are: blas, mlx/);
    expect(code).toBe(2);
  });

  it('as JSON, when asked', async () => {
    const cwd = scratch({ 'm.ts': 'export const a = 1;\n' });
    const { code, stdout, stderr } = await vorab(['compile', 'm.ts', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'no-programs', location: 'm.ts:1:1' },
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  });
});

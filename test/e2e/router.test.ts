/** Routers: another process that is asked and obeyed, those that fail, and what an artifact records of them. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { PlacementAnswer, PlacementProblem } from '@vorab/compiler';
import { compileFile, minCutRouter, shippedRates } from '@vorab/compiler';
import { open } from '@vorab/runtime';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { numbersOf } from '../support/calls.ts';
import { compileModel, root, scratch, vorab } from '../support/cli.ts';

const model = `
import { f32, program, state, svd, update } from 'vorab';
const total = state(f32(6), 0);
export const run = program({ x: f32(8, 6) }, ({ x }) => {
  const { s, vt } = svd(x.mul(2));
  update(total, total.add(s));
  return { y: x.matmul(vt).exp(), s };
});
`;

/** Reads the problem, and answers by a rule of its own. */
const router = (rule: string): string => `
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const problem = JSON.parse(line);
  const targetOf = ${rule};
  const placements = problem.nodes.map((node) => ({ node: node.id, target: targetOf(node), reason: 'because' }));
  console.log(JSON.stringify({ version: 1, placements }));
}
`;

/** The router that docs/placement.md shows. */
const page = readFileSync(join(root, 'docs/placement.md'), 'utf8');
const documented = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';

const folder = scratch({
  'model.ts': model,
  'obedient.mjs': router("(node) => (node.name === 'matmul' ? 'mlx' : 'blas')"),
  'stray.mjs': router("() => 'abacus'"),
  'partial.mjs': `console.log(JSON.stringify({ version: 1, placements: [] }));`,
  'prose.mjs': `console.log('put it on the fast one');`,
  'failing.mjs': `console.error('out of ideas'); process.exit(3);`,
  'slow.mjs': `setInterval(() => {}, 1000);`,
  'documented.mjs': documented,
});
const at = (name: string): string => join(folder, name);
const command = (name: string): string => `node ${at(name)}`;
// Messages name files from where the command runs.
const shown = (name: string): string => `node ${relative(root, at(name))}`;

const compile = (...args: readonly string[]) =>
  vorab(['compile', at('model.ts'), '--targets', 'blas+mlx', ...args]);

const planOf = async (artifact: string) => {
  const { stdout } = await vorab(['explain', artifact, '--json', '--entry', 'run']);
  return JSON.parse(stdout).plans[0];
};

const schema = (name: string): object =>
  JSON.parse(readFileSync(join(root, `packages/compiler/schema/${name}.schema.json`), 'utf8'));

const validates = (name: string, value: unknown): void => {
  const check = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema(name));
  check(value);
  expect(check.errors).toBeNull();
};

describe('a router in another process', () => {
  const artifact = at('obeyed.vorab');

  beforeAll(async () => {
    const { code, stderr } = await compile('-o', artifact, '--router', command('obedient.mjs'));
    expect(code, stderr).toBe(0);
  });

  it('is asked and obeyed, and named in the artifact', async () => {
    const plan = await planOf(artifact);
    expect(plan.router).toBe(command('obedient.mjs'));
    expect(plan.holds).toEqual({ blas: ['total'], mlx: [] });
    const [entry] = plan.entries;
    const calls = entry.steps.filter((step: { form: string }) => step.form === 'call');
    const onMlx = calls.filter((step: { target: string }) => step.target === 'mlx');
    expect(onMlx.map((step: { ops: string[] }) => step.ops)).toEqual([['matmul']]);
    expect(onMlx[0].placement.reason).toBe('because');
    expect(calls.length).toBe(3);
  });

  it('gives a plan that runs', async () => {
    const x = Float32Array.from({ length: 48 }, (_, i) => Math.cos(i));
    const whole = await compileModel(at('model.ts'), '-o', at('whole.vorab'));
    await using one = await open(artifact, { runtime: 'blas+mlx', seed: 0 });
    await using other = await open(whole, { runtime: 'blas', seed: 0 });
    for (let call = 0; call < 2; call++) {
      const [found, expected] = [
        await numbersOf(one, 'run', { x }),
        await numbersOf(other, 'run', { x }),
      ];
      for (const [i, value] of expected['y']?.entries() ?? []) {
        expect(found['y']?.[i]).toBeCloseTo(value, 3);
      }
    }
    const read = async (session: typeof one) =>
      Array.from((await session.state.read('total')) as Float32Array);
    expect(await read(one)).toEqual(await read(other));
  });
});

describe('the router of the documentation', () => {
  it('places all on the cheapest target', async () => {
    const artifact = await compileModel(
      at('model.ts'),
      ...['-o', at('documented.vorab'), '--targets', 'blas+mlx'],
      ...['--router', command('documented.mjs')],
    );
    const plan = await planOf(artifact);
    const [step, ...others] = plan.entries[0].steps;
    expect(others).toEqual([]);
    expect(step.placement.reason).toBe(`the whole is cheapest on ${step.target}`);
  });
});

describe('a split plan on a machine without one of its targets', () => {
  it('is refused by name', async () => {
    const artifact = await compileModel(
      at('model.ts'),
      ...['-o', at('whole.vorab'), '--targets', 'blas,blas+mlx'],
    );
    const run = (runtime: string) =>
      vorab(['run', artifact, '--entry', 'run', '-i', 'x=random', '--runtime', runtime], {
        env: { VORAB_MLX_LIBRARY: '/nowhere.so' },
      });
    const { code, stderr } = await run('blas+mlx');
    expect(code).toBe(1);
    expect(stderr).toContain(
      "runtime 'blas+mlx' runs on blas and mlx, but the library of 'mlx' is not there",
    );
    expect(stderr).toContain('/nowhere.so (VORAB_MLX_LIBRARY)');
    expect(stderr).toContain('npm run setup -- runtime-mlx');
    expect((await run('blas')).code).toBe(0);
  });
});

describe('a router that does not do its work is an error that says so', () => {
  const cases: readonly (readonly [name: string, found: string])[] = [
    ['failing.mjs', 'it ended with code 3 and gave no answer: out of ideas'],
    ['prose.mjs', 'its answer is no JSON: put it on the fast one'],
    [
      'stray.mjs',
      'the answer makes no sense: it places node 0 (total at model.ts:3:15) on "abacus"',
    ],
    ['partial.mjs', 'the answer makes no sense: it places no node 0 (total)'],
  ];
  for (const [name, found] of cases) {
    it(name, async () => {
      const { code, stderr } = await compile('-o', at('bad.vorab'), '--router', command(name));
      expect(code).toBe(1);
      expect(stderr).toContain(`plan blas+mlx: router '${shown(name)}': ${found}`);
      expect(stderr).toContain('--router-fallback default');
    });
  }

  it('slow.mjs, at its time', async () => {
    const slow = ['--router', command('slow.mjs'), '--router-timeout', '0.5'];
    const { code, stderr } = await compile('-o', at('bad.vorab'), ...slow);
    expect(code).toBe(1);
    expect(stderr).toContain('no answer after 0.5 s');
  });

  it('unless the compiler may take over, which the artifact says', async () => {
    const artifact = at('taken-over.vorab');
    const options = ['--router', command('failing.mjs'), '--router-fallback', 'default'];
    const { code, stderr } = await compile('-o', artifact, ...options);
    expect(code, stderr).toBe(0);
    const { router: name } = await planOf(artifact);
    expect(name).toBe(
      `min cut, because router '${command('failing.mjs')}' failed: it ended with code 3 and gave no answer: out of ideas`,
    );
  });
});

describe('the JSON of a router', () => {
  it('validates against its schemas', async () => {
    const seen: [PlacementProblem, PlacementAnswer][] = [];
    await compileFile(at('model.ts'), {
      output: at('seen.vorab'),
      targets: ['blas+mlx'],
      router: {
        name: 'watched',
        place(problem) {
          const answer = minCutRouter.place(problem);
          seen.push([problem, answer]);
          return answer;
        },
      },
    });
    expect(seen.length).toBe(1);
    for (const [problem, answer] of seen) {
      validates('placement-problem', JSON.parse(JSON.stringify(problem)));
      validates('placement-answer', answer);
    }
    validates('calibration', shippedRates);
  });
});

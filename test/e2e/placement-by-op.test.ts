/** Each op of a split program, forced to each target: the plan changes, with the reason, and the result does not. */
import type { fb } from '@vorab/artifact';
import type { PlacementNode, PlacementProblem, Router } from '@vorab/compiler';
import { minCutRouter } from '@vorab/compiler';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Numbers } from '../support/split-block.ts';
import {
  anywhere,
  block,
  compiled,
  expectClose,
  named,
  opsOn,
  results,
  splitOf,
} from '../support/split-block.ts';

const program = named('run', block(anywhere));
const because = 'forced by the test';

/** The default answer, one op of which goes elsewhere. */
const forcing = (id: number, target: string): Router => ({
  name: `op ${id} on ${target}`,
  place(problem) {
    const { placements } = minCutRouter.place(problem);
    return {
      version: 1,
      placements: placements.map((p) =>
        p.node === id ? { node: id, target, reason: because } : p,
      ),
    };
  },
});

const ask = (): PlacementProblem => {
  let asked: PlacementProblem | undefined;
  const place: Router['place'] = (problem) => {
    asked = problem;
    return minCutRouter.place(problem);
  };
  compiled([program], { targets: ['blas+mlx'], router: { name: 'watched', place } });
  if (!asked) throw new Error('the router was not asked');
  return asked;
};

const problem = ask();
const free = minCutRouter.place(problem).placements.map(({ target }) => target);
const ops = problem.nodes.filter(({ kind, entry }) => kind === 'op' && entry === 'run');

/** How often a target runs an op, by what the plan's parts hold. */
const timesOn = (artifact: fb.ProgramT, target: string, op: string): number =>
  opsOn(artifact, target).filter((name) => name === op).length;

/** The targets of the calls whose recorded reason names the forced op. */
function forcedOn(artifact: fb.ProgramT): readonly string[] {
  const [entry] = splitOf(artifact).entries;
  return (entry?.regions ?? []).flatMap(({ target, steps }) =>
    steps
      .filter(({ placement }) => artifact.strings[placement?.reason ?? 0]?.includes(because))
      .map(() => String(target)),
  );
}

describe('each op of an svd, an attention block and an MLP', () => {
  const base = compiled([program], { targets: ['blas+mlx'] });
  let expected: Numbers;

  beforeAll(async () => {
    expected = await results(base.bytes, 'reference');
  });

  it('can be placed on both targets', () => {
    expect(ops.length).toBeGreaterThan(15);
    const targets = ops.map(({ costs }) => costs.map((c) => [c.target, c.problem]));
    expect(targets).toEqual(
      ops.map(() => [
        ['blas', null],
        ['mlx', null],
      ]),
    );
  });

  const forced = async ({ id, name }: PlacementNode, target: string): Promise<void> => {
    const { bytes, program: artifact } = compiled([program], {
      targets: ['blas+mlx'],
      router: forcing(id, target),
    });
    expect(splitOf(artifact).router).toBe(`op ${id} on ${target}`);
    expect(forcedOn(artifact)).toEqual([target]);
    const moved = target === free[id] ? 0 : 1;
    for (const [of, change] of [
      [target, moved],
      [free[id] ?? '', -moved],
    ] as const) {
      expect(timesOn(artifact, of, name)).toBe(timesOn(base.program, of, name) + change);
    }
    expectClose(await results(bytes, 'blas+mlx'), expected);
  };

  for (const op of ops) {
    for (const target of problem.targets) {
      const at = `${op.name} (node ${op.id}, ${op.location})`;
      it(`${at} runs on ${target}`, () => forced(op, target));
    }
  }
});

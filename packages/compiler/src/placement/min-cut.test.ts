import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Network } from './min-cut.ts';
import type { PlacementNode, PlacementProblem, PlacementValue } from './problem.ts';
import { placementCost } from './problem.ts';
import { answerProblem, minCutRouter, targetsOf } from './router.ts';

const targets = ['a', 'b'];

/** Random costs, capabilities, wishes and edges over a few nodes. */
const problems: fc.Arbitrary<PlacementProblem> = fc.integer({ min: 1, max: 8 }).chain((size) => {
  const ns = fc.integer({ min: 0, max: 20 });
  const node = fc.record({
    costs: fc.tuple(ns, ns),
    lacks: fc.constantFrom(null, null, null, 'a', 'b'),
    wish: fc.constantFrom(null, null, null, 'a', 'b'),
    calls: fc.constantFrom(1, 3),
  });
  const index = fc.integer({ min: 0, max: size - 1 });
  const value: fc.Arbitrary<PlacementValue> = fc.record({
    from: fc.oneof(index, fc.constant(null)),
    to: fc.array(index, { minLength: 1, maxLength: 4 }),
    bytes: fc.integer({ min: 0, max: 10 }),
    calls: fc.constantFrom(1, 3),
  });
  const link = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 }));
  return fc
    .record({
      nodes: fc.array(node, { minLength: size, maxLength: size }),
      values: fc.array(value, { maxLength: 10 }),
      links: fc.array(link, { minLength: 4, maxLength: 4 }),
    })
    .map(({ nodes, values, links }) => ({
      version: 1,
      plan: 'a+b',
      targets,
      nodes: nodes.map(({ costs, lacks, wish, calls }, id): PlacementNode => {
        const problemOn = (target: string): string | null =>
          target === lacks && wish !== target ? 'cannot' : null;
        return {
          id,
          kind: 'op',
          name: 'op',
          entry: 'main',
          location: null,
          calls,
          costs: targets.map((target, i) => ({
            target,
            ns: costs[i] ?? 0,
            problem: problemOn(target),
          })),
          wish,
        };
      }),
      values,
      links: ['host a', 'host b', 'a b', 'b a'].map((pair, i) => {
        const [from = '', to = ''] = pair.split(' ');
        const [fixed = 0, perByte = 0] = links[i] ?? [];
        return { from, to, ns: fixed, nsPerByte: perByte };
      }),
    }));
});

/** The least cost of all placements that are allowed. */
function bruteForce(problem: PlacementProblem): number {
  let least = Number.POSITIVE_INFINITY;
  for (let code = 0; code < 2 ** problem.nodes.length; code++) {
    const placed = problem.nodes.map(({ id }) => ((code >> id) & 1 ? 'b' : 'a'));
    const wanted = problem.nodes.every(({ wish, id }) => wish === null || wish === placed[id]);
    if (wanted) least = Math.min(least, placementCost(problem, placed));
  }
  return least;
}

test('the minimal cut is the cheapest of all placements', () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const answer = minCutRouter.place(problem);
      expect(answerProblem(problem, answer)).toBeUndefined();
      expect(placementCost(problem, targetsOf(answer))).toBe(bruteForce(problem));
    }),
    { numRuns: 500, seed: 1 },
  );
});

test('a cut of a network that is known', () => {
  const network = new Network();
  const [a, b] = [network.vertex(), network.vertex()];
  network.connect(network.source, a, 3);
  network.connect(network.source, b, 2);
  network.connect(a, b, 5);
  network.connect(a, network.sink, 2);
  network.connect(b, network.sink, 3);
  expect(network.cut().cost).toBe(5);
});

test('what is indifferent stays on the first target', () => {
  const [problem] = fc.sample(problems, { numRuns: 1, seed: 7 });
  const same = problem?.nodes.map((node) => ({
    ...node,
    wish: null,
    costs: targets.map((target) => ({ target, ns: 1, problem: null })),
  }));
  if (!problem || !same) throw new Error('no sample');
  const answer = minCutRouter.place({ ...problem, nodes: same, values: [] });
  expect(new Set(targetsOf(answer))).toEqual(new Set(['a']));
});

test('three targets are refused', () => {
  const problem: PlacementProblem = {
    version: 1,
    plan: 'a+b+c',
    targets: ['a', 'b', 'c'],
    nodes: [],
    values: [],
    links: [],
  };
  expect(() => minCutRouter.place(problem)).toThrow("'min cut' places on two targets, not on 3");
});

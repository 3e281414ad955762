import type { Node, Program, StateVariable } from '@vorab/graph';
import { f32, inverse, program, state, update, withTrace } from '@vorab/graph';
import { expect, test } from 'vitest';
import type { EntryGraph } from '../entry-graph.ts';
import { nodesOf } from '../entry-graph.ts';
import { isPlaced } from './build-problem.ts';
import type { Stage } from './stages.ts';
import { stagesOf } from './stages.ts';

const traced = (of: Program): EntryGraph => ({ name: 'run', ...withTrace(() => of.trace()) });

/** Stages where each op is on the target that a rule says, and each state on its own. */
const stages = (
  graph: EntryGraph,
  targetOf: (node: Node) => string,
  owners: ReadonlyMap<StateVariable, string> = new Map(),
): readonly Stage[] =>
  stagesOf(graph, {
    targets: ['a', 'b'],
    targetOf,
    ownerOf: (of) => owners.get(of) ?? 'a',
  });

const text = (all: readonly Stage[]): readonly string[] =>
  all.map(({ target, nodes, loads, writes }) => {
    const ops = nodes.map(({ op }) => op.name);
    const states = [...loads.map(() => 'load'), ...writes.map(() => 'write')];
    return `${target}: ${[...ops, ...states].join(' ')}`;
  });

test('a chain that alternates has a stage for each change, whichever target begins', () => {
  const graph = traced(program({ x: f32(4) }, ({ x }) => ({ y: x.exp().sin().cos().abs() })));
  const on = (first: string): string[] => [
    ...text(stages(graph, ({ op }) => (op.name === 'sin' || op.name === 'cos' ? 'a' : first))),
  ];
  expect(on('a')).toEqual(['a: exp sin cos abs']);
  expect(on('b')).toEqual(['b: exp', 'a: sin cos', 'b: abs']);
});

test('what only a late reader needs is late', () => {
  const graph = traced(
    program({ x: f32(4) }, ({ x }) => ({ y: x.exp().sin().add(x.abs().sqrt()) })),
  );
  const found = stages(graph, ({ op }) => (op.name === 'sin' ? 'b' : 'a'));
  expect(text(found)).toEqual(['a: exp', 'b: sin', 'a: abs sqrt add']);
});

test('every op comes after what it needs, and nothing is lost', () => {
  const graph = traced(
    program({ x: f32(4, 4) }, ({ x }) => {
      const layers = [1, 2, 3, 4, 5, 6].reduce((y, i) => y.mul(i).matmul(x).add(y), x);
      return { y: layers.sum(), z: layers.exp() };
    }),
  );
  const all = nodesOf(graph).filter(isPlaced);
  for (let seed = 1; seed < 20; seed++) {
    const found = stages(graph, (node) => ((all.indexOf(node) * seed) % 7 < 3 ? 'a' : 'b'));
    const order = found.flatMap(({ nodes }) => nodes);
    expect(new Set(order)).toEqual(new Set(all));
    expect(order.length).toBe(all.length);
    for (const [i, node] of order.entries()) {
      for (const { node: of } of node.inputs) {
        if (isPlaced(of)) expect(order.indexOf(of)).toBeLessThan(i);
      }
    }
    for (const [i, { target }] of found.entries()) expect(target).not.toBe(found[i + 1]?.target);
  }
});

test('no state is written before an op that may fail, on any target', () => {
  const [s, t] = [state(f32(), 0), state(f32(), 0)];
  const graph = traced(
    program({ x: f32(2, 2) }, ({ x }) => {
      update(s, x.sum());
      update(t, s.add(1));
      return { y: inverse(x.exp()) };
    }),
  );
  const [first, second] = graph.states as readonly [StateVariable, StateVariable];
  const owners = new Map([
    [first, 'a'],
    [second, 'b'],
  ]);
  for (const failing of ['a', 'b']) {
    const found = stages(graph, ({ op }) => (op.name === 'inverse' ? failing : 'a'), owners);
    const at = (is: (stage: Stage) => boolean): number => found.findIndex(is);
    const last = at(({ nodes }) => nodes.some(({ op }) => op.name === 'inverse'));
    expect(at(({ writes }) => writes.includes(first))).toBeGreaterThanOrEqual(last);
    expect(at(({ writes }) => writes.includes(second))).toBeGreaterThanOrEqual(last);
  }
});

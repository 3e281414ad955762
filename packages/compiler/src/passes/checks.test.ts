import type { Tensor } from '@vorab/graph';
import { dim, f32, grad, i32, mean, parameter, program, tap, where } from '@vorab/graph';
import { expect, test } from 'vitest';
import type { EntryGraph } from '../entry-graph.ts';
import { verifyGraph } from '../entry-graph.ts';
import { printGraph } from '../print-graph.ts';
import type { RuntimeChecks } from './checks.ts';
import { insertChecks } from './checks.ts';
import { canonicalize } from './index.ts';
import { withTaps } from './taps.ts';

const N = dim('N', { max: 64 });

function traced(body: (x: Tensor, i: Tensor) => Tensor): EntryGraph {
  const entry = program({ x: f32(N, 4), i: i32(N) }, ({ x, i }) => ({ y: body(x, i) }));
  return { name: 'entry', ...entry.trace() };
}

function checked(body: (x: Tensor, i: Tensor) => Tensor, checks: RuntimeChecks): string {
  const graph = insertChecks(traced(body), checks, (t) => `input '${t.node.attrs['name']}'`);
  verifyGraph(graph, 'insertChecks');
  return printGraph(canonicalize(graph));
}

test('a check stands behind every op that computes floats, and before whoever reads it', () => {
  expect(
    checked((x) => x.exp().mul(2).reshape([N, 2, 2]), { finite: true }),
  ).toMatchInlineSnapshot(`
    "%0 = checkFinite{what=in input 'x' infinities=true} x : f32[N, 4]
    %1 = exp %0 : f32[N, 4]
    %2 = checkFinite{what=first appears in exp infinities=true} %1 : f32[N, 4]
    %3 = full{value=2 dtype=f32 shape=[N 4]} : f32[N, 4]
    %4 = mul %2 %3 : f32[N, 4]
    %5 = checkFinite{what=first appears in mul infinities=true} %4 : f32[N, 4]
    %6 = reshape{shape=[N 2 2]} %5 : f32[N, 2, 2]
    output y = %6"
  `);
});

test('infinities that the model writes may pass through elementwise ops', () => {
  const mask = (x: Tensor): Tensor => where(x.greater(0), x, Number.NEGATIVE_INFINITY).softmax();
  const lines = checked(mask, { finite: true }).split('\n');
  expect(
    lines.filter((l) => l.includes('infinities=false')).map((l) => /in (\w+)/.exec(l)?.[1]),
  ).toEqual(['where']);
  expect(lines.filter((l) => l.includes('infinities=true'))).toHaveLength(2);
});

test('what the backward pass computes says of which op', () => {
  const w = parameter(f32(4), 1);
  const graph = insertChecks(
    traced((x) => grad(mean(x.mul(w).sqrt()), [w])[0] as Tensor),
    { finite: true },
    () => 'a leaf',
  );
  expect(printGraph(graph)).toContain('first appears in div (backward of sqrt)');
});

test('indices are checked before the op that takes them', () => {
  const both = (x: Tensor, i: Tensor): Tensor => x.gather(i).add(x);
  expect(checked(both, { indices: true })).toMatchInlineSnapshot(`
    "%0 = checkIndices{what=of gather, whose axis 0 has N extent=N} i : i32[N]
    %1 = gather{axis=0} x %0 : f32[N, 4]
    %2 = add %1 x : f32[N, 4]
    output y = %2"
  `);
  expect(checked(both, {})).not.toContain('check');
});

test('taps are outputs of another entry; the entry itself has none of them', () => {
  const graph = traced((x) => tap('h', tap('h', x.exp()).mul(2)).add(1));
  expect(printGraph(canonicalize(graph))).not.toContain('tap');
  const tapped = withTaps(graph);
  expect(tapped?.name).toBe('entry:taps');
  expect(tapped && printGraph(canonicalize(tapped))).toMatchInlineSnapshot(`
    "%0 = exp x : f32[N, 4]
    %1 = full{value=2 dtype=f32 shape=[N 4]} : f32[N, 4]
    %2 = mul %0 %1 : f32[N, 4]
    %3 = full{value=1 dtype=f32 shape=[N 4]} : f32[N, 4]
    %4 = add %2 %3 : f32[N, 4]
    output y = %4
    output tap:h = %0
    output tap:h.2 = %2"
  `);
  expect(withTaps(traced((x) => x))).toBeUndefined();
});

import {
  add,
  dim,
  f32,
  full,
  grad,
  i32,
  losses,
  matmul,
  max,
  mul,
  parameter,
  program,
  reshape,
  softmax,
  sub,
  sum,
  type Tensor,
  transpose,
  update,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import type { EntryGraph } from '../entry-graph.ts';
import { verifyGraph } from '../entry-graph.ts';
import { printGraph } from '../print-graph.ts';
import { targets } from '../targets/index.ts';
import type { Target } from '../targets/target.ts';
import { canonicalize, prepareFor } from './index.ts';
import { rewrite } from './rewrite.ts';

const N = dim('N', { max: 256 });

function traced(body: (x: Tensor) => Tensor): EntryGraph {
  const entry = program({ x: f32(N, 4) }, ({ x }) => ({ y: body(x) }));
  return { name: 'entry', ...entry.trace() };
}

const canonical = (body: (x: Tensor) => Tensor): string => {
  const graph = canonicalize(traced(body));
  verifyGraph(graph, 'canonicalize');
  return printGraph(graph);
};

describe('canonicalize', () => {
  test('views that move nothing disappear, views compose', () => {
    expect(canonical((x) => transpose(transpose(x)))).toMatchInlineSnapshot(`"output y = x"`);
    expect(canonical((x) => reshape(reshape(x, [-1, 2]), [N, 2, 2]))).toMatchInlineSnapshot(`
      "%0 = reshape{shape=[N 2 2]} x : f32[N, 2, 2]
      output y = %0"
    `);
  });

  test('multiplying by one and subtracting zero do nothing; adding zero stays, for −0', () => {
    expect(canonical((x) => sub(mul(x, 1), 0))).toMatchInlineSnapshot(`"output y = x"`);
    expect(canonical((x) => add(x, 0))).toMatchInlineSnapshot(`
      "%0 = full{value=0 dtype=f32 shape=[N 4]} : f32[N, 4]
      %1 = add x %0 : f32[N, 4]
      output y = %1"
    `);
  });

  test('a cast to a dtype that holds all values, and back, does nothing; one that rounds stays', () => {
    expect(canonical((x) => x.cast('f64').cast('f32'))).toMatchInlineSnapshot(`"output y = x"`);
    expect(canonical((x) => x.cast('bf16').cast('f32'))).toMatchInlineSnapshot(`
      "%0 = cast{dtype=bf16} x : bf16[N, 4]
      %1 = cast{dtype=f32} %0 : f32[N, 4]
      output y = %1"
    `);
  });

  test('views of equal elements are made at once', () => {
    expect(canonical((x) => add(x, transpose(full(2, [4, N]))))).toMatchInlineSnapshot(`
      "%0 = full{value=2 dtype=f32 shape=[N 4]} : f32[N, 4]
      %1 = add x %0 : f32[N, 4]
      output y = %1"
    `);
  });

  test('a product over one is a multiplication, a reduction of one a reshape', () => {
    expect(
      canonical((x) => matmul(reshape(x, [N, 4, 1]), reshape(x, [N, 1, 4]))),
    ).toMatchInlineSnapshot(`
      "%0 = broadcast{shape=[N 4 4] axes=[0 1]} x : f32[N, 4, 4]
      %1 = broadcast{shape=[N 4 4] axes=[0 2]} x : f32[N, 4, 4]
      %2 = mul %0 %1 : f32[N, 4, 4]
      output y = %2"
    `);
    expect(canonical((x) => max(sum(reshape(x, [N, 1, 4]), 1), 1))).toMatchInlineSnapshot(`
      "%0 = max{axes=[1]} x : f32[N]
      output y = %0"
    `);
  });

  test('a sum over an extent that is one by chance stays', () => {
    const one = dim('ONE', { min: 1, max: 8 });
    const entry = program({ x: f32(4, one), y: f32(one, 3) }, ({ x, y }) => ({ z: matmul(x, y) }));
    expect(printGraph(canonicalize({ name: 'entry', ...entry.trace() }))).toContain('matmul');
  });

  test('equal subexpressions are one node', () => {
    expect(canonical((x) => add(softmax(x), softmax(x)))).toMatchInlineSnapshot(`
      "%0 = softmax{axis=1} x : f32[N, 4]
      %1 = add %0 %0 : f32[N, 4]
      output y = %1"
    `);
  });
});

describe('decompose', () => {
  const mlx = targets['mlx'] as Target;

  test('a composite that the target keeps stays whole; unfused it is opened', () => {
    const graph = canonicalize(traced((x) => softmax(x)));
    expect(printGraph(prepareFor(graph, mlx, true, new Map()))).toMatchInlineSnapshot(`
      "%0 = softmax{axis=1} x : f32[N, 4]
      output y = %0"
    `);
    expect(printGraph(prepareFor(graph, mlx, false, new Map()))).toMatchInlineSnapshot(`
      "%0 = max{axes=[1]} x : f32[N]
      %1 = broadcast{shape=[N 4] axes=[0]} %0 : f32[N, 4]
      %2 = sub x %1 : f32[N, 4]
      %3 = exp %2 : f32[N, 4]
      %4 = sum{axes=[1]} %3 : f32[N]
      %5 = broadcast{shape=[N 4] axes=[0]} %4 : f32[N, 4]
      %6 = div %3 %5 : f32[N, 4]
      output y = %6"
    `);
  });

  test('what was opened still knows its place in the portable function', () => {
    const graph = canonicalize(traced((x) => mul(softmax(x), 2)));
    const origins = new Map(
      graph.outputs.map((o) => [o.tensor.node.inputs[0]?.node ?? o.tensor.node, [7]] as const),
    );
    const opened = prepareFor(graph, targets['blas'] as Target, true, origins);
    const from = [...origins].filter(([, at]) => at[0] === 7).map(([node]) => node.op.name);
    expect(opened.outputs).toHaveLength(1);
    expect(from).toContain('exp');
  });
});

describe('rewrite', () => {
  test('refuses a rule that changes a type', () => {
    const wrong = { name: 'wrong', why: 'a test', apply: () => [full(1, [3])] };
    expect(() =>
      rewrite(
        traced((x) => add(x, x)),
        [wrong],
      ),
    ).toThrow(/rule 'wrong' turns add/);
  });

  test('refuses rules that do not settle', () => {
    const swap = {
      name: 'swap',
      why: 'a test',
      apply: (node: Tensor['node']) => {
        const [a, b] = node.inputs;
        return node.op === add.op && a && b ? [add(b, a)] : null;
      },
    };
    expect(() =>
      rewrite(
        traced((x) => add(x, mul(x, 2))),
        [swap],
      ),
    ).toThrow(/do not settle/);
  });
});

test('a training step is one graph: forward, backward and update', () => {
  const w = parameter(f32(4, 3), 0);
  const step = program({ x: f32(N, 4), label: i32(N) }, ({ x, label }) => {
    const loss = losses.crossEntropy(x.matmul(w), label);
    for (const dw of grad(loss, [w])) update(w, sub(w, mul(dw, 0.1)));
    return { loss };
  });
  const graph = canonicalize({ name: 'step', ...step.trace() });
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "%0 = matmul x state0 : f32[N, 3]
    %1 = crossEntropy{labelSmoothing=0} %0 label : f32[N]
    %2 = mean{axes=[0]} %1 : f32[]
    %3 = transpose{axes=[1 0]} x : f32[4, N]
    %4 = softmax{axis=1} %0 : f32[N, 3]
    %5 = full{value=0 dtype=i32 shape=[N]} : i32[N]
    %6 = greaterEqual label %5 : bool[N]
    %7 = full{value=3 dtype=i32 shape=[N]} : i32[N]
    %8 = less label %7 : bool[N]
    %9 = logicalAnd %6 %8 : bool[N]
    %10 = full{value=1 dtype=f32 shape=[N]} : f32[N]
    %11 = full{value=0 dtype=f32 shape=[N]} : f32[N]
    %12 = where %9 %10 %11 : f32[N]
    %13 = broadcast{shape=[N 3] axes=[0]} %12 : f32[N, 3]
    %14 = mul %4 %13 : f32[N, 3]
    %15 = broadcast{shape=[N 3] axes=[0]} label : i32[N, 3]
    %16 = iota{shape=[N 3] axis=1 dtype=i32} : i32[N, 3]
    %17 = equal %15 %16 : bool[N, 3]
    %18 = cast{dtype=f32} %17 : f32[N, 3]
    %19 = sub %14 %18 : f32[N, 3]
    %20 = full{value=1 dtype=f32 shape=[]} : f32[]
    %21 = sizeOf{dim=N dtype=f32} : f32[]
    %22 = div %20 %21 : f32[]
    %23 = broadcast{shape=[N 3] axes=[]} %22 : f32[N, 3]
    %24 = mul %19 %23 : f32[N, 3]
    %25 = matmul %3 %24 : f32[4, 3]
    %26 = full{value=0.1 dtype=f32 shape=[4 3]} : f32[4, 3]
    %27 = mul %25 %26 : f32[4, 3]
    %28 = sub state0 %27 : f32[4, 3]
    output loss = %2
    update state0 = %28"
  `);
});

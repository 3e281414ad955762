import {
  cond,
  dim,
  f32,
  grad,
  parameter,
  program,
  scan,
  type Tensor,
  whileLoop,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { canonicalize, prepareFor } from '../passes/index.ts';
import { printGraph } from '../print-graph.ts';
import { type Target, targets } from '../targets/index.ts';
import { lower } from './index.ts';
import { printSteps } from './print.ts';

const T = dim('T', { min: 0, max: 64 });
const blas = targets['blas'] as Target;
const mlx = targets['mlx'] as Target;
const w = parameter(f32(3, 3), 0);

type Body = (h: Tensor, xs: Tensor) => Readonly<Record<string, Tensor>>;

const prepared = (body: Body, target: Target): ReturnType<typeof canonicalize> => {
  const traced = program({ h: f32(2, 3), xs: f32(T, 2, 3) }, ({ h, xs }) => body(h, xs)).trace();
  return prepareFor(canonicalize({ name: 'entry', ...traced }), target, true, new Map());
};

const steps = (body: Body): string => printSteps(lower(prepared(body, blas), blas, true).lowered);

const net = (h: Tensor, xs: Tensor): [Tensor, Tensor] =>
  scan((h: Tensor, x: Tensor) => [h.matmul(w).add(x).tanh(), h.mul(x)], h, xs);

describe('bodies', () => {
  test('a recurrent step: a product with its epilogue; the carry is overwritten last', () => {
    expect(steps((h, xs) => ({ last: net(h, xs)[0], ys: net(h, xs)[1] }))).toMatchInlineSnapshot(`
      "0 control scan: input0, input1, state[3 3] -> output0, output1 in #5
        body 'scan body', 1 carries
          0 mul: over [2 3]
              %0 = load state[2 3] (3 1)
              %1 = load input0 (3 1)
              %2 = f32 mul %0 %1
              store %2 to output0 (3 1)
          1 fused matmul+add+tanh: contract [2 3 3] state[2 3] (3 0 1) · input1 (0 1 3)
            epilogue over [2 3]
              %0 = acc
              %1 = load input0 (3 1)
              %2 = f32 add %0 %1
              %3 = f32 tanh %2
              store %3 to #4 (3 1)
          2 copy to state: over [2 3]
              %0 = load #4 (3 1)
              store %0 to state[2 3] (3 1)"
    `);
  });

  test('the gradient runs backwards, and adds to the gradient of a matrix in place', () => {
    const body: Body = (h, xs) => ({ dw: grad(net(h, xs)[0].sum(), [w])[0] as Tensor });
    expect(steps(body)).toMatchInlineSnapshot(`
      "0 copy: over [2 3]
          %0 = f32 1
          store %0 to #4 (3 1)
      1 copy: over [3 3]
          %0 = f32 0
          store %0 to #5 (3 1)
      2 control scan: input0, input1, state[3 3] -> #6, #7, #8 in #9
        body 'scan body', 1 carries
          0 fused matmul+add+tanh+mul+sub: contract [2 3 3] state[2 3] (3 0 1) · input1 (0 1 3)
            epilogue over [2 3]
              %0 = acc
              %1 = load input0 (3 1)
              %2 = f32 add %0 %1
              %3 = f32 tanh %2
              %4 = f32 mul %3 %3
              %5 = f32 1
              %6 = f32 sub %5 %4
              store %6 to output0 (3 1)
              store %3 to #5 (3 1)
          1 copy: over [2 3]
              %0 = load state[2 3] (3 1)
              store %0 to output1 (3 1)
          2 copy to state: over [2 3]
              %0 = load #5 (3 1)
              store %0 to state[2 3] (3 1)
      3 control scan: #4, #5, #7, #8, state[3 3] -> #10, output0 in #11
        body 'gradient of scan body', 2 carries
          0 mul: over [2 3]
              %0 = load state[2 3] (3 1)
              %1 = load input0 (3 1)
              %2 = f32 mul %0 %1
              store %2 to #5 (3 1)
          1 matmul: contract [2 3 3] #5 (3 0 1) · input2 (0 3 1)
            epilogue over [2 3]
              %0 = acc
              store %0 to state[2 3] (3 1)
          2 fused matmul+add: contract [3 3 2] input1 (1 0 3) · #5 (0 1 3)
            epilogue over [3 3]
              %0 = acc
              %1 = load state[3 3] (3 1)
              %2 = f32 add %1 %0
              store %2 to state[3 3] (3 1)"
    `);
  });

  test('branches and conditions', () => {
    expect(
      steps((h) => ({
        y: cond(
          h.sum().less(1),
          () => h.matmul(w),
          () => h,
        ),
        z: whileLoop(
          (z) => z.sum().less(9),
          (z) => z.add(1),
          h,
        ),
      })),
    ).toMatchInlineSnapshot(`
      "0 fused sum+less: over [] reduced [2 3]
          %0 = load input0 (3 1)
          %1 = reduce sum %0
          %2 = f32 1
          %3 = bool less %1 %2
          store %3 to #5 (0 0)
      1 control cond: #5, input0, state[3 3] -> output0
        body 'ifTrue', 0 carries
          0 matmul: contract [2 3 3] input0 (3 0 1) · input1 (0 1 3)
            epilogue over [2 3]
              %0 = acc
              store %0 to output0 (3 1)
        body 'ifFalse', 0 carries
          0 copy: over [2 3]
              %0 = load input0 (3 1)
              store %0 to output0 (3 1)
      2 control whileLoop: input0 -> output1
        body 'condition', 0 carries
          0 fused sum+less: over [] reduced [2 3]
              %0 = load input0 (3 1)
              %1 = reduce sum %0
              %2 = f32 9
              %3 = bool less %1 %2
              store %3 to output0 (0 0)
        body 'loop body', 1 carries
          0 add: over [2 3]
              %0 = load state[2 3] (3 1)
              %1 = f32 1
              %2 = f32 add %0 %1
              store %2 to state[2 3] (3 1)"
    `);
  });
});

describe('tidyCalls', () => {
  const scans = (body: Body, target: Target): string[] =>
    printGraph(prepared(body, target))
      .split('\n')
      .filter((line) => line.includes('scan'));

  test('results and carries that nobody uses go, with what only they need', () => {
    const body: Body = (h, xs) => {
      const [[last]] = scan(([a, b], x) => [[a.add(1), b.matmul(w).add(x)], b], [h, h], xs);
      return { last };
    };
    expect(scans(body, blas)).toMatchInlineSnapshot(`
      [
        "%0 = scan{body='scan body' length=T carries=1 sequences=0 reverse=false} h : f32[2, 3]",
      ]
    `);
  });

  test('of a gradient, what is asked for; both scans share their steps', () => {
    const body: Body = (h, xs) => {
      const [last] = net(h, xs);
      return { last, dh: grad(last.sum(), [h])[0] as Tensor };
    };
    expect(scans(body, blas)).toMatchInlineSnapshot(`
      [
        "%0 = scan{body='scan body' length=T carries=1 sequences=1 reverse=false} h xs state0 : f32[2, 3], f32[T, 2, 3]",
        "%2 = scan{body='gradient of scan body' length=T carries=1 sequences=1 reverse=true} %1 %0.1 state0 : f32[2, 3]",
      ]
    `);
  });

  test('of a branch too', () => {
    const body: Body = (h, xs) => ({
      y: cond(
        h.sum().less(1),
        () => [h.exp(), xs.exp()],
        () => [h.matmul(w), xs],
      )[0] as Tensor,
    });
    expect(printGraph(prepared(body, blas)).split('\n').at(-2)).toMatchInlineSnapshot(
      `"%3 = cond{ifTrue='ifTrue' ifFalse='ifFalse'} %2 h state0 : f32[2, 3]"`,
    );
  });

  test('mlx gets functions of its own ops', () => {
    const body: Body = (h, xs) => ({
      y: scan((h: Tensor, x: Tensor) => [h.add(x).gelu(), null], h, xs)[0],
    });
    expect(prepared(body, mlx).outputs[0]?.tensor.node.attrs['body']).not.toBe(
      prepared(body, blas).outputs[0]?.tensor.node.attrs['body'],
    );
  });
});

import { describe, expect, test } from 'vitest';
import type { Tensor, TensorTree } from '../index.ts';
import {
  dim,
  evaluate,
  f32,
  full,
  grad,
  i32,
  input,
  parameter,
  program,
  scan,
  stack,
  toNested,
  topologicalOrder,
  vjp,
  withTrace,
} from '../index.ts';

const values = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(1 + i * 1.7 + seed));

const numbersOf = ({ data }: { readonly data: ArrayLike<number | bigint> }): number[] =>
  Array.from(data, Number);

const T = dim('T', { min: 0, max: 8 });

describe('scan', () => {
  test('hands a carry from step to step, stacks what the steps give', () => {
    withTrace(() => {
      const xs = input('xs', f32(T));
      const [last, sums] = scan((sum, x: Tensor) => [sum.add(x), sum], full(0, []), xs);
      expect(String(sums)).toBe('f32[T]');
      const got = evaluate([last, sums], { xs: [1, 2, 3] });
      expect(got.map(toNested)).toEqual([6, [0, 1, 3]]);
      const none = evaluate([last, sums], { xs: [] }, { T: 0 });
      expect(none.map((a) => Array.from(a.data as Float32Array))).toEqual([[0], []]);
    });
  });

  test('from the last element to the first: results stand where their elements stand', () => {
    withTrace(() => {
      const xs = input('xs', f32(3));
      const [, sums] = scan((s, x: Tensor) => [s.add(x), s.add(x)], full(0, []), xs, {
        reverse: true,
      });
      expect(toNested(evaluate(sums, { xs: [1, 2, 4] }))).toEqual([7, 6, 4]);
    });
  });

  test('carries, elements and results are trees', () => {
    withTrace(() => {
      const xs = { a: input('a', f32(4)), b: input('b', f32(4)) };
      const [carry, ys] = scan(
        ({ h, steps: [n] }, { a, b }) => [
          { h: h.mul(a), steps: [n.add(1)] },
          { sum: a.add(b), last: null },
        ],
        { h: full(1, []), steps: [full(0, [], 'i32')] },
        xs,
      );
      expect(ys.last).toBeNull();
      const feeds = { a: [1, 2, 3, 4], b: [0, 1, 0, 1] };
      const got = evaluate([carry.h, carry.steps[0], ys.sum], feeds);
      expect(got.map(toNested)).toEqual([24, 4, [1, 3, 3, 5]]);
    });
  });

  test('without sequences a length says how often', () => {
    const [last] = scan((x) => [x.mul(2), null], full(1, []), null, { length: 10 });
    expect(evaluate(last).data[0]).toBe(1024);
  });

  test('what does not depend on the step is computed once, outside', () => {
    withTrace(() => {
      const w = input('w', f32(2, 2));
      const [last] = scan((h) => [h.matmul(w.exp().transpose()), null], full(1, [2, 2]), null, {
        length: 3,
      });
      expect(last.node.inputs.map((t) => t.node.op.name)).toEqual(['full', 'exp']);
      const body = last.node.attrs['body'] as { results: readonly Tensor[] };
      const inside = topologicalOrder(body.results).map((node) => node.op.name);
      expect(inside).toEqual(['input', 'input', 'transpose', 'matmul']);
    });
  });
});

/** As scan, by steps of the program itself. */
function unrolled(
  body: (c: Tensor, x: Tensor) => readonly [Tensor, Tensor],
  init: Tensor,
  xs: Tensor,
  n: number,
): readonly [Tensor, Tensor] {
  let carry = init;
  const ys: Tensor[] = [];
  for (let i = 0; i < n; i++) {
    const [next, y] = body(carry, xs.sliceAxis(0, i, i + 1).squeeze(0));
    carry = next;
    ys.push(y);
  }
  return [carry, stack(ys)];
}

describe('gradients', () => {
  const step =
    (w: Tensor) =>
    (h: Tensor, x: Tensor): readonly [Tensor, Tensor] => {
      const next = h.matmul(w).add(x).tanh();
      return [next, next.mul(x).sigmoid()];
    };

  test('are those of the steps written out, of second order too', () => {
    withTrace(() => {
      const [h, xs, w] = [
        input('h', f32(2, 3)),
        input('xs', f32(4, 2, 3)),
        input('w', f32(3, 3)),
      ] as const;
      const feeds = { h: values(6, 1), xs: values(24, 2), w: values(9, 3) };
      const [a, b] = [scan(step(w), h, xs), unrolled(step(w), h, xs, 4)].map(([last, ys]) => {
        const loss = last.sum().add(ys.mul(ys).sum());
        const first = grad(loss, [h, xs, w]);
        const again = first.reduce((sum, g) => sum.add(g.mul(g).sum()), full(0, []));
        return [loss, ...first, ...grad(again, [h, xs, w])];
      }) as [Tensor[], Tensor[]];
      const [got, want] = [a, b].map((list) => evaluate(list, feeds).map(numbersOf));
      for (const [i, one] of (got as number[][]).entries()) {
        const other = (want as number[][])[i] as number[];
        for (const [k, x] of one.entries()) expect(x).toBeCloseTo(other[k] as number, 4);
      }
    });
  });

  test('the forward scan keeps what the backward scan needs, once', () => {
    const w = parameter(f32(3, 3), 1);
    const traced = program({ h: f32(2, 3), xs: f32(T, 2, 3) }, ({ h, xs }) => {
      const [last] = scan(step(w), h, xs);
      const loss = last.sum();
      return { loss, dw: grad(loss, [w])[0] as Tensor };
    }).trace();
    const scans = topologicalOrder(traced.outputs.map((o) => o.tensor)).filter(
      (node) => node.op.name === 'scan',
    );
    expect(scans.map((node) => node.outputs().join(' '))).toEqual([
      // The last carry, the results; the carry before each step, and what follows it.
      'f32[2, 3] f32[T, 2, 3] f32[T, 2, 3] f32[T, 2, 3]',
      'f32[2, 3] f32[3, 3] f32[T, 2, 3]',
    ]);
  });

  test('integers, carries that nothing flows to, and stopped ones have none', () => {
    withTrace(() => {
      const [x, c] = [input('x', f32(3)), input('c', f32())] as const;
      const [{ s }, ys] = scan(
        ({ s, n }, x) => [{ s: s.add(x.mul(n.cast('f32'))), n: n.add(1) }, x.greater(0)],
        { s: c, n: full(0, [], 'i32') },
        x,
      );
      const [dx, dc] = vjp([s], [full(1, [])], [x, c]);
      expect(toNested(evaluate(dx as Tensor, { x: [5, 6, 7], c: 0 }))).toEqual([0, 1, 2]);
      expect(evaluate(dc as Tensor, { x: [5, 6, 7], c: 0 }).data[0]).toBe(1);
      expect(ys.dtype).toBe('bool');
    });
  });
});

describe('what is refused', () => {
  const xs = input('xs', f32(4));
  const message = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing was refused';
  };
  const text = (run: () => unknown): string =>
    message(run).replace(/^\S*scan\.test\.ts:\d+:\d+/, 'scan.test.ts');

  test('a body that changes its carry, at the user’s line', () => {
    expect(text(() => scan((c) => [c.cast('i32'), null], full(0, []), xs))).toMatchInlineSnapshot(`
      "scan.test.ts: scan: the body gives its carry as i32[], expected f32[]
        fix: a carry keeps its dtype: begin with i32, or cast in the body with .cast('f32')"
    `);
    expect(
      text(() =>
        scan(
          ({ h, n }: { h: Tensor; n: Tensor }, x: Tensor) => [{ h: h.add(x), n: stack([n, n]) }, h],
          { h: full(0, []), n: full(0, []) },
          xs,
        ),
      ),
    ).toMatchInlineSnapshot(`
      "scan.test.ts: scan: the body gives carry n as f32[2], expected f32[]
        fix: a carry keeps its shape: begin with one of the final shape, or reduce what the body makes"
    `);
    const other = ((c: Tensor) => [[c, c], null]) as unknown as (
      c: TensorTree,
    ) => [TensorTree, null];
    expect(text(() => scan(other, full(0, []), xs))).toMatchInlineSnapshot(`
      "scan.test.ts: scan: the body gives a carry of the form [*,*], expected *
        fix: return the carry as the body took it: the same arrays and keys (* stands for a tensor)"
    `);
  });

  test('loops in loops without end', () => {
    const nest = (x: Tensor): Tensor =>
      scan((c: Tensor) => [nest(c), null], x, null, { length: 1 })[0];
    expect(text(() => nest(xs))).toMatchInlineSnapshot(`
      "scan.test.ts: scan lies in more than 15 loops and branches
        fix: compute with tensors of more axes what the inner ones do, or trace fewer of them"
    `);
  });

  test('lengths and pairs', () => {
    const same = (c: Tensor): readonly [Tensor, null] => [c, null];
    expect(text(() => scan(same, xs, full(0, [])))).toMatchInlineSnapshot(`
      "scan.test.ts: scan: the sequence is a scalar f32[], expected elements along a first axis
        fix: capture what is the same at every step: use it in the body as it is"
    `);
    expect(text(() => scan(same, xs, null))).toMatchInlineSnapshot(`
      "scan.test.ts: scan: without sequences the number of steps is not known
        fix: give it: scan(body, init, null, { length: 12 })"
    `);
    expect(text(() => scan(same, xs, null, { length: -1 }))).toMatchInlineSnapshot(
      `"scan.test.ts: scan: a length of -1, expected an integer from 0"`,
    );
    expect(
      text(() => scan(same as never, xs, { a: xs, b: input('b', i32(5)) } as never)),
    ).toMatchInlineSnapshot(`
      "scan.test.ts: scan: sequence b is i32[5], which does not have 4 elements
        fix: sequences run side by side: give them equal first axes"
    `);
    expect(text(() => scan(((c: Tensor) => c) as never, xs, xs))).toMatchInlineSnapshot(`
      "scan.test.ts: scan: the body gives no array, expected a pair
        fix: return [carry, y], with null for y where steps give nothing"
    `);
    expect(text(() => scan(((c: Tensor) => [c, 1]) as never, xs, xs))).toMatchInlineSnapshot(`
      "scan.test.ts: scan: the result of its body is a number, expected a tensor
        fix: make it one: full(1, [])"
    `);
  });
});

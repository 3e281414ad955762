import { describe, expect, test } from 'vitest';
import type { Tensor } from '../index.ts';
import {
  bool,
  cond,
  dim,
  evaluate,
  f32,
  full,
  grad,
  input,
  program,
  randomKey,
  toNested,
  topologicalOrder,
  whileLoop,
  withTrace,
} from '../index.ts';

const N = dim('N', { max: 8 });

const text = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message.replace(/^\S*cond\.test\.ts:\d+:\d+/, 'cond.test.ts');
  }
  return 'nothing was refused';
};

describe('cond', () => {
  test('computes one branch, of operands and of what is around it', () => {
    withTrace(() => {
      const [p, x] = [input('p', bool()), input('x', f32(N))] as const;
      const y = x.exp();
      const out = cond(
        p,
        ({ a }) => ({ z: a.add(y), n: full(1, []) }),
        ({ a }) => ({ z: a.sqrt(), n: a.sum() }),
        { a: x },
      );
      const at = (holds: boolean): unknown =>
        evaluate([out.z, out.n], { p: holds, x: [4, 0] }).map(toNested);
      expect(at(false)).toEqual([[2, 0], 4]);
      expect(at(true)).toEqual([[Math.fround(4 + Math.exp(4)), 1], 1]);
      // What a branch makes stays in it; what was there before is handed in.
      expect(out.z.node.inputs.map((t) => t.node.op.name)).toEqual(['input', 'input', 'exp']);
    });
  });

  test('a branch that captures everything is still computed only if it is taken', () => {
    withTrace(() => {
      const x = input('x', f32());
      const y = cond(
        x.greater(0),
        () => x.log().mul(2),
        () => x,
      );
      const outside = topologicalOrder([y]).map((node) => node.op.name);
      expect(outside).not.toContain('log');
      const [dx] = grad(y, [x]) as [Tensor];
      expect(evaluate([y, dx], { x: 1 }).map(toNested)).toEqual([0, 2]);
      expect(evaluate([y, dx], { x: -3 }).map(toNested)).toEqual([-3, 1]);
    });
  });

  test('gradients: zeros for what only the other branch uses', () => {
    withTrace(() => {
      const [p, a, b] = [input('p', bool()), input('a', f32()), input('b', f32())] as const;
      const y = cond(
        p,
        () => a.mul(a),
        () => b.mul(3),
      );
      const grads = grad(y, [a, b]);
      expect(evaluate(grads, { p: true, a: 5, b: 7 }).map(toNested)).toEqual([10, 0]);
      expect(evaluate(grads, { p: false, a: 5, b: 7 }).map(toNested)).toEqual([0, 3]);
      const [second] = grad(grads[0] as Tensor, [a]);
      expect(evaluate(second as Tensor, { p: true, a: 5, b: 7 }).data[0]).toBe(2);
    });
  });

  test('may draw from the key of the program', () => {
    const drawing = program({ p: bool() }, ({ p }) => ({
      y: cond(
        p,
        () => randomKey().cast('f32'),
        () => full(0, [2]),
      ),
      z: randomKey(),
    }));
    const traced = drawing.trace();
    expect(traced.updates).toHaveLength(1);
  });

  test('what is refused', () => {
    const x = input('x', f32(2));
    expect(
      text(() =>
        cond(
          x.greater(0),
          () => x,
          () => x,
        ),
      ),
    ).toMatchInlineSnapshot(`
      "cond.test.ts: cond: the predicate is bool[2], expected bool[]
        fix: compare, and reduce to one value: x.greater(0).all(); to choose at each element use where()"
    `);
    expect(
      text(() =>
        cond(
          true as never,
          () => x,
          () => x,
        ),
      ),
    ).toMatchInlineSnapshot(`
      "cond.test.ts: cond: the predicate is a boolean, expected bool[]
        fix: compare, and reduce to one value: x.greater(0).all(); to choose at each element use where()"
    `);
    const p = input('p', bool());
    expect(
      text(() =>
        cond(
          p,
          () => ({ a: x }),
          () => ({ a: x.cast('i32') }),
        ),
      ),
    ).toMatchInlineSnapshot(`
      "cond.test.ts: cond: ifTrue gives result a as f32[2], ifFalse as i32[2]
        fix: cast or reshape one of them: both branches give the same types"
    `);
    expect(
      text(() =>
        cond(
          p,
          () => [x],
          () => x as never,
        ),
      ),
    ).toMatchInlineSnapshot(`
      "cond.test.ts: cond: ifTrue gives the form [*], ifFalse *
        fix: return the same arrays and keys from both (* stands for a tensor)"
    `);
  });
});

describe('whileLoop', () => {
  test('runs for as long as the condition holds', () => {
    withTrace(() => {
      const [limit, x] = [input('limit', f32()), input('x', f32())] as const;
      const [n, last] = whileLoop(
        ([, v]) => v.less(limit),
        ([n, v]) => [n.add(1), v.mul(2)],
        [full(0, [], 'i32'), x],
      );
      const at = (to: number): unknown => evaluate([n, last], { limit: to, x: 1 }).map(toNested);
      expect(at(100)).toEqual([7, 128]);
      expect(at(0)).toEqual([0, 1]);
    });
  });

  test('what is refused', () => {
    const x = input('x', f32(2));
    const one = input('one', f32());
    const more = (v: Tensor): Tensor => v.sum().less(10);
    expect(
      text(() =>
        whileLoop(
          (v) => v.less(3),
          (v) => v.add(1),
          x,
        ),
      ),
    ).toMatchInlineSnapshot(`
      "cond.test.ts: whileLoop: the condition is bool[2], expected bool[]
        fix: compare, and reduce to one value: x.greater(0).all(); to choose at each element use where()"
    `);
    expect(text(() => whileLoop(more, (v) => v.sum(), x))).toMatchInlineSnapshot(`
      "cond.test.ts: whileLoop: the body gives its carry as f32[], expected f32[2]
        fix: a carry keeps its shape: begin with one of the final shape, or reduce what the body makes"
    `);
    expect(
      text(() =>
        whileLoop(
          () => one.less(1),
          (c) => c,
          null,
        ),
      ),
    ).toMatchInlineSnapshot(`
      "cond.test.ts: whileLoop: the carry has no tensor, so that nothing would ever change
        fix: begin with what the body changes"
    `);
    expect(
      text(() =>
        grad(
          whileLoop(more, (v) => v.mul(2), one),
          [one],
        ),
      ),
    ).toMatchInlineSnapshot(`
      "cond.test.ts: whileLoop has no gradient, but the result that is differentiated depends on it
        fix: how many steps ran is not known when compiling: use scan() with the largest number of steps, and where() for those that are too many; or stopGradient() around its operands"
    `);
  });
});

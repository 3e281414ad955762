import type { GraphError, Tensor } from '@vorab/graph';
import {
  add,
  checkpoint,
  constant,
  dim,
  dot,
  evaluate,
  f32,
  f64,
  full,
  grad,
  i32,
  input,
  jacrev,
  jvp,
  linearize,
  nn,
  program,
  random,
  stack,
  state,
  topologicalOrder,
  update,
  valueAndGrad,
  vmap,
  withTrace,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { expectClose as close, errorOf as errorAt, numbers, valuesOf } from './support.ts';

// Transforms as users call them: axes, forms of arguments, nesting, errors at the user's line.

const errorOf = (run: () => unknown): GraphError => errorAt(import.meta.url, run);

const x = constant(
  [
    [1, 2, 3],
    [4, 5, 6],
  ],
  'f64',
);
const y = constant(
  [
    [2, 0, 1],
    [1, 1, 1],
  ],
  'f64',
);

describe('vmap', () => {
  test('maps axes of arguments and of results', () => {
    const dots = vmap((a: Tensor, b: Tensor) => dot(a, b));
    expect(valuesOf(dots(x, y))).toEqual([5, 15]);
    const columns = vmap((a: Tensor) => a.mul(10), { in: 1, out: -1 });
    close(columns(x), x.mul(10));
    const outer = vmap((a: Tensor, b: Tensor) => a.mul(b), { in: [1, null], out: 0 });
    expect(outer(x, constant([1, 1], 'f64')).shape).toEqual([3, 2]);
  });

  test('nests', () => {
    const products = vmap(
      vmap((a: Tensor, b: Tensor) => a.mul(b), { in: [null, 0] }),
      {
        in: [0, null],
      },
    );
    const [a, b] = [constant([1, 2], 'f64'), constant([3, 4, 5], 'f64')];
    expect(valuesOf(products(a, b))).toEqual([3, 4, 5, 6, 8, 10]);
  });

  test('takes and gives arrays and records, with axes of their form', () => {
    const f = vmap(
      ({ a, b }: { a: Tensor; b: Tensor }, [c]: readonly [Tensor]) => ({
        s: a.add(b),
        t: [c.mul(2)],
      }),
      { in: [{ a: 0, b: null }, 0], out: { s: 1, t: 0 } },
    );
    const found = f({ a: x, b: constant([1, 1, 1], 'f64') }, [constant([5, 6], 'f64')]);
    close(found.s, x.add(1).transpose());
    expect(valuesOf(found.t[0] as Tensor)).toEqual([10, 12]);
  });

  test('what depends on no mapped argument is computed once, and repeated', () => {
    withTrace(() => {
      const w = input('w', f32(4, 4));
      const a = input('a', f32(3, 4));
      const single = w.matmul(w);
      const y = vmap((row: Tensor) => row.matmul(w.matmul(w)))(a);
      expect(topologicalOrder([y])).toContain(single.node);
      expect(vmap((_: Tensor) => single, { in: 0 })(a).shape).toEqual([3, 4, 4]);
      expect(vmap((_: Tensor) => single, { out: null })(a)).toEqual(single);
    });
  });

  test('symbolic extents, one and none', () => {
    const N = dim('N', { min: 0, max: 8 });
    const rows = input('rows', f64(N, 3));
    const norms = vmap((r: Tensor) => r.mul(r).sum())(rows);
    expect(norms.toString()).toBe('f64[N]');
    for (const n of [0, 1, 4]) {
      const data = Float64Array.from({ length: 3 * n }, (_, i) => i);
      const got = numbers(evaluate(norms, { rows: { dtype: 'f64', shape: [n, 3], data } }));
      const want = Array.from({ length: n }, (_, r) =>
        [0, 1, 2].reduce((s, c) => s + (3 * r + c) ** 2, 0),
      );
      expect(got).toEqual(want);
    }
  });

  test('mapped keys give the bits that each key gives alone', () => {
    const keys = random.splitKey(random.key(7), 4);
    const together = vmap((k: Tensor) => random.normal(k, [5]))(keys);
    const apart = stack(random.split(random.key(7), 4).map((k) => random.normal(k, [5])));
    expect(valuesOf(together)).toEqual(valuesOf(apart));
  });

  test('gradients of each example', () => {
    const w = constant([0.5, -1, 2], 'f64');
    const each = vmap((row: Tensor) => {
      const { grads } = valueAndGrad((v) => dot(row, v).tanh(), [w]);
      return grads[0] as Tensor;
    })(x);
    const apart = [0, 1].map((i) => {
      const row = x.slice([i], [i + 1]).reshape([3]);
      return grad(dot(row, w).tanh(), [w])[0] as Tensor;
    });
    close(each, stack(apart));
  });

  test('refuses what it cannot map', () => {
    const a = input('a', f32(3, 4));
    const b = input('b', f32(5, 4));
    const id = (...args: readonly Tensor[]): Tensor => args.reduce((p, q) => add(p, q));
    expect(errorOf(() => vmap(id)(a, b)).message).toMatch(
      /axis 0 of f32\[3, 4\] \(argument 0\) has extent 3, axis 0 of f32\[5, 4\] \(argument 1\) has extent 5/,
    );
    expect(errorOf(() => vmap(id, { in: 2 })(a)).message).toMatch(
      /argument 0, f32\[3, 4\]: axis 2 is out of range/,
    );
    expect(errorOf(() => vmap(id, { in: null })(a)).code).toBe('vmap-nothing');
    expect(errorOf(() => vmap(id, { in: [0, 0] })(a)).message).toMatch(/2 entries for 1 argument/);
    expect(errorOf(() => vmap(id, { in: 0.5 })(a)).code).toBe('axis');
    expect(errorOf(() => vmap(id, { out: null })(a)).code).toBe('vmap-out');
    expect(errorOf(() => vmap(id, { out: 3 })(a)).message).toMatch(
      /axis 3 is out of range for rank 2/,
    );
    expect(errorOf(() => vmap((() => 3) as never)(a)).code).toBe('not-a-tensor');
    expect(errorOf(() => vmap((() => undefined) as never)(a)).code).toBe('no-result');
    expect(errorOf(() => vmap(id)(3 as never)).code).toBe('not-a-tensor');
    expect(errorOf(() => vmap((r: Tensor) => r.matmul(b))(a)).message).toMatch(/inner extents/);
    expect(errorOf(() => vmap(id)(input('s', f32()))).message).toMatch(/a scalar has no axes/);
  });
});

describe('jvp', () => {
  test('gives the value and the derivative in a direction', () => {
    const { value, tangent } = jvp(
      (a: Tensor, b: Tensor) => ({ p: a.mul(b), n: a.cast('i32') }),
      [x, y],
      [y, x],
    );
    close(value.p, x.mul(y));
    close(tangent.p, x.mul(x).add(y.mul(y)));
    expect(tangent.n.dtype).toBe('i32');
    expect(valuesOf(tangent.n)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('captured tensors are constants', () => {
    const one = full(1, [], 'f64');
    const at = constant(3, 'f64');
    const { tangent } = jvp((a: Tensor) => a.mul(at), [at], [one]);
    expect(valuesOf(tangent)).toEqual([3]);
    // The derivative of x · (d/dy (x + y)) is 1, not 2.
    const nested = jvp(
      (a: Tensor) => a.mul(jvp((b: Tensor) => a.add(b), [a], [one]).tangent),
      [at],
      [one],
    );
    expect(valuesOf(nested.tangent)).toEqual([1]);
    const { grads } = valueAndGrad(
      (a) =>
        (a as Tensor).mul(
          valueAndGrad((b) => (a as Tensor).add(b as Tensor), [a as Tensor]).grads[0] as Tensor,
        ),
      [at],
    );
    expect(valuesOf(grads[0] as Tensor)).toEqual([1]);
  });

  test('linearize pushes several tangents through one graph', () => {
    const { value, push } = linearize((a: Tensor) => a.exp().sum(), x);
    close(value, x.exp().sum());
    close(push(y), x.exp().mul(y).sum());
    close(push(x), x.exp().mul(x).sum());
  });

  test('refuses tangents of other types, and integers', () => {
    const n = input('n', i32(3));
    const a = input('a', f32(3));
    const b = input('b', f32(4));
    const f = (v: Tensor): Tensor => v.mul(v);
    expect(errorOf(() => jvp(f, [a], [b])).message).toMatch(
      /argument 0 is f32\[3\], its tangent f32\[4\]/,
    );
    expect(errorOf(() => jvp(f, [n], [n])).message).toMatch(/argument 0 is i32\[3\]: only float/);
    expect(errorOf(() => jvp(f, [a], [] as never)).code).toBe('tangent');
    expect(errorOf(() => jvp((_: Tensor) => a.mul(a), [a], [a])).code).toBe('captured');
  });
});

describe('what belongs to the program', () => {
  const count = state(f32(), 0, { name: 'count' });
  const errorIn = (f: (t: Tensor) => Tensor): GraphError =>
    errorOf(() => program({ a: f32(3, 4) }, ({ a }) => ({ y: f(a) }), { training: true }).trace());

  test.each([
    ['vmap', (f) => vmap(f)],
    ['checkpoint', (f) => checkpoint(f)],
    ['jacrev', (f) => jacrev(f)],
  ] as [string, (f: (t: Tensor) => Tensor) => (t: Tensor) => Tensor][])(
    '%s takes no update',
    (name, wrap) => {
      const found = errorIn(
        wrap((t) => {
          update(count, t.sum());
          return t;
        }),
      );
      expect(found.message).toContain(`an update of a state inside the body of ${name}`);
    },
  );

  test.each([
    ['vmap', (f) => vmap(f)],
    ['jvp', (f) => (t) => jvp(f, [t], [t]).value],
    ['checkpoint', (f) => checkpoint(f)],
  ] as [string, (f: (t: Tensor) => Tensor) => (t: Tensor) => Tensor][])(
    '%s hands nothing out by a variable',
    (_, wrap) => {
      let leaked = full(0, [3]);
      const leaking = (t: Tensor): Tensor => {
        leaked = t.mul(2);
        return t;
      };
      const p = program({ a: f32(3) }, ({ a }) => ({ y: wrap(leaking)(a), z: leaked }));
      expect(errorOf(() => p.trace()).message).toMatch(/from inside the body of a function/);
    },
  );

  test('one key for all elements is refused, one for a checkpoint is kept', () => {
    const drop = nn.dropout(0.5);
    expect(errorIn(vmap((t: Tensor) => drop(t))).code).toBe('draw-in-body');
    const p = program({ a: f32(3, 4) }, ({ a }) => ({ y: checkpoint((t: Tensor) => drop(t))(a) }), {
      training: true,
    });
    expect(() => p.trace()).not.toThrow();
  });
});

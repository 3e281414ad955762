import type { GraphError, Tensor } from '@vorab/graph';
import {
  constant,
  crossEntropy,
  dim,
  evaluate,
  f64,
  grad,
  hessian,
  hvp,
  i32,
  input,
  jacfwd,
  jacobian,
  jacrev,
  jvp,
  sum,
  vmap,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { expectClose as close, errorOf as errorAt, numbers, valuesOf } from './support.ts';

// Jacobians and Hessians: axes, forms of arguments, both modes, against differences.

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

describe('Jacobians', () => {
  const m = constant(
    [
      [1, 2, 3],
      [0, 1, 4],
      [5, 6, 0],
      [1, 1, 1],
    ],
    'f64',
  );
  const v = constant([0.1, 0.2, -0.3], 'f64');

  test('of a linear function is its matrix, both ways', () => {
    close(jacfwd((t: Tensor) => m.matmul(t))(v), m);
    close(jacrev((t: Tensor) => m.matmul(t))(v), m);
    expect(jacobian).toBe(jacrev);
  });

  test('has the axes of the result, then those of the argument', () => {
    const f = (t: Tensor): Tensor => t.matmul(m.transpose()).sin();
    const [fwd, rev] = [jacfwd(f)(x), jacrev(f)(x)];
    expect(fwd.shape).toEqual([2, 4, 2, 3]);
    close(fwd, rev);
  });

  test('of forms of tensors', () => {
    const f = (p: { w: Tensor; b: Tensor }, at: Tensor): readonly [Tensor, Tensor] => [
      at.matmul(p.w).add(p.b),
      p.b.exp(),
    ];
    const p = { w: m.transpose(), b: constant([1, 2, 3, 4], 'f64') };
    const [first, second] = jacfwd(f)(p, x);
    const [a, b] = jacrev(f)(p, x);
    expect(first.w.shape).toEqual([2, 4, 3, 4]);
    close(first.w, a.w);
    close(first.b, a.b);
    close(second.b, b.b);
    expect(valuesOf(second.w).every((t) => t === 0)).toBe(true);
  });

  test('of symbolic extents', () => {
    const N = dim('N', { max: 8 });
    const t = input('t', f64(N));
    const j = jacfwd((u: Tensor) => u.mul(u))(t);
    expect(j.toString()).toBe('f64[N, N]');
    expect(numbers(evaluate(j, { t: [1, 2] }))).toEqual([2, 0, 0, 4]);
    close(jacrev((u: Tensor) => u.mul(u))(v), jacfwd((u: Tensor) => u.mul(u))(v));
  });

  test('refuses integers', () => {
    expect(errorOf(() => jacfwd((t: Tensor) => t.cast('i32'))(v)).message).toMatch(
      /returns i32\[3\]/,
    );
    expect(errorOf(() => jacrev((t: Tensor) => t)(input('n', i32(2)))).code).toBe('no-gradient');
  });
});

describe('hessian', () => {
  test('of softmax cross-entropy against differences, symmetric', () => {
    const labels = constant({ dtype: 'i32', shape: [2], data: new Int32Array([2, 0]) });
    const loss = (t: Tensor): Tensor => crossEntropy(t, labels);
    const h = evaluate(hessian(loss)(x));
    expect(h.shape).toEqual([2, 3, 2, 3]);
    const got = numbers(h);
    const base = valuesOf(x);
    const gradientAt = (at: readonly number[]): number[] => {
      const t = constant({ dtype: 'f64', shape: [2, 3], data: Float64Array.from(at) });
      return valuesOf(grad(loss(t), [t])[0] as Tensor);
    };
    const step = 1e-5;
    for (let j = 0; j < 6; j++) {
      const above = gradientAt(base.map((b, k) => (k === j ? b + step : b)));
      const below = gradientAt(base.map((b, k) => (k === j ? b - step : b)));
      for (let i = 0; i < 6; i++) {
        expect(got[6 * i + j]).toBeCloseTo(
          ((above[i] as number) - (below[i] as number)) / (2 * step),
          7,
        );
        expect(got[6 * i + j]).toBeCloseTo(got[6 * j + i] as number, 12);
      }
    }
  });

  test('of two arguments, by blocks; and times a vector', () => {
    const f = ({ a, b }: { a: Tensor; b: Tensor }): Tensor => a.mul(b).sum().sin();
    const p = { a: constant([0.1, 0.2], 'f64'), b: constant([0.3, 0.4], 'f64') };
    const h = hessian(f)(p);
    close(h.a.b, h.b.a.transpose());
    const direction = { a: constant([1, 2], 'f64'), b: constant([3, 4], 'f64') };
    const [product] = hvp(f, [p], [direction]);
    close(product.a, h.a.a.matmul(direction.a).add(h.a.b.matmul(direction.b)));
    close(product.b, h.b.a.matmul(direction.a).add(h.b.b.matmul(direction.b)));
  });

  test('of vmap is each by itself; jvp of vjp is vjp of jvp', () => {
    const f = (t: Tensor): Tensor => sum(t.mul(t).mul(t));
    const each = vmap(hessian(f))(x);
    expect(each.shape).toEqual([2, 3, 3]);
    const [row] = [x.slice([1], [2]).reshape([3])];
    close(each.slice([1], [2]).reshape([3, 3]), hessian(f)(row));
    const forwardOverReverse = jvp((t: Tensor) => grad(f(t), [t])[0] as Tensor, [x], [y]).tangent;
    const reverseOverForward = grad(jvp(f, [x], [y]).tangent, [x])[0] as Tensor;
    close(forwardOverReverse, reverseOverForward);
  });

  test('refuses what is no scalar', () => {
    expect(errorOf(() => hessian((t: Tensor) => t)(x)).message).toMatch(
      /returns f64\[2, 3\], expected a float scalar/,
    );
  });
});

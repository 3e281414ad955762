import type { GraphError, Tensor } from '@vorab/graph';
import {
  constant,
  customVjp,
  dot,
  f64,
  full,
  grad,
  input,
  jvp,
  precision,
  stopGradient,
  vmap,
  withTrace,
} from '@vorab/graph';
import { expect, test } from 'vitest';
import { errorOf as errorAt, valuesOf } from './support.ts';

// Gradients given by hand, and gradients stopped.

const errorOf = (run: () => unknown): GraphError => errorAt(import.meta.url, run);

const x = constant([-3, 0.5, 2], 'f64');
const gradientOf = (f: (t: Tensor) => Tensor): number[] =>
  valuesOf(grad(f(x).sum(), [x])[0] as Tensor);

/** x, whose cotangent is held in [-1, 1]. */
const clipped = customVjp((t: Tensor) => t, {
  forward: (t) => ({ value: t, residuals: null }),
  backward: (_, ct) => [ct.clamp(-1, 1)],
});

/** log(1 + eˣ), with residuals. */
const log1pExp = customVjp((t: Tensor) => t.exp().log1p(), {
  forward: (t) => {
    const e = t.exp();
    return { value: e.log1p(), residuals: { e } };
  },
  backward: ({ e }, ct) => [ct.mul(e.div(e.add(1)))],
});

test('the gradient is the one given', () => {
  expect(gradientOf((t) => clipped(t).mul(5))).toEqual([1, 1, 1]);
  expect(gradientOf((t) => clipped(t).mul(0.25))).toEqual([0.25, 0.25, 0.25]);
  expect(valuesOf(log1pExp(x))).toEqual(valuesOf(x.exp().log1p()));
  const want = valuesOf(x.sigmoid());
  gradientOf(log1pExp).forEach((g, i) => {
    expect(g).toBeCloseTo(want[i] as number, 12);
  });
});

test('equal functions with unlike gradients stay apart', () => {
  const times = (k: number): ((t: Tensor) => Tensor) =>
    customVjp((t: Tensor) => t.sin(), {
      forward: (t) => ({ value: t.sin(), residuals: null }),
      backward: (_, ct) => [ct.mul(k)],
    });
  withTrace(() => {
    const [a, b] = [times(2)(x), times(3)(x)];
    expect(valuesOf(grad(a.sum(), [x])[0] as Tensor)).toEqual([2, 2, 2]);
    expect(valuesOf(grad(b.sum(), [x])[0] as Tensor)).toEqual([3, 3, 3]);
    const each = vmap((t: Tensor) => times(2)(t).add(times(3)(t)))(x);
    expect(valuesOf(grad(each.sum(), [x])[0] as Tensor)).toEqual([5, 5, 5]);
  });
});

test('it is differentiated again, pushed forward, and mapped', () => {
  const second = grad((grad(log1pExp(x).sum(), [x])[0] as Tensor).sum(), [x])[0] as Tensor;
  const s = valuesOf(x.sigmoid());
  valuesOf(second).forEach((g, i) => {
    expect(g).toBeCloseTo((s[i] as number) * (1 - (s[i] as number)), 12);
  });
  const tangent = jvp(log1pExp, [x], [constant([1, 2, 3], 'f64')]).tangent;
  valuesOf(tangent).forEach((g, i) => {
    expect(g).toBeCloseTo((s[i] as number) * (i + 1), 12);
  });
  // Not linear in its cotangent: it has no forward derivative, and says so.
  expect(errorOf(() => jvp(clipped, [x], [x])).message).toMatch(
    /customVjp has no forward derivative/,
  );
  expect(gradientOf((t) => vmap((e: Tensor) => clipped(e).mul(3))(t))).toEqual([1, 1, 1]);
});

test('under vmap, arguments that are not mapped get the sum over the elements', () => {
  const scaled = customVjp((a: Tensor, w: Tensor) => dot(a, w), {
    forward: (a, w) => ({ value: dot(a, w), residuals: [a, w] as const }),
    backward: ([a, w], ct) => [w.mul(ct), a.mul(ct).mul(10)],
  });
  const rows = constant(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    'f64',
  );
  const w = constant([1, -1], 'f64');
  const y = vmap(scaled, { in: [0, null] })(rows, w);
  const [da, dw] = grad(y.sum(), [rows, w]) as readonly [Tensor, Tensor];
  expect(valuesOf(y)).toEqual([-1, -1, -1]);
  expect(valuesOf(da)).toEqual([1, -1, 1, -1, 1, -1]);
  expect(valuesOf(dw)).toEqual([90, 120]);
});

test('forms of arguments; null where nothing flows; integers', () => {
  const f = customVjp(({ a, n }: { a: Tensor; n: Tensor }, b: Tensor) => ({ y: a.mul(b), n }), {
    forward: (p, b) => ({ value: { y: p.a.mul(b), n: p.n }, residuals: b }),
    backward: (b, ct) => [{ a: ct.y.mul(b).mul(2), n: ct.n }, null],
  });
  const n = constant([1, 2, 3], 'i32');
  const b = constant([1, 2, 3], 'f64');
  const { y } = f({ a: x, n }, b);
  const [da, db] = grad(y.sum(), [x, b]) as readonly [Tensor, Tensor];
  expect(valuesOf(da)).toEqual([2, 4, 6]);
  expect(valuesOf(db)).toEqual([0, 0, 0]);
});

test('refuses what would lose a gradient, and wrong types, at the line of the call', () => {
  const w = input('w', f64(3));
  const a = input('a', f64(3));
  const rule = (backward: (r: null, ct: Tensor) => readonly [Tensor | null]) => ({
    forward: (t: Tensor) => ({ value: t.mul(2), residuals: null }),
    backward,
  });
  const double = (t: Tensor): Tensor => t.mul(2);
  const through = (f: (t: Tensor) => Tensor): unknown => grad(f(a).sum(), [a]);
  const captures = errorOf(() =>
    customVjp(
      (t: Tensor) => t.mul(w),
      rule((_, ct) => [ct]),
    )(a),
  );
  expect(captures.message).toMatch(/captures f64\[3\]/);
  expect(() =>
    customVjp(
      (t: Tensor) => t.mul(stopGradient(w)),
      rule((_, ct) => [ct]),
    )(a),
  ).not.toThrow();
  expect(() =>
    customVjp(
      (t: Tensor) => t.mul(full(2, [3], 'f64')),
      rule((_, ct) => [ct]),
    )(a),
  ).not.toThrow();
  const shape = errorOf(() =>
    through(
      customVjp(
        double,
        rule((_, ct) => [ct.sum()]),
      ),
    ),
  );
  expect(shape.message).toMatch(/argument 0 is f64\[3\], but `backward` gives f64\[\]/);
  const count = errorOf(() =>
    through(
      customVjp(
        double,
        rule(() => [] as never),
      ),
    ),
  );
  expect(count.message).toMatch(/gives 0 cotangents, expected one for each of 1 argument/);
  const value = errorOf(() =>
    through(
      customVjp((t: Tensor) => t.sum(), {
        forward: (t: Tensor) => ({ value: t, residuals: null }),
        backward: (_: null, ct: Tensor) => [ct],
      }),
    ),
  );
  expect(value.message).toMatch(/`forward` gives \(f64\[3\]\) as value, the function \(f64\[\]\)/);
});

test('forward runs under the precision policy of the call', () => {
  const mixed = precision({ compute: 'bf16' });
  const a = constant([[1, 2]], 'f32');
  const w = constant([[3], [4]], 'f32');
  const product = customVjp((t: Tensor, v: Tensor) => t.matmul(v), {
    forward: (t, v) => ({ value: t.matmul(v), residuals: { t, v } }),
    backward: ({ t, v }, ct) => [
      ct.matmul(v.transpose()).cast('f32'),
      t.transpose().matmul(ct).cast('f32'),
    ],
  });
  const y = mixed.scope(() => product(a, w));
  expect(y.dtype).toBe('bf16');
  expect(grad(y.cast('f32').sum(), [a, w]).map(valuesOf)).toEqual([
    [3, 4],
    [1, 2],
  ]);
});

test('stopGradient lets nothing through, forward or back', () => {
  expect(gradientOf((t) => t.mul(stopGradient(t)))).toEqual(valuesOf(x));
  const one = constant([1, 1, 1], 'f64');
  expect(valuesOf(jvp((t: Tensor) => t.mul(stopGradient(t)), [x], [one]).tangent)).toEqual(
    valuesOf(x),
  );
  expect(valuesOf(vmap((t: Tensor) => stopGradient(t).mul(2))(x))).toEqual([-6, 1, 4]);
});

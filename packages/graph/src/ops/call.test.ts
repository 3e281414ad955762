import { describe, expect, test } from 'vitest';
import type { Tensor } from '../index.ts';
import {
  dim,
  evaluate,
  f32,
  fn,
  grad,
  input,
  parameter,
  program,
  randomKey,
  state,
  toNested,
  topologicalOrder,
  update,
  withTrace,
} from '../index.ts';

const N = dim('N', { max: 8 });

const calls = (roots: readonly Tensor[]): readonly string[] =>
  topologicalOrder(roots)
    .filter((node) => node.op.name === 'call')
    .map((node) => (node.attrs['function'] as { name: string }).name);

describe('fn', () => {
  test('is traced once for each signature', () => {
    let traced = 0;
    const double = fn('double', (x: Tensor) => {
      traced++;
      return x.mul(2);
    });
    withTrace(() => {
      const x = input('x', f32(N));
      const y = double(double(x)).add(double(x.sum()));
      expect(traced).toBe(2);
      expect(calls([y])).toEqual(['double', 'double', 'double']);
      expect(toNested(evaluate(y, { x: [1, 2] }))).toEqual([10, 14]);
    });
    expect(toNested(evaluate(double(input('z', f32(2))), { z: [1, 5] }))).toEqual([2, 10]);
  });

  test('takes and gives trees', () => {
    const swap = fn(({ a, b }: { a: Tensor; b: readonly Tensor[] }) => ({
      a: b.map((t) => t.add(a)),
      none: null,
      b: a,
    }));
    withTrace(() => {
      const [a, b, c] = ['a', 'b', 'c'].map((name) => input(name, f32())) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const out = swap({ a, b: [b, c] });
      expect(Object.keys(out)).toEqual(['a', 'none', 'b']);
      expect(out.none).toBeNull();
      const values = evaluate([...out.a, out.b], { a: 1, b: 20, c: 300 });
      expect(values.map((v) => v.data[0])).toEqual([21, 301, 1]);
    });
  });

  test('captures what is around it, computes outside what does not depend on it', () => {
    const w = parameter(f32(2), 3);
    withTrace(() => {
      const y = input('y', f32(2));
      const scaled = fn('scaled', (x: Tensor) => x.mul(w.exp()).add(y.sum()).sub(1));
      const z = scaled(input('x', f32(2)));
      const names = z.node.inputs.map((t) => t.node.op.name);
      expect(names).toEqual(['input', 'exp', 'sum']);
      const feeds = new Map([
        [w, [0, 0]],
        [y, [5, 6]],
        [z.node.inputs[0] as Tensor, [1, 2]],
      ]);
      expect(toNested(evaluate(z, feeds))).toEqual([11, 12]);
    });
  });

  test('functions call functions, and capture from two around them', () => {
    withTrace(() => {
      const a = input('a', f32());
      const outer = fn('outer', (x: Tensor) => {
        const b = x.mul(2);
        const inner = fn('inner', (y: Tensor) => y.mul(b).add(a));
        return inner(inner(x));
      });
      const x = input('x', f32());
      const y = outer(x);
      expect(calls([y])).toEqual(['outer']);
      // b = 6; inner(3) = 3 · 6 + 1 = 19; inner(19) = 115
      expect(evaluate(y, { a: 1, x: 3 }).data[0]).toBe(115);
      const [dx, da] = grad(y, [x, a]);
      // y = 4x³ + 2xa + a
      expect(evaluate(dx as Tensor, { a: 1, x: 3 }).data[0]).toBe(110);
      expect(evaluate(da as Tensor, { a: 1, x: 3 }).data[0]).toBe(7);
    });
  });

  test('the gradient is a function too, and of second order', () => {
    const cube = fn('cube', (x: Tensor) => x.mul(x).mul(x));
    withTrace(() => {
      const x = input('x', f32());
      const y = cube(x).add(cube(x.mul(2)));
      const [dx] = grad(y, [x]) as [Tensor];
      const [d2] = grad(dx, [x]) as [Tensor];
      expect(new Set(calls([dx]))).toEqual(new Set(['gradient of cube']));
      expect(evaluate(dx, { x: 2 }).data[0]).toBe(108);
      expect(evaluate(d2, { x: 2 }).data[0]).toBe(108);
    });
  });
});

describe('what is refused', () => {
  const trace =
    (body: (x: Tensor) => Tensor): (() => unknown) =>
    () =>
      program({ x: f32(2) }, ({ x }) => ({ y: body(x) })).trace();

  test('recursion', () => {
    const loop: (x: Tensor) => Tensor = fn('loop', (x: Tensor) => loop(x.add(1)));
    expect(trace(loop)).toThrow(
      /call\.test\.ts:\d+:\d+: function 'loop' calls itself on \(f32\[2\]\).*\n.*scan\(\)/,
    );
    const grow: (x: Tensor) => Tensor = fn('grow', (x: Tensor) =>
      grow(x.expandDims(0).sum(0).reshape([-1, 1]).mul(1).squeeze(1).repeat(2, 0)),
    );
    expect(trace(grow)).toThrow(/function 'grow' calls itself/);
  });

  test('effects in a body', () => {
    const count = state(f32(2), 0);
    const writes = fn('writes', (x: Tensor) => {
      update(count, x);
      return x;
    });
    expect(trace(writes)).toThrow(/update of a state inside the body of function 'writes'/);
    const draws = fn('draws', (x: Tensor) => x.add(randomKey().sum().cast('f32')));
    expect(trace(draws)).toThrow(/random numbers from the program's key inside .* 'draws'/);
  });

  test('what is no tensor, and values that leak', () => {
    const half = fn('half', (x: { a: Tensor }) => x.a.div(2));
    expect(trace(() => half({ a: 3 as unknown as Tensor }))).toThrow(
      /function 'half': an argument, \[0\]\.a, is a number, expected a tensor\n.*full\(3, \[\]\)/,
    );
    const kept: Tensor[] = [];
    const leaky = fn('leaky', (x: Tensor) => {
      kept.push(x.exp());
      return x;
    });
    expect(trace((x) => leaky(x).add(kept[0] as Tensor))).toThrow(
      /a value from inside the body of a function, computed from its argument0, is used outside/,
    );
  });
});

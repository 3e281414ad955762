import { expect, test } from 'vitest';
import { dim, dimMul } from './dim.ts';
import { grad } from './grad.ts';
import type { Tensor } from './node.ts';
import { sumAxes } from './ops/axes.ts';
import { input } from './ops/leaves.ts';
import { add, mul } from './ops/math.ts';
import { concat, sliceAxis } from './ops/slice.ts';
import { evaluate } from './reference/evaluate.ts';
import { withTrace } from './scope.ts';
import { topologicalOrder } from './topo.ts';

const opsOf = (t: Tensor): readonly string[] => topologicalOrder([t]).map(({ op }) => op.name);

/** d/dx of Σ weight · part, for parts of axis 1 of an f32[2, 6]. */
function gradient(bounds: readonly (readonly [number, number, number])[]): Tensor {
  const x = input('x', { dtype: 'f32', shape: [2, 6] });
  const terms = bounds.map(([start, stop, weight]) =>
    sumAxes(mul(sliceAxis(x, 1, start, stop), weight), [0, 1]),
  );
  return grad(terms.reduce(add), [x])[0] as Tensor;
}

test('cotangents of parts that make up the whole are put side by side', () => {
  withTrace(() => {
    const dx = gradient([
      [4, 6, 30],
      [0, 1, 10],
      [1, 4, 20],
    ]);
    expect(opsOf(dx)).not.toContain('pad');
    expect(opsOf(dx)).toContain('concat');
    const row = [10, 20, 20, 20, 30, 30];
    expect([...evaluate(dx, {}).data]).toEqual([...row, ...row]);
  });
});

test.each([
  [
    'a gap',
    [
      [0, 2, 1],
      [3, 6, 2],
    ],
    [1, 1, 0, 2, 2, 2],
  ],
  [
    'an overlap',
    [
      [0, 4, 1],
      [3, 6, 2],
    ],
    [1, 1, 1, 3, 2, 2],
  ],
  [
    'the same part twice',
    [
      [0, 3, 1],
      [0, 3, 2],
      [3, 6, 4],
    ],
    [3, 3, 3, 4, 4, 4],
  ],
] as const)('with %s they are added', (_, bounds, row) => {
  withTrace(() => {
    const dx = gradient(bounds);
    expect([...evaluate(dx, {}).data]).toEqual([...row, ...row]);
  });
});

test('what else flows there is added', () => {
  withTrace(() => {
    const x = input('x', { dtype: 'f32', shape: [4] });
    const swapped = concat([sliceAxis(x, 0, 2, 4), sliceAxis(x, 0, 0, 2)]);
    const [dx] = grad(sumAxes(add(mul(swapped, 2), mul(x, 3)), [0]), [x]) as [Tensor];
    expect([...evaluate(dx, {}).data]).toEqual([5, 5, 5, 5]);
  });
});

test('symbolic parts follow one another', () => {
  withTrace(() => {
    const n = dim('N', { max: 8 });
    const x = input('x', { dtype: 'f32', shape: [dimMul(n, 3)] });
    const parts = [0, 1, 2].map((i) => sliceAxis(x, 0, dimMul(n, i), dimMul(n, i + 1)));
    const loss = sumAxes(parts.map((t, i) => mul(t, i + 1)).reduce(add), [0]);
    const [dx] = grad(loss, [x]) as [Tensor];
    expect(opsOf(dx)).not.toContain('pad');
  });
});

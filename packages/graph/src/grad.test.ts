import { expect, test } from 'vitest';
import { dim, dimKey } from './dim.ts';
import { GraphError } from './errors.ts';
import { grad } from './grad.ts';
import { reshape, sumAxes } from './ops/axes.ts';
import { exp } from './ops/exponential.ts';
import { input } from './ops/leaves.ts';
import { add, mul } from './ops/math.ts';
import { slice } from './ops/slice.ts';
import { withTrace } from './scope.ts';

const N = dim('N', { max: 256 });

test('the gradient of a broadcast sum sums again', () => {
  withTrace(() => {
    const x = input('x', { dtype: 'f32', shape: [N, 4] });
    const b = input('b', { dtype: 'f32', shape: [4] });
    const loss = sumAxes(exp(add(mul(x, 2), b)), [0, 1]);
    const [dx, db] = grad(loss, [x, b]);
    expect(String(dx)).toBe('f32[N, 4]');
    expect(String(db)).toBe('f32[4]');
  });
});

test('an error names the line of the user', () => {
  withTrace(() => {
    const x = input('x', { dtype: 'f32', shape: [N, 4] });
    const y = input('y', { dtype: 'f32', shape: [N, 5] });
    expect(() => add(x, y)).toThrow(GraphError);
    expect(() => add(x, y)).toThrow(
      /grad\.test\.ts:\d+:\d+: add\(f32\[N, 4\], f32\[N, 5\]\): cannot broadcast/,
    );
  });
});

test('shapes of reshape and slice stay symbolic', () => {
  withTrace(() => {
    const x = input('x', { dtype: 'f32', shape: [N, 4] });
    expect(dimKey(reshape(x, [-1, 2]).shape[0] ?? 0)).toBe('2*N');
    const odd = slice(x, [0, 1], [undefined, 3]);
    expect(String(odd)).toBe('f32[N, 2]');
    expect(String(grad(sumAxes(odd, [0, 1]), [x])[0])).toBe('f32[N, 4]');
  });
});

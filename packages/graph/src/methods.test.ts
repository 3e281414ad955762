import { expect, test } from 'vitest';
import {
  constant,
  evaluate,
  GraphError,
  grad,
  input,
  toNested,
  withTrace,
  zeros,
} from './index.ts';
import { f32 } from './types.ts';

test('methods are the functions, with the tensor first', () => {
  const x = constant([
    [1, 2],
    [3, 4],
  ]);
  const y = x.matmul(x).add(1).sum(-1, { keepDims: true });
  expect(toNested(evaluate(y))).toEqual([[19], [39]]);
  expect(toNested(evaluate(x.greater(2).where(x, 0)))).toEqual([
    [0, 0],
    [3, 4],
  ]);
});

test('gradients through methods', () => {
  const x = constant([1, -2, 3]);
  expect(toNested(evaluate(grad(x.relu().mul(x).sum(), [x])[0] ?? x))).toEqual([2, 0, 6]);
});

test('a refusal inside a composite names the line of the caller', () => {
  withTrace(() => {
    const x = input('x', f32(3, 4));
    const weight = input('w', f32(5));
    expect(() => x.layerNorm(weight, weight)).toThrow(GraphError);
    expect(() => x.layerNorm(weight, weight)).toThrow(/methods\.test\.ts:\d+:\d+: layerNorm/);
  });
});

test('a fraction of an extent is refused where the user wrote it', () => {
  const x = input('x', f32(4, 320));
  expect(() => x.reshape([4, 12, 320 / 12])).toThrow(
    /methods\.test\.ts:\d+:\d+: reshape.*26\.6+8 in \[4, 12, 26\.6+8\] is not an extent/,
  );
  expect(() => zeros([2.5])).toThrow(/2\.5 in \[2\.5\] is not an extent/);
});

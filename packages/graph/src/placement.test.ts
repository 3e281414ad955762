import { expect, test } from 'vitest';
import './methods.ts';
import { grad } from './grad.ts';
import type { Tensor } from './node.ts';
import { input } from './ops/leaves.ts';
import { softmax } from './ops/softmax.ts';
import { place, withPlacement } from './placement.ts';
import { withTrace } from './scope.ts';
import { topologicalOrder } from './topo.ts';
import { f32 } from './types.ts';

const x = input('x', f32(4, 3));

/** Ops that are computed, with the target that each is wanted on. */
const wishes = (...roots: Tensor[]): readonly string[] =>
  topologicalOrder(roots)
    .filter((node) => node.op.kind !== 'leaf')
    .map((node) => `${node.op.name}@${node.wish?.target ?? 'any'}`);

test('place is about the op that made a tensor', () => {
  const y = withTrace(() => place(x.exp().sin(), 'mlx'));
  expect(wishes(y)).toEqual(['exp@any', 'sin@mlx']);
});

test('withPlacement is about all ops within; the innermost counts', () => {
  const y = withTrace(() =>
    withPlacement('mlx', () => withPlacement('blas', () => x.exp()).sin()).cos(),
  );
  expect(wishes(y)).toEqual(['exp@blas', 'sin@mlx', 'cos@any']);
});

test('the gradient of a placed op inherits its wish', () => {
  const [dx] = withTrace(() =>
    grad(
      withPlacement('mlx', () => softmax(x))
        .exp()
        .sum(),
      [x],
    ),
  );
  const nodes = topologicalOrder([dx as Tensor]);
  const backward = (op: string) => nodes.filter(({ note }) => note === `backward of ${op}`);
  expect(backward('softmax').length).toBeGreaterThan(2);
  expect(new Set(backward('softmax').map(({ wish }) => wish?.target))).toEqual(new Set(['mlx']));
  expect(new Set(backward('exp').map(({ wish }) => wish?.target))).toEqual(new Set([undefined]));
});

test('the same op wanted on two targets is two nodes, and one without a wish is a third', () => {
  const [a, b, c, d] = withTrace(() => [
    place(x.exp(), 'mlx'),
    place(x.exp(), 'blas'),
    x.exp(),
    place(x.exp(), 'mlx'),
  ]);
  expect(a?.node).not.toBe(b?.node);
  expect(a?.node).not.toBe(c?.node);
  expect(a?.node).toBe(d?.node);
});

test('what nothing computes cannot be placed', () => {
  expect(() => place(x, 'mlx')).toThrow('place: f32[4, 3] is of op input, which nothing computes');
});

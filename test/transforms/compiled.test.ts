import type { NdArray, Tensor, TensorType } from '@vorab/graph';
import {
  checkpoint,
  cond,
  crossEntropy,
  customVjp,
  dim,
  f32,
  fn,
  grad,
  hessian,
  i32,
  jacrev,
  jvp,
  program,
  random,
  scan,
  softmax,
  u32,
  valueAndGrad,
  vmap,
  whileLoop,
} from '@vorab/graph';
import type { RuntimeName } from '@vorab/runtime';
import { describe, expect, test } from 'vitest';
import { complaints } from '../conformance/suite.ts';
import { arrayFor, randomOf } from '../helpers/arrays.ts';
import type { Trial } from '../helpers/trials.ts';
import { compileTrials, runTrials } from '../helpers/trials.ts';

// What transforms make, compiled and run: it is ops like any other.

const N = dim('N', { max: 16 });
const sizes = { N: 5 };

type Given = Readonly<Record<string, Tensor>>;

function trial(
  name: string,
  types: Readonly<Record<string, TensorType>>,
  body: (given: Given) => Tensor | readonly Tensor[],
): Trial {
  const draw = randomOf(name);
  const inputs = Object.entries(types).map(([key, t]): [string, NdArray] => {
    const shape = t.shape.map((d) => (typeof d === 'number' ? d : sizes.N));
    const fill = t.dtype === 'f32' ? { from: -1, to: 1 } : { from: 0, to: 3 };
    return [key, arrayFor(t.dtype, shape, fill, draw)];
  });
  const outputs = (given: Given): Record<string, Tensor> => {
    const found = body(given);
    const list = Array.isArray(found) ? (found as readonly Tensor[]) : [found as Tensor];
    return Object.fromEntries(list.map((t, i) => [`y${i}`, t]));
  };
  return {
    name,
    program: program(types, outputs as never) as never,
    calls: [{ sizes, inputs: Object.fromEntries(inputs) }],
  };
}

const t = (given: Given, name: string): Tensor => given[name] as Tensor;

const block = fn('block', (x: Tensor, w: Tensor) => softmax(x.matmul(w)).mul(x));
const leaky = customVjp((x: Tensor) => x.maximum(0), {
  forward: (x) => ({ value: x.maximum(0), residuals: x }),
  backward: (x, ct) => [ct.mul(x.greater(0).cast('f32').mul(0.9).add(0.1))],
});

const trials: readonly Trial[] = [
  trial('gradients of each example', { x: f32(N, 4), w: f32(4, 3), label: i32(N) }, (g) =>
    vmap(
      (x: Tensor, label: Tensor) =>
        valueAndGrad(
          (w) => crossEntropy(x.matmul(w as Tensor).reshape([1, 3]), label.reshape([1])),
          [t(g, 'w')],
        ).grads[0] as Tensor,
    )(t(g, 'x'), t(g, 'label')),
  ),
  trial('hessian of softmax cross-entropy', { x: f32(2, 3), label: i32(2) }, (g) =>
    hessian((x: Tensor) => crossEntropy(x, t(g, 'label')))(t(g, 'x')),
  ),
  trial('jacobian of symbolic extents', { x: f32(N) }, (g) =>
    jacrev((x: Tensor) => x.exp().cumsum())(t(g, 'x')),
  ),
  trial('a predicate at each element', { x: f32(N, 3) }, (g) => {
    const choose = vmap((x: Tensor) =>
      cond(
        x.sum().greater(0),
        (v: Tensor) => v.exp(),
        (v: Tensor) => v.mul(v),
        x,
      ),
    );
    const y = choose(t(g, 'x'));
    return [y, grad(y.sum(), [t(g, 'x')])[0] as Tensor];
  }),
  trial('a scan at each element, with gradient and tangent', { x: f32(N, 4), s: f32(N) }, (g) => {
    const run = vmap(
      (x: Tensor, s: Tensor) =>
        scan((h: Tensor, v: Tensor) => [h.mul(s).add(v).tanh(), h], s, x) as [Tensor, Tensor],
    );
    const [last, all] = run(t(g, 'x'), t(g, 's'));
    const { tangent } = jvp((s: Tensor) => run(t(g, 'x'), s)[0], [t(g, 's')], [t(g, 's')]);
    return [last, all, tangent, ...grad(last.sum().add(all.mean()), [t(g, 'x'), t(g, 's')])];
  }),
  trial('a loop of its own length at each element', { x: f32(N) }, (g) =>
    vmap((x: Tensor) =>
      whileLoop(
        (v: Tensor) => v.less(3),
        (v: Tensor) => v.mul(v).add(v).add(1),
        x,
      ),
    )(t(g, 'x')),
  ),
  trial('functions, checkpoints, gradients by hand', { x: f32(N, 4), w: f32(4, 4) }, (g) => {
    const f = (x: Tensor): Tensor => checkpoint((v: Tensor) => leaky(block(v, t(g, 'w'))))(x);
    const twice = checkpoint(fn('twice', (x: Tensor) => f(f(x))));
    const y = vmap(twice, { in: 0 })(t(g, 'x').reshape([N, 1, 4]));
    return [y, ...grad(y.sum(), [t(g, 'x'), t(g, 'w')])];
  }),
  trial('keys', { k: u32(N, 2) }, (g) => vmap((k: Tensor) => random.uniform(k, [3]))(t(g, 'k'))),
];

describe.each([true, false])('fused: %s', (fuse) => {
  const compiled = compileTrials(trials, fuse);
  test.each<RuntimeName>(['reference', 'blas', 'mlx'])('%s', async (runtime) => {
    const results = await runTrials(compiled, runtime);
    expect(trials.flatMap((one) => complaints(one, results.get(one)))).toEqual([]);
  });
});

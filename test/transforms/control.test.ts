import type { Tensor } from '@vorab/graph';
import {
  checkpoint,
  cond,
  constant,
  customVjp,
  fn,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jvp,
  scan,
  vmap,
  whileLoop,
  withTrace,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { expectClose } from './support.ts';

// Functions inside graphs, with what only says how to differentiate inside them, and around them.

const close = (got: Tensor | undefined, want: Tensor | undefined): void =>
  expectClose(got, want, 11);

const f64 = (data: number | readonly number[] | readonly (readonly number[])[]): Tensor =>
  constant(data as number[], 'f64');

const xs = f64([0.1, 0.5, -0.3, 0.9]);
const h0 = f64(0.2);

type Step = (h: Tensor, x: Tensor) => Tensor;

const step: Step = (h, x) => h.mul(x.exp()).sin().add(x);
const saved: Step = (h, x) => checkpoint(step)(h, x);

/** tanh, whose gradient is twice that of tanh. */
const doubled = customVjp((t: Tensor) => t.tanh(), {
  forward: (t) => ({ value: t.tanh(), residuals: t }),
  backward: (t, ct) => [ct.mul(t.tanh().square().neg().add(1)).mul(2)],
});

/** What the steps of a scan give. */
const steps =
  (body: Step) =>
  (h: Tensor, v: Tensor): Tensor =>
    scan(
      (carry: Tensor, x: Tensor): [Tensor, Tensor] => {
        const y = body(carry, x);
        return [y, y.mul(2)];
      },
      h,
      v,
    )[1];

const gradients = (f: (h: Tensor, v: Tensor) => Tensor): readonly Tensor[] =>
  grad(f(h0, xs).sum(), [h0, xs]);

describe('scan', () => {
  test('of a checkpointed body, and in a checkpoint', () => {
    withTrace(() => {
      const plain = gradients(steps(step));
      gradients(steps(saved)).forEach((g, i) => {
        close(g, plain[i]);
      });
      gradients((h, v) => checkpoint(steps(step))(h, v)).forEach((g, i) => {
        close(g, plain[i]);
      });
    });
  });

  test('of a body with a gradient by hand', () => {
    withTrace(() => {
      const direct = gradients(steps((h, x) => doubled(step(h, x))));
      const again = gradients(steps(checkpoint((h: Tensor, x: Tensor) => doubled(step(h, x)))));
      close(again[1], direct[1]);
      // The last step's element: its gradient is twice that of tanh.
      const last = (body: Step): Tensor => gradients(steps(body))[1]?.slice([3]) as Tensor;
      const tanh: Step = (h, x) => step(h, x).tanh();
      close(
        last((h, x) => doubled(step(h, x))),
        last(tanh).mul(2),
      );
    });
  });

  test('forward, by columns, by rows, twice', () => {
    withTrace(() => {
      const along = [h0.mul(0).add(1), f64([1, 2, 3, 4])] as const;
      close(
        jvp(steps(saved), [h0, xs], [...along]).tangent,
        jvp(steps(step), [h0, xs], [...along]).tangent,
      );
      const f = (v: Tensor): Tensor => steps(step)(h0, v);
      close(jacfwd(f)(xs), jacrev(f)(xs));
      const square = (body: Step) => (v: Tensor) => steps(body)(h0, v).square().sum();
      const h = hessian(square(step))(xs);
      close(h, h.transpose());
      close(hessian(square(saved))(xs), h);
    });
  });
});

test('a function holds checkpoints, which its calls share', () => {
  withTrace(() => {
    const f = fn('f', (v: Tensor) => checkpoint((u: Tensor) => u.exp().sin())(v));
    const want = xs.exp().sin().exp().sin();
    close(grad(f(f(xs)).sum(), [xs])[0], grad(want.sum(), [xs])[0]);
    const mapped = vmap(f)(xs);
    expect(mapped.node.op.name).toBe('call');
    close(mapped, xs.exp().sin());
  });
});

test('cond: the branch of each element, and its gradient', () => {
  withTrace(() => {
    const choose = (v: Tensor): Tensor =>
      cond(v.sum().greater(0), (u: Tensor) => checkpoint((t: Tensor) => t.exp())(u), doubled, v);
    const rows = f64([
      [0.1, 0.2],
      [-0.5, 0.1],
    ]);
    const slope = (x: number): number => 2 * (1 - Math.tanh(x) ** 2);
    const want = f64([
      [Math.exp(0.1), Math.exp(0.2)],
      [slope(-0.5), slope(0.1)],
    ]);
    close(vmap((r: Tensor) => grad(choose(r).sum(), [r])[0] as Tensor)(rows), want);
    close(grad(vmap(choose)(rows).sum(), [rows])[0], want);
  });
});

describe('whileLoop', () => {
  test('each element stops when its own condition no longer holds', () => {
    withTrace(() => {
      const grow = (t: Tensor): Tensor =>
        whileLoop(
          (s: Tensor) => s.less(5),
          (s: Tensor) => s.mul(2).add(1),
          t,
        );
      close(
        vmap(vmap(grow))(
          f64([
            [0, 1],
            [4, 7],
          ]),
        ),
        f64([
          [7, 7],
          [9, 7],
        ]),
      );
    });
  });

  test('has a forward derivative', () => {
    withTrace(() => {
      const f = (v: Tensor): Tensor =>
        whileLoop(
          (t: Tensor) => t.less(10).all(),
          (t: Tensor) => t.mul(t).add(1),
          v,
        );
      const slopes = f64([
        [2 * 1.5 * 2 * 3.25, 0],
        [0, 2 * 2 * 2 * 5],
      ]);
      close(jacfwd(f)(f64([1.5, 2])), slopes);
      expect(() => jacrev(f)(f64([1.5, 2]))).toThrow(/no gradient/);
    });
  });
});

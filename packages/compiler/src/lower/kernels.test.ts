import type { Tensor } from '@vorab/graph';
import * as g from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { canonicalize, prepareFor } from '../passes/index.ts';
import { type Target, targets } from '../targets/index.ts';
import { lower } from './index.ts';
import type { Step } from './ir.ts';
import { printSteps } from './print.ts';

const mlx = targets['mlx'] as Target;
const N = g.dim('N', { max: 256 });
const keep = { keepDims: true } as const;

type Given = Readonly<Record<'x' | 'd' | 'l', Tensor>>;
const inputs = { x: g.f32(N, 8), d: g.f64(4, 8), l: g.f32(2, 40_000) };

function lowered(body: (given: Given) => Record<string, Tensor>, fuse = true) {
  const traced = g.program(inputs, (given) => body(given as Given)).trace();
  const graph = canonicalize({ name: 'entry', ...traced });
  return lower(prepareFor(graph, mlx, fuse, new Map()), mlx, fuse).lowered;
}

const kernels = (steps: readonly Step[]): readonly Step[] =>
  steps.filter(({ body }) => body.kind === 'kernel');

const centred = (x: Tensor): Tensor => g.sub(x, g.mean(x, -1, keep));

describe('what becomes a kernel', () => {
  test('a reduction along rows with what precedes and follows it; its steps are inside', () => {
    const plan = lowered(({ x }) => ({ y: g.exp(centred(g.mul(x, 2))) }));
    expect(printSteps(plan)).toMatchInlineSnapshot(`
      "0 kernel mul+sum+div+sub+exp: 32 threads a row
          apply full:  -> device4
          apply mul: input0, device4 -> device5
          apply sum: device5 -> device6
          apply full:  -> device7
          apply div: device6, device7 -> device8
          apply broadcast: device8 -> device9
          apply sub: device5, device9 -> device10
          apply exp: device10 -> device3
      1 apply reshape: device3 -> output0"
    `);
  });

  test('what others read leaves it, and a view that both need is computed for each', () => {
    const plan = lowered(({ x }) => {
      const m = g.max(x, -1, keep);
      const repeated = g.broadcastTo(m, [N, 8]);
      return { y: g.sub(x, repeated), z: g.cumsum(repeated, 1), m };
    });
    expect(printSteps(plan)).toMatchInlineSnapshot(`
      "0 kernel max+sub: 32 threads a row
          apply max: input0 -> device3
          apply broadcast: device3 -> device5
          apply sub: input0, device5 -> device4
      1 apply broadcast: device3 -> device6
      2 apply cumsum: device6 -> device7
      3 apply reshape: device3 -> device8
      4 apply reshape: device4 -> output0
      5 apply reshape: device7 -> output1
      6 apply reshape: device8 -> output2"
    `);
  });

  test('products, routines and composites that mlx keeps are outside', () => {
    const plan = lowered(({ x }) => {
      const scores = g.matmul(x, g.transpose(x));
      return { y: centred(g.mul(scores, 0.5)), z: g.softmax(x) };
    });
    expect(kernels(plan.steps).map((s) => s.name)).toEqual(['kernel mul+sum+div+sub']);
    const others = plan.steps.flatMap(({ body }) => (body.kind === 'apply' ? [body.op.name] : []));
    expect(others).toContain('matmul');
    expect(others).toContain('softmax');
  });

  test('without fusion nothing does', () => {
    expect(kernels(lowered(({ x }) => ({ y: centred(x) }), false).steps)).toEqual([]);
  });

  test('a reduction alone is the target\u2019s own, and so are elementwise ops alone', () => {
    const plan = lowered(({ x }) => ({ y: g.div(g.sum(x, -1), 8), z: g.exp(g.mul(x, x)) }));
    expect(kernels(plan.steps)).toEqual([]);
  });
});

describe('what does not says why, at each of its steps', () => {
  const border = (body: (given: Given) => Tensor): string | undefined => {
    const { steps } = lowered((given) => ({ y: body(given) }));
    expect(kernels(steps)).toEqual([]);
    return steps.find((s) => s.border.startsWith('no Metal kernel'))?.border;
  };

  test('f64', () => {
    expect(border(({ d }) => centred(d))).toBe('no Metal kernel: Metal has no f64');
  });

  test('a reduction that is not along the last axis', () => {
    expect(border(({ x }) => g.sum(g.mul(x, x), 0))).toBe(
      'no Metal kernel: it does not reduce along the last axis, where threads of a row would read side by side',
    );
  });

  test('few long rows', () => {
    expect(border(({ l }) => centred(l))).toBe(
      'no Metal kernel: up to 40000 elements for one threadgroup, and at most 2 of these: MLX splits such a reduction',
    );
  });

  test('more arrays than Metal hands over', () => {
    const plan = lowered(({ x }) => {
      const scaled = Array.from({ length: 34 }, (_, i) => g.mul(centred(x), i + 2));
      return Object.fromEntries(scaled.map((t, i) => [`y${i}`, t]));
    });
    expect(kernels(plan.steps)).toEqual([]);
    expect(plan.steps[0]?.border).toMatch(/Metal gives a kernel 31 buffers, this has \d+/);
  });
});

test('blas has none', () => {
  expect(targets['blas']?.writesKernels).toBe(false);
});

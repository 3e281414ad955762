import {
  add,
  concat,
  dim,
  exp,
  f32,
  grad,
  inverse,
  layerNorm,
  matmul,
  mul,
  pad,
  parameter,
  program,
  relu,
  softmax,
  state,
  sub,
  sum,
  type Tensor,
  transpose,
  update,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { canonicalize, prepareFor } from '../passes/index.ts';
import { type Target, targets } from '../targets/index.ts';
import { checkMemory } from './check-memory.ts';
import { lower } from './index.ts';
import { type Buffer, writesOf } from './ir.ts';
import { printSteps } from './print.ts';

const N = dim('N', { max: 256 });
const blas = targets['blas'] as Target;

type Body = (x: Tensor) => Readonly<Record<string, Tensor>>;

function lowered(body: Body, fuse = true): ReturnType<typeof lower> {
  const traced = program({ x: f32(N, 8) }, ({ x }) => body(x)).trace();
  const graph = canonicalize({ name: 'entry', ...traced });
  return lower(prepareFor(graph, blas, fuse, new Map()), blas, fuse);
}

const steps = (body: Body): string => printSteps(lowered(body).lowered);
const count = (body: Body, fuse = true): number => lowered(body, fuse).lowered.steps.length;

describe('groups', () => {
  test('an elementwise chain is one tape; without fusion each op is a step', () => {
    const chain: Body = (x) => ({ y: exp(add(mul(x, 2), x)) });
    expect(steps(chain)).toMatchInlineSnapshot(`
      "0 fused mul+add+exp: over [N 8]
          %0 = load input0 (8 1)
          %1 = f32 2
          %2 = f32 mul %0 %1
          %3 = f32 add %2 %0
          %4 = f32 exp %3
          store %4 to output0 (8 1)"
    `);
    expect([count(chain), count(chain, false)]).toEqual([1, 3]);
  });

  test('bias and activation are the epilogue of their product', () => {
    const [w, b] = [parameter(f32(8, 5), 0), parameter(f32(5), 0)];
    expect(steps((x) => ({ y: relu(add(matmul(x, w), b)) }))).toMatchInlineSnapshot(`
      "0 fused matmul+add+lessEqual+where: contract [N 5 8] input0 (8 0 1) · state[8 5] (0 1 5)
        epilogue over [N 5]
          %0 = acc
          %1 = load state[5] (0 1)
          %2 = f32 add %0 %1
          %3 = f32 0
          %4 = bool lessEqual %2 %3
          %5 = f32 where %4 %3 %2
          store %5 to output0 (5 1)"
    `);
  });

  test('softmax is one tape in row mode, in three stages', () => {
    expect(steps((x) => ({ y: softmax(x) }))).toMatchInlineSnapshot(`
      "0 fused max+sub+exp+sum+div: over [N] reduced [8]
          %0 = load input0 (8 1)
          %1 = reduce max %0
          %2 = f32 sub %0 %1
          %3 = f32 exp %2
          %4 = reduce sum %3
          %5 = f32 div %3 %4
          store %5 to output0 (8 1)"
    `);
  });

  test('a softmax over leading axes takes two tapes: no second stage in column mode', () => {
    expect(count((x) => ({ y: softmax(x, 0) }))).toBeGreaterThan(1);
  });

  test('a fill and its pieces never share an output: each element of it is written once', () => {
    const padded: Body = (x) => ({
      y: pad(x, [
        [0, 1],
        [2, 0],
      ]),
    });
    const to = (text: string): number => steps(padded).split(text).length - 1;
    expect(to('to output0')).toBe(1);
  });

  test('layerNorm is one tape', () => {
    const [w, b] = [parameter(f32(8), 1), parameter(f32(8), 0)];
    expect(count((x) => ({ y: layerNorm(x, w, b) }))).toBe(1);
  });

  test('a sum over leading axes runs in column mode, with what follows it', () => {
    expect(steps((x) => ({ y: mul(sum(exp(x), 0), 0.5) }))).toMatchInlineSnapshot(`
      "0 fused exp+sum+mul: over [] reduced [N] inner [8]
          %0 = load input0 (8 1)
          %1 = f32 exp %0
          %2 = reduce sum %1
          %3 = f32 0.5
          %4 = f32 mul %2 %3
          store %4 to output0 (0 1)"
    `);
  });

  test('a transposed operand is a stride, not a copy', () => {
    expect(steps((x) => ({ y: matmul(transpose(x), x) }))).toMatchInlineSnapshot(`
      "0 matmul: contract [8 8 N] input0 (1 0 8) · input0 (0 1 8)
        epilogue over [8 8]
          %0 = acc
          store %0 to output0 (8 1)"
    `);
  });

  test('a value that its own product needs in memory is not joined with it', () => {
    const square = dim('M', { max: 8 });
    const traced = program({ x: f32(square, square) }, ({ x }) => {
      const y = exp(x);
      return { z: add(matmul(y, y), y) };
    }).trace();
    const graph = prepareFor(canonicalize({ name: 'entry', ...traced }), blas, true, new Map());
    expect(lower(graph, blas, true).lowered.steps.map((s) => s.name)).toEqual([
      'exp',
      'fused matmul+add',
    ]);
  });

  test('concat copies each operand into its part', () => {
    expect(steps((x) => ({ y: concat([x, exp(x)], 1) }))).toMatchInlineSnapshot(`
      "0 exp: over [N 8]
          %0 = load input0 (8 1)
          %1 = f32 exp %0
          store %1 to output0 + 8 (16 1)
      1 copy for concat: over [N 8]
          %0 = load input0 (8 1)
          store %0 to output0 (16 1)"
    `);
  });
});

describe('state', () => {
  test('an update overwrites its state in the tape that computes it', () => {
    const w = parameter(f32(8, 5), 0);
    expect(
      steps((x) => {
        const loss = sum(matmul(x, w));
        for (const dw of grad(loss, [w])) update(w, sub(w, mul(dw, 0.1)));
        return { loss };
      }),
    ).toMatchInlineSnapshot(`
      "0 matmul: contract [N 5 8] input0 (8 0 1) · state[8 5] (0 1 5)
        epilogue over [N 5]
          %0 = acc
          store %0 to #3 (5 1)
      1 sum: over [] reduced [N 5]
          %0 = load #3 (5 1)
          %1 = reduce sum %0
          store %1 to output0 (0 0)
      2 copy: over [N 5]
          %0 = f32 1
          store %0 to #4 (5 1)
      3 fused matmul+mul+sub: contract [8 5 N] input0 (1 0 8) · #4 (0 1 5)
        epilogue over [8 5]
          %0 = acc
          %1 = f32 0.1
          %2 = f32 mul %0 %1
          %3 = load state[8 5] (5 1)
          %4 = f32 sub %3 %2
          store %4 to state[8 5] (5 1)"
    `);
  });

  test('two states that exchange their values go through the arena', () => {
    const [a, b] = [state(f32(4), 0), state(f32(4), 1)];
    const text = steps((x) => {
      update(a, b);
      update(b, a);
      return { y: x };
    });
    expect(text).toMatchInlineSnapshot(`
      "0 copy: over [N 8]
          %0 = load input0 (8 1)
          store %0 to output0 (8 1)
      1 copy: over [4]
          %0 = load state[4] (1)
          store %0 to #4 (1)
      2 copy: over [4]
          %0 = load state[4] (1)
          store %0 to state[4] (1)
      3 copy to state: over [4]
          %0 = load #4 (1)
          store %0 to state[4] (1)"
    `);
  });

  describe('nothing that may fail follows a write of state', () => {
    const outline = (body: Body): readonly string[] =>
      lowered(body).lowered.steps.map(({ name, body: work }) =>
        writesOf(work).some(({ place }) => place.kind === 'state') ? `${name} to state` : name,
      );

    test('what has nothing to do with it waits', () => {
      const [a, calls] = [parameter(f32(8, 8), 0), state(f32(), 0)];
      const order = outline((x) => {
        update(calls, add(calls, 1));
        return { y: matmul(x, inverse(a)) };
      });
      expect(order.at(-1)).toBe('add to state');
      expect(order.filter((name) => name.endsWith('to state'))).toHaveLength(1);
    });

    test('what it depends on is copied over the old value at the end', () => {
      const a = parameter(f32(8, 8), 0);
      const order = outline((x) => {
        const next = add(a, 1);
        update(a, next);
        return { y: matmul(x, inverse(next)) };
      });
      expect(order.at(-1)).toBe('copy to state to state');
      expect(order.filter((name) => name.endsWith('to state'))).toHaveLength(1);
      expect(order.indexOf('triangularSolve')).toBeGreaterThan(order.indexOf('add'));
    });
  });

  test('an old value that is read late is overwritten after that', () => {
    const a = state(f32(1, 8), 0);
    const text = steps((x) => {
      const next = add(a, 1);
      update(a, next);
      return { y: add(x, mul(transpose(transpose(next)), a)) };
    });
    expect(text).toMatchInlineSnapshot(`
      "0 fused add+mul: over [1 8]
          %0 = load state[1 8] (8 1)
          %1 = f32 1
          %2 = f32 add %0 %1
          %3 = f32 mul %2 %0
          store %3 to #3 (8 1)
          store %2 to state[1 8] (8 1)
      1 add: over [N 8]
          %0 = load input0 (8 1)
          %1 = load #3 (0 1)
          %2 = f32 add %0 %1
          store %2 to output0 (8 1)"
    `);
  });
});

describe('memory', () => {
  const layers = [0, 1, 2, 3].map(() => parameter(f32(8, 8), 0));
  const deep: Body = (x) => ({ y: layers.reduce((h, w) => relu(matmul(h, w)), x) });

  test('buffers that do not live together share bytes', () => {
    const { memory } = lowered(deep);
    expect(memory?.arenaBytes).toBe(2 * 256 * 8 * 4);
    expect(memory?.peakBytes).toBe(memory?.arenaBytes);
  });

  test('the checker refuses buffers that live together in one place', () => {
    const { lowered: result, memory } = lowered(deep);
    const places = new Map(
      [...(memory?.places ?? [])].map(([b, p]): [Buffer, typeof p] => [b, { ...p, offset: 0 }]),
    );
    const { peakBytes = 0 } = memory ?? {};
    expect(() => checkMemory(result.steps, { places, arenaBytes: 1 << 20, peakBytes })).toThrow(
      /over its operand/,
    );
  });

  test('the checker refuses an arena that is too small', () => {
    const { lowered: result, memory } = lowered(deep);
    const places = memory?.places ?? new Map();
    const { peakBytes = 0 } = memory ?? {};
    expect(() => checkMemory(result.steps, { places, arenaBytes: 64, peakBytes })).toThrow(
      /the arena has 64 bytes/,
    );
  });

  test('the checker refuses another peak than the one it finds', () => {
    const { lowered: result, memory } = lowered(deep);
    const places = memory?.places ?? new Map();
    expect(() => checkMemory(result.steps, { places, arenaBytes: 1 << 20, peakBytes: 64 })).toThrow(
      /64 bytes live at once, it is 16384/,
    );
  });
});

/** Sums of 16-bit floats accumulate in f32 on every runtime: what a running sum in 16 bits would get wrong. */
import { basename } from 'node:path';
import { compilePrograms } from '@vorab/compiler';
import type { Program, Tensor } from '@vorab/graph';
import * as graph from '@vorab/graph';
import type { Tensor as DeviceTensor, RuntimeName } from '@vorab/runtime';
import { decodeFloats, encodeFloats, open } from '@vorab/runtime';
import { describe, expect, test } from 'vitest';

const runtimes: readonly RuntimeName[] = ['reference', 'blas', 'mlx'];
const halves = ['f16', 'bf16'] as const;
type Half = (typeof halves)[number];

// Long enough that a running sum of ones stops growing, in f16 at 2048, in bf16 at 256.
const long = 5000;
const N = graph.dim('N', { min: 1, max: long });
const last = graph.dimSub(N, 1);

/** Each applied to rows and to columns; what the right result is, in doubles. */
interface Sum {
  readonly apply: (x: Tensor, axis: number) => Tensor;
  readonly want: (x: readonly number[]) => number;
  /** Of the result, besides its own rounding. */
  readonly within?: number;
}

const total = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
const mean = (x: readonly number[]): number => total(x) / x.length;
const variance = (x: readonly number[]): number => mean(x.map((v) => (v - mean(x)) ** 2));

const sums: Readonly<Record<string, Sum>> = {
  sum: { apply: (x, axis) => graph.sum(x, axis), want: total },
  mean: { apply: (x, axis) => graph.mean(x, axis), want: mean },
  variance: { apply: (x, axis) => graph.variance(x, axis), want: variance },
  norm: { apply: (x, axis) => graph.norm(x, axis), want: (x) => Math.hypot(...x) },
  logSumExp: {
    apply: (x, axis) => graph.logSumExp(x, axis),
    want: (x) => Math.log(total(x.map(Math.exp))),
  },
  softmax: {
    // The share of the first: a denominator in 16 bits would be too small by half and more.
    apply: (x, axis) =>
      graph
        .softmax(x, axis)
        .slice([0, 0], axis === 1 ? [2, 1] : [1, 2])
        .reshape([2]),
    want: (x) => Math.exp(x[0] ?? 0) / total(x.map(Math.exp)),
  },
  cumsum: {
    apply: (x, axis) =>
      axis === 1
        ? graph.cumsum(x, 1).slice([0, last], [2, N]).reshape([2])
        : graph.cumsum(x, 0).slice([last, 0], [N, 2]).reshape([2]),
    want: total,
  },
  matmul: {
    apply: (x, axis) => {
      const ones = graph.ones([N], x.dtype);
      return axis === 1 ? graph.matmul(x, ones) : graph.matmul(ones, x);
    },
    want: total,
  },
  // The gradient of what was repeated is a sum.
  gradient: {
    apply: (x, axis) => {
      const b = graph.sum(x.mul(0), axis);
      const wide = axis === 1 ? b.reshape([2, 1]) : b.reshape([1, 2]);
      const [db] = graph.grad(graph.sum(graph.mul(wide, x)), [b]);
      return db as Tensor;
    },
    want: total,
  },
};

const programIn = (dtype: Half, axis: number): Program =>
  graph.program({ x: { dtype, shape: axis === 1 ? [2, N] : [N, 2] } }, ({ x }) =>
    Object.fromEntries(Object.entries(sums).map(([name, s]) => [name, s.apply(x as Tensor, axis)])),
  ) as Program;

const location = { file: 'accumulation.ts', line: 1, column: 1 };
const entries = halves.flatMap((dtype) =>
  [0, 1].map((axis) => ({ name: `${dtype}_${axis}`, program: programIn(dtype, axis), location })),
);
const compiled = [true, false].map(
  (fuse) =>
    compilePrograms(entries, {
      targets: ['blas', 'mlx'],
      fuse,
      relativePath: (file) => basename(file),
    }).bytes,
);

const inputs: Readonly<Record<string, (i: number) => number>> = {
  ones: () => 1,
  'tenths, of both signs': (i) => (i % 3 === 0 ? -0.1 : 0.1),
  'far from zero': (i) => 10 + (i % 2),
};
const eps = { f16: 2 ** -11, bf16: 2 ** -8 };

describe.each(runtimes)('%s', (runtime) => {
  describe.each(halves)('%s', (dtype) => {
    test.each(Object.keys(inputs))('%s', async (kind) => {
      const row = Array.from({ length: long }, (_, i) => inputs[kind]?.(i) ?? 0);
      const exact = Array.from(decodeFloats(dtype, encodeFloats(dtype, row)));
      const wrong: string[] = [];
      for (const [at, bytes] of compiled.entries()) {
        await using session = await open(bytes, { runtime });
        for (const axis of [0, 1]) {
          const both = axis === 1 ? [...row, ...row] : row.flatMap((v) => [v, v]);
          const results = await session.call(`${dtype}_${axis}`, { x: encodeFloats(dtype, both) });
          for (const [name, { want, within = 0 }] of Object.entries(sums)) {
            const bits = await (results[name] as DeviceTensor).data();
            const wanted = want(exact);
            const far = Array.from(decodeFloats(dtype, bits as Uint16Array)).filter(
              (got) =>
                !(Math.abs(got - wanted) <= (1.01 * eps[dtype] + within) * Math.abs(wanted) + 1e-6),
            );
            const how = `${at === 0 ? 'fused' : 'unfused'} ${name} along ${axis}`;
            if (far.length > 0) wrong.push(`${how}: ${far}, expected ${wanted}`);
          }
        }
      }
      expect(wrong).toEqual([]);
    });
  });
});

/** Windows, convolutions and pooling: strides, dilations, groups, pads that cut, symbolic batch and space. */
import type { DType, TensorType } from '@vorab/graph';
import { dimAdd, isFloat } from '@vorab/graph';
import type { Application } from './case-table.ts';

type Row = (dtype: DType) => readonly Application[];
type Shape = TensorType['shape'];

/** Symbols are those of `case-table.ts`: N may be 0, M is even and may be 0. */
export function convCases(N: Shape[number], M: Shape[number]): Readonly<Record<string, Row>> {
  const long = dimAdd(M, 4);
  const application = (dtype: DType, shapes: readonly Shape[], attrs: object): Application => ({
    types: shapes.map((shape) => ({ dtype, shape })),
    attrs: attrs as NonNullable<Application['attrs']>,
  });
  const views: readonly (readonly [Shape, object])[] = [
    [[9], { axes: [0], sizes: [3], strides: [1], dilations: [1] }],
    [[N, 8, 2], { axes: [1], sizes: [2], strides: [2], dilations: [1] }],
    [[2, 9], { axes: [1], sizes: [2], strides: [3], dilations: [1] }],
    [[2, 10], { axes: [1], sizes: [2], strides: [3], dilations: [1] }],
    [[2, 7, 6, 3], { axes: [1, 2], sizes: [3, 2], strides: [2, 1], dilations: [1, 2] }],
    [[2, long, 2], { axes: [1], sizes: [3], strides: [2], dilations: [1] }],
    [[3, long], { axes: [1], sizes: [2], strides: [2], dilations: [1] }],
    [[4, 5], { axes: [0, 1], sizes: [1, 5], strides: [3, 1], dilations: [1, 1] }],
  ];

  const conv = (
    strides: readonly number[],
    low: Shape,
    high: Shape,
    inputDilation: readonly number[],
    kernelDilation: readonly number[],
    groups = 1,
  ): object => ({ strides, low, high, inputDilation, kernelDilation, groups });
  const one = [1, 1];
  // x, kernel, cotangent.
  const convs: readonly (readonly [Shape, Shape, Shape, object])[] = [
    [[2, 8, 3], [3, 3, 4], [2, 6, 4], conv([1], [0], [0], [1], [1])],
    [[N, 5, 6, 2], [3, 3, 2, 4], [N, 5, 6, 4], conv(one, one, one, one, one)],
    [[2, 7, 6, 3], [3, 2, 3, 5], [2, 4, 5, 5], conv([2, 1], [1, 0], [1, 1], one, [1, 2])],
    [[2, 5, 5, 4], [3, 3, 2, 6], [2, 3, 3, 6], conv(one, [0, 0], [0, 0], one, one, 2)],
    [[N, 5, 4, 6], [3, 3, 1, 6], [N, 5, 4, 6], conv(one, one, one, one, one, 6)],
    [[2, 6, 3], [2, 1, 6], [2, 3, 6], conv([2], [0], [0], [1], [1], 3)],
    [[1, 4, 3, 2], [3, 3, 2, 3], [1, 7, 6, 3], conv(one, [1, 1], [1, 2], [2, 2], one)],
    [[2, 4, 2], [3, 2, 3], [2, 7, 3], conv([2], [3], [4], [3], [2])],
    [[2, 8, 2], [3, 2, 3], [2, 7, 3], conv([1], [-1], [2], [1], [1])],
    [[2, 8, 2], [2, 2, 3], [2, 6, 3], conv([1], [4], [-5], [1], [1])],
    [
      [2, 3, 4, 3, 2],
      [2, 2, 2, 2, 3],
      [2, 2, 4, 1, 3],
      conv([1, 1, 2], [0, 1, 0], [0, 0, 0], [1, 1, 1], [1, 1, 1]),
    ],
    [[N, long, 2], [3, 2, 3], [N, long, 3], conv([1], [1], [1], [1], [1])],
    [[2, 3, 3, 5], [1, 1, 5, 4], [2, 2, 2, 4], conv([2, 2], [0, 0], [0, 0], one, one)],
  ];
  // Enough places for several blocks; in one dtype, for its size.
  const large: typeof convs = [
    [[3, 12, 11, 7], [3, 3, 7, 18], [3, 12, 11, 18], conv(one, one, one, one, one)],
  ];
  const convsOf = (dtype: DType): typeof convs =>
    isFloat(dtype) ? [...convs, ...(dtype === 'f32' ? large : [])] : [];

  const pool = (
    window: readonly number[],
    strides: readonly number[],
    low: Shape,
    high: Shape,
  ): object => ({
    window,
    strides,
    low,
    high,
  });
  const pools: readonly (readonly [Shape, object])[] = [
    [[2, 6, 6, 3], pool([2, 2], [2, 2], [0, 0], [0, 0])],
    [[N, 5, 6, 2], pool([3, 2], [2, 1], [1, 0], [1, 1])],
    [[2, 7, 3], pool([3], [2], [1], [1])],
    [[2, 9, 1], pool([2], [3], [0], [0])],
    [[N, long, 3], pool([2], [2], [0], [0])],
    [[2, long, 2], pool([3], [2], [1], [1])],
    [[N, 7, 6, 2], pool([5, 4], [2, 1], [1, 0], [0, 1])],
  ];
  return {
    windows: (dtype) => views.map(([x, attrs]) => application(dtype, [x], attrs)),
    conv: (dtype) => convsOf(dtype).map(([x, w, , attrs]) => application(dtype, [x, w], attrs)),
    convKernelGradient: (dtype) =>
      convsOf(dtype).map(([x, w, ct, attrs]) =>
        application(dtype, [x, ct], { ...attrs, window: w.slice(0, -2) }),
      ),
    maxPool: (dtype) =>
      dtype === 'bool' ? [] : pools.map(([x, attrs]) => application(dtype, [x], attrs)),
    avgPool: (dtype) =>
      isFloat(dtype)
        ? pools.flatMap(([x, attrs]) =>
            [true, false].map((countIncludePad) =>
              application(dtype, [x], { ...attrs, countIncludePad }),
            ),
          )
        : [],
  };
}

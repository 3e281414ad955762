import {
  avgPool2d,
  conv2d,
  dim,
  f32,
  maxPool2d,
  mul,
  program,
  relu,
  type Tensor,
  type TensorType,
  vjp,
} from '@vorab/graph';
import { expect, test } from 'vitest';
import { canonicalize, prepareFor } from '../passes/index.ts';
import { type Target, targets } from '../targets/index.ts';
import { lower } from './index.ts';
import { printSteps } from './print.ts';

const N = dim('N', { max: 64 });
const blas = targets['blas'] as Target;

function steps(
  types: Readonly<Record<string, TensorType>>,
  body: (given: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
): string {
  const traced = program(types, body as never).trace();
  const graph = canonicalize({ name: 'entry', ...traced });
  return printSteps(lower(prepareFor(graph, blas, true, new Map()), blas, true).lowered);
}

const image = f32(N, 8, 8, 4);

test('a small window is so many operands of one loop', () => {
  const pooled = ({ x }: Readonly<Record<string, Tensor>>) => ({
    y: mul(maxPool2d(x as Tensor, 2), 2),
  });
  expect(steps({ x: image }, pooled)).toMatchInlineSnapshot(`
    "0 fused maximum+maximum+maximum+mul: over [N 4 4 4]
        %0 = load input0 (256 64 8 1)
        %1 = load input0 + 4 (256 64 8 1)
        %2 = f32 maximum %0 %1
        %3 = load input0 + 32 (256 64 8 1)
        %4 = f32 maximum %2 %3
        %5 = load input0 + 36 (256 64 8 1)
        %6 = f32 maximum %4 %5
        %7 = f32 2
        %8 = f32 mul %6 %7
        store %8 to output0 (64 16 4 1)"
  `);
});

test('a large window is reduced', () => {
  const pooled = ({ x }: Readonly<Record<string, Tensor>>) => ({
    y: maxPool2d(x as Tensor, [5, 4], { strides: 1 }),
  });
  expect(steps({ x: image }, pooled)).toMatchInlineSnapshot(`
    "0 max: over [N 4 5] reduced [5 4] inner [4]
        %0 = load input0 (256 32 4 32 4 1)
        %1 = reduce max %0
        store %1 to output0 (80 20 4 0 0 1)"
  `);
});

test('pads are stored, windows are not', () => {
  const names = (text: string): readonly string[] =>
    text.split('\n').flatMap((line) => (/^\d/.test(line) ? line.replace(/^\d+ /, '') : []));
  const padded = ({ x }: Readonly<Record<string, Tensor>>) => ({
    y: avgPool2d(x as Tensor, 3, { strides: 2, padding: 'SAME', countIncludePad: false }),
  });
  expect(names(steps({ x: image }, padded))).toMatchInlineSnapshot(`
    [
      "fill for pad: over [N 9 9 4]",
      "copy for pad: over [N 8 8 4]",
      "fused add+add+add+add+add+18 more: over [N 4 4 4]",
    ]
  `);
});

test('the gradient of pooling keeps one place for each window', () => {
  const gradient = ({ x, ct }: Readonly<Record<string, Tensor>>) => {
    const y = maxPool2d(relu(x as Tensor), 2);
    return { dx: vjp([y], [ct as Tensor], [x as Tensor])[0] as Tensor };
  };
  const shapes = steps({ x: image, ct: f32(N, 4, 4, 4) }, gradient)
    .split('\n')
    .filter((line) => /^\d/.test(line));
  expect(shapes).toMatchInlineSnapshot(`
    [
      "0 fused lessEqual+where: over [N 8 8 4]",
      "1 fused maximum+maximum+maximum+equal+equal+6 more: over [N 4 4 4]",
      "2 fused mul+add: over [2 2]",
      "3 fused equal+where: over [N 4 2 4 2 4]",
      "4 where: over [N 8 8 4]",
    ]
  `);
});

test('convolutions and their gradients stay whole', () => {
  const gradients = ({ x, w, ct }: Readonly<Record<string, Tensor>>) => {
    const y = conv2d(x as Tensor, w as Tensor, { padding: 'SAME' });
    const [dx, dw] = vjp([y], [ct as Tensor], [x as Tensor, w as Tensor]) as readonly [
      Tensor,
      Tensor,
    ];
    return { y, dx, dw };
  };
  expect(
    steps({ x: image, w: f32(3, 3, 4, 6), ct: f32(N, 8, 8, 6) }, gradients),
  ).toMatchInlineSnapshot(`
    "0 apply conv: input0, input1 -> output0
    1 copy: over [3 3 6 4]
        %0 = load input1 + 192 (-72 -24 1 6)
        store %0 to #6 (72 24 4 1)
    2 apply conv: input2, #6 -> output1
    3 apply convKernelGradient: input0, input2 -> output2"
  `);
});

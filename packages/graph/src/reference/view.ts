import type { NdArray, Storage } from '../ndarray.ts';
import { ndarray } from '../ndarray.ts';
import { fillElements } from '../number.ts';
import type { Attrs, TensorType, ViewMap, ViewOp, ViewPiece } from '../op.ts';
import type { Layout } from './strided.ts';
import { forEachRow, stridesOf } from './strided.ts';

/** Moves elements as the op's map says. */
export function evaluateView(
  op: ViewOp,
  inputs: readonly NdArray[],
  attrs: Attrs,
  type: TensorType,
): NdArray {
  const [first] = inputs as readonly [NdArray];
  const shape = type.shape as readonly number[];
  const map = op.map(
    inputs.map((x) => x.shape),
    attrs,
  );
  switch (map.form) {
    case 'linear':
      return { dtype: first.dtype, shape, data: first.data };
    case 'affine': {
      const out = ndarray(first.dtype, shape);
      const to = { offset: 0, strides: stridesOf(shape) };
      copy(shape, first.data, affineLayout(map, first), out.data, to);
      return out;
    }
    case 'pieces': {
      const out = filled(first, shape, map.fill);
      for (const piece of map.pieces) place(inputs[piece.input] as NdArray, piece, out);
      return out;
    }
    default:
      return map satisfies never;
  }
}

function affineLayout(map: Extract<ViewMap, { form: 'affine' }>, x: NdArray): Layout {
  const strides = stridesOf(x.shape);
  return {
    offset: dotProduct(map.start as readonly number[], strides),
    strides: map.axes.map((axis, o) =>
      axis < 0 ? 0 : (strides[axis] as number) * (map.steps[o] as number),
    ),
  };
}

function dotProduct(xs: readonly number[], ys: readonly number[]): number {
  return xs.reduce((sum, x, i) => sum + x * (ys[i] as number), 0);
}

function filled(like: NdArray, shape: readonly number[], fill: number | null): NdArray {
  const out = ndarray(like.dtype, shape);
  if (fill === null || fill === 0) return out;
  fillElements(out, fill);
  return out;
}

function place(x: NdArray, piece: ViewPiece, out: NdArray): void {
  const strides = stridesOf(out.shape);
  const to = {
    offset: dotProduct(piece.start as readonly number[], strides),
    strides: strides.map((stride, axis) => stride * (piece.step[axis] as number)),
  };
  copy(x.shape, x.data, { offset: 0, strides: stridesOf(x.shape) }, out.data, to);
}

function copy(
  extents: readonly number[],
  source: Storage,
  from: Layout,
  target: Storage,
  to: Layout,
): void {
  // One element type for both, so one cast serves: numbers and bigints copy alike.
  const [input, output] = [source as Float64Array, target as Float64Array];
  forEachRow(extents, from, to, (a, b, stepA, stepB, count) => {
    if (stepA === 0 && stepB === 1) output.fill(input[a] as number, b, b + count);
    else for (let i = 0; i < count; i++) output[b + i * stepB] = input[a + i * stepA] as number;
  });
}

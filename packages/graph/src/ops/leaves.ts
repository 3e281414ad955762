import { leaf } from '../define.ts';
import type { Dim } from '../dim.ts';
import type { DType } from '../dtype.ts';
import { bounds, isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { ArrayData } from '../ndarray.ts';
import { ndarray, sizeOfShape, toNdArray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import { fillElements, writeNumber } from '../number.ts';
import type { LeafOp, TensorType } from '../op.ts';

const concrete = (types: readonly TensorType[]): { dtype: DType; shape: readonly number[] } => {
  const [{ dtype, shape }] = types as readonly [TensorType];
  return { dtype, shape: shape as readonly number[] };
};

/** Every element is `value`. */
export const fullOp: LeafOp = leaf({
  name: 'full',
  doc: 'every element is value',
  attributes: { value: 'float', dtype: 'dtype', shape: 'shape' },
  infer: (_, { dtype, shape }) => [{ dtype, shape }],
  evaluate({ value }, types) {
    const { dtype, shape } = concrete(types);
    const out = ndarray(dtype, shape);
    fillElements(out, value);
    return out;
  },
});

/** The index along `axis`. */
export const iotaOp: LeafOp = leaf({
  name: 'iota',
  doc: 'out[i0, i1, …] = i_axis',
  attributes: { shape: 'shape', axis: 'int', dtype: 'dtype' },
  infer(_, { shape, axis, dtype }) {
    if (axis < 0 || axis >= shape.length)
      throw new TypeRuleError('axis', `axis ${axis} of rank ${shape.length}`);
    if (dtype === 'bool') throw new TypeRuleError('dtype', 'iota of bool', 'compare an i32 iota');
    return [{ dtype, shape }];
  },
  evaluate({ axis }, types) {
    const { dtype, shape } = concrete(types);
    const out = ndarray(dtype, shape);
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const extent = shape[axis] as number;
    for (let i = 0; i < out.data.length; i++) writeNumber(out, i, Math.floor(i / inner) % extent);
    return out;
  },
});

/** Data known when the program is compiled. */
export const constantOp: LeafOp = leaf({
  name: 'constant',
  doc: 'data known when the program is compiled',
  attributes: { data: 'constant' },
  infer: (_, { data }) => [{ dtype: data.dtype, shape: data.shape }],
  evaluate: ({ data }) => data,
});

/** The value of a dimension expression, as a scalar. */
export const sizeOfOp: LeafOp = leaf({
  name: 'sizeOf',
  doc: 'the value of a dimension, as a scalar',
  attributes: { dim: 'dim', dtype: 'dtype' },
  infer: (_, { dtype }) => [{ dtype, shape: [] }],
  evaluate({ dim }, types) {
    const out = ndarray(concrete(types).dtype, []);
    writeNumber(out, 0, dim as number);
    return out;
  },
});

/** A function parameter: an input of a program, or a parameter of a subgraph. */
export const inputOp: LeafOp = leaf({
  name: 'input',
  doc: 'an input of a program',
  attributes: { name: 'string', dtype: 'dtype', shape: 'shape' },
  infer: (_, { dtype, shape }) => [{ dtype, shape }],
  evaluate: null,
});

/** Every element is `value`; `full(0, [N, 4])` is f32. */
export function full(value: number, shape: readonly Dim[], dtype: DType = 'f32'): Tensor {
  return checked(`full(${value})`, () => {
    checkRepresentable(value, dtype);
    return make1(fullOp, [], { value, dtype, shape });
  });
}

function checkRepresentable(value: number, dtype: DType): void {
  if (isFloat(dtype)) return;
  if (dtype === 'bool' && value !== 0 && value !== 1) {
    throw new TypeRuleError('literal', `${value} is not a bool`, 'use true or false');
  }
  if (!Number.isInteger(value)) {
    const found = `${value} is not an integer, the tensor is ${dtype}`;
    throw new TypeRuleError('literal', found, "cast the tensor to 'f32' first");
  }
  const [low, high] = bounds(dtype);
  if (value < low || value > high) {
    const found = `${value} is outside ${dtype}, which holds ${low} to ${high}`;
    throw new TypeRuleError('literal', found, 'cast the tensor to a wider dtype first');
  }
}

/** Zeros; f32 unless told otherwise. */
export function zeros(shape: readonly Dim[], dtype: DType = 'f32'): Tensor {
  return full(0, shape, dtype);
}

/** Ones; f32 unless told otherwise. */
export function ones(shape: readonly Dim[], dtype: DType = 'f32'): Tensor {
  return full(1, shape, dtype);
}

/** Zeros of x's type. */
export function zerosLike(x: Tensor): Tensor {
  return full(0, x.shape, x.dtype);
}

/** Ones of x's type. */
export function onesLike(x: Tensor): Tensor {
  return full(1, x.shape, x.dtype);
}

/** `iota([3, 4], 1)` is 0 1 2 3 in each of three rows. */
export function iota(shape: readonly Dim[], axis: number, dtype: DType = 'i32'): Tensor {
  return make1(iotaOp, [], { shape, axis: axis < 0 ? axis + shape.length : axis, dtype });
}

/** The value of a dimension in the graph: `sum.div(sizeOf(N))`. */
export function sizeOf(dim: Dim, dtype: DType = 'f32'): Tensor {
  return typeof dim === 'number' ? full(dim, [], dtype) : make1(sizeOfOp, [], { dim, dtype });
}

/**
 * A constant: an array, nested lists, or flat typed data of a vector. `dtype` is that of lists, f32
 * unless told otherwise.
 *
 *     constant([[1, 2], [3, 4]])                              // f32[2, 2]
 *     constant({ dtype: 'u32', shape: [2], data: words })
 */
export function constant(value: ArrayData, dtype: DType = 'f32'): Tensor {
  return checked('constant', () => {
    const data = toNdArray(value, dtype);
    const size = sizeOfShape(data.shape);
    if (size !== data.data.length) {
      throw new TypeRuleError(
        'size',
        `shape [${data.shape.join(', ')}] needs ${size} elements, got ${data.data.length}`,
      );
    }
    return make1(constantOp, [], { data });
  });
}

/** A new input leaf. */
export function input(name: string, type: TensorType): Tensor {
  return make1(inputOp, [], { name, dtype: type.dtype, shape: type.shape }, { identity: true });
}

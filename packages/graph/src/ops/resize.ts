import { insertCast } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { dimEqual, dimKey } from '../dim.ts';
import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import { toNdArray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { range } from './axes.ts';
import { gatherFrom } from './indexing.ts';
import { constant } from './leaves.ts';
import { matmul } from './matmul.ts';
import { requireFloat } from './reduce.ts';
import { moveAxis } from './transpose.ts';

/** How new samples are made: 'bilinear' and 'bicubic' are other names. */
export type InterpolateMethod = 'nearest' | 'linear' | 'bilinear' | 'cubic' | 'bicubic';

/** What interpolate takes besides the shape. */
export interface InterpolateOptions {
  /** Default 'linear'. */
  readonly method?: InterpolateMethod;
  /**
   * Whether an axis that shrinks is smoothed first, by as wide a kernel as it shrinks (not for
   * 'nearest'). Default true, as in JAX; PyTorch's default is false.
   */
  readonly antialias?: boolean;
}

/**
 * x in another shape of the same rank, its samples interpolated along every axis whose extent
 * changes. Samples are centred in their pixels (JAX's `image.resize`, PyTorch's `align_corners =
 * False`); beyond the border the weights are normalised. Cubic is Keys' kernel with a = −1/2, as in
 * JAX. Floats; 'nearest' takes any dtype.
 *
 *     interpolate(images, [N, 64, 64, 3])
 *     interpolate(x, [20], { method: 'nearest' })
 *
 * @throws GraphError when a symbolic extent would change.
 */
export function interpolate(
  x: Tensor,
  shape: readonly Dim[],
  options: InterpolateOptions = {},
): Tensor {
  return checked(`interpolate(${x})`, () => {
    if (shape.length !== x.rank)
      throw new TypeRuleError('rank', `a shape of rank ${shape.length} for ${x}`);
    const { method = 'linear', antialias = true } = options;
    const changed = range(x.rank).filter((a) => !dimEqual(x.shape[a] as Dim, shape[a] as Dim));
    if (changed.length === 0) return x;
    if (method === 'nearest') return changed.reduce((y, a) => nearest(y, a, sizes(x, shape, a)), x);
    requireFloat(x);
    // Halves are sums of several rounded products; once rounded they are as good as the samples.
    const wide =
      x.dtype === 'f32' || x.dtype === 'f64' ? x : insertCast(x, 'f32', 'interpolated in f32');
    const kernel = kernels[method];
    const y = changed.reduce((t, a) => weighted(t, a, sizes(x, shape, a), kernel, antialias), wide);
    return isFloat(x.dtype) && y.dtype !== x.dtype
      ? insertCast(y, x.dtype, "the operand's dtype")
      : y;
  });
}

type Sizes = readonly [from: number, to: number];

function sizes(x: Tensor, shape: readonly Dim[], axis: number): Sizes {
  const [from, to] = [x.shape[axis] as Dim, shape[axis] as Dim];
  if (typeof from === 'number' && typeof to === 'number' && from > 0 && to >= 0) return [from, to];
  throw new TypeRuleError(
    'shape',
    `axis ${axis} from extent ${dimKey(from)} to ${dimKey(to)}`,
    'change only axes whose extents are positive numbers',
  );
}

function nearest(x: Tensor, axis: number, [from, to]: Sizes): Tensor {
  const places = range(to).map((i) => Math.min(from - 1, Math.floor(((i + 0.5) * from) / to)));
  return gatherFrom(x, constant(Int32Array.from(places), 'i32'), axis);
}

type Kernel = (distance: number) => number;

const linear: Kernel = (d) => Math.max(0, 1 - d);

// R. G. Keys, "Cubic convolution interpolation for digital image processing" (1981).
const cubic: Kernel = (d) => {
  if (d >= 2) return 0;
  return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2;
};

const kernels: { readonly [K in Exclude<InterpolateMethod, 'nearest'>]: Kernel } = {
  linear,
  bilinear: linear,
  cubic,
  bicubic: cubic,
};

// A product with the weights of all samples, along one axis.
function weighted(
  x: Tensor,
  axis: number,
  [from, to]: Sizes,
  kernel: Kernel,
  antialias: boolean,
): Tensor {
  const weights = constant(
    toNdArray(weightsOf([from, to], kernel, antialias), x.dtype, () => [from, to]),
  );
  const last = x.rank - 1;
  return moveAxis(matmul(moveAxis(x, axis, last), weights), last, axis);
}

// Row-major [from, to]: how much of sample i is in new sample k.
function weightsOf([from, to]: Sizes, kernel: Kernel, antialias: boolean): Float64Array {
  const step = from / to;
  const width = antialias ? Math.max(step, 1) : 1;
  const out = new Float64Array(from * to);
  for (let k = 0; k < to; k++) {
    const centre = (k + 0.5) * step - 0.5;
    const row = range(from).map((i) => kernel(Math.abs(centre - i) / width));
    const total = row.reduce((a, b) => a + b, 0);
    row.forEach((w, i) => {
      out[i * to + k] = w / total;
    });
  }
  return out;
}

import { userError } from './fail.ts';
import type { Tensor } from './node.ts';
import { formatType } from './node.ts';
import type { TensorType } from './op.ts';
import { reshape } from './ops/axes.ts';
import { cast } from './ops/cast.ts';
import { full } from './ops/leaves.ts';
import { qr } from './ops/linalg/qr.ts';
import { add, mul } from './ops/math.ts';
import {
  normal as standardNormal,
  truncatedNormal as standardTruncated,
  uniform as uniformBetween,
} from './ops/random.ts';
import { swapAxes } from './ops/transpose.ts';

/** The first value of a state: from a u32[2] key, a tensor of `type`. */
export type Initializer = (key: Tensor, type: TensorType) => Tensor;

/** Zeros. `parameter(f32(64), init.zeros)` */
export const zeros: Initializer = (_, type) => full(0, type.shape, type.dtype);

/** Ones. */
export const ones: Initializer = (_, type) => full(1, type.shape, type.dtype);

/** The same number everywhere. `init.constant(0.1)` */
export function constant(value: number): Initializer {
  return (_, type) => full(value, type.shape, type.dtype);
}

/** Uniform on [low, high). `init.uniform(-0.1, 0.1)` */
export function uniform(low: number, high: number): Initializer {
  return (key, { shape, dtype }) => uniformBetween(key, shape, { min: low, max: high, dtype });
}

/** Normal. `init.normal(0.02)` */
export function normal(stddev = 1, mean = 0): Initializer {
  return (key, { shape, dtype }) => {
    const scaled = mul(standardNormal(key, shape, { dtype }), stddev);
    return mean === 0 ? scaled : add(scaled, mean);
  };
}

/** Glorot & Bengio (2010): uniform on ±√(6 / (in + out)). */
export const glorotUniform: Initializer = (key, type) => {
  const { fanIn, fanOut } = fans('glorotUniform', type);
  return symmetric(Math.sqrt(6 / (fanIn + fanOut)))(key, type);
};

/** Glorot & Bengio (2010): normal with variance 2 / (in + out), not truncated. */
export const glorotNormal: Initializer = (key, type) => {
  const { fanIn, fanOut } = fans('glorotNormal', type);
  return normal(Math.sqrt(2 / (fanIn + fanOut)))(key, type);
};

/** He et al. (2015), for ReLU: uniform on ±√(6 / in). */
export const heUniform: Initializer = (key, type) =>
  symmetric(Math.sqrt(6 / fans('heUniform', type).fanIn))(key, type);

/** He et al. (2015), for ReLU: normal with variance 2 / in, not truncated. */
export const heNormal: Initializer = (key, type) =>
  normal(Math.sqrt(2 / fans('heNormal', type).fanIn))(key, type);

/** LeCun et al. (1998), for SELU too: uniform on ±√(3 / in). */
export const lecunUniform: Initializer = (key, type) =>
  symmetric(Math.sqrt(3 / fans('lecunUniform', type).fanIn))(key, type);

/** LeCun et al. (1998), for SELU too: normal with variance 1 / in, not truncated. */
export const lecunNormal: Initializer = (key, type) =>
  normal(Math.sqrt(1 / fans('lecunNormal', type).fanIn))(key, type);

/** Another name of glorotUniform. */
export const xavierUniform: Initializer = glorotUniform;
/** Another name of glorotNormal. */
export const xavierNormal: Initializer = glorotNormal;
/** Another name of heUniform. */
export const kaimingUniform: Initializer = heUniform;
/** Another name of heNormal. */
export const kaimingNormal: Initializer = heNormal;

/** Normal, but within `low` and `high` standard deviations, ±2 by default. `init.truncatedNormal(0.02)` */
export function truncatedNormal(
  stddev = 1,
  options: { readonly mean?: number; readonly low?: number; readonly high?: number } = {},
): Initializer {
  const { mean = 0, low = -2, high = 2 } = options;
  return (key, { shape, dtype }) => {
    const drawn = standardTruncated(key, shape, { low, high, dtype });
    const scaled = stddev === 1 ? drawn : mul(drawn, stddev);
    return mean === 0 ? scaled : add(scaled, mean);
  };
}

/** How `varianceScaling` makes its numbers. */
export interface VarianceScalingOptions {
  /** Default 1. */
  readonly scale?: number;
  /** What the variance is divided by; default 'fanIn'. */
  readonly mode?: 'fanIn' | 'fanOut' | 'fanAverage';
  /** Default 'truncatedNormal', within two standard deviations. */
  readonly distribution?: 'truncatedNormal' | 'normal' | 'uniform';
}

/**
 * Variance scale / n, where n counts inputs, outputs or the mean of both: the family of all of the above (JAX's
 * variance_scaling).
 *
 *     init.varianceScaling({ scale: 2, mode: 'fanOut' })
 *
 * @throws GraphError when the scale is not a positive number.
 */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  const { scale = 1, mode = 'fanIn', distribution = 'truncatedNormal' } = options;
  if (!(scale > 0 && Number.isFinite(scale))) {
    const message = `varianceScaling: scale is ${scale}, expected a positive number`;
    throw userError({ code: 'initializer', message });
  }
  return (key, type) => {
    const { fanIn, fanOut } = fans('varianceScaling', type);
    const count = { fanIn, fanOut, fanAverage: (fanIn + fanOut) / 2 }[mode];
    const variance = scale / count;
    if (distribution === 'uniform') return symmetric(Math.sqrt(3 * variance))(key, type);
    if (distribution === 'normal') return normal(Math.sqrt(variance))(key, type);
    return truncatedNormal(Math.sqrt(variance) / stddevWithinTwo)(key, type);
  };
}

// The standard deviation of the standard normal distribution within ±2.
const stddevWithinTwo = 0.8796256610342398;

/**
 * Matrices whose columns (or rows, whichever are fewer) are orthonormal, times `gain` (Saxe et al., arXiv 1312.6120):
 * uniformly distributed, by qr of a normal matrix. All axes but the last count as one.
 *
 *     parameter(f32(64, 64), init.orthogonal())
 */
export function orthogonal(gain = 1): Initializer {
  return (key, type) => {
    fans('orthogonal', type);
    const shape = type.shape as readonly number[];
    const columns = shape.at(-1) as number;
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const [tall, wide] = rows >= columns ? [rows, columns] : [columns, rows];
    const { q } = qr(standardNormal(key, [tall, wide]));
    const matrix = rows >= columns ? q : swapAxes(q, 0, 1);
    return cast(mul(reshape(matrix, shape), gain), type.dtype);
  };
}

const symmetric = (limit: number): Initializer => uniform(-limit, limit);

// Weights are [...window, in, out].
function fans(name: string, type: TensorType): { readonly fanIn: number; readonly fanOut: number } {
  const shape = type.shape as readonly number[];
  const [fanIn, fanOut] = shape.slice(-2);
  if (fanIn === undefined || fanOut === undefined) {
    throw userError({
      code: 'initializer',
      message: `${name} of ${formatType(type)}: expected at least two axes, [..., in, out]`,
      cure: 'use init.normal or init.uniform for vectors',
    });
  }
  const window = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  return { fanIn: Math.max(1, fanIn * window), fanOut: Math.max(1, fanOut * window) };
}

import { userError } from './fail.ts';
import type { Tensor } from './node.ts';
import { formatType } from './node.ts';
import type { TensorType } from './op.ts';
import { full } from './ops/leaves.ts';
import { add, mul } from './ops/math.ts';
import { normal as standardNormal, uniform as uniformBetween } from './ops/random.ts';

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

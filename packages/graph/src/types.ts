import type { Dim } from './dim.ts';
import type { DType } from './dtype.ts';
import { userError } from './fail.ts';
import type { TensorType } from './op.ts';

/** The type of a tensor whose dtype TypeScript knows. */
export interface TensorTypeOf<D extends DType> extends TensorType {
  readonly dtype: D;
}

/** Makes the type of a tensor: `f32(N, 64)`, a scalar: `f32()`. */
export type TypeConstructor<D extends DType> = (...shape: readonly Dim[]) => TensorTypeOf<D>;

function constructorOf<D extends DType>(dtype: D): TypeConstructor<D> {
  return (...shape) => {
    const bad = shape.find((d) => typeof d === 'number' && !(Number.isSafeInteger(d) && d >= 0));
    if (bad !== undefined) {
      throw userError({
        code: 'shape',
        message: `${dtype}(${shape.map(String).join(', ')}): ${bad} is not an extent`,
        cure: 'give integers from 0, or dims made with dim()',
      });
    }
    return { dtype, shape };
  };
}

/**
 * Type constructors, one for each dtype: extents are numbers or dims.
 *
 *     const N = dim('N', { max: 256 });
 *     program({ image: f32(N, 64), label: i32(N) }, …);
 *
 * @throws GraphError when an extent is not an integer from 0.
 */
export const f32: TypeConstructor<'f32'> = constructorOf('f32');
export const f64: TypeConstructor<'f64'> = constructorOf('f64');
export const f16: TypeConstructor<'f16'> = constructorOf('f16');
export const bf16: TypeConstructor<'bf16'> = constructorOf('bf16');
export const i8: TypeConstructor<'i8'> = constructorOf('i8');
export const u8: TypeConstructor<'u8'> = constructorOf('u8');
export const i32: TypeConstructor<'i32'> = constructorOf('i32');
export const u32: TypeConstructor<'u32'> = constructorOf('u32');
export const i64: TypeConstructor<'i64'> = constructorOf('i64');
export const bool: TypeConstructor<'bool'> = constructorOf('bool');

import { type DType, decodeFloat, type TypedArray } from '@vorab/runtime';
import type { NdValue } from './npy.ts';

/** How far two arrays are apart, each number where it is largest. */
export interface Difference {
  /** Units in the last place: floats of the dtype between the two; for integers and bools the plain difference. */
  readonly ulp: number;
  /** |a - b| by the larger of |a| and |b|. */
  readonly relative: number;
  /** Elements that are not equal. */
  readonly unequal: number;
  /** Where the relative difference is largest, and the two values there; undefined: all are equal. */
  readonly worst: Worst | undefined;
}

export interface Worst {
  readonly index: readonly number[];
  readonly expected: number;
  readonly found: number;
}

/**
 * The difference of two arrays of one dtype and shape. NaN equals NaN, and is infinitely far from everything else, as an
 * infinity is from what is finite.
 */
export function difference(expected: NdValue, found: NdValue): Difference {
  const { dtype, shape } = expected;
  const [steps, otherSteps] = [stepsOf(expected), stepsOf(found)];
  let [ulp, relative, unequal, worst] = [0, 0, 0, -1];
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [numberAt(dtype, expected.data, i), numberAt(dtype, found.data, i)];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    unequal++;
    const apart = relativeDifference(a, b);
    const far = Number.isNaN(a) || Number.isNaN(b);
    const between = far ? Number.POSITIVE_INFINITY : Math.abs(Number(steps(i) - otherSteps(i)));
    ulp = Math.max(ulp, between);
    if (worst < 0 || apart > relative) worst = i;
    relative = Math.max(relative, apart);
  }
  if (worst < 0) return { ulp, relative, unequal, worst: undefined };
  const at = numberAt(dtype, expected.data, worst);
  const other = numberAt(dtype, found.data, worst);
  return {
    ulp,
    relative,
    unequal,
    worst: { index: indexOf(worst, shape), expected: at, found: other },
  };
}

function relativeDifference(a: number, b: number): number {
  const size = Math.max(Math.abs(a), Math.abs(b));
  return Number.isFinite(size) ? Math.abs(a - b) / size : Number.POSITIVE_INFINITY;
}

function numberAt(dtype: DType, data: TypedArray, i: number): number {
  const value = Number(data[i]);
  return dtype === 'f16' || dtype === 'bf16' ? decodeFloat(dtype, value) : value;
}

const sign64 = 1n << 63n;

/** The elements of an array as integers in the order of their values, next floats next to each other. */
function stepsOf({ dtype, data }: NdValue): (i: number) => bigint {
  const { buffer, byteOffset, length } = data;
  const ordered = (words: ArrayLike<number>, sign: number) => (i: number) => {
    const word = words[i] ?? 0;
    return BigInt(word >= sign ? sign - word : word);
  };
  if (dtype === 'f16' || dtype === 'bf16') {
    return ordered(new Uint16Array(buffer, byteOffset, length), 2 ** 15);
  }
  if (dtype === 'f32') return ordered(new Uint32Array(buffer, byteOffset, length), 2 ** 31);
  if (dtype === 'f64') {
    const words = new BigUint64Array(buffer, byteOffset, length);
    return (i) => {
      const word = words[i] ?? 0n;
      return word >= sign64 ? sign64 - word : word;
    };
  }
  return (i) => BigInt(data[i] ?? 0);
}

/** Row-major. */
function indexOf(at: number, shape: readonly number[]): readonly number[] {
  const index: number[] = [];
  let rest = at;
  for (const extent of shape.toReversed()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return index;
}

/** How close two arrays must be. */
import type { DType, NdArray } from '@vorab/graph';
import { isFloat, readNumber } from '@vorab/graph';

/** |got - want| <= rtol · |want| + part · max |want| + atol. */
export interface Closeness {
  readonly rtol: number;
  /** Of the largest finite value. */
  readonly part: number;
  /** Where values are what cancellation left; default 0. */
  readonly atol?: number;
}

const exact: Closeness = { rtol: 0, part: 0 };

/** What suits arithmetic of several rounded steps. */
export const closeness: Readonly<Record<DType, Closeness>> = {
  bool: exact,
  u8: exact,
  i8: exact,
  u32: exact,
  i32: exact,
  i64: exact,
  f16: { rtol: 8e-3, part: 2e-3 },
  bf16: { rtol: 6e-2, part: 1.6e-2 },
  f32: { rtol: 2e-5, part: 1e-6 },
  f64: { rtol: 1e-10, part: 1e-12 },
};

/** At least this many units in the last place of f32, for an op that says so. */
export function ofUlps(base: Closeness, dtype: DType, ulp: number): Closeness {
  return dtype === 'f32' ? { ...base, rtol: Math.max(base.rtol, ulp * 2 ** -23) } : base;
}

/** Why an array differs from what is wanted, or undefined. NaN equals NaN, infinities equal with their sign. */
export function arrayDifference(
  got: NdArray | undefined,
  want: NdArray,
  near: Closeness = closeness[want.dtype],
): string | undefined {
  if (!got) return 'absent';
  if (got.dtype !== want.dtype) return `dtype ${got.dtype}, expected ${want.dtype}`;
  if (got.shape.join() !== want.shape.join())
    return `shape [${got.shape}], expected [${want.shape}]`;
  const at = isFloat(want.dtype) ? firstFar(got, want, near) : firstUnequal(got, want);
  if (at < 0) return undefined;
  const bits = want.dtype === 'i64' ? got.data[at] : readNumber(got, at);
  const wanted = want.dtype === 'i64' ? want.data[at] : readNumber(want, at);
  return `at ${at} of ${want.data.length}: ${bits}, expected ${wanted}`;
}

function firstUnequal(got: NdArray, want: NdArray): number {
  for (let i = 0; i < want.data.length; i++) if (got.data[i] !== want.data[i]) return i;
  return -1;
}

function firstFar(got: NdArray, want: NdArray, { rtol, part, atol = 0 }: Closeness): number {
  let largest = 0;
  for (let i = 0; i < want.data.length; i++) {
    const w = Math.abs(readNumber(want, i));
    if (Number.isFinite(w)) largest = Math.max(largest, w);
  }
  for (let i = 0; i < want.data.length; i++) {
    const [g, w] = [readNumber(got, i), readNumber(want, i)];
    const same = Object.is(g, w) || g === w;
    if (!same && !(Math.abs(g - w) <= rtol * Math.abs(w) + part * largest + atol)) return i;
  }
  return -1;
}

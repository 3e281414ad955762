import { type DType, encodeFloats } from '@vorab/runtime';
import { describe, expect, it } from 'vitest';
import { type Difference, difference } from './difference.ts';
import type { NdValue } from './npy.ts';

const value = (dtype: DType, data: NdValue['data']): NdValue => ({
  dtype,
  shape: [data.length],
  data,
});

const between = (dtype: DType, a: NdValue['data'], b: NdValue['data']): Difference =>
  difference(value(dtype, a), value(dtype, b));

describe('difference', () => {
  it('counts the floats between two, across zero as well', () => {
    const least = 2 ** -149;
    expect(between('f32', Float32Array.of(1), Float32Array.of(1 + 2 ** -22)).ulp).toBe(2);
    expect(between('f32', Float32Array.of(-least), Float32Array.of(2 * least)).ulp).toBe(3);
    expect(between('f64', Float64Array.of(-1), Float64Array.of(-1 - 2 ** -52)).ulp).toBe(1);
    const [one, next] = [encodeFloats('f16', [1]), encodeFloats('f16', [1 + 2 ** -10])];
    expect(between('f16', one, next)).toMatchObject({ ulp: 1, worst: { expected: 1 } });
    const bf16 = between('bf16', encodeFloats('bf16', [-2]), encodeFloats('bf16', [2]));
    expect(bf16).toMatchObject({ ulp: 2 * 0x4000, relative: 2 });
  });

  it('finds the largest relative difference, and where', () => {
    const a: NdValue = { dtype: 'f32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 100, 6) };
    const b: NdValue = { ...a, data: Float32Array.of(1, 2, 3.5, 4, 101, 6) };
    const found = difference(a, b);
    expect(found).toMatchObject({
      unequal: 2,
      worst: { index: [0, 2], expected: 3, found: 3.5 },
    });
    expect(found.relative).toBeCloseTo(0.5 / 3.5, 12);
  });

  it('takes zeros of either sign and NaN as equal, and nothing else beside NaN', () => {
    const zeros = between('f32', Float32Array.of(0, Number.NaN), Float32Array.of(-0, Number.NaN));
    expect(zeros).toEqual({ ulp: 0, relative: 0, unequal: 0, worst: undefined });
    const far = between('f32', Float32Array.of(1, 0), Float32Array.of(Number.NaN, 0));
    expect(far).toMatchObject({ ulp: Number.POSITIVE_INFINITY, unequal: 1 });
    expect(far.relative).toBe(Number.POSITIVE_INFINITY);
    expect(between('f32', Float32Array.of(Infinity), Float32Array.of(1)).relative).toBe(Infinity);
  });

  it('compares integers as they are', () => {
    expect(between('i32', Int32Array.of(7, 10), Int32Array.of(7, 8))).toMatchObject({ ulp: 2 });
    expect(between('i64', BigInt64Array.of(-5n), BigInt64Array.of(5n)).ulp).toBe(10);
    expect(between('bool', Uint8Array.of(1, 0), Uint8Array.of(1, 1)).unequal).toBe(1);
    expect(between('f32', new Float32Array(0), new Float32Array(0)).worst).toBeUndefined();
  });
});

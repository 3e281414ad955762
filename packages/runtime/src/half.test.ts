import { expect, test } from 'vitest';
import { decodeFloat, decodeFloats, encodeFloat, encodeFloats } from './half.ts';

test.each(['f16', 'bf16'] as const)(
  'every %s pattern is encoded as what it decodes to',
  (dtype) => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = decodeFloat(dtype, bits);
      if (!Number.isNaN(value)) expect(encodeFloat(dtype, value)).toBe(bits);
      else expect(decodeFloat(dtype, encodeFloat(dtype, value))).toBeNaN();
    }
  },
);

test.each(['f16', 'bf16'] as const)('%s rounds to the nearest, ties to even', (dtype) => {
  const infinity = encodeFloat(dtype, Number.POSITIVE_INFINITY);
  for (let bits = 0; bits + 1 < infinity; bits++) {
    const [low, high] = [decodeFloat(dtype, bits), decodeFloat(dtype, bits + 1)];
    const middle = (low + high) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    const near = middle * (1 + 2 ** -40);
    expect([encodeFloat(dtype, middle), encodeFloat(dtype, near)]).toEqual([even, bits + 1]);
    expect(encodeFloat(dtype, -middle)).toBe(even | 0x8000);
  }
});

test('what is too large is infinite, what is too small is zero', () => {
  expect(
    decodeFloats('f16', encodeFloats('f16', [65519.99, 65520, -1e300, 2 ** -25, -(2 ** -26)])),
  ).toEqual(Float32Array.of(65504, Infinity, -Infinity, 0, -0));
  const top = 2 ** 128 - 2 ** 119;
  expect(decodeFloats('bf16', encodeFloats('bf16', [top * (1 - 2 ** -30), top, -0]))).toEqual(
    Float32Array.of(2 ** 128 - 2 ** 120, Infinity, -0),
  );
});

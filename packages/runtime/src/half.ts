/** The 16-bit floats: in JavaScript they are bit patterns in a `Uint16Array`. */
export type HalfDType = 'f16' | 'bf16';

const word = new DataView(new ArrayBuffer(4));

/** The value of a bf16 or f16 bit pattern. `decodeFloat('bf16', 0x3f80)` is 1. */
export function decodeFloat(dtype: HalfDType, pattern: number): number {
  if (dtype === 'bf16') {
    word.setUint32(0, pattern << 16);
    return word.getFloat32(0);
  }
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 0x1f;
  const fraction = pattern & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const formats = {
  f16: { fraction: 10, least: -14, largest: 65504, nan: 0x7e00 },
  bf16: { fraction: 7, least: -126, largest: 2 ** 127 * (2 - 2 ** -7), nan: 0x7fc0 },
} as const;

/**
 * The bit pattern of the nearest bf16 or f16, ties to even, in one rounding from the double; what is too large becomes
 * an infinity. `encodeFloat('f16', 1)` is 0x3c00.
 */
export function encodeFloat(dtype: HalfDType, value: number): number {
  const { fraction, least, largest, nan } = formats[dtype];
  if (Number.isNaN(value)) return nan;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  const infinity = 0x7fff - (2 ** fraction - 1);
  if (size === Number.POSITIVE_INFINITY) return sign | infinity;
  if (size === 0) return sign;
  const exponent = Math.max(exponentOf(size), least);
  // In units of the last place: subnormals and normals in one, since a carry moves on to the next exponent.
  const units = roundEven(size * 2 ** (fraction - exponent));
  if (units * 2 ** (exponent - fraction) > largest) return sign | infinity;
  return sign | (units + (exponent - least) * 2 ** fraction);
}

// floor(log2), exactly: from the double's own bits.
const double = new DataView(new ArrayBuffer(8));
function exponentOf(size: number): number {
  double.setFloat64(0, size);
  return ((double.getUint16(0) >> 4) & 0x7ff) - 1023;
}

function roundEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

/**
 * Values of bit patterns, each exactly.
 *
 *     const values = decodeFloats('bf16', await probs.data());
 */
export function decodeFloats(dtype: HalfDType, bits: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = decodeFloat(dtype, bits[i] ?? 0);
  return values;
}

/**
 * Bit patterns of numbers, each rounded to nearest even.
 *
 *     await model.classify({ image: encodeFloats('f16', pixels) });
 */
export function encodeFloats(
  dtype: HalfDType,
  values: ArrayLike<number>,
): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) bits[i] = encodeFloat(dtype, values[i] ?? 0);
  return bits;
}

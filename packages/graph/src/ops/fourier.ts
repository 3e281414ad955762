import { insertCast } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { dimKey } from '../dim.ts';
import type { DType } from '../dtype.ts';
import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make } from '../node.ts';
import { normalizeAxes, normalizeAxis, range } from './axes.ts';
import type { Complex } from './fft.ts';
import { fftOp } from './fft.ts';
import { constant, zerosLike } from './leaves.ts';
import { mul } from './math.ts';
import { concat, pad, sliceAxis } from './slice.ts';
import { flip } from './transpose.ts';
import { roll } from './views.ts';

// The transforms of numpy.fft, on pairs of tensors.

/** Which direction is divided: by n the inverse ('backward', the default), both by √n, or the other. */
export type FftNorm = 'backward' | 'ortho' | 'forward';

/** What all transforms take. */
export interface FftOptions {
  /** The length of the transform: the axis is cut, or filled with zeros. Default its extent. */
  readonly n?: number;
  /** Default the last. */
  readonly axis?: number;
  readonly norm?: FftNorm;
}

/** A complex tensor, or a real one. */
export type ComplexLike = Tensor | Complex;

function pairOf(x: ComplexLike): Complex {
  const [re, im] = 'node' in x ? [x, zerosLike(x)] : x;
  return [computed(re), computed(im)];
}

// Halves are transformed in f32, other numbers become f32.
function computed(x: Tensor): Tensor {
  if (x.dtype === 'f32' || x.dtype === 'f64') return x;
  return insertCast(x, 'f32', `a Fourier transform of ${x.dtype} is computed in f32`);
}

const returned = (dtype: DType, x: Tensor): Tensor =>
  isFloat(dtype) && dtype !== x.dtype
    ? insertCast(x, dtype, 'the result has the dtype of the operand')
    : x;

function staticExtent(x: Tensor, axis: number): number {
  const extent = x.shape[axis] as Dim;
  if (typeof extent === 'number') return extent;
  throw new TypeRuleError(
    'shape',
    `axis ${axis} has extent ${dimKey(extent)}, expected a number`,
    'give n, or transform another axis',
  );
}

function checkLength(n: number): number {
  if (Number.isInteger(n) && n >= 1) return n;
  throw new TypeRuleError('literal', `the length of the transform is ${n}, expected 1 or more`);
}

function resized(x: Tensor, axis: number, n: number): Tensor {
  const extent = staticExtent(x, axis);
  if (extent > n) return sliceAxis(x, axis, 0, n);
  const pads = x.shape.map((_, i): [Dim, Dim] => [0, i === axis ? n - extent : 0]);
  return extent < n ? pad(x, pads) : x;
}

function scaleOf(n: number, inverse: boolean, norm: FftNorm = 'backward'): number {
  if (norm === 'ortho') return 1 / Math.sqrt(n);
  return (norm === 'forward') === inverse ? 1 : 1 / n;
}

const scaled = (x: Tensor, by: number): Tensor => (by === 1 ? x : mul(x, by));

function dft(x: Complex, axis: number, inverse: boolean, norm: FftNorm | undefined): Complex {
  const [re, im] = make(fftOp, x, { axis, inverse }) as unknown as Complex;
  const by = scaleOf(x[0].shape[axis] as number, inverse, norm);
  return [scaled(re, by), scaled(im, by)];
}

function along(
  name: string,
  x: ComplexLike,
  inverse: boolean,
  options: FftOptions | undefined,
): Complex {
  const [given] = 'node' in x ? [x] : x;
  return checked(`${name}(${given})`, () => {
    const axis = normalizeAxis(options?.axis ?? -1, given.rank);
    const n = checkLength(options?.n ?? staticExtent(given, axis));
    const [re, im] = pairOf(x).map((t) => resized(t, axis, n)) as [Tensor, Tensor];
    const found = dft([re, im], axis, inverse, options?.norm);
    return [returned(given.dtype, found[0]), returned(given.dtype, found[1])];
  });
}

/**
 * The discrete Fourier transform Σⱼ x[j]·exp(−2πi·jk/n) along an axis, the last by default, of a
 * real tensor or a pair [re, im]; the result is a pair. Halves are computed in f32. Any length; the
 * axis' extent must be a number.
 *
 *     const [re, im] = fft(x);
 *     const [re, im] = fft([xr, xi], { axis: 0, norm: 'ortho' });
 */
export function fft(x: ComplexLike, options?: FftOptions): Complex {
  return along('fft', x, false, options);
}

/** The inverse of fft, with the same options. */
export function ifft(x: ComplexLike, options?: FftOptions): Complex {
  return along('ifft', x, true, options);
}

/**
 * The first n/2 + 1 (rounded down) frequencies of a real tensor, as a pair; the others are their
 * conjugates.
 */
export function rfft(x: Tensor, options?: FftOptions): Complex {
  const [re, im] = fft(x, options);
  return checked(`rfft(${x})`, () => {
    const axis = normalizeAxis(options?.axis ?? -1, x.rank);
    const count = Math.floor((re.shape[axis] as number) / 2) + 1;
    return [sliceAxis(re, axis, 0, count), sliceAxis(im, axis, 0, count)];
  });
}

/**
 * The real tensor of n elements that has these frequencies: the inverse of rfft. n is 2·(extent −
 * 1) unless told otherwise. The imaginary parts of frequency 0, and of n/2 for an even n, are taken
 * as 0.
 */
export function irfft(x: ComplexLike, options?: FftOptions): Tensor {
  const [given] = 'node' in x ? [x] : x;
  return checked(`irfft(${given})`, () => {
    const axis = normalizeAxis(options?.axis ?? -1, given.rank);
    const n = checkLength(options?.n ?? 2 * (staticExtent(given, axis) - 1));
    const half = Math.floor(n / 2) + 1;
    const [re, im] = pairOf(x).map((t) => resized(t, axis, half)) as [Tensor, Tensor];
    const ends = withoutEnds(im, axis, n);
    const whole: Complex = [mirrored(re, axis, n), mirrored(ends, axis, n, -1)];
    return returned(given.dtype, dft(whole, axis, true, options?.norm)[0]);
  });
}

// Frequencies n/2 + 1 … n − 1 are those from the other end, conjugated.
function mirrored(x: Tensor, axis: number, n: number, sign: 1 | -1 = 1): Tensor {
  const count = n - (x.shape[axis] as number);
  if (count === 0) return x;
  const rest = flip(sliceAxis(x, axis, 1, count + 1), axis);
  return concat([x, scaled(rest, sign)], axis);
}

function withoutEnds(im: Tensor, axis: number, n: number): Tensor {
  const last = n % 2 === 0 ? n / 2 : Math.floor(n / 2) + 1;
  const inside = sliceAxis(im, axis, 1, Math.max(1, last));
  const pads = im.shape.map((d, i): [Dim, Dim] =>
    i === axis ? [1, (d as number) - 1 - (inside.shape[axis] as number)] : [0, 0],
  );
  return pad(inside, pads);
}

/** What transforms over several axes take. */
export interface FftnOptions {
  /** Default all. */
  readonly axes?: number | readonly number[];
  readonly norm?: FftNorm;
}

const overAxes = (
  x: ComplexLike,
  options: FftnOptions | undefined,
  one: (x: ComplexLike, options: FftOptions) => Complex,
): Complex => {
  const [given] = 'node' in x ? [x] : x;
  const axes = checked(`fftn(${given})`, () => normalizeAxes(options?.axes, given.rank));
  const norm = options?.norm ?? 'backward';
  const pair: Complex = 'node' in x ? [x, zerosLike(x)] : x;
  return axes.reduce((y, axis) => one(y, { axis, norm }), pair);
};

/** fft along several axes, all by default. `fftn(image, { axes: [-2, -1] })` */
export function fftn(x: ComplexLike, options?: FftnOptions): Complex {
  return overAxes(x, options, fft);
}

/** The inverse of fftn. */
export function ifftn(x: ComplexLike, options?: FftnOptions): Complex {
  return overAxes(x, options, ifft);
}

/** fft along the last two axes. */
export function fft2(x: ComplexLike, options?: { readonly norm?: FftNorm }): Complex {
  return fftn(x, { axes: [-2, -1], norm: options?.norm ?? 'backward' });
}

/** The inverse of fft2. */
export function ifft2(x: ComplexLike, options?: { readonly norm?: FftNorm }): Complex {
  return ifftn(x, { axes: [-2, -1], norm: options?.norm ?? 'backward' });
}

/** rfft along the last axis, then fft along the one before. */
export function rfft2(x: Tensor, options?: { readonly norm?: FftNorm }): Complex {
  const norm = options?.norm ?? 'backward';
  return fft(rfft(x, { norm }), { axis: -2, norm });
}

/** The inverse of rfft2; the last axis has n elements, 2·(extent − 1) by default. */
export function irfft2(
  x: ComplexLike,
  options?: { readonly n?: number; readonly norm?: FftNorm },
): Tensor {
  const norm = options?.norm ?? 'backward';
  return irfft(ifft(x, { axis: -2, norm }), { ...options, norm });
}

/** The frequency of each element of fft: 0, 1, … and then the negative ones, over n·spacing. f32. */
export function fftFreq(n: number, spacing = 1, dtype: DType = 'f32'): Tensor {
  const value = (i: number): number => (i < Math.ceil(n / 2) ? i : i - n) / (n * spacing);
  return checked('fftFreq', () => constant(range(checkLength(n)).map(value), dtype));
}

/** The frequency of each element of rfft, over n·spacing. f32 unless told otherwise. */
export function rfftFreq(n: number, spacing = 1, dtype: DType = 'f32'): Tensor {
  const count = Math.floor(n / 2) + 1;
  return checked('rfftFreq', () => {
    checkLength(n);
    return constant(
      range(count).map((i) => i / (n * spacing)),
      dtype,
    );
  });
}

/** Frequency 0 moved to the middle of axes, all by default. */
export function fftShift(x: Tensor, axes?: number | readonly number[]): Tensor {
  return shifted(x, axes, (n) => Math.floor(n / 2));
}

/** The inverse of fftShift. */
export function ifftShift(x: Tensor, axes?: number | readonly number[]): Tensor {
  return shifted(x, axes, (n) => -Math.floor(n / 2));
}

function shifted(
  x: Tensor,
  axes: number | readonly number[] | undefined,
  by: (n: number) => number,
): Tensor {
  return checked(`fftShift(${x})`, () => {
    const list = normalizeAxes(axes, x.rank);
    return roll(
      x,
      list.map((axis) => by(staticExtent(x, axis))),
      list,
    );
  });
}

/** Reads the golden vectors and judges results against them. */
import { readdirSync, readFileSync } from 'node:fs';
import type { DType, NdArray } from '@vorab/graph';
import { readNumber, toNdArray } from '@vorab/graph';
import type { GoldenAttributes } from './golden-ops.ts';

type Value = number | 'NaN' | 'Infinity' | '-Infinity';

/** A tensor as the files hold it. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: readonly Value[];
}

export interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: GoldenAttributes;
  readonly inputs: readonly GoldenTensor[];
  readonly outputs: readonly GoldenTensor[];
  readonly cotangents?: readonly (GoldenTensor | null)[];
  readonly grads?: readonly (GoldenTensor | null)[];
  readonly tolerance?: Tolerance;
}

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

export interface GoldenFamily {
  readonly family: string;
  readonly cases: readonly GoldenCase[];
}

const folder = new URL('../golden-vectors/', import.meta.url);

/**
 * Every family in test/golden-vectors, but random numbers and optimizers, which are no ops and have
 * tests of their own.
 */
export function goldenFamilies(): readonly GoldenFamily[] {
  return readdirSync(folder)
    .filter(
      (name) =>
        name.endsWith('.json') && !['random.json', 'optim.json', 'optax.json'].includes(name),
    )
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as GoldenFamily);
}

/** The array of a tensor. */
export function arrayOf({ shape, dtype, data }: GoldenTensor): NdArray {
  return { ...toNdArray(data.map(Number), dtype), shape };
}

const isLoose = (family: string): boolean => ['linalg', 'conv', 'nn'].includes(family);

function toleranceOf(family: string, one: GoldenCase, want: readonly number[]): Tolerance {
  if (one.tolerance) return one.tolerance;
  const wide = one.inputs.some((t) => t.dtype === 'f64');
  const [rtol, part] = wide ? [1e-10, 1e-12] : isLoose(family) ? [1e-4, 1e-5] : [2e-5, 1e-6];
  return { rtol, atol: part * Math.max(0, ...want.filter(Number.isFinite).map(Math.abs)) };
}

/** Why a result differs from what is wanted, or undefined. */
export function difference(
  family: string,
  one: GoldenCase,
  got: NdArray | undefined,
  want: GoldenTensor,
  kind: 'outputs' | 'grads' = 'outputs',
): string | undefined {
  if (!got) return 'absent';
  if (got.shape.join() !== want.shape.join())
    return `shape [${got.shape}], expected [${want.shape}]`;
  // The files give a gradient the dtype of the output; it is that of the input.
  if (kind === 'outputs' && got.dtype !== want.dtype)
    return `dtype ${got.dtype}, expected ${want.dtype}`;
  const wanted = want.data.map((x) => (want.dtype === 'f32' ? Math.fround(Number(x)) : Number(x)));
  const exact = want.dtype !== 'f32' && want.dtype !== 'f64';
  const { rtol, atol } = exact ? { rtol: 0, atol: 0 } : toleranceOf(family, one, wanted);
  const at = wanted.findIndex((w, i) => {
    const g = readNumber(got, i);
    return !(Object.is(g, w) || g === w || Math.abs(g - w) <= atol + rtol * Math.abs(w));
  });
  return at < 0 ? undefined : `at ${at}: ${readNumber(got, at)}, expected ${wanted[at]}`;
}

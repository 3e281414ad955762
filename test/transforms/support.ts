import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NdArray, Tensor } from '@vorab/graph';
import { evaluate, GraphError, readNumber, withTrace } from '@vorab/graph';
import { expect } from 'vitest';

/** The elements of an array. */
export const numbers = (array: NdArray): number[] =>
  Array.from({ length: array.data.length }, (_, i) => readNumber(array, i));

/** The elements of a tensor that depends on no input. */
export const valuesOf = (t: Tensor): number[] => numbers(evaluate(t));

/** Two tensors have one shape, and elements that differ by less than half of 10^−digits. */
export function expectClose(got: Tensor | undefined, want: Tensor | undefined, digits = 8): void {
  const [a, b] = evaluate([got, want] as readonly Tensor[]) as readonly [NdArray, NdArray];
  expect(a.shape).toEqual(b.shape);
  const wanted = numbers(b);
  numbers(a).forEach((x, i) => {
    expect(x).toBeCloseTo(wanted[i] as number, digits);
  });
}

/** The error that `run` throws, at a line of the test's own file. */
export function errorOf(testUrl: string, run: () => unknown): GraphError {
  try {
    withTrace(run);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    expect(basename(error.location?.file ?? '')).toBe(basename(fileURLToPath(testUrl)));
    return error;
  }
  throw new Error('did not throw');
}

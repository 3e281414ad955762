import { describe, expect, test } from 'vitest';
import { vjp } from '../grad.ts';
import type { NdArray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { readNumber } from '../number.ts';
import { evaluate } from '../reference/evaluate.ts';
import { scaledDotProductAttention } from './attention.ts';
import { cast } from './cast.ts';
import { constant, full } from './leaves.ts';
import * as random from './random.ts';
import { normal } from './random.ts';
import type { RopeOptions } from './rope.ts';
import { rope } from './rope.ts';

const numbers = (array: NdArray): readonly number[] =>
  Array.from({ length: array.data.length }, (_, i) => readNumber(array, i));
const noise = (seed: number, ...shape: readonly number[]): Tensor =>
  constant(evaluate(normal(random.key(seed), shape)));
const valuesOf = (t: Tensor): readonly number[] => numbers(evaluate(t));

describe('attention', () => {
  const [q, k, v] = [noise(1, 1, 1, 2, 4), noise(2, 1, 1, 3, 4), noise(3, 1, 1, 3, 2)];

  test('a query that sees nothing gives NaN, and no gradient to what others see', () => {
    const mask = constant(
      [
        [
          [
            [1, 0, 1],
            [0, 0, 0],
          ],
        ],
      ],
      'bool',
    );
    const y = scaledDotProductAttention(q, k, v, { mask });
    const seen = valuesOf(y).map(Number.isNaN);
    expect(seen).toEqual([false, false, true, true]);
    const [dq, dk] = vjp([y], [full(1, [1, 1, 2, 2])], [q, k]).map(valuesOf);
    expect(dq?.slice(4)).toEqual([0, 0, 0, 0]);
    expect(dk?.every(Number.isFinite)).toBe(true);
    expect(dk?.slice(4, 8)).toEqual([0, 0, 0, 0]);
  });

  test('a mask of −∞ that is added is one of bool, and has a gradient', () => {
    const none = Number.NEGATIVE_INFINITY;
    const added = constant([[0, none, 0]]);
    const bool = constant([[true, false, true]] as never, 'bool');
    const [a, b] = [added, bool].map((mask) => scaledDotProductAttention(q, k, v, { mask }));
    expect(valuesOf(a as Tensor)).toEqual(valuesOf(b as Tensor));
    const [dMask] = vjp([a as Tensor], [noise(4, 1, 1, 2, 2)], [added]).map(valuesOf);
    expect(dMask?.[1]).toBe(0);
    expect(Math.abs(dMask?.[0] ?? 0)).toBeGreaterThan(1e-3);
  });

  test('what does not fit is said with all shapes', () => {
    expect(() => scaledDotProductAttention(q, k, noise(5, 1, 1, 4, 2))).toThrow(
      /attention\.test\.ts.*q \[1, 1, 2, 4\], k \[1, 1, 3, 4\] and v \[1, 1, 4, 2\]/,
    );
    expect(() =>
      scaledDotProductAttention(noise(6, 1, 3, 2, 4), noise(7, 1, 2, 3, 4), v),
    ).toThrow();
    const mask = full(1, [1, 1, 3, 3], 'bool');
    expect(() => scaledDotProductAttention(q, k, v, { mask })).toThrow(
      /the mask is \[1, 1, 3, 3\], the scores \[1, 1, 2, 3\]\n {2}fix/,
    );
  });
});

describe('rope', () => {
  test('angles keep their digits at far positions, before 0 too', () => {
    for (const offset of [0, 4096, 131_072, 16_000_000, -70_000]) {
      const x = noise(8, 2, 64);
      const got = valuesOf(rope(x, { offset }));
      const want = valuesOf(rope(cast(x, 'f64'), { offset }));
      for (const [i, w] of want.entries()) expect(Math.abs((got[i] ?? 0) - w)).toBeLessThan(2e-6);
    }
  });

  test('both conventions turn by the same angles', () => {
    const x = constant([[1, 2, 3, 4]]);
    const at = (data: Tensor, options: RopeOptions): readonly number[] =>
      valuesOf(rope(data, { offset: 3, ...options }));
    const [a0, a1, b0, b1] = at(x, {});
    const [c0, d0, c1, d1] = at(constant([[1, 3, 2, 4]]), { convention: 'interleaved' });
    expect([c0, c1, d0, d1]).toEqual([a0, a1, b0, b1]);
  });

  test('refuses odd dims, and positions beside an offset', () => {
    const x = noise(9, 2, 6);
    expect(() => rope(x, { dims: 3 })).toThrow(/dims is 3, expected an even number from 2 to 6/);
    const positions = constant([1, 2], 'i32');
    expect(() => rope(x, { positions, offset: 1 })).toThrow(/both positions and offset/);
    expect(() => rope(x, { positions: constant([1], 'i32') })).toThrow(/positions are \[1\]/);
  });
});

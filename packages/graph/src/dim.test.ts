import { describe, expect, test } from 'vitest';
import type { Dim } from './dim.ts';
import { dim, dimAdd, dimBounds, dimFloorDiv, dimKey, dimMul, dimSub, evaluateDim } from './dim.ts';

const H = dim('H', { min: 3, max: 20 });
const M = dim('M', { min: 0, max: 12, multipleOf: 2 });

/** Smallest and largest value over all bindings, by trying them. */
function tried(d: Dim): readonly [number, number] {
  const values: number[] = [];
  for (let h = 3; h <= 20; h++) {
    for (let m = 0; m <= 12; m += 2)
      values.push(
        evaluateDim(
          d,
          new Map([
            ['H', h],
            ['M', m],
          ]),
        ),
      );
  }
  return [Math.min(...values), Math.max(...values)];
}

/** floor((H − size) / stride) + 1 windows. */
const windows = (size: number, stride: number): Dim =>
  dimAdd(dimFloorDiv(dimSub(H, size), stride), 1);

describe('floor divisions', () => {
  test('are equal when they differ by whole parts', () => {
    const half = dimFloorDiv(H, 2);
    expect(dimKey(dimFloorDiv(dimAdd(H, 4), 2))).toBe(dimKey(dimAdd(half, 2)));
    expect(dimKey(dimFloorDiv(dimAdd(H, -3), 2))).toBe(
      dimKey(dimAdd(dimFloorDiv(dimAdd(H, 1), 2), -2)),
    );
    expect(dimKey(windows(2, 2))).toBe(dimKey(half));
  });

  test('disappear where they are exact, together too', () => {
    const half = dimFloorDiv(M, 2);
    expect(dimKey(dimAdd(half, half))).toBe('M');
    expect(dimKey(dimAdd(half, dimMul(half, 3), M))).toBe('3*M');
    expect(dimKey(dimAdd(dimFloorDiv(H, 2), dimFloorDiv(H, 2)))).not.toBe('H');
  });

  test('keep their value in every form', () => {
    const forms: readonly (readonly [Dim, (h: number, m: number) => number])[] = [
      [dimFloorDiv(dimAdd(H, M, 7), 3), (h, m) => Math.floor((h + m + 7) / 3)],
      [dimFloorDiv(dimAdd(dimMul(H, -1), -7), 3), (h) => Math.floor((-h - 7) / 3)],
      [dimMul(dimFloorDiv(dimAdd(M, 5), 2), 2), (_, m) => Math.floor((m + 5) / 2) * 2],
      [dimFloorDiv(dimMul(H, M), 2), (h, m) => Math.floor((h * m) / 2)],
    ];
    for (const [d, value] of forms) {
      for (let h = 3; h <= 20; h++) {
        for (let m = 0; m <= 12; m += 2) {
          const at = new Map([
            ['H', h],
            ['M', m],
          ]);
          expect(evaluateDim(d, at), `${dimKey(d)} at ${h}, ${m}`).toBe(value(h, m));
        }
      }
    }
  });
});

describe('bounds', () => {
  test('a dim without the largest extent is refused with the cure', () => {
    const untyped = dim as unknown as (name: string, bounds?: object) => unknown;
    for (const bounds of [undefined, {}, { min: 2 }]) {
      expect(() => untyped('N', bounds)).toThrow(
        "dim 'N': no bound, expected the largest extent, for example dim('N', { max: 256 })",
      );
    }
  });

  test('know that a remainder is below its divisor', () => {
    for (const [size, stride] of [
      [1, 2],
      [2, 2],
      [3, 2],
      [3, 5],
      [2, 3],
    ] as const) {
      const rest = dimSub(H, dimMul(windows(size, stride), stride));
      const [least, most] = dimBounds(rest);
      expect([least, most], `${size} by ${stride}`).toEqual([size - stride, size - 1]);
    }
    expect(dimBounds(dimSub(dimMul(dimFloorDiv(dimAdd(H, 1), 2), 2), H))).toEqual([0, 1]);
  });

  test('are never too narrow', () => {
    const dims = [
      dimSub(dimMul(dimFloorDiv(H, 4), 2), H),
      dimSub(dimMul(dimFloorDiv(dimAdd(H, M), 3), 3), dimAdd(H, dimMul(M, 2))),
      dimAdd(dimFloorDiv(dimMul(H, M), 4), dimMul(H, -2)),
      dimSub(dimMul(dimFloorDiv(dimFloorDiv(H, 2), 2), 4), dimMul(H, 3)),
    ];
    for (const d of dims) {
      const [low, high] = dimBounds(d);
      const [least, most] = tried(d);
      expect(low, dimKey(d)).toBeLessThanOrEqual(least);
      expect(high, dimKey(d)).toBeGreaterThanOrEqual(most);
    }
  });
});

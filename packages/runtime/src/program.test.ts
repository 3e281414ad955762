import { expect, test } from 'vitest';
import { smallestSize } from './program.ts';

test('the smallest size of a symbol is a multiple', () => {
  const size = (min: number, multipleOf: number): number =>
    smallestSize({ name: 'N', min, max: 64, multipleOf });
  expect([size(1, 2), size(0, 2), size(4, 4), size(5, 4), size(3, 1)]).toEqual([2, 0, 4, 8, 3]);
});

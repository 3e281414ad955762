import { expect, test } from 'vitest';
import { accept, type Place } from './values.ts';

const mask: Place = { name: 'run: input mask', type: 'bool[N]', dtype: 'bool', rank: 1 };

test('a byte above 1 is found wherever it lies in a mask', () => {
  for (const begin of [0, 1, 2, 3]) {
    for (const length of [0, 1, 3, 4, 5, 11, 12]) {
      const given = new Uint8Array(16)
        .fill(255)
        .subarray(begin, begin + length)
        .fill(1);
      expect(accept(mask, given)).toMatchObject({ view: given, length });
      for (let at = 0; at < length; at++) {
        for (const wrong of [2, 128, 255]) {
          given[at] = wrong;
          expect(() => accept(mask, given)).toThrow(
            `run: input mask is ${wrong} at ${at}, expected bool[N]`,
          );
        }
        given[at] = 1;
      }
    }
  }
});

import { expect, test } from 'vitest';
import type { NdArray, Tensor } from '../index.ts';
import * as g from '../index.ts';
import { nonMaxSuppression } from '../index.ts';

const nested = (t: Tensor): unknown => g.toNested(g.evaluate(t) as NdArray);

// Three boxes around one place, two around another, one alone.
const boxes = g.constant([
  [0, 0, 1, 1],
  [0, 0.1, 1, 1.1],
  [0, -0.1, 1, 0.9],
  [0, 10, 1, 11],
  [0, 10.1, 1, 11.1],
  [0, 100, 1, 101],
]);
const scores = g.constant([0.9, 0.75, 0.6, 0.95, 0.5, 0.3]);

test('the best of each place, in order', () => {
  const { indices, count } = nonMaxSuppression(boxes, scores, 5);
  expect(nested(indices)).toEqual([3, 0, 5, -1, -1]);
  expect(nested(count)).toBe(3);
  expect(nested(nonMaxSuppression(boxes, scores, 2).indices)).toEqual([3, 0]);
  expect(nested(nonMaxSuppression(boxes, scores, 0).count)).toBe(0);
});

test('thresholds', () => {
  expect(nested(nonMaxSuppression(boxes, scores, 9, { scoreThreshold: 0.4 }).count)).toBe(2);
  expect(nested(nonMaxSuppression(boxes, scores, 9, { iouThreshold: 1 }).indices)).toEqual([
    3, 0, 1, 2, 4, 5, -1, -1, -1,
  ]);
});

test('equal scores, NaN, empty boxes, boxes of one place', () => {
  const same = g.constant([
    [0, 0, 1, 1],
    [0, 0, 1, 1],
    [2, 2, 2, 2],
    [2, 2, 2, 2],
  ]);
  expect(nested(nonMaxSuppression(same, g.ones([4]), 4).indices)).toEqual([0, 2, 3, -1]);
  const bad = g.constant([Number.NaN, 1, -Infinity, 0]);
  expect(nested(nonMaxSuppression(same, bad, 4).indices)).toEqual([1, 3, -1, -1]);
});

test('refuses', () => {
  expect(() => nonMaxSuppression(g.zeros([3, 5]), g.zeros([3]), 2)).toThrow(/boxes \[n, 4\]/);
  expect(() => nonMaxSuppression(boxes, scores, -1)).toThrow(/at most -1 boxes/);
});

import { describe, expect, test } from 'vitest';
import { grad } from '../grad.ts';
import type { Tensor } from '../node.ts';
import { readNumber } from '../number.ts';
import { evaluate } from '../reference/evaluate.ts';
import { constant } from './leaves.ts';
import { crossEntropy, nll } from './loss.ts';
import {
  binaryCrossEntropyWithLogits,
  cosineDistance,
  hinge,
  huber,
  klDivergence,
  smoothL1,
} from './pointwise-loss.ts';
import { logSoftmax } from './softmax.ts';

const valuesOf = (t: Tensor): readonly number[] => {
  const array = evaluate(t);
  return Array.from({ length: array.data.length }, (_, i) => readNumber(array, i));
};

function expectClose(got: Tensor, want: readonly number[]): void {
  const values = valuesOf(got);
  expect(values).toHaveLength(want.length);
  for (const [i, w] of want.entries()) expect(values[i]).toBeCloseTo(w, 5);
}

const logits = constant([
  [1, 2, 3],
  [0, 0, 0],
  [4, 0, -4],
]);

describe('crossEntropy', () => {
  const [first, second] = [Math.log(Math.exp(-2) + Math.exp(-1) + 1) + 2, Math.log(3)];

  test('leaves labels out, and their gradient', () => {
    const labels = constant([0, 2, -100], 'i32');
    const options = { ignoreIndex: -100 };
    expectClose(crossEntropy(logits, labels, { ...options, reduction: 'none' }), [
      first,
      second,
      0,
    ]);
    const loss = crossEntropy(logits, labels, options);
    expectClose(loss, [(first + second) / 2]);
    const [d] = grad(loss, [logits]).map(valuesOf);
    expect(d?.slice(6)).toEqual([0, 0, 0]);
    expect(d?.[5]).toBeCloseTo((1 / 3 - 1) / 2, 5);
  });

  test('smoothing leaves them out as well', () => {
    const labels = constant([0, 2, 7], 'i32');
    const loss = crossEntropy(logits, labels, { ignoreIndex: 7, labelSmoothing: 0.3 });
    const d = valuesOf(grad(loss, [logits])[0] as Tensor);
    expect(d.slice(6).every((x) => x === 0)).toBe(true);
  });

  test('of probabilities: one-hot ones are labels', () => {
    const hot = constant([
      [1, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
    ]);
    const labels = constant([0, 2, 1], 'i32');
    for (const labelSmoothing of [0, 0.1]) {
      const options = { labelSmoothing, reduction: 'none' } as const;
      const want = valuesOf(crossEntropy(logits, labels, options));
      expectClose(crossEntropy(logits, hot, options), want);
    }
    expect(() => crossEntropy(logits, hot, { ignoreIndex: 0 })).toThrow(/loss\.test\.ts.*probab/);
    expect(() => crossEntropy(logits, constant([1, 2, 3]))).toThrow(/probabilities are \[3\]/);
    expect(() => crossEntropy(logits, labels, { labelSmoothing: 2 })).toThrow(/in \[0, 1\]/);
  });

  test('nll is crossEntropy without the logarithm', () => {
    const labels = constant([0, 2, 1], 'i32');
    expectClose(nll(logSoftmax(logits), labels), valuesOf(crossEntropy(logits, labels)));
  });
});

test('posWeight counts the positive class more', () => {
  const [x, t] = [constant([0.5, -2]), constant([1, 0])];
  const soft = (v: number): number => Math.log1p(Math.exp(v));
  const options = { reduction: 'none', posWeight: 3 } as const;
  expectClose(binaryCrossEntropyWithLogits(x, t, options), [3 * soft(-0.5), soft(-2)]);
  const large = binaryCrossEntropyWithLogits(constant([1e4, -1e4]), t, options);
  expect(valuesOf(large)).toEqual([0, 0]);
});

test('smoothL1 is huber over beta', () => {
  const x = constant([0.1, 5]);
  expectClose(smoothL1(x, 0, { beta: 0.5, reduction: 'none' }), [0.01, 4.75]);
  expect(() => huber(x, 0, { delta: 0 })).toThrow(/delta is 0, expected a positive number/);
});

test('klDivergence counts no impossible events, and takes logarithms', () => {
  const target = [0.5, 0.5, 0];
  const logs = constant(target.map((p) => Math.log(p)));
  const guess = logSoftmax(constant([1, 2, 3]));
  const a = klDivergence(guess, constant(target), { reduction: 'sum' });
  expectClose(klDivergence(guess, logs, { reduction: 'sum', logTarget: true }), valuesOf(a));
  expect(Number.isFinite(valuesOf(a)[0])).toBe(true);
});

test('hinge and cosine', () => {
  expectClose(
    hinge(constant([0.5, 2, -1]), constant([1, 1, 1]), { reduction: 'none' }),
    [0.5, 0, 2],
  );
  const [a, b] = [
    constant([
      [3, 4],
      [0, 0],
    ]),
    constant([
      [4, 3],
      [1, 0],
    ]),
  ];
  expectClose(cosineDistance(a, b, { reduction: 'none' }), [0.04, 1]);
  const [d] = grad(cosineDistance(a, b), [a]).map(valuesOf);
  expect(d?.every(Number.isFinite)).toBe(true);
});

import { describe, expect, test } from 'vitest';
import type { NdArray, Tensor } from '../index.ts';
import * as g from '../index.ts';

const random = (seed: number, size: number): number[] => {
  let state = seed;
  return Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
};

/** Σ x[j]·exp(sign·2πi·jk/n), term by term. */
function slow(re: readonly number[], im: readonly number[], sign: number): [number[], number[]] {
  const n = re.length;
  const part = (f: (angle: number, j: number) => number): number[] =>
    Array.from({ length: n }, (_, k) =>
      re.reduce((sum, _x, j) => sum + f((sign * 2 * Math.PI * ((j * k) % n)) / n, j), 0),
    );
  return [
    part((a, j) => (re[j] ?? 0) * Math.cos(a) - (im[j] ?? 0) * Math.sin(a)),
    part((a, j) => (re[j] ?? 0) * Math.sin(a) + (im[j] ?? 0) * Math.cos(a)),
  ];
}

const values = (t: Tensor): number[] => Array.from((g.evaluate(t) as NdArray).data as Float64Array);

function expectNear(got: Tensor, want: readonly number[], relative: number): void {
  const largest = Math.max(...want.map(Math.abs), 1e-300);
  const worst = Math.max(...values(got).map((x, i) => Math.abs(x - (want[i] ?? Number.NaN))));
  expect(worst / largest).toBeLessThan(relative);
}

describe('fft', () => {
  test.each([1, 2, 3, 5, 16, 31, 32, 33, 37, 64, 100, 127, 131, 243, 262, 1000, 1021, 1024, 1331])(
    'n = %i is the sum term by term, forward and back',
    (n) => {
      const [re, im] = [random(n, n), random(n + 1, n)];
      const [wantRe, wantIm] = slow(re, im, -1);
      for (const [dtype, relative] of [
        ['f64', 1e-12],
        ['f32', 1e-5],
      ] as const) {
        const x = [g.constant(re, dtype), g.constant(im, dtype)] as const;
        const y = g.fft(x);
        expectNear(y[0], wantRe, relative);
        expectNear(y[1], wantIm, relative);
        const [back] = g.ifft(y);
        expectNear(back, re, relative);
      }
    },
  );

  test('norms divide the direction that they say', () => {
    const x = g.constant([1, 2, 3, 4], 'f64');
    expect(values(g.fft(x)[0])).toEqual([10, -2, -2, -2]);
    expect(values(g.fft(x, { norm: 'ortho' })[0])).toEqual([5, -1, -1, -1]);
    expect(values(g.fft(x, { norm: 'forward' })[0])).toEqual([2.5, -0.5, -0.5, -0.5]);
    expect(values(g.ifft(x, { norm: 'forward' })[0])).toEqual([10, -2, -2, -2]);
    expect(values(g.ifft(x)[0])).toEqual([2.5, -0.5, -0.5, -0.5]);
  });

  test('n cuts or fills the axis', () => {
    const x = g.constant([1, 2, 3, 4], 'f64');
    expectNear(g.fft(x, { n: 6 })[1], slow([1, 2, 3, 4, 0, 0], [], -1)[1], 1e-12);
    expectNear(g.fft(x, { n: 3 })[0], slow([1, 2, 3], [], -1)[0], 1e-12);
  });

  test('integers become f32, halves stay halves', () => {
    expect(g.fft(g.constant([1, 2], 'i32'))[0].dtype).toBe('f32');
    expect(g.fft(g.constant([1, 2], 'bf16'))[1].dtype).toBe('bf16');
  });

  test('a length that is not known is refused', () => {
    const x = g.input('x', { dtype: 'f32', shape: [g.dim('N', { max: 8 })] });
    expect(() => g.fft(x)).toThrow(/axis 0 has extent N, expected a number/);
    expect(() => g.fft(g.zeros([3]), { n: 0 })).toThrow(/length of the transform is 0/);
  });
});

describe('rfft and irfft', () => {
  test.each([1, 2, 5, 8, 45, 64])('n = %i', (n) => {
    const x = random(n, n);
    const [re, im] = slow(x, [], -1);
    const half = Math.floor(n / 2) + 1;
    const y = g.rfft(g.constant(x, 'f64'));
    expect(y[0].shape).toEqual([half]);
    expectNear(y[0], re.slice(0, half), 1e-12);
    expect(Math.max(...values(y[1]).map((v, i) => Math.abs(v - (im[i] ?? 0))))).toBeLessThan(1e-12);
    expectNear(g.irfft(y, { n }), x, 1e-12);
  });

  test('the imaginary parts of the ends count as 0', () => {
    const re = g.constant([1, 2, 3], 'f64');
    const im = g.constant([9, 1, 9], 'f64');
    const none = g.constant([0, 1, 0], 'f64');
    expect(values(g.irfft([re, im]))).toEqual(values(g.irfft([re, none])));
  });

  test('along another axis, and over two', () => {
    const x = g.reshape(g.constant(random(3, 24), 'f64'), [4, 6]);
    const [re, im] = g.fft2(x);
    const [byRe, byIm] = g.fft(g.fft(x, { axis: 0 }), { axis: 1 });
    expectNear(re, values(byRe), 1e-12);
    expectNear(im, values(byIm), 1e-12);
    expectNear(g.ifft2([re, im])[0], values(x), 1e-12);
    expectNear(g.irfft2(g.rfft2(x)), values(x), 1e-12);
    expectNear(g.rfft2(x)[0], values(g.slice(re, [], [undefined, 4])), 1e-12);
  });
});

test('frequencies, and shifts', () => {
  expect(values(g.fftFreq(5, 1, 'f64'))).toEqual([0, 0.2, 0.4, -0.4, -0.2]);
  expect(values(g.fftFreq(4, 0.5, 'f64'))).toEqual([0, 0.5, -1, -0.5]);
  expect(values(g.rfftFreq(4, 1, 'f64'))).toEqual([0, 0.25, 0.5]);
  const x = g.constant([0, 1, 2, 3, 4], 'f64');
  expect(values(g.fftShift(x))).toEqual([3, 4, 0, 1, 2]);
  expect(values(g.ifftShift(g.fftShift(x)))).toEqual([0, 1, 2, 3, 4]);
});

test('gradients are those of the sum', () => {
  const n = 6;
  const x = g.constant(random(1, n), 'f64');
  const [re, im] = g.rfft(x);
  const [a, b] = [g.constant([1, 2, 3, 4], 'f64'), g.constant([0.5, -1, 2, 1], 'f64')];
  const [dx] = g.vjp([re, im], [a, b], [x]) as [Tensor];
  const want = Array.from({ length: n }, (_, j) =>
    [1, 2, 3, 4].reduce((sum, ct, k) => {
      const angle = (-2 * Math.PI * j * k) / n;
      return sum + ct * Math.cos(angle) + ([0.5, -1, 2, 1][k] ?? 0) * Math.sin(angle);
    }, 0),
  );
  expectNear(dx, want, 1e-12);
});

/** Numbers that the transforms of fft.ts multiply by, in f64. */
interface Table {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Up to here a transform is one product with its matrix. */
const mostDense = 64;

/** Whether a transform without small factors is better done as a convolution. */
export const isLarge = (n: number): boolean => n > 128;

/**
 * A factor of n that leaves the rest to be transformed: the nearest to √n of those that are small;
 * undefined: n is small, or has none.
 */
export function splitOf(n: number): number | undefined {
  if (n <= mostDense) return undefined;
  let best: number | undefined;
  for (let f = 2; f <= mostDense; f++) {
    if (n % f !== 0 || n === f) continue;
    const apart = Math.abs(Math.log(f) - Math.log(n) / 2);
    if (best === undefined || apart < Math.abs(Math.log(best) - Math.log(n) / 2)) best = f;
  }
  return best;
}

function table(size: number, turn: (i: number) => number): Table {
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  for (let i = 0; i < size; i++) [re[i], im[i]] = onCircle(turn(i));
  return { re, im };
}

// cos and sin of 2π·turn, exact at the eighths: the rest by symmetry from the first eighth.
function onCircle(turn: number): [number, number] {
  const t = turn - Math.floor(turn);
  const quarter = Math.round(t * 4);
  const angle = 2 * Math.PI * (t - quarter / 4);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const turned: readonly (readonly [number, number])[] = [
    [c, s],
    [-s, c],
    [-c, -s],
    [s, -c],
  ];
  return [...(turned[quarter % 4] as readonly [number, number])];
}

/** exp(sign·2πi·jk / (rows·columns)) at [j, k]. */
export function twiddles(rows: number, columns: number, sign: number): Table {
  const n = rows * columns;
  return table(n, (i) => {
    const place = (Math.floor(i / columns) * (i % columns)) % n;
    return (sign * place) / n;
  });
}

/** The real matrix that [re, im] of n complex numbers is multiplied by from the right. */
export function dftMatrix(n: number, sign: number): Float64Array {
  const { re, im } = table(n, (i) => (sign * i) / n);
  const out = new Float64Array(4 * n * n);
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < n; k++) {
      const [c, s] = [re[(j * k) % n] as number, im[(j * k) % n] as number];
      out[j * 2 * n + k] = c;
      out[j * 2 * n + n + k] = s;
      out[(n + j) * 2 * n + k] = -s;
      out[(n + j) * 2 * n + n + k] = c;
    }
  }
  return out;
}

/** Bluestein's chirp, and the transform of what it is convolved with, divided by the length. */
export function bluesteinTables(
  n: number,
  sign: number,
): { readonly length: number; readonly chirp: Table; readonly kernel: Table } {
  const length = 2 ** Math.ceil(Math.log2(2 * n - 1));
  // j² modulo 2n: the angle of a large j² would have lost its digits.
  const square = (j: number): number => Number((BigInt(j) * BigInt(j)) % BigInt(2 * n));
  const chirp = table(n, (j) => (sign * square(j)) / (2 * n));
  const re = new Float64Array(length);
  const im = new Float64Array(length);
  for (let j = 0; j < n; j++) {
    for (const at of [j, (length - j) % length]) {
      re[at] = (chirp.re[j] as number) / length;
      im[at] = -(chirp.im[j] as number) / length;
    }
  }
  return { length, chirp, kernel: powerOfTwo({ re, im }) };
}

// exp(−2πi·jk/n)-transform of 2^m numbers, by halves.
function powerOfTwo({ re, im }: Table): Table {
  const n = re.length;
  if (n === 1) return { re, im };
  const half = (first: number): Table =>
    powerOfTwo({
      re: re.filter((_, i) => i % 2 === first),
      im: im.filter((_, i) => i % 2 === first),
    });
  const [even, odd] = [half(0), half(1)];
  const turns = table(n / 2, (k) => -k / n);
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  for (let k = 0; k < n / 2; k++) {
    const [c, s] = [turns.re[k] as number, turns.im[k] as number];
    const [a, b] = [odd.re[k] as number, odd.im[k] as number];
    const [x, y] = [c * a - s * b, c * b + s * a];
    const [p, q] = [even.re[k] as number, even.im[k] as number];
    [out.re[k], out.im[k]] = [p + x, q + y];
    [out.re[k + n / 2], out.im[k + n / 2]] = [p - x, q - y];
  }
  return out;
}

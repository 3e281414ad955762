import { readFileSync } from 'node:fs';

export const pixels = 64;
export const classes = 10;
export const batchSize = 64;
const ink = 16;
const splitSeed = 5;

/** Images with their digits: `image` holds 64 numbers from 0 to 1 for each. */
export interface Digits {
  readonly image: Float32Array;
  readonly label: Int32Array;
}

export interface Split {
  readonly training: Digits;
  readonly test: Digits;
}

export const size = ({ label }: Digits): number => label.length;

/** All digits, in an order that is always the same: 80 % to learn from, 20 % to be asked about. */
export function readDigits(file: URL = new URL('./data/digits.csv', import.meta.url)): Split {
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const rows = lines.map((line) => line.split(',').map(Number));
  const order = shuffled(rows.length, splitSeed);
  const image = new Float32Array(rows.length * pixels);
  const label = new Int32Array(rows.length);
  for (const [at, row] of order.entries()) {
    const cells = rows[row] ?? [];
    image.set(
      cells.slice(0, pixels).map((value) => value / ink),
      at * pixels,
    );
    label[at] = cells[pixels] ?? 0;
  }
  const cut = Math.floor(rows.length * 0.8);
  const all = { image, label };
  return { training: range(all, 0, cut), test: range(all, cut, rows.length) };
}

/** Digits `from` to `to`, without copying. */
export function range({ image, label }: Digits, from: number, to: number): Digits {
  return { image: image.subarray(from * pixels, to * pixels), label: label.subarray(from, to) };
}

/** Every digit once, in batches; the last may be smaller. Equal epochs give equal batches. */
export function* batches(digits: Digits, epoch: number): Generator<Digits> {
  const order = shuffled(size(digits), 1000 + epoch);
  for (let from = 0; from < order.length; from += batchSize) {
    const chosen = order.subarray(from, from + batchSize);
    const image = new Float32Array(chosen.length * pixels);
    const label = new Int32Array(chosen.length);
    for (const [at, row] of chosen.entries()) {
      image.set(digits.image.subarray(row * pixels, (row + 1) * pixels), at * pixels);
      label[at] = digits.label[row] ?? 0;
    }
    yield { image, label };
  }
}

/** Fisher and Yates, with Marsaglia's xorshift32. */
function shuffled(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  for (let i = count - 1; i > 0; i--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    const j = state % (i + 1);
    const held = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = held;
  }
  return order;
}

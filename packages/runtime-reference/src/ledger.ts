import { type CountedCause, causeNumbers } from '@vorab/runtime';

/** One count of `vorab_count`: cause, entry, index, count, bytes, ns. */
type Row = [number, number, number, number, number, number];

/** Counts by cause and place, as native backends keep them. */
export class Counts {
  readonly #rows: Map<string, Row> = new Map();

  add(cause: CountedCause, entry: number, index: number, bytes = 0, ns = 0): void {
    const number = causeNumbers[cause];
    const key = `${number} ${entry} ${index}`;
    const row = this.#rows.get(key);
    if (row === undefined) {
      this.#rows.set(key, [number, entry, index, 1, bytes, ns]);
      return;
    }
    row[3] += 1;
    row[4] += bytes;
    row[5] += ns;
  }

  /** How often it happened, everywhere; and the bytes and nanoseconds of it. */
  sum(...causes: readonly CountedCause[]): { count: number; bytes: number; ns: number } {
    const sums = { count: 0, bytes: 0, ns: 0 };
    const wanted = causes.map((cause) => causeNumbers[cause]);
    for (const [number, , , count, bytes, ns] of this.#rows.values()) {
      if (!wanted.some((each) => each === number)) continue;
      sums.count += count;
      sums.bytes += bytes;
      sums.ns += ns;
    }
    return sums;
  }

  buffer(): ArrayBuffer {
    return Float64Array.from([...this.#rows.values()].flat()).buffer;
  }
}

import {
  type BackendStatName,
  backendStats,
  type CountedCause,
  causeNumbers,
} from '@vorab/runtime';

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
  #sum(...causes: readonly CountedCause[]): { count: number; bytes: number; ns: number } {
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

  /** Values in the order of `backendStats`. */
  stats(steps: number, tensorsLive: number): readonly number[] {
    const into = this.#sum('inputHeld', 'stateHeld', 'tensorHeld');
    const out = this.#sum('outputFilled', 'outputRead', 'stateRead', 'tensorRead');
    const builds = this.#sum('build');
    const counts: { readonly [K in BackendStatName]?: number } = {
      runs: this.#sum('run').count,
      steps,
      copiesIn: into.count,
      bytesIn: into.bytes,
      copiesOut: out.count,
      bytesOut: out.bytes,
      builds: builds.count,
      buildNs: builds.ns,
      cacheHits: this.#sum('hit').count,
      cacheMisses: this.#sum('miss').count,
      cacheEvictions: this.#sum('eviction').count,
      tensorsLive,
    };
    return backendStats.map((name) => counts[name] ?? 0);
  }

  buffer(): ArrayBuffer {
    return Float64Array.from([...this.#rows.values()].flat()).buffer;
  }
}

/** Milliseconds of a function's calls. */
export interface Times {
  readonly min_ms: number;
  readonly med_ms: number;
  readonly n: number;
}

const warmUps = 3;
const leastCalls = 3;
const mostCalls = 20_000;
const leastMs = 2000;

/** Calls a function for two seconds after a few times unmeasured; what it does is done when it returns. */
export function measure(run: () => void): Times {
  for (let i = 0; i < warmUps; i++) run();
  const times: number[] = [];
  const begun = performance.now();
  for (let now = begun; wantsMore(now - begun, times.length); ) {
    const start = now;
    run();
    now = performance.now();
    times.push(now - start);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(half)], sorted[Math.ceil(half)]] as [number, number];
  return { min_ms: sorted[0] as number, med_ms: (low + high) / 2, n: sorted.length };
}

const wantsMore = (spent: number, calls: number): boolean =>
  calls < leastCalls || (spent < leastMs && calls < mostCalls);

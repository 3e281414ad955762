import type { InputValue, Session } from '@vorab/runtime';
import type { Measured } from './programs.ts';

/** Nanoseconds of each entry of a session. */
export class Times {
  private readonly ns: ReadonlyMap<string, number>;

  constructor(ns: ReadonlyMap<string, number>) {
    this.ns = ns;
  }

  at(entry: string): number {
    const found = this.ns.get(entry);
    if (found === undefined) throw new Error(`nothing measured ${entry}`);
    return found;
  }
}

/** The least time of several runs: what disturbs only adds. */
const [least, budgetNs] = [5, 60_000_000n];

/** Runs each program of a session. */
export async function timesOf(session: Session, programs: readonly Measured[]): Promise<Times> {
  const times = new Map<string, number>();
  for (const { name, shape, fromHost } of programs) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const data = Float32Array.from({ length: size }, (_, i) => Math.abs(Math.sin(i)));
    if (fromHost) {
      times.set(name, leastTime(session, name, { data, shape }));
      continue;
    }
    using x = await session.tensor('f32', data, shape);
    times.set(name, leastTime(session, name, x));
  }
  return new Times(times);
}

function leastTime(session: Session, entry: string, x: InputValue): number {
  let best = Number.POSITIVE_INFINITY;
  const end = process.hrtime.bigint() + budgetNs;
  for (let run = 0; run < least || process.hrtime.bigint() < end; run++) {
    const start = process.hrtime.bigint();
    const results = session.callSync(entry, { x });
    const ns = Number(process.hrtime.bigint() - start);
    for (const result of Object.values(results)) if ('dispose' in result) result.dispose();
    best = Math.min(best, ns);
  }
  return best;
}

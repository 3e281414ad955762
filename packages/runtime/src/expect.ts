import { counterNames, counterOf, type LedgerCounter } from './counters.ts';
import { didYouMean, listNames, VorabError } from './errors.ts';
import { describeRows, type Ledger } from './ledger.ts';

/** A number that must be met exactly, or bounds. */
export type LedgerBound =
  | number
  | { readonly atLeast?: number | undefined; readonly atMost?: number | undefined };

/** What the ledger is held to; counters that are not named may be anything. */
export type LedgerBounds = { readonly [K in LedgerCounter]?: LedgerBound | undefined };

interface Range {
  readonly least: number;
  readonly most: number;
  readonly words: string;
}

/** Causes that an error lists for one counter. */
const shown = 8;

/** Throws `ledger` with the causes of every counter that is out of its bounds, `argument` for what is no bound. */
export function checkLedger(found: Ledger, bounds: LedgerBounds): void {
  const wrong = Object.entries(bounds).flatMap(([name, bound]) => {
    const counter = knownCounter(name);
    if (bound === undefined) return [];
    const range = rangeOf(name, bound);
    const total = found.totals[counter];
    const more = total > range.most;
    return more || total < range.least ? [{ counter, range, total, more }] : [];
  });
  const [first] = wrong;
  if (first === undefined) return;
  const lines = wrong.flatMap(({ counter, range, total }) => [
    `    ${counter}: ${total}, expected ${range.words}`,
    ...causesOf(found, counter),
  ]);
  const cures = wrong.map(({ counter, more }) => (more ? counterOf(counter).cure : tooFew));
  throw new VorabError({
    code: 'ledger',
    message: `the ledger does not hold what was expected\n${lines.join('\n')}`,
    cure: [...new Set(cures)].join('; '),
    location: found.of(first.counter).find(({ location }) => location !== undefined)?.location,
  });
}

const tooFew =
  'fewer than expected: expect what the calls since the last expect do, or a lower bound';

function causesOf(found: Ledger, counter: LedgerCounter): string[] {
  const rows = found.of(counter);
  const lines = describeRows(rows.slice(0, shown)).map((line) => `      ${line}`);
  if (rows.length > shown) lines.push(`      and ${rows.length - shown} more causes`);
  return lines;
}

function knownCounter(name: string): LedgerCounter {
  const known = counterNames.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  const meant = didYouMean(name, counterNames);
  throw new VorabError({
    code: 'argument',
    message: `expect: there is no counter ${name}; there are: ${listNames(counterNames)}`,
    cure: meant === undefined ? undefined : `did you mean ${meant}?`,
  });
}

function rangeOf(name: string, bound: LedgerBound): Range {
  if (typeof bound === 'number' && bound >= 0) {
    return { least: bound, most: bound, words: `exactly ${bound}` };
  }
  if (typeof bound === 'object' && bound !== null) {
    const { atLeast, atMost } = bound;
    const words = [
      ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
      ...(atMost === undefined ? [] : [`at most ${atMost}`]),
    ];
    const [least, most] = [atLeast ?? 0, atMost ?? Number.POSITIVE_INFINITY];
    if (words.length > 0 && least >= 0 && most >= least) {
      return { least, most, words: words.join(', ') };
    }
  }
  throw new VorabError({
    code: 'argument',
    message: `expect: ${name} is ${JSON.stringify(bound)}, expected a number of 0 or more, or { atLeast, atMost }`,
  });
}

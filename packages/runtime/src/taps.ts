import type { Results } from './entry.ts';
import { didYouMean, listNames, VorabError } from './errors.ts';
import type { EntryInfo } from './program.ts';
import type { Tensor } from './tensor.ts';

// The compiler writes a program with taps twice: as it is, and as `name:taps`, whose outputs `tap:h` are the taps. Only
// calls that ask for taps run the second.

/** Names of taps, or true for all. */
export type TapNames = readonly string[] | true;

const prefix = 'tap:';

/** The entry that hands out what `entry` taps. */
export const tapsEntryOf = (entry: string): string => `${entry}:taps`;

/** Whether an entry is one of those; users do not call it by its own name. */
export const isTapsEntry = (name: string): boolean => name.includes(':');

export interface AskedTaps {
  /** Leaves out what nobody asked for. */
  readonly out: Readonly<Record<string, null>>;
  /** The results with the taps apart, under `taps`. */
  sorted(results: Results): Results;
}

/** Throws `tap-unknown`. */
export function askTaps(entry: string, info: EntryInfo | undefined, asked: TapNames): AskedTaps {
  const known = (info?.outputs ?? [])
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length));
  const unknown = asked === true ? undefined : asked.find((name) => !known.includes(name));
  if (known.length === 0 || unknown !== undefined) throw unknownTap(entry, unknown, known);
  const unwanted = asked === true ? [] : known.filter((name) => !asked.includes(name));
  return {
    out: Object.fromEntries(unwanted.map((name) => [`${prefix}${name}`, null])),
    sorted(results) {
      const all = Object.entries(results);
      const taps = all.flatMap(([name, value]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), value as Tensor] as const] : [],
      );
      const outputs = Object.fromEntries(all.filter(([name]) => !name.startsWith(prefix)));
      return { ...outputs, taps: Object.fromEntries(taps) } as unknown as Results;
    },
  };
}

function unknownTap(entry: string, name: string | undefined, known: readonly string[]): VorabError {
  if (known.length === 0) {
    return new VorabError({
      code: 'tap-unknown',
      message: `${entry} taps nothing`,
      cure: "name a value in the model, const h = tap('h', layer(x)), and compile again",
    });
  }
  const meant = name === undefined ? undefined : didYouMean(name, known);
  return new VorabError({
    code: 'tap-unknown',
    message: `${entry}: there is no tap ${name}; there are: ${listNames(known)}`,
    cure: meant === undefined ? undefined : `did you mean ${meant}?`,
  });
}

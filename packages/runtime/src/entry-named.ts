import { didYouMean, listNames, VorabError } from './errors.ts';
import type { EntryInfo, ProgramInfo } from './program.ts';
import { isTapsEntry } from './taps.ts';

/** The entry of this name. Throws `entry-unknown`. */
export function entryNamed({ entries }: ProgramInfo, name: string): EntryInfo {
  const callable = entries.filter(({ kind }) => kind !== 'part');
  const info = callable.find((candidate) => candidate.name === name);
  if (info !== undefined) return info;
  const names = callable.map((candidate) => candidate.name).filter((n) => !isTapsEntry(n));
  const meant = didYouMean(name, names);
  throw new VorabError({
    code: 'entry-unknown',
    message: `there is no entry ${name}; there are: ${listNames(names)}`,
    cure: meant === undefined ? undefined : `did you mean ${meant}?`,
  });
}

import { didYouMean, listNames, VorabError } from './errors.ts';
import type { EntryInfo, ProgramInfo } from './program.ts';
import { smallestSize } from './program.ts';

/** Sizes by the names of dims. */
export type Sizes = Readonly<Record<string, number>>;

/**
 * One value for each symbol of the program: those of the entry as given, the others any legal one. Throws
 * `dim-unknown` for a dim that is missing or not the entry's, `dim-bounds` for a size that it does not allow.
 */
export function symbolsOf(program: ProgramInfo, entry: EntryInfo, sizes: Sizes): Float64Array {
  const symbols = Float64Array.from(program.symbols, smallestSize);
  const names = entry.symbols.map((symbol) => program.symbols[symbol]?.name ?? '');
  for (const name of Object.keys(sizes)) {
    if (!names.includes(name)) throw unknownDim(entry, name, names);
  }
  for (const [i, name] of names.entries()) {
    const symbol = entry.symbols[i] ?? 0;
    symbols[symbol] = checkedSize(program, entry, symbol, sizes[name]);
  }
  return symbols;
}

function unknownDim(entry: EntryInfo, name: string, names: readonly string[]): VorabError {
  const meant = didYouMean(name, names);
  return new VorabError({
    code: 'dim-unknown',
    message: `${entry.name}: there is no dim ${name}; its dims are: ${listNames(names)}`,
    cure: meant === undefined ? undefined : `did you mean ${meant}?`,
  });
}

function checkedSize(
  program: ProgramInfo,
  entry: EntryInfo,
  symbol: number,
  size: number | undefined,
): number {
  const bounds = program.symbols[symbol];
  if (bounds === undefined) return 0;
  const { name, min, max, multipleOf } = bounds;
  const multiple = multipleOf === 1 ? 'a whole number' : `a multiple of ${multipleOf}`;
  const expected = `expected ${multiple} from ${min} to ${max}`;
  if (size === undefined) {
    throw new VorabError({
      code: 'dim-unknown',
      message: `${entry.name}: dim ${name} is missing, ${expected}`,
      cure: `prepare('${entry.name}', { ${name}: ${smallestSize(bounds)} })`,
    });
  }
  if (size >= min && size <= max && size % multipleOf === 0) return size;
  throw new VorabError({
    code: 'dim-bounds',
    message: `${entry.name}: dim ${name} is ${size}, ${expected}`,
  });
}

import { readFileSync } from 'node:fs';

/** Names of a workload's sizes, with a number or a list of numbers for each. */
export type Sizes = Readonly<Record<string, number | readonly number[]>>;

/** How other sizes than those of `workloads.json` reach the model that is compiled: `{"n": 333}`. */
export const sizesVariable = 'VORAB_BENCH_SIZES';

const defaults: Readonly<Record<string, Sizes>> = JSON.parse(
  readFileSync(new URL('./workloads.json', import.meta.url), 'utf8'),
);

export const workloadNames: readonly string[] = Object.keys(defaults);

/**
 * The sizes of a workload, with those of `override` in their place.
 *
 * @throws Error for a workload or a size that there is not, or a value that is no size.
 */
export function sizesOf(name: string, override: string | undefined): Sizes {
  const known = defaults[name];
  if (!known) throw new Error(`no workload ${name}; there are: ${workloadNames.join(', ')}`);
  const given: Sizes = override ? JSON.parse(override) : {};
  for (const [size, value] of Object.entries(given)) checkSize(name, known, size, value);
  return { ...known, ...given };
}

function checkSize(name: string, known: Sizes, size: string, value: unknown): void {
  const standard = known[size];
  if (standard === undefined)
    throw new Error(`${name} has no size ${size}; it has: ${Object.keys(known).join(', ')}`);
  const values = Array.isArray(value) ? value : [value];
  const fits = Array.isArray(value) === Array.isArray(standard);
  if (fits && values.every((v) => Number.isInteger(v) && v > 0)) return;
  const expected = Array.isArray(standard) ? 'a list of whole numbers' : 'a whole number';
  throw new Error(`${name}: ${size} is ${JSON.stringify(value)}, expected ${expected} above 0`);
}

/** For models: the sizes that this compilation is for. */
export function sizes<const K extends string>(name: string): { readonly [k in K]: number } {
  return sizesOf(name, process.env[sizesVariable]) as { readonly [k in K]: number };
}

/** For models: a size that is a list. */
export function sizeList(name: string, size: string): readonly number[] {
  return sizesOf(name, process.env[sizesVariable])[size] as readonly number[];
}

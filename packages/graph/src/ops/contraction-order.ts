import { range } from './axes.ts';

/** Which operands are multiplied first: an operand, or a pair of such. */
export type ContractionTree = number | readonly [ContractionTree, ContractionTree];

interface Plan {
  readonly tree: ContractionTree;
  readonly cost: number;
}

/** Beyond so many operands, the cheapest pairs are joined first. */
const mostExact = 8;

/**
 * The order of pairs with the fewest multiplications in all, each pair costing the extents of all
 * labels that either side has: by dynamic programming over subsets.
 *
 * @param operands labels of each operand
 * @param output labels that must be kept
 * @param extent of each label
 */
export function contractionOrder(
  operands: readonly (readonly string[])[],
  output: readonly string[],
  extent: (label: string) => number,
): ContractionTree {
  const price = (labels: ReadonlySet<string>): number =>
    [...labels].reduce((product, label) => product * extent(label), 1);
  const terms = operands.map((labels, i): Term => ({ tree: i, labels: new Set(labels) }));
  while (terms.length > mostExact) joinCheapest(terms, output, price);
  return exactOrder(terms, output, price);
}

interface Term {
  readonly tree: ContractionTree;
  readonly labels: ReadonlySet<string>;
}

type Price = (labels: ReadonlySet<string>) => number;

function exactOrder(
  terms: readonly Term[],
  output: readonly string[],
  price: Price,
): ContractionTree {
  const all = (1 << terms.length) - 1;
  const known = new Map<number, Plan>();
  const labelsOf = (mask: number): ReadonlySet<string> =>
    keptLabels(
      terms.filter((_, i) => mask & (1 << i)),
      terms.filter((_, i) => !(mask & (1 << i))),
      output,
    );
  const best = (mask: number): Plan => {
    const found = known.get(mask) ?? search(mask);
    known.set(mask, found);
    return found;
  };
  const search = (mask: number): Plan => {
    const lowest = mask & -mask;
    if (mask === lowest) {
      const term = terms[31 - Math.clz32(mask)] as Term;
      return { tree: term.tree, cost: 0 };
    }
    let least: Plan | undefined;
    for (let part = (mask - 1) & mask; part > 0; part = (part - 1) & mask) {
      if (!(part & lowest)) continue;
      const [a, b] = [best(part), best(mask ^ part)];
      const pair = price(new Set([...labelsOf(part), ...labelsOf(mask ^ part)]));
      const cost = a.cost + b.cost + pair;
      if (!least || cost < least.cost) least = { tree: [a.tree, b.tree], cost };
    }
    return least as Plan;
  };
  return best(all).tree;
}

// Labels that something outside still needs.
function keptLabels(
  inside: readonly Term[],
  outside: readonly Term[],
  output: readonly string[],
): ReadonlySet<string> {
  const needed = new Set([...output, ...outside.flatMap((term) => [...term.labels])]);
  return new Set(inside.flatMap((term) => [...term.labels]).filter((label) => needed.has(label)));
}

function joinCheapest(terms: Term[], output: readonly string[], price: Price): void {
  let best = { i: 0, j: 1, cost: Number.POSITIVE_INFINITY };
  for (const i of range(terms.length)) {
    for (let j = i + 1; j < terms.length; j++) {
      const cost = price(new Set([...(terms[i]?.labels ?? []), ...(terms[j]?.labels ?? [])]));
      if (cost < best.cost) best = { i, j, cost };
    }
  }
  const [b] = terms.splice(best.j, 1) as [Term];
  const [a] = terms.splice(best.i, 1) as [Term];
  terms.push({ tree: [a.tree, b.tree], labels: keptLabels([a, b], terms, output) });
}

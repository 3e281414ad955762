/** What is to be placed, as plain JSON: the question that a router is asked. docs/placement.md has the schema. */
export interface PlacementProblem {
  readonly version: 1;
  /** The plan: "blas+mlx". */
  readonly plan: string;
  readonly targets: readonly string[];
  /** Ops, and states, which live on one target; `id` is the place in this list. */
  readonly nodes: readonly PlacementNode[];
  readonly values: readonly PlacementValue[];
  /** What it costs to bring a value to a target, from another or from the host. */
  readonly links: readonly PlacementLink[];
}

export interface PlacementNode {
  readonly id: number;
  readonly kind: 'op' | 'state';
  /** The op's name, or the state's. */
  readonly name: string;
  /** The entry that it belongs to; of a state: null. */
  readonly entry: string | null;
  /** The user's line. */
  readonly location: string | null;
  /** How often it runs, of 1000 calls of each program. */
  readonly calls: number;
  /** On each target, in the order of `targets`. */
  readonly costs: readonly PlacementCost[];
  /** Where the user wants it. */
  readonly wish: string | null;
}

export interface PlacementCost {
  readonly target: string;
  /** For one run; 0 where it cannot run. */
  readonly ns: number;
  /** Why it cannot run there. */
  readonly problem: string | null;
}

/** A tensor: who makes it, and who needs it. It is moved at most once to each target. */
export interface PlacementValue {
  /** A node; null: it is an input, and lies on the host. */
  readonly from: number | null;
  readonly to: readonly number[];
  readonly bytes: number;
  readonly calls: number;
}

export interface PlacementLink {
  /** A target, or "host". */
  readonly from: string;
  readonly to: string;
  readonly ns: number;
  readonly nsPerByte: number;
}

/** A router's answer: a target for every node. */
export interface PlacementAnswer {
  readonly version: 1;
  readonly placements: readonly Placement[];
}

export interface Placement {
  readonly node: number;
  readonly target: string;
  /** Written into the artifact. */
  readonly reason?: string;
}

/** What it costs to bring a value from one place to another, in whole nanoseconds. */
export function moveCost(
  problem: PlacementProblem,
  from: string,
  to: string,
  bytes: number,
): number {
  if (from === to) return 0;
  const link = problem.links.find((l) => l.from === from && l.to === to);
  return link ? Math.round(link.ns + bytes * link.nsPerByte) : 0;
}

/** The whole cost of a placement: `targets[i]` is that of node i. What cannot run costs infinitely much. */
export function placementCost(problem: PlacementProblem, targets: readonly string[]): number {
  let total = 0;
  for (const { id, costs, calls } of problem.nodes) {
    const cost = costs.find((c) => c.target === targets[id]);
    if (!cost || cost.problem !== null) return Number.POSITIVE_INFINITY;
    total += calls * cost.ns;
  }
  for (const { from, to, bytes, calls } of problem.values) {
    const at = from === null ? 'host' : (targets[from] ?? 'host');
    for (const target of new Set(to.map((id) => targets[id] ?? 'host'))) {
      total += calls * moveCost(problem, at, target, bytes);
    }
  }
  return total;
}

import { CompileError } from '../compile-error.ts';
import { Network } from './min-cut.ts';
import type { PlacementAnswer, PlacementNode, PlacementProblem } from './problem.ts';
import { moveCost } from './problem.ts';

/**
 * Decides where the ops of a plan over several targets run. A plain-JSON problem in, a placement out, which is checked:
 * every node on a target that can run it, and where the user wants it.
 */
export interface Router {
  /** Recorded in the artifact. */
  readonly name: string;
  /** `signal` aborts when nobody waits for the answer any more. */
  place(
    problem: PlacementProblem,
    signal?: AbortSignal,
  ): PlacementAnswer | Promise<PlacementAnswer>;
}

/** A router that waits for nothing. */
export interface ImmediateRouter extends Router {
  place(problem: PlacementProblem): PlacementAnswer;
}

/** The cheapest placement on two targets, by a minimal cut: exact for the costs that the problem gives. */
export const minCutRouter: ImmediateRouter = {
  name: 'min cut',
  place(problem) {
    const [first, second, ...others] = problem.targets;
    if (first === undefined || second === undefined || others.length > 0) {
      throw new CompileError(
        `plan ${problem.plan}: the router 'min cut' places on two targets, not on ${problem.targets.length}\n  fix: name two targets, or give a router of your own`,
      );
    }
    const targets = cutInTwo(problem, first, second);
    return {
      version: 1,
      placements: targets.map((target, node) => ({
        node,
        target,
        reason: reasonFor(problem, targets, node),
      })),
    };
  },
};

/** Whether the router may put a node there. */
export function isAllowed({ costs, wish }: PlacementNode, target: string): boolean {
  const cost = costs.find((c) => c.target === target);
  return cost !== undefined && cost.problem === null && (wish === null || wish === target);
}

// On the source's side: the first target. A value costs where its maker and a reader are parted, once for each side.
function cutInTwo(problem: PlacementProblem, first: string, second: string): readonly string[] {
  const network = new Network();
  const { source, sink } = network;
  const vertices = problem.nodes.map(() => network.vertex());
  const all = forbidden(problem);
  // Sums stay exact, at the price of the last digits of what takes years.
  const scale = Math.max(1, all / 2 ** 50);
  const never = Math.ceil(all / scale);
  const ns = (node: PlacementNode, target: string): number =>
    isAllowed(node, target)
      ? Math.round((node.calls * (node.costs.find((c) => c.target === target)?.ns ?? 0)) / scale)
      : never;
  for (const [i, vertex] of vertices.entries()) {
    const node = problem.nodes[i] as PlacementNode;
    network.connect(source, vertex, ns(node, second));
    network.connect(vertex, sink, ns(node, first));
  }
  for (const { from, to, bytes, calls } of problem.values) {
    const cost = (a: string, b: string): number =>
      Math.round((calls * moveCost(problem, a, b, bytes)) / scale);
    const host = from === null;
    const maker = host ? undefined : vertices[from];
    const [away, back] = [network.vertex(), network.vertex()];
    network.connect(maker ?? source, away, cost(host ? 'host' : first, second));
    network.connect(back, maker ?? sink, cost(host ? 'host' : second, first));
    for (const reader of to.map((id) => vertices[id] as number)) {
      network.connect(away, reader, never);
      network.connect(reader, back, never);
    }
  }
  const { sinkSide } = network.cut();
  return vertices.map((vertex) => (sinkSide.has(vertex) ? second : first));
}

/** More than all that is possible costs together. */
function forbidden(problem: PlacementProblem): number {
  const nodes = problem.nodes.flatMap(({ costs, calls }) => costs.map(({ ns }) => ns * calls));
  const moves = problem.values.flatMap(({ bytes, calls }) =>
    problem.links.map(({ from, to }) => calls * moveCost(problem, from, to, bytes)),
  );
  return [...nodes, ...moves].reduce((a, b) => a + b, 1);
}

function reasonFor(problem: PlacementProblem, targets: readonly string[], index: number): string {
  const node = problem.nodes[index] as PlacementNode;
  const chosen = targets[index] as string;
  if (node.wish !== null) return `the model asks for ${node.wish}`;
  const allowed = node.costs.filter(({ target }) => isAllowed(node, target));
  const others = node.costs.filter(({ target }) => !isAllowed(node, target));
  if (allowed.length === 1) {
    return `only ${chosen} can: ${others.map((c) => `${c.target}: ${c.problem}`).join('; ')}`;
  }
  if (node.kind === 'state') return 'where it is used, its readers and writers moving least';
  const own = allowed.find(({ target }) => target === chosen)?.ns ?? 0;
  const rest = Math.min(...allowed.filter((c) => c.target !== chosen).map(({ ns }) => ns));
  return own <= rest
    ? 'cheapest here, what moves counted'
    : 'cheaper elsewhere by itself, but what would move costs more';
}

/**
 * What is wrong with a router's answer, or undefined. An answer comes from outside: nothing of it is believed.
 */
export function answerProblem(problem: PlacementProblem, answer: unknown): string | undefined {
  const { version, placements } = (answer ?? {}) as Partial<PlacementAnswer>;
  if (version !== 1) return `its version is ${JSON.stringify(version)}, expected 1`;
  if (!Array.isArray(placements)) return 'it has no list of placements';
  const seen = new Set<number>();
  for (const placement of placements as readonly unknown[]) {
    const { node, target, reason } = (placement ?? {}) as Record<string, unknown>;
    const of = problem.nodes[typeof node === 'number' ? node : -1];
    if (!of) return `it places node ${JSON.stringify(node)}, which is not in the problem`;
    const what = `node ${of.id} (${of.name}${of.location === null ? '' : ` at ${of.location}`})`;
    if (seen.has(of.id)) return `it places ${what} twice`;
    seen.add(of.id);
    const cost = of.costs.find((c) => c.target === target);
    if (!cost) return `it places ${what} on ${JSON.stringify(target)}, which is no target`;
    if (cost.problem !== null)
      return `it places ${what} on ${cost.target}, which cannot run it: ${cost.problem}`;
    if (!isAllowed(of, cost.target))
      return `it places ${what} on ${cost.target}, but the model asks for ${of.wish}`;
    if (reason !== undefined && typeof reason !== 'string')
      return `its reason for ${what} is no text`;
  }
  const missing = problem.nodes.find(({ id }) => !seen.has(id));
  return missing && `it places no node ${missing.id} (${missing.name})`;
}

/** The targets of an answer that has been checked, by node. */
export function targetsOf(answer: PlacementAnswer): readonly string[] {
  const targets: string[] = [];
  for (const { node, target } of answer.placements) targets[node] = target;
  return targets;
}

import type { Subgraph, Tensor } from '../node.ts';
import { make } from '../node.ts';
import type { Jvp } from '../op.ts';
import { withScope } from '../scope.ts';
import { parameterLeaf } from '../subgraph.ts';
import type { PushedGraph } from '../transforms/pushed-graph.ts';
import { pushedGraph } from '../transforms/pushed-graph.ts';
import type { CondAttrs } from './cond.ts';
import { zerosLike } from './leaves.ts';
import type { ScanAttrs } from './scan.ts';
import type { WhileAttrs } from './while.ts';

// Forward derivatives of control flow: the same decisions and the same steps, with tangents beside
// the values that move.

const orZero = (t: Tensor | null | undefined, like: Tensor): Tensor =>
  t ?? withScope({ nodes: new Map() }, () => zerosLike(like));

const present = (list: readonly (Tensor | null)[]): readonly Tensor[] =>
  list.filter((t) => t !== null);

/** The branch that is taken gives the tangents. */
export const condJvp: Jvp<CondAttrs> = ({ op, inputs, outputs, tangents, attrs }) => {
  const moving = tangents.slice(1).map((t) => t !== null);
  const [yes, no] = [pushedGraph(attrs.ifTrue, moving), pushedGraph(attrs.ifFalse, moving)];
  const wanted = outputs.flatMap((_, i) => (yes.found[i] || no.found[i] ? [i] : []));
  if (wanted.length === 0) return outputs.map(() => null);
  const branch = (graph: Subgraph, { tangents: leaves, found }: PushedGraph): Subgraph => ({
    name: `tangents of ${graph.name}`,
    parameters: [...graph.parameters, ...present(leaves)],
    results: wanted.map((i) => orZero(found[i], graph.results[i] as Tensor)),
  });
  const found = make(op, [...inputs, ...present(tangents.slice(1))], {
    ifTrue: branch(attrs.ifTrue, yes),
    ifFalse: branch(attrs.ifFalse, no),
  });
  return outputs.map((_, i) => found[wanted.indexOf(i)] ?? null);
};

/** A body with tangents beside what moves, and how its operands and results lie. */
interface Moving {
  readonly pushed: PushedGraph;
  /** Whether an operand has a tangent: it was given one, or the steps give it one. */
  readonly moves: readonly boolean[];
}

// A carry moves if its first value does, or if any step makes it move.
function movingBody(body: Subgraph, carries: number, given: readonly boolean[]): Moving {
  let moves = given;
  for (;;) {
    const pushed = pushedGraph(body, moves);
    const next = moves.map((is, i) => is || (i < carries && pushed.found[i] !== null));
    if (next.every((is, i) => is === moves[i])) return { pushed, moves };
    moves = next;
  }
}

/** Of each part (up to the places in `ends`) the values, then the tangents of those that move. */
function interleaved(
  ends: readonly number[],
  values: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
): readonly Tensor[] {
  return ends.flatMap((end, k) => {
    const start = ends[k - 1] ?? 0;
    return [...values.slice(start, end), ...present(tangents.slice(start, end))];
  });
}

/** The tangents of first values, zero where only later ones move. */
const firstTangents = (
  { moves }: Moving,
  inputs: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
): readonly (Tensor | null)[] =>
  inputs.map((x, i) => (moves[i] ? (tangents[i] ?? zerosLike(x)) : null));

/** One scan of values and tangents: tangents of carries are carries, those of results are results. */
export const scanJvp: Jvp<ScanAttrs> = ({ op, inputs, outputs, tangents, attrs }) => {
  const { body, carries, sequences } = attrs;
  const given = tangents.map((t) => t !== null);
  const moving = movingBody(body, carries, given);
  const { pushed, moves } = moving;
  const ends = [carries, carries + sequences, inputs.length];
  const count = (from: number, to: number): number => moves.slice(from, to).filter(Boolean).length;
  const carried = carries + count(0, carries);
  const steps = present(pushed.found.slice(carries));
  const results = [
    ...body.results.slice(0, carries),
    ...carryTangents(body, moving, carries),
    ...steps,
  ];
  const found = make(op, interleaved(ends, inputs, firstTangents(moving, inputs, tangents)), {
    ...attrs,
    body: {
      name: `tangents of ${body.name}`,
      parameters: interleaved(ends, body.parameters, pushed.tangents),
      results,
    },
    carries: carried,
    sequences: sequences + count(carries, carries + sequences),
  });
  let [nextCarry, nextStep] = [carries, carried];
  return outputs.map((_, i) => {
    if (i < carries) return moves[i] ? (found[nextCarry++] as Tensor) : null;
    return pushed.found[i] ? (found[nextStep++] as Tensor) : null;
  });
};

const carryTangents = (body: Subgraph, { moves, pushed }: Moving, carries: number): Tensor[] =>
  body.results.slice(0, carries).flatMap((t, i) => (moves[i] ? [orZero(pushed.found[i], t)] : []));

/** The values decide how often; tangents go along. */
export const whileJvp: Jvp<WhileAttrs> = ({ op, inputs, outputs, tangents, attrs }) => {
  const { cond, body, carries } = attrs;
  const moving = movingBody(
    body,
    carries,
    tangents.map((t) => t !== null),
  );
  const { pushed, moves } = moving;
  const ends = [carries, inputs.length];
  const unused = pushed.tangents.map((t) => t && parameterLeaf('unused', t.type));
  const extra = carryTangents(body, moving, carries);
  const found = make(op, interleaved(ends, inputs, firstTangents(moving, inputs, tangents)), {
    cond: { ...cond, parameters: interleaved(ends, cond.parameters, unused) },
    body: {
      name: `tangents of ${body.name}`,
      parameters: interleaved(ends, body.parameters, pushed.tangents),
      results: [...body.results.slice(0, carries), ...extra],
    },
    carries: carries + extra.length,
  });
  let next = carries;
  return outputs.map((_, i) => (moves[i] ? (found[next++] as Tensor) : null));
};

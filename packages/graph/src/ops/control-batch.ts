import type { Subgraph, Tensor } from '../node.ts';
import { make } from '../node.ts';
import type { Batch, BatchContext } from '../op.ts';
import { withScope } from '../scope.ts';
import { inline } from '../subgraph.ts';
import { repeatFirst } from '../transforms/batch.ts';
import type { Mapping } from '../transforms/batched-graph.ts';
import { batchedGraph, reachedResults } from '../transforms/batched-graph.ts';
import { broadcastInDim } from './axes.ts';
import { select } from './compare.ts';
import type { CondAttrs } from './cond.ts';
import { any } from './reduce.ts';
import type { ScanAttrs } from './scan.ts';
import { moveAxis } from './transpose.ts';
import type { WhileAttrs } from './while.ts';

// Control flow under `vmap`, as in JAX: what decides stays a decision while it is the same for all
// elements. Where it is not, both branches run and each element takes its own, and a loop runs for
// as long as one element goes on, the others keeping what they have.

/** A mapped predicate chooses at each element: both branches are computed. */
export const condBatch: Batch<CondAttrs> = (context) => {
  const { op, inputs, mapped, size, attrs } = context;
  const mapping: Mapping = { mapped: mapped.slice(1), size };
  const [ifTrue, ifFalse] = [attrs.ifTrue, attrs.ifFalse].map((b) => batchedGraph(b, mapping)) as [
    Subgraph,
    Subgraph,
  ];
  const [predicate, ...operands] = inputs as readonly [Tensor, ...Tensor[]];
  if (!mapped[0]) return make(op, inputs, { ifTrue, ifFalse });
  const no = inline(ifFalse, operands);
  return inline(ifTrue, operands).map((yes, i) => choose(predicate, yes, no[i] as Tensor));
};

/** At each element of the first axis. */
const choose = (predicate: Tensor, yes: Tensor, no: Tensor): Tensor =>
  select(broadcastInDim(predicate, yes.shape, [0]), yes, no);

// A carry is mapped if its first value is, or what any step makes of it.
function mappedCarries(
  body: Subgraph,
  carries: number,
  mapped: readonly boolean[],
): readonly boolean[] {
  let now = mapped;
  for (;;) {
    const reached = reachedResults(body, now);
    const next = now.map((is, i) => is || (i < carries && (reached[i] ?? false)));
    if (next.every((is, i) => is === now[i])) return now;
    now = next;
  }
}

const mappedAs = (context: BatchContext<object>, wanted: readonly boolean[]): readonly Tensor[] =>
  context.inputs.map((t, i) =>
    wanted[i] && !context.mapped[i] ? repeatFirst(t, context.size) : t,
  );

/** The steps stay steps; carries, elements and results of each have the mapped axis. */
export const scanBatch: Batch<ScanAttrs> = (context) => {
  const { op, size, attrs } = context;
  const { carries, sequences, body } = attrs;
  const mapped = mappedCarries(body, carries, context.mapped);
  const results = reachedResults(body, mapped).map((is, i) =>
    i < carries ? mapped[i] === true : is,
  );
  const isSequence = (i: number): boolean => i >= carries && i < carries + sequences;
  const operands = mappedAs(context, mapped).map((t, i) =>
    isSequence(i) && mapped[i] ? moveAxis(t, 0, 1) : t,
  );
  const found = make(op, operands, {
    ...attrs,
    body: batchedGraph(body, { mapped, size }, results),
  });
  return found.map((t, i) => {
    if (!results[i]) return repeatFirst(t, size);
    return i < carries ? t : moveAxis(t, 1, 0);
  });
};

/** Where the condition is mapped, the loop runs while it holds for any element. */
export const whileBatch: Batch<WhileAttrs> = (context) => {
  const { op, size, attrs } = context;
  const { carries, cond, body } = attrs;
  const some = mappedCarries(body, carries, context.mapped);
  const apart = reachedResults(cond, some)[0] === true;
  const mapped = apart ? some.map((is, i) => is || i < carries) : some;
  const mapping = { mapped, size };
  const test = batchedGraph(cond, mapping, [apart]);
  const step = batchedGraph(body, mapping, mapped.slice(0, carries));
  const found = make(op, mappedAs(context, mapped), {
    ...attrs,
    cond: apart ? whileAny(test) : test,
    body: apart ? stepWhere(test, step, carries) : step,
  });
  return found.map((t, i) => (mapped[i] ? t : repeatFirst(t, size)));
};

const whileAny = (test: Subgraph): Subgraph => ({
  ...test,
  results: withScope({ nodes: new Map() }, () => test.results.map((t) => any(t))),
});

// An element whose condition no longer holds keeps its carries.
function stepWhere(test: Subgraph, step: Subgraph, carries: number): Subgraph {
  const results = withScope({ nodes: new Map() }, () => {
    const [holds] = inline(test, step.parameters) as readonly [Tensor];
    return step.results
      .slice(0, carries)
      .map((next, i) => choose(holds, next, step.parameters[i] as Tensor));
  });
  return { ...step, results };
}

import { isFloat } from '../dtype.ts';
import type { Node, Subgraph, Tensor } from '../node.ts';
import { make, sameTensor, tensorKey } from '../node.ts';
import type { CallOp, VjpContext } from '../op.ts';
import { withScope } from '../scope.ts';
import { comesAlong, parameterLeaf, substitute } from '../subgraph.ts';
import { pullbackOf } from '../subgraph-grad.ts';
import { topologicalOrder } from '../topo.ts';
import { zerosLike } from './leaves.ts';
import { add } from './math.ts';
import type { ScanAttrs } from './scan.ts';

// The gradient of a scan is a scan in the other direction, over what the steps of the forward scan
// kept. What it keeps are further results of the same body: where a program holds both the scan and
// the one that keeps more, the second stands for both (see mergeScans). Keeping costs memory, but
// no step is computed twice; what is only a view, or elementwise from what is there, is not kept.

/** How the gradient of a body is computed, step by step. */
interface BodyVjp {
  /** The body with further results: what the backward pass needs of a step. */
  readonly forward: Subgraph;
  /** Which results of `forward` the backward body takes. */
  readonly keptAt: readonly number[];
  /** Carries with a cotangent, in order. */
  readonly flowing: readonly number[];
  /** Captured operands with a cotangent: their cotangents are summed up over the steps. */
  readonly summed: readonly number[];
  /** Sequences with a cotangent. */
  readonly elements: readonly number[];
  /** Results with a cotangent. */
  readonly given: readonly number[];
  /** Sequences, and captured operands, that the backward body takes too. */
  readonly needsSequence: readonly number[];
  readonly needsCaptured: readonly number[];
  /** What it takes that does not change from step to step, on parameters of the body. */
  readonly invariant: readonly Tensor[];
  /**
   * From cotangents of carries, sums so far; cotangents of results, kept results, sequences; captured
   * operands and invariants: to cotangents and sums, then cotangents of elements.
   */
  readonly backward: Subgraph;
}

type Sizes = Pick<ScanAttrs, 'carries' | 'sequences'>;

/** The gradient of a scan, as another scan. */
export function scanVjp(
  op: CallOp,
  { inputs, outputs, cotangents, attrs }: VjpContext<ScanAttrs>,
): readonly (Tensor | null)[] {
  const floats = cotangents.map((ct, i) => (isFloat((outputs[i] as Tensor).dtype) ? ct : null));
  const none = inputs.map(() => null);
  if (floats.every((ct) => ct === null)) return none;
  const { carries, sequences, length } = attrs;
  const rule = vjpOfBody(
    attrs.body,
    attrs,
    floats.map((ct) => ct !== null),
  );
  const at = (list: readonly number[], offset: number): readonly Tensor[] =>
    list.map((i) => inputs[offset + i] as Tensor);
  const captured = carries + sequences;
  const kept = make(op, inputs, { ...attrs, body: rule.forward });
  const outer = new Map(
    attrs.body.parameters
      .slice(captured)
      .map((p, i) => [tensorKey(p), inputs[captured + i] as Tensor]),
  );
  const first = [
    ...rule.flowing.map((i) => floats[i] ?? zerosLike(inputs[i] as Tensor)),
    ...at(rule.summed, captured).map(zerosLike),
  ];
  const along = [
    ...rule.given.map((i) => floats[i] as Tensor),
    ...rule.keptAt.map((i) => kept[i] as Tensor),
    ...at(rule.needsSequence, carries),
  ];
  const rest = [...at(rule.needsCaptured, captured), ...substitute(rule.invariant, outer)];
  const found = make(op, [...first, ...along, ...rest], {
    body: rule.backward,
    length,
    carries: first.length,
    sequences: along.length,
    reverse: !attrs.reverse,
  });
  const result: (Tensor | null)[] = [...none];
  const places = [
    ...rule.flowing,
    ...rule.summed.map((i) => captured + i),
    ...rule.elements.map((i) => carries + i),
  ];
  for (const [i, place] of places.entries()) result[place] = found[i] as Tensor;
  return result;
}

const known = new WeakMap<Subgraph, Map<string, BodyVjp>>();

function vjpOfBody(body: Subgraph, sizes: Sizes, present: readonly boolean[]): BodyVjp {
  const key = `${sizes.carries} ${sizes.sequences} ${present.map(Number).join('')}`;
  const of = known.get(body) ?? new Map<string, BodyVjp>();
  known.set(body, of);
  const found = of.get(key) ?? derive(body, sizes, flowingCarries(body, sizes, present));
  of.set(key, found);
  return found;
}

// A carry has a cotangent if its last value has one, or if one flows to it at any step.
function flowingCarries(
  body: Subgraph,
  { carries }: Sizes,
  present: readonly boolean[],
): readonly boolean[] {
  let now = present;
  for (;;) {
    const { found } = pullbackOf(body, now);
    const next = now.map((is, i) => {
      const parameter = body.parameters[i] as Tensor;
      return is || (i < carries && isFloat(parameter.dtype) && found[i] !== null);
    });
    if (next.every((is, i) => is === now[i])) return now;
    now = next;
  }
}

function derive(body: Subgraph, sizes: Sizes, present: readonly boolean[]): BodyVjp {
  const { carries, sequences } = sizes;
  const { parameters } = body;
  const { cotangents, found } = pullbackOf(body, present);
  const captured = carries + sequences;
  const indices = (from: number, to: number, is: (i: number) => boolean): readonly number[] =>
    Array.from({ length: to - from }, (_, i) => i).filter((i) => is(from + i));
  const has = (i: number): boolean => found[i] !== null && isFloat((parameters[i] as Tensor).dtype);
  const flowing = indices(0, carries, (i) => cotangents[i] !== null);
  const summed = indices(captured, parameters.length, has);
  const elements = indices(carries, captured, has);
  const given = indices(0, body.results.length, (i) => i >= carries && cotangents[i] !== null);
  return withScope({ nodes: new Map() }, () => {
    const sums = summed.map((i) =>
      parameterLeaf(`sum${i}`, (parameters[captured + i] as Tensor).type),
    );
    const results = [
      ...flowing.map((i) => found[i] ?? zerosLike(parameters[i] as Tensor)),
      ...summed.map((i, k) => add(sums[k] as Tensor, found[captured + i] as Tensor)),
      ...elements.map((i) => found[carries + i] as Tensor),
    ];
    const own = [...cotangents.filter((ct) => ct !== null), ...sums];
    const split = new Residuals(body, sizes, own).of(results);
    const keptLeaves = split.kept.map((t, i) => parameterLeaf(`kept${i}`, t.type));
    const invariantLeaves = split.invariant.map((t, i) => parameterLeaf(`fixed${i}`, t.type));
    const replaced = new Map([
      ...split.kept.map((t, i) => [tensorKey(t), keptLeaves[i] as Tensor] as const),
      ...split.invariant.map((t, i) => [tensorKey(t), invariantLeaves[i] as Tensor] as const),
    ]);
    const needs = (from: number, to: number): readonly number[] =>
      indices(from, to, (i) => split.used.has(tensorKey(parameters[i] as Tensor)));
    const needsSequence = needs(carries, captured);
    const needsCaptured = needs(captured, parameters.length);
    const leaves = (list: readonly number[], offset: number): readonly Tensor[] =>
      list.map((i) => parameters[offset + i] as Tensor);
    return {
      ...keepAlso(body, carries, split.kept),
      flowing,
      summed,
      elements,
      given,
      needsSequence,
      needsCaptured,
      invariant: split.invariant,
      backward: {
        name: `gradient of ${body.name}`,
        parameters: [
          ...flowing.map((i) => cotangents[i] as Tensor),
          ...sums,
          ...given.map((i) => cotangents[i] as Tensor),
          ...keptLeaves,
          ...leaves(needsSequence, carries),
          ...leaves(needsCaptured, captured),
          ...invariantLeaves,
        ],
        results: substitute(results, replaced),
      },
    };
  });
}

// What is stacked already is not stacked again.
function keepAlso(
  body: Subgraph,
  carries: number,
  kept: readonly Tensor[],
): Pick<BodyVjp, 'forward' | 'keptAt'> {
  const results = [...body.results];
  const keptAt = kept.map((t) => {
    const at = results.findIndex((r, i) => i >= carries && sameTensor(r, t));
    return at >= 0 ? at : results.push(t) - 1;
  });
  const same = results.length === body.results.length;
  return { forward: same ? body : { ...body, results }, keptAt };
}

/** How many elementwise ops deep the backward body computes again what the forward pass did not keep. */
const again = 2;

/** What a backward body needs of its step's forward pass, and how it gets it. */
class Residuals {
  /** Stacked by the forward scan. */
  readonly kept: Tensor[] = [];
  /** Computed once, outside. */
  readonly invariant: Tensor[] = [];
  /** Parameters that the backward body takes as they are. */
  readonly used: Set<string> = new Set();
  private readonly parameters: ReadonlyMap<string, number>;
  private readonly sizes: Sizes;
  private readonly own: ReadonlySet<string>;
  /** Nodes that depend on carries or elements. */
  private readonly varying: Set<Node> = new Set();
  private readonly backward: Set<Node> = new Set();
  private readonly settled: Set<string> = new Set();
  /** Results of the body that are stacked anyway. */
  private readonly stacked: ReadonlySet<string>;

  constructor(body: Subgraph, sizes: Sizes, own: readonly Tensor[]) {
    this.parameters = new Map(body.parameters.map((p, i) => [tensorKey(p), i]));
    this.stacked = new Set(body.results.slice(sizes.carries).map(tensorKey));
    this.sizes = sizes;
    this.own = new Set(own.map(tensorKey));
  }

  of(results: readonly Tensor[]): this {
    const order = topologicalOrder(results);
    for (const node of order) {
      if (node.inputs.some((t) => this.own.has(tensorKey(t)) || this.backward.has(t.node)))
        this.backward.add(node);
      if (node.inputs.some((t) => this.varies(t))) this.varying.add(node);
    }
    const wanted = order.flatMap((node) => (this.backward.has(node) ? node.inputs : []));
    // In the order of computation, so that what follows cheaply from something kept is seen to.
    const place = new Map(order.map((node, i) => [node, i]));
    const sorted = [...wanted, ...results].sort(
      (a, b) => (place.get(a.node) ?? 0) - (place.get(b.node) ?? 0),
    );
    for (const t of sorted) this.need(t);
    return this;
  }

  private varies(t: Tensor): boolean {
    const i = this.parameters.get(tensorKey(t));
    if (i !== undefined) return i < this.sizes.carries + this.sizes.sequences;
    return this.varying.has(t.node);
  }

  private need(t: Tensor): void {
    const key = tensorKey(t);
    if (this.settled.has(key) || this.own.has(key) || this.backward.has(t.node)) return;
    this.settled.add(key);
    const parameter = this.parameters.get(key);
    if (parameter !== undefined) this.takeParameter(t, parameter);
    else if (comesAlong(t.node)) for (const x of t.node.inputs) this.need(x);
    else if (!this.varies(t)) this.invariant.push(t);
    else if (this.stacked.has(key)) this.kept.push(t);
    else if (this.isCheap(t)) for (const x of t.node.inputs) this.need(x);
    else this.kept.push(t);
  }

  private takeParameter(t: Tensor, i: number): void {
    if (i < this.sizes.carries) this.kept.push(t);
    else this.used.add(tensorKey(t));
  }

  // A few elementwise ops of what is at hand cost less than to store and load their result.
  private isCheap(t: Tensor): boolean {
    return t.node.op.kind === 'elementwise' && t.node.inputs.every((x) => this.atHand(x, again));
  }

  private atHand(t: Tensor, depth: number): boolean {
    const key = tensorKey(t);
    const parameter = this.parameters.get(key);
    if (this.settled.has(key) || this.stacked.has(key)) return true;
    if (parameter !== undefined) return parameter >= this.sizes.carries;
    const { op, inputs } = t.node;
    if (comesAlong(t.node)) return inputs.every((x) => this.atHand(x, depth));
    return op.kind === 'elementwise' && depth > 0 && inputs.every((x) => this.atHand(x, depth - 1));
  }
}

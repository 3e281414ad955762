import type { Node, TensorType } from '@vorab/graph';
import {
  dimMax,
  elementCount,
  functionsOf,
  topologicalOrder,
  withLocationsOf,
  withScope,
} from '@vorab/graph';
import type { Target } from '../targets/target.ts';
import type { Family, TargetRates } from './rates.ts';

/** What a node computes, as primitives of some family. */
export interface Work {
  readonly family: Family;
  /** Elements, or multiply-adds, at the largest binding of symbols. */
  readonly units: number;
  /** How often it is started. */
  readonly starts: number;
  /** The primitive itself, of which a target may say something. */
  readonly node: Node;
}

const known = new WeakMap<Node, readonly Work[]>();

/** The primitives of a node: of a composite what it decomposes into, of a call what its functions hold. */
export function workOf(node: Node): readonly Work[] {
  const before = known.get(node);
  if (before) return before;
  const work = worksOf(node);
  known.set(node, work);
  return work;
}

function worksOf(node: Node): readonly Work[] {
  const { op } = node;
  if (op.kind === 'leaf') return [];
  if (op.kind === 'composite') return opened(node).flatMap(workOf);
  if (op.kind === 'call') {
    const times = op.repeats ? dimMax(op.repeats(node.attrs)) : 1;
    const inner = functionsOf(node).flatMap(({ results }) => topologicalOrder(results));
    return inner
      .flatMap(workOf)
      .map((work) => ({ ...work, units: work.units * times, starts: work.starts * times }));
  }
  const types = node.inputs.map((t) => t.type);
  const multiplied = op.work?.(types, node.attrs);
  const units = multiplied === undefined ? elements(node, types) : dimMax(multiplied);
  const family = op.kind === 'routine' && multiplied !== undefined ? 'factorization' : op.kind;
  return [{ family, units, starts: 1, node }];
}

/** The nodes of a decomposition. */
function opened(node: Node): readonly Node[] {
  const { op } = node;
  if (op.kind !== 'composite') return [node];
  const before = new Set(node.inputs.map((t) => t.node));
  const results = withScope({ nodes: new Map() }, () =>
    withLocationsOf(node, () => op.decompose(node.inputs, node.attrs)),
  );
  return topologicalOrder(results, (t) => before.has(t.node)).filter((n) => !before.has(n));
}

const count = ({ shape }: TensorType): number => dimMax(elementCount(shape));

// A view that keeps the order of elements, or reads them where they lie, moves nothing.
function elements({ op, inputs, attrs, types }: Node, operands: readonly TensorType[]): number {
  if (op.kind === 'view') {
    const shapes = inputs.map((t) => t.shape);
    return op.map(shapes, attrs).form === 'pieces' ? Math.max(...types.map(count)) : 0;
  }
  return Math.max(0, ...[...types, ...operands].map(count));
}

/** Whether a node may refuse its data when it runs. */
export function mayFail(node: Node): boolean {
  return (
    node.op.fails === true ||
    workOf(node).some((work) => work.node.op.fails === true) ||
    functionsOf(node).some(({ results }) => topologicalOrder(results).some(mayFail))
  );
}

/** Nanoseconds that a node takes on a target, by the rates; a whole number. What moves nothing is not started. */
export function costOf(node: Node, target: Target, rates: TargetRates, fuse: boolean): number {
  const works = workOf(node).filter(({ family, units }) => family !== 'view' || units > 0);
  if (works.length === 0) return 0;
  const computing = works.reduce((sum, { family, units }) => sum + units * rates.ns[family], 0);
  const onHost = works.reduce(
    (n, { node: { op }, starts }) => (target.onHost(op) ? n + starts : n),
    0,
  );
  const whole = node.op.kind === 'composite' && fuse && target.keeps(node.op);
  const launches = whole ? 1 : Math.max(1, launchesOf(works, target));
  const ns = Math.round(computing + launches * rates.launchNs + onHost * rates.hostNs);
  return Math.min(ns, Number.MAX_SAFE_INTEGER);
}

// An arena's target joins what it computes element by element to what stands beside it.
function launchesOf(works: readonly Work[], { form }: Target): number {
  const joined = (work: Work): boolean => work.family === 'elementwise' || work.family === 'view';
  return works.reduce((n, work) => (form === 'arena' && joined(work) ? n : n + work.starts), 0);
}

import type { Dim } from '../dim.ts';
import { dimEqual, dimKey, dimMax, elementCount } from '../dim.ts';
import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { make1 } from '../node.ts';
import { broadcastInDim, range, reshapeTo, sumAxes } from './axes.ts';
import type { ContractionTree } from './contraction-order.ts';
import { contractionOrder } from './contraction-order.ts';
import { diagonalOf } from './diagonal.ts';
import { mul } from './math.ts';
import { matmulOp } from './matmul.ts';
import { transpose } from './transpose.ts';

// Sums of products of tensors whose axes have labels: what einsum and tensordot lower to.

/** A tensor with a label for each axis, each once. */
export interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** Repeated labels of one operand select its diagonal. */
export function withDiagonals(x: Tensor, labels: readonly string[]): Labelled {
  const again = labels.findIndex((label, i) => labels.indexOf(label) !== i);
  if (again < 0) return { x, labels };
  const label = labels[again] as string;
  const first = labels.indexOf(label);
  const [a, b] = [x.shape[first] as Dim, x.shape[again] as Dim];
  if (!dimEqual(a, b)) {
    throw new TypeRuleError(
      'shape-mismatch',
      `label '${label}' has extents ${dimKey(a)} and ${dimKey(b)} in ${x}`,
      'a repeated label takes a diagonal of equal extents',
    );
  }
  const rest = labels.filter((_, i) => i !== first && i !== again);
  return withDiagonals(diagonalOf(x, 0, first, again), [...rest, label]);
}

/** The extents of all labels. @throws TypeRuleError where operands do not agree. */
export function extentsOf(operands: readonly Labelled[]): ReadonlyMap<string, Dim> {
  const found = new Map<string, Dim>();
  for (const { x, labels } of operands) {
    labels.forEach((label, i) => {
      const extent = x.shape[i] as Dim;
      const known = found.get(label);
      if (known !== undefined && !dimEqual(known, extent)) {
        throw new TypeRuleError(
          'shape-mismatch',
          `label '${label}' has extent ${dimKey(known)}, and ${dimKey(extent)} in ${x}`,
          'make the extents equal',
        );
      }
      found.set(label, extent);
    });
  }
  return found;
}

/** Sums over the labels that `keep` lacks. */
export function sumOut({ x, labels }: Labelled, keep: ReadonlySet<string>): Labelled {
  const gone = range(labels.length).filter((i) => !keep.has(labels[i] as string));
  return { x: sumAxes(x, gone), labels: labels.filter((label) => keep.has(label)) };
}

/** Axes in the order of these labels, which are all that there are. */
export function arranged({ x, labels }: Labelled, order: readonly string[]): Tensor {
  return transpose(
    x,
    order.map((label) => labels.indexOf(label)),
  );
}

/**
 * Σ a · b over the labels that `keep` lacks. One matrix product where a label is summed that both
 * have; else a product of elements, and the sum where it is.
 */
export function contractPair(a: Labelled, b: Labelled, keep: ReadonlySet<string>): Labelled {
  const needed = (other: Labelled): ReadonlySet<string> => new Set([...keep, ...other.labels]);
  const [x, y] = [sumOut(a, needed(b)), sumOut(b, needed(a))];
  const shared = x.labels.filter((label) => y.labels.includes(label));
  const summed = shared.filter((label) => !keep.has(label));
  const free = (one: Labelled): readonly string[] => one.labels.filter((l) => !shared.includes(l));
  const batch = shared.filter((label) => keep.has(label));
  const product = summed.length > 0 && free(x).length + free(y).length > 0;
  return product && isFloat(x.x.dtype)
    ? byMatmul(x, y, { batch, summed, left: free(x), right: free(y) })
    : byElements(x, y, { batch, summed, left: free(x), right: free(y) });
}

interface Parts {
  readonly batch: readonly string[];
  readonly summed: readonly string[];
  readonly left: readonly string[];
  readonly right: readonly string[];
}

function byMatmul(a: Labelled, b: Labelled, { batch, summed, left, right }: Parts): Labelled {
  const extents = extentsOf([a, b]);
  const of = (labels: readonly string[]): readonly Dim[] =>
    labels.map((label) => extents.get(label) as Dim);
  const matrix = (one: Labelled, rows: readonly string[], columns: readonly string[]): Tensor =>
    reshapeTo(arranged(one, [...batch, ...rows, ...columns]), [
      ...of(batch),
      elementCount(of(rows)),
      elementCount(of(columns)),
    ]);
  const product = make1(matmulOp, [matrix(a, left, summed), matrix(b, summed, right)], {});
  const labels = [...batch, ...left, ...right];
  return { x: reshapeTo(product, of(labels)), labels };
}

function byElements(a: Labelled, b: Labelled, { batch, summed, left, right }: Parts): Labelled {
  const extents = extentsOf([a, b]);
  const labels = [...batch, ...left, ...right, ...summed];
  const shape = labels.map((label) => extents.get(label) as Dim);
  const wide = (one: Labelled): Tensor => {
    const order = labels.filter((label) => one.labels.includes(label));
    return broadcastInDim(
      arranged(one, order),
      shape,
      order.map((label) => labels.indexOf(label)),
    );
  };
  const kept = labels.length - summed.length;
  const product = mul(wide(a), wide(b));
  const gone = range(summed.length).map((i) => kept + i);
  return { x: sumAxes(product, gone), labels: labels.slice(0, kept) };
}

/**
 * Contracts operands in pairs, in the order that takes the fewest multiplications; symbolic dims
 * count at their largest. What is left has the labels of `output` alone.
 */
export function contractAll(operands: readonly Labelled[], output: readonly string[]): Labelled {
  const extents = extentsOf(operands);
  const size = (label: string): number => Math.max(1, dimMax(extents.get(label) as Dim));
  const labels = operands.map((one) => one.labels);
  const contract = (tree: ContractionTree, outside: readonly string[]): Labelled => {
    if (typeof tree === 'number') return operands[tree] as Labelled;
    const keep = [...outside, ...output];
    const [a, b] = tree;
    const used = (t: ContractionTree): readonly string[] =>
      leaves(t).flatMap((i) => labels[i] ?? []);
    const left = contract(a, [...outside, ...used(b)]);
    const right = contract(b, [...outside, ...used(a)]);
    return inOrder(left, right, new Set(keep), output);
  };
  return sumOut(contract(contractionOrder(labels, output, size), []), new Set(output));
}

const leaves = (tree: ContractionTree): readonly number[] =>
  typeof tree === 'number' ? [tree] : tree.flatMap(leaves);

// The operand that begins the result comes first, so that nothing need be transposed behind it.
function inOrder(
  a: Labelled,
  b: Labelled,
  keep: ReadonlySet<string>,
  output: readonly string[],
): Labelled {
  const own = (one: Labelled, other: Labelled): number =>
    output.findIndex((label) => one.labels.includes(label) && !other.labels.includes(label));
  const [first, second] = [own(a, b), own(b, a)];
  const swap = second >= 0 && (first < 0 || second < first);
  return swap ? contractPair(b, a, keep) : contractPair(a, b, keep);
}

import { promote } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { dimEqual, dimKey, elementCount } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { normalizeAxes, normalizeAxis, range, reshapeTo } from './axes.ts';
import type { Labelled } from './contraction.ts';
import { arranged, contractAll, withDiagonals } from './contraction.ts';
import { isUnnamed, parseEinsum } from './einsum-parse.ts';

/**
 * Einstein's summation, in numpy's notation: each letter names an axis; what the result lacks is
 * summed; `...` stands for axes without a name, which broadcast; a letter twice in one operand
 * takes its diagonal; without `->` the result has the letters that occur once, in alphabetical
 * order. Several operands are multiplied in the order that takes the fewest multiplications, by
 * matrix products where they can be. Integers wrap.
 *
 *     einsum('bij,bjk->bik', x, y)            // a batched product
 *     einsum('ii->', x)                       // a trace
 *
 * @throws GraphError when the equation does not parse, does not fit the ranks, or when axes of one
 * name differ in extent.
 */
export function einsum(equation: string, ...tensors: readonly Tensor[]): Tensor {
  return checked(`einsum('${equation}', ${tensors.join(', ')})`, () => {
    const ranks = tensors.map((t) => t.rank);
    const { operands, output } = parseEinsum(equation, ranks);
    const labelled = promote(tensors).map((x, i) => withDiagonals(x, operands[i] ?? []));
    return arranged(contractAll(withoutOnes(labelled, output), output), output);
  });
}

// An unnamed axis of extent 1 repeats beside a longer one: without it, the longer one is taken.
function withoutOnes(operands: readonly Labelled[], output: readonly string[]): Labelled[] {
  const wide = new Set<string>();
  for (const { x, labels } of operands)
    labels.forEach((label, i) => {
      if (isUnnamed(label) && x.shape[i] !== 1) wide.add(label);
    });
  const squeezed = operands.map(({ x, labels }): Labelled => {
    const kept = range(labels.length).filter(
      (i) => x.shape[i] !== 1 || !wide.has(labels[i] as string),
    );
    return {
      x: reshapeTo(
        x,
        kept.map((i) => x.shape[i] as Dim),
      ),
      labels: kept.map((i) => labels[i] as string),
    };
  });
  const lost = output.find((label) => !squeezed.some((one) => one.labels.includes(label)));
  if (lost !== undefined) throw new Error(`einsum loses '${lost}'`);
  return squeezed;
}

/** Which axes tensordot sums: the last of x with the first of y, or pairs of lists. */
export type TensordotAxes =
  | number
  | readonly [ofX: number | readonly number[], ofY: number | readonly number[]];

/**
 * Σ x · y over pairs of axes: the last `axes` of x with the first of y, or the axes listed for
 * each. The result has the other axes of x, then those of y.
 *
 *     tensordot(x, y, 1)                     // the matrix product of two matrices
 *     tensordot(x, y, [[0, 1], [1, 0]])
 */
export function tensordot(x: Tensor, y: Tensor, axes: TensordotAxes = 2): Tensor {
  return checked(`tensordot(${x}, ${y})`, () => {
    const [ofX, ofY] = pairsOf(x, y, axes);
    const labelsX = range(x.rank).map((i) => `x${i}`);
    const labelsY = range(y.rank).map((i) => {
      const at = ofY.indexOf(i);
      return at < 0 ? `y${i}` : `x${ofX[at]}`;
    });
    ofX.forEach((a, i) => {
      requireEqual(x, a, y, ofY[i] as number);
    });
    const output = [
      ...labelsX.filter((_, i) => !ofX.includes(i)),
      ...labelsY.filter((_, i) => !ofY.includes(i)),
    ];
    const [a, b] = promote([x, y]) as readonly [Tensor, Tensor];
    const operands = [
      { x: a, labels: labelsX },
      { x: b, labels: labelsY },
    ];
    return arranged(contractAll(operands, output), output);
  });
}

function pairsOf(
  x: Tensor,
  y: Tensor,
  axes: TensordotAxes,
): readonly [readonly number[], readonly number[]] {
  if (typeof axes === 'number') {
    if (!Number.isInteger(axes) || axes < 0 || axes > Math.min(x.rank, y.rank)) {
      throw new TypeRuleError('axis', `axes is ${axes} for ranks ${x.rank} and ${y.rank}`);
    }
    return [range(axes).map((i) => x.rank - axes + i), range(axes)];
  }
  const [ofX, ofY] = [normalizeAxes(axes[0], x.rank), normalizeAxes(axes[1], y.rank)];
  if (ofX.length === ofY.length) return [ofX, ofY];
  throw new TypeRuleError('axis', `${ofX.length} axes of x are paired with ${ofY.length} of y`);
}

function requireEqual(x: Tensor, a: number, y: Tensor, b: number): void {
  const [i, j] = [x.shape[a] as Dim, y.shape[b] as Dim];
  if (dimEqual(i, j)) return;
  throw new TypeRuleError(
    'shape-mismatch',
    `axis ${a} of x has extent ${dimKey(i)}, axis ${b} of y has ${dimKey(j)}`,
    'make the extents equal',
  );
}

/**
 * Σ x · y over the last axis of both: the other axes of x, then those of y. With a scalar it is
 * their product.
 */
export function inner(x: Tensor, y: Tensor): Tensor {
  const scalar = x.rank === 0 || y.rank === 0;
  return tensordot(x, y, scalar ? 0 : [normalizeAxis(-1, x.rank), normalizeAxis(-1, y.rank)]);
}

/** x[i] · y[j] of two vectors, as a matrix; other shapes are flattened. */
export function outer(x: Tensor, y: Tensor): Tensor {
  return tensordot(flat(x), flat(y), 0);
}

const flat = (x: Tensor): Tensor => (x.rank === 1 ? x : reshapeTo(x, [elementCount(x.shape)]));

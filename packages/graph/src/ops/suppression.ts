import { promote } from '../coerce.ts';
import type { Dim } from '../dim.ts';
import { dimEqual } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked } from '../node.ts';
import { argMax } from './argmax.ts';
import { broadcastInDim } from './axes.ts';
import { cast } from './cast.ts';
import { equal, greater, select } from './compare.ts';
import { gather } from './indexing.ts';
import { full, iota } from './leaves.ts';
import { logicalAnd, logicalNot, logicalOr } from './logic.ts';
import { add, div, maximum, minimum, mul, sub } from './math.ts';
import { unstack } from './rearrange.ts';
import { requireFloat, sum } from './reduce.ts';
import { scan } from './scan.ts';

/** What nonMaxSuppression takes besides the boxes. */
export interface SuppressionOptions {
  /** A box is left out when it covers one that was taken by more than this. Default 0.5. */
  readonly iouThreshold?: number;
  /** Boxes of lower scores, or of this one, are left out. Default −∞. */
  readonly scoreThreshold?: number;
}

/** The indices of boxes, −1 behind the last one, and how many there are. */
export interface Suppressed {
  readonly indices: Tensor;
  readonly count: Tensor;
}

/**
 * At most `most` boxes in order of their scores, without those that overlap one before them: again
 * and again the best that is left is taken, and all whose intersection with it, over their union, is
 * above the threshold are left out. Boxes are [y₁, x₁, y₂, x₂] with y₁ ≤ y₂ and x₁ ≤ x₂; of equal
 * scores the first counts, NaN is never taken. `indices` is i32[most], `count` an i32 scalar.
 *
 *     const { indices, count } = nonMaxSuppression(boxes, scores, 20);   // f32[N, 4], f32[N]
 *
 * @throws GraphError when boxes are not [n, 4], or scores not [n].
 */
export function nonMaxSuppression(
  boxes: Tensor,
  scores: Tensor,
  most: number,
  options: SuppressionOptions = {},
): Suppressed {
  return checked(`nonMaxSuppression(${boxes}, ${scores})`, () => {
    const { iouThreshold = 0.5, scoreThreshold = Number.NEGATIVE_INFINITY } = options;
    const [corners, value] = checkedBoxes(boxes, scores);
    if (!Number.isInteger(most) || most < 0)
      throw new TypeRuleError('literal', `at most ${most} boxes, expected an integer from 0 on`);
    const step = (alive: Tensor): [Tensor, Tensor] => {
      const ranked = select(alive, value, full(Number.NEGATIVE_INFINITY, value.shape, value.dtype));
      const best = argMax(ranked);
      const some = gather(alive, best);
      const near = greater(overlaps(corners, gather(corners, best)), iouThreshold);
      const taken = equal(iota(value.shape, 0), broadcastInDim(best, value.shape, []));
      const index = select(some, best, full(-1, [], 'i32'));
      return [logicalAnd(alive, logicalNot(logicalOr(near, taken))), index];
    };
    const [, indices] = scan(step, greater(value, scoreThreshold), null, { length: most });
    return { indices, count: sum(cast(greater(indices, -1), 'i32')) };
  });
}

function checkedBoxes(boxes: Tensor, scores: Tensor): readonly [Tensor, Tensor] {
  const [corners, value] = promote([boxes, scores]) as readonly [Tensor, Tensor];
  requireFloat(corners);
  const fits =
    boxes.rank === 2 &&
    scores.rank === 1 &&
    boxes.shape[1] === 4 &&
    dimEqual(boxes.shape[0] as Dim, scores.shape[0] as Dim);
  if (!fits) throw new TypeRuleError('shape-mismatch', 'expected boxes [n, 4] and scores [n]');
  return [corners, value];
}

/** Intersection over union of all boxes with one; 0 where both are empty. */
function overlaps(boxes: Tensor, one: Tensor): Tensor {
  const [y1, x1, y2, x2] = unstack(boxes, 1) as [Tensor, Tensor, Tensor, Tensor];
  const [t1, l1, t2, l2] = unstack(one, 0) as [Tensor, Tensor, Tensor, Tensor];
  const length = (from: Tensor, to: Tensor): Tensor => maximum(sub(to, from), 0);
  const shared = mul(
    length(maximum(y1, t1), minimum(y2, t2)),
    length(maximum(x1, l1), minimum(x2, l2)),
  );
  const areas = add(mul(length(y1, y2), length(x1, x2)), mul(length(t1, t2), length(l1, l2)));
  const union = sub(areas, shared);
  return select(greater(union, 0), div(shared, union), full(0, union.shape, union.dtype));
}

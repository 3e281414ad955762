import { routine } from '../define.ts';
import { inClass } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { NdArray } from '../ndarray.ts';
import { ndarray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import { decode } from '../number.ts';
import type { RoutineOp } from '../op.ts';
import { shiftAxis } from '../transforms/batch-rules.ts';
import { keepDims, normalizeAxis } from './axes.ts';
import type { ReduceOptions } from './reduce.ts';

function extremeIndex(
  name: string,
  doc: string,
  beats: (x: number, best: number) => boolean,
): RoutineOp {
  return routine({
    name,
    doc,
    attributes: { axis: 'int' },
    infer([x], { axis }) {
      if (!x || !inClass(x.dtype, 'number'))
        throw new TypeRuleError(
          'dtype',
          `takes a number dtype, got ${x?.dtype}`,
          'cast the operand first',
        );
      if (axis < 0 || axis >= x.shape.length)
        throw new TypeRuleError('axis', `axis ${axis} of rank ${x.shape.length}`);
      return [{ dtype: 'i32', shape: x.shape.toSpliced(axis, 1) }];
    },
    evaluate([x], { axis }) {
      const { shape } = x as NdArray;
      const data = decode(x as NdArray);
      const out = ndarray('i32', shape.toSpliced(axis, 1));
      const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      const extent = shape[axis] as number;
      for (let o = 0; o < out.data.length; o++) {
        const start = Math.floor(o / inner) * inner * extent + (o % inner);
        let best = 0;
        for (let i = 1; i < extent; i++) {
          if (beats(data[start + i * inner] as number, data[start + best * inner] as number))
            best = i;
        }
        out.data[o] = best;
      }
      return [out];
    },
    vjp: null,
    batch: shiftAxis,
  });
}

// NaN beats everything but an earlier NaN.
export const argMaxOp: RoutineOp = extremeIndex(
  'argMax',
  'index of the first largest element along axis, i32; NaN counts as largest',
  (x, best) => x > best || (Number.isNaN(x) && !Number.isNaN(best)),
);

export const argMinOp: RoutineOp = extremeIndex(
  'argMin',
  'index of the first smallest element along axis, i32; NaN counts as smallest',
  (x, best) => x < best || (Number.isNaN(x) && !Number.isNaN(best)),
);

function pick(op: RoutineOp, x: Tensor, axis: number, options: ReduceOptions | undefined): Tensor {
  return checked(`${op.name}(${x})`, () => {
    const at = normalizeAxis(axis, x.rank);
    const y = make1(op, [x], { axis: at });
    return options?.keepDims ? keepDims(y, x.shape, [at]) : y;
  });
}

/**
 * The index (i32) of the first largest element along an axis, the last by default; NaN counts as
 * largest.
 */
export function argMax(x: Tensor, axis = -1, options?: ReduceOptions): Tensor {
  return pick(argMaxOp, x, axis, options);
}

/**
 * The index (i32) of the first smallest element along an axis, the last by default; NaN counts as
 * smallest.
 */
export function argMin(x: Tensor, axis = -1, options?: ReduceOptions): Tensor {
  return pick(argMinOp, x, axis, options);
}

import { broadcastShapes, broadcastToShape, promote } from '../coerce.ts';
import { contraction } from '../define.ts';
import type { Dim } from '../dim.ts';
import { dimEqual, dimKey, dimMul, elementCount } from '../dim.ts';
import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { NdArray } from '../ndarray.ts';
import { ndarray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import { decode, encodeInto } from '../number.ts';
import type { ContractOp } from '../op.ts';
import { reshapeTo, shapeText, sumAxes } from './axes.ts';
import { mul } from './math.ts';
import { moveAxis, swapAxes } from './transpose.ts';
import { expandDims } from './views.ts';

export const matmulOp: ContractOp = contraction({
  name: 'matmul',
  doc: 'out[…, i, j] = Σₖ x[…, i, k] · y[…, k, j]; batch extents are equal',
  attributes: {},
  inputs: 2,
  infer([x, y]) {
    if (!x || !y || x.dtype !== y.dtype)
      throw new TypeRuleError(
        'dtype-mix',
        `operands are ${x?.dtype} and ${y?.dtype}`,
        'cast one of them',
      );
    if (!isFloat(x.dtype))
      throw new TypeRuleError(
        'dtype',
        `takes a float dtype, got ${x.dtype}`,
        'cast the operands first',
      );
    const batch = x.shape.slice(0, -2);
    const [m, k, k2, n] = [...x.shape.slice(-2), ...y.shape.slice(-2)];
    const sameBatch =
      x.shape.length === y.shape.length && batch.every((d, i) => dimEqual(d, y.shape[i] as Dim));
    if (!sameBatch || m === undefined || n === undefined || !dimEqual(k as Dim, k2 as Dim)) {
      throw new TypeRuleError('shape-mismatch', `${shapeText(x.shape)} by ${shapeText(y.shape)}`);
    }
    return [{ dtype: x.dtype, shape: [...batch, m, n] }];
  },
  work: ([x, y]) => elementCount([...(x?.shape ?? []), y?.shape.at(-1) ?? 1]),
  evaluate([x, y], _, types) {
    const [type] = types;
    const out = ndarray((x as NdArray).dtype, (type?.shape ?? []) as readonly number[]);
    multiply(x as NdArray, y as NdArray, out);
    return [out];
  },
  vjp: ({ inputs: [x, y], cotangents: [ct] }) =>
    x && y && ct
      ? [
          make1(matmulOp, [ct, swapAxes(y, -1, -2)], {}),
          make1(matmulOp, [swapAxes(x, -1, -2), ct], {}),
        ]
      : [null, null],
  batch: ({ inputs, mapped }) => {
    const [x, y] = inputs as readonly [Tensor, Tensor];
    if (mapped[0] && mapped[1]) return [make1(matmulOp, [x, y], {})];
    return [mapped[0] ? byShared(x, y) : swap(byShared(swap(y), swap(x)))];
  },
});

const swap = (x: Tensor): Tensor => swapAxes(x, -1, -2);

// [size, …batch, m, k] by [batch, k, n] with the mapped axis folded into the rows: one product, not
// one for each element.
function byShared(x: Tensor, y: Tensor): Tensor {
  const rows = moveAxis(x, 0, x.rank - 3);
  const [size, m, k] = rows.shape.slice(-3) as [Dim, Dim, Dim];
  const batch = rows.shape.slice(0, -3);
  const product = make1(matmulOp, [reshapeTo(rows, [...batch, dimMul(size, m), k]), y], {});
  const apart = reshapeTo(product, [...batch, size, m, y.shape.at(-1) as Dim]);
  return moveAxis(apart, x.rank - 3, 0);
}

// Sums in double; the inner loop runs along rows of y.
function multiply(x: NdArray, y: NdArray, out: NdArray): void {
  const [m, k] = x.shape.slice(-2) as [number, number];
  const n = y.shape.at(-1) as number;
  const [a, b] = [decode(x), decode(y)];
  const row = new Float64Array(n);
  const rows = m * x.shape.slice(0, -2).reduce((p, d) => p * d, 1);
  for (let r = 0; r < rows; r++) {
    const base = Math.floor(r / m) * k * n;
    row.fill(0);
    for (let i = 0; i < k; i++) {
      const scale = a[r * k + i] as number;
      for (let j = 0; j < n; j++)
        row[j] = (row[j] as number) + scale * (b[base + i * n + j] as number);
    }
    encodeInto(out, r * n, row);
  }
}

/**
 * The matrix product, of numbers of one dtype: `[…, m, k]` by `[…, k, n]` gives `[…, m, n]`. Batch
 * axes broadcast; an operand of rank 1 is a row (first) or a column (second), whose axis disappears
 * from the result.
 *
 *     const y = x.matmul(w);   // f32[N, 64] by f32[64, 10] is f32[N, 10]
 *
 * @throws GraphError when the inner extents differ, or an operand is a scalar.
 */
export function matmul(x: Tensor, y: Tensor): Tensor {
  return checked(`matmul(${x}, ${y})`, () => {
    const [a, b] = promote([x, y]) as readonly [Tensor, Tensor];
    if (a.rank === 0 || b.rank === 0)
      throw new TypeRuleError('rank', 'takes no scalars', 'multiply with mul');
    const [inner, other] = [a.shape.at(-1) as Dim, b.shape.at(b.rank === 1 ? 0 : -2) as Dim];
    if (!dimEqual(inner, other)) {
      throw new TypeRuleError(
        'shape-mismatch',
        `inner extents ${dimKey(inner)} and ${dimKey(other)} differ`,
        'transpose an operand, or make the extents equal',
      );
    }
    if (a.rank === 1) return dropAxis(matmul(reshapeTo(a, [1, inner]), b), b.rank === 1 ? -1 : -2);
    if (b.rank === 1) return dropAxis(matmul(a, reshapeTo(b, [inner, 1])), -1);
    if (!isFloat(a.dtype)) return ofIntegers(a, b);
    return b.rank === 2 ? byMatrix(a, b) : batched(a, b);
  });
}

function dropAxis(x: Tensor, axis: number): Tensor {
  return reshapeTo(x, x.shape.toSpliced(axis, 1));
}

// One large product instead of one per batch element.
function byMatrix(x: Tensor, y: Tensor): Tensor {
  if (x.rank === 2) return make1(matmulOp, [x, y], {});
  const rows = x.shape.slice(0, -1);
  const flat = reshapeTo(x, [elementCount(rows), x.shape.at(-1) as Dim]);
  return reshapeTo(make1(matmulOp, [flat, y], {}), [...rows, y.shape.at(-1) as Dim]);
}

// Element by element: the libraries of matrix products have floats alone.
function ofIntegers(x: Tensor, y: Tensor): Tensor {
  const products = mul(expandDims(x, -1), expandDims(y, -3));
  return sumAxes(products, [products.rank - 2]);
}

function batched(x: Tensor, y: Tensor): Tensor {
  const batch = broadcastShapes([x.shape.slice(0, -2), y.shape.slice(0, -2)]);
  const wide = (t: Tensor): Tensor => broadcastToShape(t, [...batch, ...t.shape.slice(-2)]);
  return make1(matmulOp, [wide(x), wide(y)], {});
}

/** Σ x · y of two vectors, as a scalar. */
export function dot(x: Tensor, y: Tensor): Tensor {
  return checked(`dot(${x}, ${y})`, () => {
    if (x.rank === 1 && y.rank === 1) return matmul(x, y);
    throw new TypeRuleError(
      'rank',
      `takes vectors, got ranks ${x.rank} and ${y.rank}`,
      'use matmul',
    );
  });
}

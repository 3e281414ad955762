import { indexed } from '../define.ts';
import type { Dim } from '../dim.ts';
import { dimEqual } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { NdArray } from '../ndarray.ts';
import { decode, readNumber, writeNumber } from '../number.ts';
import type { AttrsOf, RoutineOp, TensorType, Vjp } from '../op.ts';
import { shapeText } from './axes.ts';
import { around, checkIndices, gatheredShape } from './index-rules.ts';
import { scatterBatch } from './indexing-batch.ts';

// Writing where data decide: gather's counterpart. Indices outside are dropped; updates for one
// index are taken in the order of the indices.

/** Of all of them. */
export type ScatterAttributes = { axis: 'int' };

/** What one of them gives. */
export interface ScatterSpec {
  readonly name: string;
  readonly doc: string;
  /** Whether several updates of one element are added. */
  readonly accumulates?: boolean;
  /** Whether bool can be written. */
  readonly takesBool: boolean;
  combine(a: number, b: number): number;
  exact(a: bigint, b: bigint): bigint;
  readonly vjp: Vjp<AttrsOf<ScatterAttributes>>;
}

/** Defines an op that writes where data decide. */
export function scattering(spec: ScatterSpec): RoutineOp {
  return indexed({
    name: spec.name,
    doc: `${spec.doc} at the indices along axis; updates are shaped as gather gives them, indices outside are dropped`,
    attributes: { axis: 'int' },
    inputs: 3,
    accumulates: spec.accumulates ?? false,
    infer: ([x, indices, updates], { axis }) => [
      scatteredType(
        spec.takesBool,
        x as TensorType,
        indices as TensorType,
        updates as TensorType,
        axis,
      ),
    ],
    evaluate: ([x, indices, updates], { axis }) => [
      evaluateScatter(spec, x as NdArray, indices as NdArray, updates as NdArray, axis),
    ],
    vjp: spec.vjp,
    batch: scatterBatch,
  });
}

function scatteredType(
  takesBool: boolean,
  x: TensorType,
  indices: TensorType,
  updates: TensorType,
  axis: number,
): TensorType {
  checkIndices(x, indices, axis);
  const shape = gatheredShape(x, indices, axis);
  const fits =
    shape.length === updates.shape.length &&
    shape.every((d, i) => dimEqual(d, updates.shape[i] as Dim));
  if (!fits)
    throw new TypeRuleError(
      'shape-mismatch',
      `updates are ${shapeText(updates.shape)}, expected ${shapeText(shape)}`,
    );
  if (updates.dtype !== x.dtype) {
    throw new TypeRuleError(
      'dtype-mix',
      `updates are ${updates.dtype}, x is ${x.dtype}`,
      'cast one of them',
    );
  }
  if (x.dtype === 'bool' && !takesBool)
    throw new TypeRuleError('dtype', 'takes a number dtype, got bool', 'cast the operands first');
  return x;
}

function evaluateScatter(
  { combine, exact }: ScatterSpec,
  x: NdArray,
  indices: NdArray,
  updates: NdArray,
  axis: number,
): NdArray {
  const out: NdArray = { ...x, data: x.data.slice() };
  const put = ((): ((to: number, from: number) => void) => {
    if (!(out.data instanceof BigInt64Array)) {
      return (to, from) =>
        writeNumber(out, to, combine(readNumber(out, to), readNumber(updates, from)));
    }
    const [to, from] = [out.data, updates.data as BigInt64Array];
    return (i, k) => {
      to[i] = exact(to[i] as bigint, from[k] as bigint);
    };
  })();
  const at = decode(indices);
  const [outer, extent, inner] = around(x.shape, axis);
  let from = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < at.length; i++, from += inner) {
      const index = at[i] as number;
      if (index < 0 || index >= extent) continue;
      const start = (o * extent + index) * inner;
      for (let k = 0; k < inner; k++) put(start + k, from + k);
    }
  }
  return out;
}

import { insertCast } from '../../coerce.ts';
import type { Dim } from '../../dim.ts';
import { dimBounds, dimEqual, elementCount } from '../../dim.ts';
import type { DType } from '../../dtype.ts';
import { isFloat } from '../../dtype.ts';
import { TypeRuleError } from '../../errors.ts';
import type { Tensor } from '../../node.ts';
import { checked } from '../../node.ts';
import type { TensorType } from '../../op.ts';
import { shapeText } from '../axes.ts';

/** `[...batch, rows, cols]`. */
export interface MatrixShape {
  readonly batch: readonly Dim[];
  readonly rows: Dim;
  readonly cols: Dim;
}

/** Multiply-adds of a factorization, up to a factor: m·n·min(m, n) for each matrix. */
export function factorizationWork({ shape }: TensorType): Dim {
  const [rows, cols] = shape.slice(-2) as [Dim, Dim];
  return elementCount([...shape, smaller(rows, cols)]);
}

/** The extents of a tensor of matrices; refuses what is none. */
export function matrixShape({ dtype, shape }: TensorType): MatrixShape {
  if (shape.length < 2)
    throw new TypeRuleError(
      'rank',
      `takes matrices, [..., m, n], got ${shapeText(shape)}`,
      'reshape it to a matrix, or use expandDims',
    );
  if (!isFloat(dtype))
    throw new TypeRuleError(
      'dtype',
      `takes a float dtype, got ${dtype}`,
      "cast it first, for example .cast('f32')",
    );
  const [rows, cols] = shape.slice(-2) as [Dim, Dim];
  return { batch: shape.slice(0, -2), rows, cols };
}

export function squareShape(type: TensorType): MatrixShape {
  const found = matrixShape(type);
  if (dimEqual(found.rows, found.cols)) return found;
  throw new TypeRuleError(
    'shape-mismatch',
    `takes square matrices, got ${shapeText(type.shape)}`,
    'lstsq and pinv take matrices of any shape',
  );
}

/** The type rules of primitives: builders cast f16 and bf16. */
export function requireWide({ dtype }: TensorType): void {
  if (dtype === 'f32' || dtype === 'f64') return;
  throw new TypeRuleError('dtype', `takes f32 or f64, got ${dtype}`, "cast it to 'f32' first");
}

/** The smaller of two extents, where their bounds tell. */
export function smaller(m: Dim, n: Dim): Dim {
  if (dimEqual(m, n)) return m;
  const [[leastM, mostM], [leastN, mostN]] = [dimBounds(m), dimBounds(n)];
  if (mostM <= leastN) return m;
  if (mostN <= leastM) return n;
  throw new TypeRuleError(
    'symbolic',
    `must know which of ${shapeText([m])} and ${shapeText([n])} is smaller`,
    'give the dims bounds that tell, with dim(name, { min, max })',
  );
}

export function sameBatch(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((d, i) => dimEqual(d, b[i] as Dim));
}

/**
 * Runs a builder on wide floats: f16 and bf16 operands are cast to f32 and the results back, since
 * no LAPACK has them. Both casts are recorded.
 */
export function onMatrices<R>(
  name: string,
  operands: readonly Tensor[],
  build: (wide: readonly Tensor[], narrow: (result: Tensor) => Tensor) => R,
): R {
  return checked(`${name}(${operands.join(', ')})`, () => {
    const dtype = commonFloat(operands);
    if (dtype !== 'f16' && dtype !== 'bf16') return build(operands, (result) => result);
    const wide = operands.map((x) =>
      insertCast(x, 'f32', `${name} of ${dtype} is computed in f32: LAPACK has no ${dtype}`),
    );
    return build(wide, (result) =>
      result.dtype === 'f32'
        ? insertCast(result, dtype, `the result of ${name} is ${dtype}, as its operand`)
        : result,
    );
  });
}

function commonFloat(operands: readonly Tensor[]): DType {
  const [first, ...others] = operands.map((x) => x.dtype) as [DType, ...DType[]];
  const other = others.find((dtype) => dtype !== first);
  if (other === undefined) return first;
  throw new TypeRuleError(
    'dtype-mix',
    `operands are ${first} and ${other}, which do not mix`,
    `cast one of them, for example .cast('${first}')`,
  );
}

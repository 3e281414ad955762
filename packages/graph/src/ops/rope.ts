import { composite } from '../composite.ts';
import type { Dim } from '../dim.ts';
import { dimEqual } from '../dim.ts';
import { isInteger } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import type { NdArray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { checked, make, make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { broadcastInDim, reshapeTo, shapeText } from './axes.ts';
import { bitcast, cast } from './cast.ts';
import { constant, iota } from './leaves.ts';
import { bitwiseAnd, shiftRight } from './logic.ts';
import { add, mul, neg, sub } from './math.ts';
import { requireFloat } from './reduce.ts';
import { concat, sliceAxis } from './slice.ts';
import { cos, sin } from './trigonometric.ts';
import { stack } from './views.ts';

/** Which elements make a pair: i and i + dims / 2, or 2i and 2i + 1. */
export type RopeConvention = 'halfSplit' | 'interleaved';

interface Rope {
  readonly base: number;
  readonly offset: number;
  readonly dims: number;
  readonly convention: string;
  readonly inverse: boolean;
}

export const ropeOp: CompositeOp = composite({
  name: 'rope',
  wide: true,
  doc: 'pairs of the first dims of the last axis, turned by the angle p · base^(−2i / dims) at position p of the axis before; inverse: turned back',
  attributes: {
    base: 'float',
    offset: 'int',
    dims: 'int',
    convention: 'string',
    inverse: 'bool',
  },
  inputs: [1, 2],
  decompose([x, positions], attrs) {
    checkOperands(x as Tensor, positions, attrs);
    return [rotate(x as Tensor, positions, attrs)];
  },
  // The transpose of a rotation turns back.
  vjp: ({ inputs: [, positions], cotangents: [ct], attrs }) => {
    const operands = ct && positions ? [ct, positions] : ct ? [ct] : [];
    const dx = ct ? make1(ropeOp, operands, { ...attrs, inverse: !attrs.inverse }) : null;
    return positions ? [dx, null] : [dx];
  },
  // Positions of all are positions of each; mapped ones are those of a batch.
  batch: ({ op, inputs: [, positions], mapped, attrs, all }) => {
    const [x, places] = all() as readonly [Tensor, Tensor | undefined];
    if (!positions || !places) return make(op, [x], { ...attrs });
    if (places.rank > 2) return null;
    return make(op, [x, mapped[1] ? places : positions], { ...attrs });
  },
});

function rotate(x: Tensor, positions: Tensor | undefined, attrs: Rope): Tensor {
  const last = x.rank - 1;
  const half = attrs.dims / 2;
  const turned = sliceAxis(x, last, 0, attrs.dims);
  const [first, second] = pair(turned, half, attrs.convention);
  const angle = angles(x, positions, attrs);
  const over = (t: Tensor): Tensor => broadcastInDim(t, first.shape, angleAxes(x, positions));
  const [c, s] = [over(cos(angle)), over(attrs.inverse ? neg(sin(angle)) : sin(angle))];
  const a = sub(mul(first, c), mul(second, s));
  const b = add(mul(second, c), mul(first, s));
  const joined =
    attrs.convention === 'halfSplit'
      ? concat([a, b], last)
      : reshapeTo(stack([a, b], -1), turned.shape);
  const rest = x.shape[last] === attrs.dims ? [] : [sliceAxis(x, last, attrs.dims)];
  return rest.length === 0 ? joined : concat([joined, ...rest], last);
}

function pair(x: Tensor, half: number, convention: string): readonly [Tensor, Tensor] {
  const last = x.rank - 1;
  if (convention === 'halfSplit') {
    return [sliceAxis(x, last, 0, half), sliceAxis(x, last, half, 2 * half)];
  }
  const pairs = reshapeTo(x, [...x.shape.slice(0, -1), half, 2]);
  const flat = [...x.shape.slice(0, -1), half];
  const side = (i: number): Tensor => reshapeTo(sliceAxis(pairs, x.rank, i, i + 1), flat);
  return [side(0), side(1)];
}

// Axes of x that positions [length] or [batch, length] run along, and the last.
function angleAxes(x: Tensor, positions: Tensor | undefined): readonly number[] {
  return [...(positions?.rank === 2 ? [0] : []), x.rank - 2, x.rank - 1];
}

// ------------------------------------------------------------------------------------------------ angles

// [length, dims / 2], or [batch, length, dims / 2].
function angles(x: Tensor, given: Tensor | undefined, attrs: Rope): Tensor {
  const length = x.shape.at(-2) as Dim;
  const positions = given ? cast(given, 'i32') : add(iota([length], 0), attrs.offset);
  const shape = [...positions.shape, attrs.dims / 2];
  const over = broadcastInDim(
    positions,
    shape,
    positions.shape.map((_, i) => i),
  );
  const turns = Array.from(
    { length: attrs.dims / 2 },
    (_, i) => attrs.base ** ((-2 * i) / attrs.dims) / (2 * Math.PI),
  );
  const along = (data: NdArray): Tensor =>
    broadcastInDim(constant(data), shape, [shape.length - 1]);
  if (x.dtype === 'f64') {
    const step = Float64Array.from(turns, (t) => t * 2 * Math.PI);
    return mul(cast(over, 'f64'), along({ dtype: 'f64', shape: [step.length], data: step }));
  }
  return exactAngle(over, turns, along);
}

/**
 * The angle within ±π, to the last digit of f32 up to position 2²⁴: the fraction of a turn is a product
 * of integers, which wraps as turns do. (In f32 the product itself loses a digit for each place of the
 * position.) Turns for each step are held in 48 bits.
 */
function exactAngle(
  position: Tensor,
  turns: readonly number[],
  along: (data: NdArray) => Tensor,
): Tensor {
  const scaled = turns.map((t) => Math.round((t - Math.floor(t)) * 2 ** 48));
  const words = (of: (t: number) => number): Tensor =>
    along({ dtype: 'u32', shape: [turns.length], data: Uint32Array.from(scaled, of) });
  const high = words((t) => Math.floor(t / 2 ** 16));
  const low = words((t) => t % 2 ** 16);
  const above = bitcast(shiftRight(position, 16), 'u32');
  const below = bitwiseAnd(bitcast(position, 'u32'), 0xffff);
  const carried = shiftRight(mul(below, low), 16);
  const phase = add(add(mul(bitcast(position, 'u32'), high), mul(above, low)), carried);
  return mul(cast(bitcast(phase, 'i32'), 'f32'), Math.PI / 2 ** 31);
}

// ------------------------------------------------------------------------------------------------ operands

function checkOperands(x: Tensor, positions: Tensor | undefined, attrs: Rope): void {
  requireFloat(x);
  const { base, dims, offset, convention } = attrs;
  const width = x.shape.at(-1);
  if (x.rank < 2 || typeof width !== 'number') {
    const found = `x is ${shapeText(x.shape)}`;
    throw new TypeRuleError('rank', `${found}, expected […, length, dim], dim a number`);
  }
  if (!Number.isInteger(dims) || dims < 2 || dims % 2 !== 0 || dims > width) {
    const found = `dims is ${dims}, expected an even number from 2 to ${width}`;
    throw new TypeRuleError('attribute', found);
  }
  if (!(base > 0 && Number.isFinite(base)))
    throw new TypeRuleError('attribute', `base is ${base}, expected a positive number`);
  if (!Number.isInteger(offset) || Math.abs(offset) > 2 ** 30)
    throw new TypeRuleError('attribute', `offset is ${offset}, expected an integer within ±2^30`);
  if (convention !== 'halfSplit' && convention !== 'interleaved') {
    const found = `convention is '${convention}', expected 'halfSplit' or 'interleaved'`;
    throw new TypeRuleError('attribute', found);
  }
  if (positions) checkPositions(x, positions);
}

function checkPositions(x: Tensor, positions: Tensor): void {
  if (!isInteger(positions.dtype))
    throw new TypeRuleError('dtype', `positions are ${positions.dtype}, expected integers`);
  const length = x.shape.at(-2) as Dim;
  const wanted = positions.rank === 2 && x.rank > 2 ? [x.shape[0] as Dim, length] : [length];
  const fits =
    positions.rank === wanted.length &&
    wanted.every((d, i) => dimEqual(d, positions.shape[i] as Dim));
  if (fits) return;
  const found = `positions are ${shapeText(positions.shape)}, expected ${shapeText(wanted)}`;
  throw new TypeRuleError('shape-mismatch', found);
}

export interface RopeOptions {
  /** Of the frequencies; default 10000. */
  readonly base?: number;
  /** The position of the first place; default 0. */
  readonly offset?: number;
  /** Integers [length] or [batch, length], instead of offset, offset + 1, …: for decoding with a cache. */
  readonly positions?: Tensor;
  /** How many elements of the last axis are turned, from the first; default all. */
  readonly dims?: number;
  /** Default 'halfSplit'. */
  readonly convention?: RopeConvention;
}

/**
 * Rotary position embedding of `[…, length, dim]` (Su et al., arXiv 2104.09864): elements i and
 * i + dims / 2 are turned by the angle position · base^(−2i / dims). Angles have all digits of
 * f32 up to position 2²⁴; f16 and bf16 are turned in f32.
 *
 *     rope(q);   rope(q, { offset: 5 });   rope(q, { positions })   // f32[N, 8, 128, 64]
 *
 * @throws GraphError when dims is odd or above dim, or positions have another length.
 */
export function rope(x: Tensor, options: RopeOptions = {}): Tensor {
  const { base = 10000, offset = 0, positions, convention = 'halfSplit' } = options;
  return checked(`rope(${x})`, () => {
    if (positions && options.offset !== undefined) {
      throw new TypeRuleError('attribute', 'both positions and offset are given', 'leave one out');
    }
    const width = x.shape.at(-1);
    const dims = options.dims ?? (typeof width === 'number' ? width : 0);
    const operands = positions ? [x, positions] : [x];
    return make1(ropeOp, operands, { base, offset, dims, convention, inverse: false });
  });
}

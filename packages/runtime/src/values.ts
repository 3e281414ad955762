import type { DType, GivenArray, ScalarOf, TypedArray } from './dtype.ts';
import { arrayFits, arrayName, dtypes, viewOf } from './dtype.ts';
import type { ErrorCode } from './errors.ts';
import { VorabError, withArticle } from './errors.ts';
import { encodeFloat } from './half.ts';
import type { Shape } from './tensor.ts';
import { Tensor } from './tensor.ts';

/** Dense elements with their extents, for a shape that an array's length alone does not tell. */
export interface Shaped<D extends DType = DType> {
  readonly data: GivenArray<D>;
  readonly shape: readonly number[];
}

/** What an input takes: a flat typed array, `{ data, shape }`, a tensor of the session, or a scalar's value. */
export type InputValue<D extends DType = DType, S extends Shape = Shape> =
  | GivenArray<D>
  | Shaped<D>
  | Tensor<D, Shape>
  | (readonly [] extends S ? ScalarOf[D] | number : never);

/** A value that has passed: elements (`view`) or a tensor, and its shape where it says one. */
export interface Accepted {
  readonly view: TypedArray | undefined;
  readonly tensor: Tensor | undefined;
  readonly shape: readonly number[] | undefined;
  readonly length: number;
}

/** Names the place in messages: "fit: input image". */
export interface Place {
  readonly name: string;
  readonly type: string;
  readonly dtype: DType;
  readonly rank: number;
}

function refuse(place: Place, code: ErrorCode, found: string, cure?: string): VorabError {
  return new VorabError({
    code,
    message: `${place.name} is ${found}, expected ${place.type}`,
    cure,
  });
}

const tagOf = (value: object): string | undefined =>
  ArrayBuffer.isView(value)
    ? (value as unknown as { [Symbol.toStringTag]?: string })[Symbol.toStringTag]
    : undefined;

/** A `Float16Array` as its bits, over the same memory; every other array as it is. */
export function bitsOf(view: ArrayBufferView): TypedArray {
  if (tagOf(view) !== 'Float16Array') return view as TypedArray;
  return new Uint16Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength / 2);
}

function acceptView(place: Place, value: ArrayBufferView): TypedArray {
  const tag = tagOf(value);
  if (!arrayFits(place.dtype, tag)) {
    const array = arrayName(place.dtype);
    throw refuse(
      place,
      'input-dtype',
      withArticle(tag ?? 'DataView'),
      `pass ${withArticle(array)}, e.g. ${array}.from(values)`,
    );
  }
  const view = bitsOf(value);
  if (place.dtype === 'bool') checkBooleans(place, view as Uint8Array);
  return view;
}

function checkBooleans(place: Place, view: Uint8Array): void {
  if (bitsIn(view) <= 1) return;
  const at = view.findIndex((element) => element > 1);
  throw refuse(
    place,
    'input-value',
    `${view[at]} at ${at}`,
    'give 0 or 1 for each element of a bool',
  );
}

/** Every bit that some byte has; four bytes at a time, since each call looks at its masks. */
function bitsIn(bytes: Uint8Array): number {
  const before = -bytes.byteOffset & 3;
  const words = (bytes.length - before) >> 2;
  if (words <= 0) return anyOf(bytes);
  const bits =
    anyOf(new Uint32Array(bytes.buffer, bytes.byteOffset + before, words)) |
    anyOf(bytes.subarray(0, before)) |
    anyOf(bytes.subarray(before + 4 * words));
  return (bits | (bits >>> 8) | (bits >>> 16) | (bits >>> 24)) & 0xff;
}

function anyOf(elements: Uint8Array | Uint32Array): number {
  let bits = 0;
  // By index: an iterator takes six times as long.
  for (let i = 0, end = elements.length; i < end; i++) bits |= elements[i] ?? 0;
  return bits;
}

function acceptTensor(place: Place, tensor: Tensor): Accepted {
  if (tensor.dtype !== place.dtype) {
    const cure = `cast it in the model, or pass its data() as ${withArticle(arrayName(place.dtype))}`;
    throw refuse(place, 'input-dtype', `a ${tensor.toString()}`, cure);
  }
  return { view: undefined, tensor, shape: tensor.shape, length: tensor.size };
}

function acceptScalar(place: Place, value: number | boolean | bigint): Accepted {
  if (place.rank !== 0) {
    throw refuse(
      place,
      'input-rank',
      `the scalar ${value}`,
      `pass ${withArticle(arrayName(place.dtype))}`,
    );
  }
  const view = viewOf(place.dtype, new ArrayBuffer(8));
  const stored = store(place, view, value);
  return { view: stored, tensor: undefined, shape: [], length: 1 };
}

const ranges: { readonly [D in DType]?: readonly [number, number] } = {
  u8: [0, 0xff],
  i8: [-0x80, 0x7f],
  u32: [0, 0xffff_ffff],
  i32: [-0x8000_0000, 0x7fff_ffff],
};

function store(place: Place, view: TypedArray, value: number | boolean | bigint): TypedArray {
  const { dtype } = place;
  const wrong = (cure: string): VorabError =>
    refuse(place, 'input-value', `${typeof value} ${value}`, cure);
  if ((dtype === 'bool') !== (typeof value === 'boolean')) throw wrong('booleans are for bool');
  if (view instanceof BigInt64Array) {
    if (typeof value === 'number' && !Number.isInteger(value)) throw wrong('pass a whole number');
    view[0] = BigInt(value);
    return view.subarray(0, 1);
  }
  if (typeof value === 'bigint') throw wrong('bigints are for i64');
  const number = Number(value);
  if (dtype === 'f16' || dtype === 'bf16') {
    view[0] = encodeFloat(dtype, number);
    return view.subarray(0, 1);
  }
  const range = ranges[dtype];
  if (
    range !== undefined &&
    !(Number.isInteger(number) && number >= range[0] && number <= range[1])
  ) {
    throw wrong(`pass a whole number from ${range[0]} to ${range[1]}`);
  }
  view[0] = number;
  return view.subarray(0, 1);
}

function acceptShaped(place: Place, value: Shaped): Accepted {
  const { data, shape } = value;
  if (!ArrayBuffer.isView(data) || !Array.isArray(shape)) {
    throw refuse(place, 'input-kind', 'an object', kindCure(place));
  }
  const bad = shape.find((extent) => !Number.isInteger(extent) || extent < 0);
  if (bad !== undefined) throw refuse(place, 'input-size', `an array with an extent of ${bad}`);
  const view = acceptView(place, data);
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size !== view.length) {
    const found = `${view.length} elements with shape [${shape.join(', ')}], which holds ${size}`;
    throw refuse(place, 'input-size', found);
  }
  return { view, tensor: undefined, shape, length: size };
}

const kindCure = (place: Place): string =>
  `pass a flat ${arrayName(place.dtype)}, { data, shape }, or a tensor of this session`;

/** Checks the kind and dtype of an input's value. Throws `input-kind`, `input-dtype`, `input-value`, `input-size`. */
export function accept(place: Place, value: unknown): Accepted {
  if (typeof value === 'object' && value !== null) {
    if (ArrayBuffer.isView(value)) {
      const view = acceptView(place, value);
      return { view, tensor: undefined, shape: undefined, length: view.length };
    }
    if (Tensor.is(value)) return acceptTensor(place, value);
    if (Array.isArray(value)) {
      const array = arrayName(place.dtype);
      const flat = value.some((element) => Array.isArray(element)) ? '.flat(Infinity)' : '';
      throw refuse(place, 'input-kind', 'a JavaScript array', `pass ${array}.from(values${flat})`);
    }
    if ('data' in value && 'shape' in value) return acceptShaped(place, value as Shaped);
  }
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return acceptScalar(place, value);
  }
  throw refuse(
    place,
    'input-kind',
    value === null ? 'null' : withArticle(typeof value),
    kindCure(place),
  );
}

/** The artifact's number of a dtype. */
export function dtypeNumber(dtype: DType): number {
  return dtypes.indexOf(dtype);
}

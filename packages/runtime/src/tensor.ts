import type { ArrayOf, DType, ScalarOf } from './dtype.ts';
import { dtypeBytes, scalarAt, viewOf } from './dtype.ts';
import { VorabError } from './errors.ts';

/** A shape in a type: numbers, and names of symbolic dims. */
export type Shape = readonly (number | string)[];

/** `toArray()` of a tensor: a scalar, or arrays in arrays. */
export type Nested<T> = T | Nested<T>[];

/** What a tensor asks of its session. */
export interface TensorOwner {
  read(slot: number): Promise<ArrayBuffer>;
  readSync(slot: number): ArrayBuffer;
  release(slot: number): void;
  readonly garbage: FinalizationRegistry<number>;
}

/**
 * An array on a session's device: what calls return, and an input of further calls of the same session. It is
 * immutable and keeps its memory until `dispose()`, the end of its `using` block, or garbage collection.
 *
 * @example
 * const { loss } = await model.fit(batch);
 * console.log(await loss.item());
 */
export class Tensor<D extends DType = DType, S extends Shape = Shape> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** Holds the symbolic shape for the type alone. */
  declare readonly symbolicShape?: S;
  readonly #owner: TensorOwner;
  #slot: number;

  /** Tensors are made by sessions. */
  constructor(owner: TensorOwner, slot: number, dtype: D, shape: readonly number[]) {
    this.#owner = owner;
    this.#slot = slot;
    this.dtype = dtype;
    this.shape = shape;
    owner.garbage.register(this, slot, this);
  }

  /** The number of elements. */
  get size(): number {
    return this.shape.reduce((product, extent) => product * extent, 1);
  }

  get disposed(): boolean {
    return this.#slot < 0;
  }

  /** A copy of the elements, in row-major order. f16 and bf16 are bit patterns in a `Uint16Array`. */
  async data(): Promise<ArrayOf[D]> {
    return viewOf(this.dtype, await this.#owner.read(this.#live()));
  }

  /** `data()` at once: waits for what is queued and blocks the event loop meanwhile. */
  dataSync(): ArrayOf[D] {
    return viewOf(this.dtype, this.#owner.readSync(this.#live()));
  }

  /** The element of a tensor with one element. Throws `tensor` for any other size. */
  async item(): Promise<ScalarOf[D]> {
    this.#needOne();
    return scalarAt(this.dtype, await this.data(), 0);
  }

  /** `item()` at once: waits for what is queued and blocks the event loop meanwhile. */
  itemSync(): ScalarOf[D] {
    this.#needOne();
    return scalarAt(this.dtype, this.dataSync(), 0);
  }

  /** Nested arrays, as many levels as the tensor has dims; a scalar as itself. */
  async toArray(): Promise<Nested<ScalarOf[D]>> {
    const data = await this.data();
    let at = 0;
    const nest = (axis: number): Nested<ScalarOf[D]> => {
      const extent = this.shape[axis];
      if (extent === undefined) return scalarAt(this.dtype, data, at++);
      return Array.from({ length: extent }, () => nest(axis + 1));
    };
    return nest(0);
  }

  /** Gives the memory back. Calls that have it as an input still run. */
  dispose(): void {
    if (this.#slot < 0) return;
    this.#owner.garbage.unregister(this);
    this.#owner.release(this.#slot);
    this.#slot = -1;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return `Tensor ${this.dtype}[${this.shape.join(', ')}]`;
  }

  /** Whether `value` is a tensor of any session. */
  static is(value: unknown): value is Tensor {
    return typeof value === 'object' && value !== null && #slot in value;
  }

  /** The slot of a live tensor of `owner`; throws `tensor` for a disposed one and for one of another session. */
  static slotIn(owner: TensorOwner, tensor: Tensor): number {
    if (tensor.#owner !== owner) {
      throw new VorabError({
        code: 'tensor',
        message: 'the tensor belongs to another session',
        cure: 'pass `await tensor.data()`, which copies it through the host',
      });
    }
    return tensor.#live();
  }

  #live(): number {
    if (this.#slot >= 0) return this.#slot;
    throw new VorabError({ code: 'tensor', message: `${this.toString()} is disposed` });
  }

  #needOne(): void {
    if (this.size === 1) return;
    throw new VorabError({
      code: 'tensor',
      message: `item() of a tensor with shape [${this.shape.join(', ')}], expected one element`,
      cure: 'use data() or toArray()',
    });
  }
}

/** Bytes of a tensor. */
export function tensorBytes(tensor: Tensor): number {
  return tensor.size * dtypeBytes(tensor.dtype);
}

import type { NdArray } from '@vorab/graph';
import { copyOf } from './arrays.ts';
import { ReferenceFailure } from './failure.ts';
import type { Counts } from './ledger.ts';

/** The output of a call. */
export interface Origin {
  readonly entry: number;
  readonly output: number;
}

export interface HeldTensor {
  readonly array: NdArray;
  /** The call that gave it, if one did. */
  readonly from: Origin | undefined;
}

/** The tensors that a session has handed out, by slot. */
export class Tensors {
  readonly #held: Map<number, HeldTensor> = new Map();
  readonly #counts: Counts;
  #nextSlot = 0;

  constructor(counts: Counts) {
    this.#counts = counts;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Gives the slot. */
  keep(array: NdArray, from: Origin | undefined): number {
    const slot = this.#nextSlot++;
    this.#held.set(slot, { array, from });
    return slot;
  }

  at(slot: number): HeldTensor {
    const tensor = this.#held.get(slot);
    if (tensor === undefined) throw new ReferenceFailure('argument', 'the tensor is disposed');
    return tensor;
  }

  copy({ array, from }: HeldTensor): ArrayBuffer {
    const { byteLength } = array.data;
    if (from === undefined) this.#counts.add('tensorRead', 0, 0, byteLength);
    else this.#counts.add('outputRead', from.entry, from.output, byteLength);
    return copyOf(array);
  }

  release(slot: number): void {
    this.#held.delete(slot);
  }

  clear(): void {
    this.#held.clear();
  }
}

import type { DType, GivenArray } from './dtype.ts';
import type { TapNames } from './taps.ts';
import type { Tensor } from './tensor.ts';

/** Inputs and outputs of one entry; typed bindings give one for each. */
export interface EntryTypes {
  readonly inputs: object;
  readonly outputs: object;
}

/** The entries of an artifact by name, as a typed binding declares them. */
export type EntriesTypes = { readonly [Name in string]: EntryTypes };

/** Without a typed binding: any entry, checked when it is called. */
export type AnyEntries = {
  readonly [name: string]: {
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly outputs: Readonly<Record<string, Tensor>>;
  };
};

/** Where outputs go: an array of the caller's to fill, or null for an output that is not wanted. */
export type OutOf<O extends object> = {
  readonly [K in keyof O]?:
    | (O[K] extends Tensor<infer D> ? GivenArray<D> : GivenArray<DType>)
    | null;
};

/** What a call gives: the caller's arrays where it gave some, tensors elsewhere. */
export type ResultOf<O extends object, Given extends OutOf<O>> = {
  readonly [K in keyof O as K extends keyof Given
    ? Given[K] extends null
      ? never
      : K
    : K]: K extends keyof Given ? (undefined extends Given[K] ? O[K] : Given[K]) : O[K];
};

/** Asks for taps: by name, or true for all. */
export interface TapOptions {
  readonly taps: TapNames;
}

/** What a call that asks for taps gives besides its outputs. */
export interface Tapped {
  readonly taps: Readonly<Record<string, Tensor>>;
}

export interface SyncOptions<O extends object, Given extends OutOf<O> = OutOf<O>> {
  /** Arrays to fill instead of new tensors, by output; null leaves the output out. */
  readonly out?: Given;
}

export interface CallOptions<O extends object, Given extends OutOf<O> = OutOf<O>>
  extends SyncOptions<O, Given> {
  /** Honoured until the call's first write of state; the call then rejects with an `AbortError`. */
  readonly signal?: AbortSignal;
}

/** No input may be left out when there is one. */
type Inputs<I extends object> = Record<never, never> extends I ? [inputs?: I] : [inputs: I];

/** An entry as a method: queued, runs off the JavaScript thread. */
export type EntryMethod<T extends EntryTypes> = {
  (...inputs: Inputs<T['inputs']>): Promise<T['outputs']>;
  <const Given extends OutOf<T['outputs']> = Record<never, never>>(
    inputs: T['inputs'],
    options: CallOptions<T['outputs'], Given> & TapOptions,
  ): Promise<ResultOf<T['outputs'], Given> & Tapped>;
  <const Given extends OutOf<T['outputs']> = Record<never, never>>(
    inputs: T['inputs'],
    options: CallOptions<T['outputs'], Given>,
  ): Promise<ResultOf<T['outputs'], Given>>;
};

/** An entry as a method that runs at once, after what is queued. */
export type SyncMethod<T extends EntryTypes> = {
  (...inputs: Inputs<T['inputs']>): T['outputs'];
  <const Given extends OutOf<T['outputs']> = Record<never, never>>(
    inputs: T['inputs'],
    options: SyncOptions<T['outputs'], Given> & TapOptions,
  ): ResultOf<T['outputs'], Given> & Tapped;
  <const Given extends OutOf<T['outputs']> = Record<never, never>>(
    inputs: T['inputs'],
    options: SyncOptions<T['outputs'], Given>,
  ): ResultOf<T['outputs'], Given>;
};

export type EntryMethods<E> = {
  readonly [K in keyof E]: E[K] extends EntryTypes ? EntryMethod<E[K]> : never;
};

export type SyncMethods<E> = {
  readonly [K in keyof E]: E[K] extends EntryTypes ? SyncMethod<E[K]> : never;
};

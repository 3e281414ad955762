import type { BackendSession } from './backend.ts';
import type { TypedArray } from './dtype.ts';
import { arrayName, scalarAt, viewOf } from './dtype.ts';
import { didYouMean, listNames, VorabError } from './errors.ts';
import type { StateInfo, StateKind } from './program.ts';
import { accept } from './values.ts';

/** What the states need of their session. */
export interface StateHost {
  readonly backend: BackendSession;
  checkOpen(): void;
  explain(failure: unknown): unknown;
}

function find(states: readonly StateInfo[], name: string, what: string): StateInfo {
  const state = states.find((candidate) => candidate.name === name);
  if (state !== undefined) return state;
  const names = states.map((candidate) => candidate.name);
  const meant = didYouMean(name, names);
  const some = names.slice(0, 20);
  if (names.length > some.length) some.push('…');
  throw new VorabError({
    code: 'state-unknown',
    message: `there is no ${what} ${name}; there are: ${listNames(some)}`,
    cure: meant === undefined ? undefined : `did you mean ${meant}?`,
  });
}

/** The parameters and other states of a session. Reads and writes are queued like calls. */
export class States {
  readonly #host: StateHost;
  readonly #states: readonly StateInfo[];

  constructor(host: StateHost, states: readonly StateInfo[]) {
    this.#host = host;
    this.#states = states;
  }

  /** Names of all states, or of those of one kind. */
  names(kind?: StateKind): string[] {
    return this.#states.filter((s) => kind === undefined || s.kind === kind).map((s) => s.name);
  }

  /** dtype, shape and kind of a state. Throws `state-unknown`. */
  info(name: string): StateInfo {
    return find(this.#states, name, 'state');
  }

  /**
   * A snapshot of a state's elements in row-major order: later calls do not change it.
   *
   * @example
   * const weight = await model.state.read('0.weight');
   */
  async read(name: string): Promise<TypedArray> {
    const state = this.info(name);
    this.#host.checkOpen();
    try {
      return viewOf(state.dtype, await this.#host.backend.readState(state.index));
    } catch (failure) {
      throw this.#host.explain(failure);
    }
  }

  /**
   * Replaces a state's elements; `value` is copied before this returns.
   *
   * @example
   * await model.state.write('0.bias', new Float32Array(128));
   */
  async write(name: string, value: TypedArray | number | boolean | bigint): Promise<void> {
    const state = this.info(name);
    this.#host.checkOpen();
    const view = elementsOf(state, value);
    try {
      await this.#host.backend.writeState(state.index, view);
    } catch (failure) {
      throw this.#host.explain(failure);
    }
  }
}

function elementsOf(state: StateInfo, value: unknown): ArrayBufferView {
  const type = `${state.dtype}[${state.shape.join(', ')}]`;
  const place = { name: `state ${state.name}`, type, dtype: state.dtype, rank: state.shape.length };
  const { view, length } = accept(place, value);
  const size = state.shape.reduce((product, extent) => product * extent, 1);
  if (view === undefined) {
    throw new VorabError({
      code: 'input-kind',
      message: `${place.name} cannot be written from a tensor`,
      cure: `pass its data(), a ${arrayName(state.dtype)}`,
    });
  }
  if (length === size) return view;
  throw new VorabError({
    code: 'input-size',
    message: `${place.name} was given ${length} elements, expected ${size} for ${type}`,
  });
}

/** The hyper-parameters of a session: scalars that change without compiling again. */
export class Hyper {
  readonly #host: StateHost;
  readonly #states: readonly StateInfo[];

  constructor(host: StateHost, states: readonly StateInfo[]) {
    this.#host = host;
    this.#states = states.filter(({ kind }) => kind === 'hyper');
  }

  names(): string[] {
    return this.#states.map(({ name }) => name);
  }

  /** Throws `state-unknown`. */
  async get(name: string): Promise<number | boolean | bigint> {
    const state = find(this.#states, name, 'hyper-parameter');
    this.#host.checkOpen();
    try {
      const buffer = await this.#host.backend.readState(state.index);
      return scalarAt(state.dtype, viewOf(state.dtype, buffer), 0);
    } catch (failure) {
      throw this.#host.explain(failure);
    }
  }

  /**
   * Holds from the next call on.
   *
   * @example
   * await model.hyper.set('lr', 1e-3);
   */
  async set(name: string, value: number | boolean | bigint): Promise<void> {
    const state = find(this.#states, name, 'hyper-parameter');
    this.#host.checkOpen();
    const view = elementsOf(state, value);
    try {
      await this.#host.backend.writeState(state.index, view);
    } catch (failure) {
      throw this.#host.explain(failure);
    }
  }
}

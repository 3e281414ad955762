import type { TensorLike } from './coerce.ts';
import { currentProgram } from './current-program.ts';
import { userError } from './fail.ts';
import type { CallSite } from './location.ts';
import { captureCallSites, formatLocation, resolveCallSite } from './location.ts';
import { fnv1a32 } from './naming.ts';
import type { Tensor } from './node.ts';
import { formatType } from './node.ts';
import { where } from './ops/compare.ts';
import { full } from './ops/leaves.ts';
import { logicalAnd } from './ops/logic.ts';
import { foldIn, split } from './ops/random.ts';
import { sharedRng } from './rng.ts';
import { currentScope } from './scope.ts';
import type { StateVariable } from './state.ts';
import { stateOf } from './state.ts';

interface Update {
  readonly value: Tensor;
  readonly callSites: readonly CallSite[];
}

/** What a program collects while it is traced. */
export class ProgramContext {
  readonly #updates = new Map<StateVariable, Update>();
  readonly #drawers = new Map<object, number>();
  #draws = new Map<object, number>();
  #condition: Tensor | undefined;
  #key: Tensor | undefined;

  constructor(
    /** Whether dropout and its like are on. */
    readonly training: boolean,
  ) {}

  /** The updates, in the order in which they were written. */
  get updates(): readonly { readonly state: StateVariable; readonly value: Tensor }[] {
    return [...this.#updates].map(([state, { value }]) => ({ state, value }));
  }

  /** @throws GraphError when the state was updated already, is a hyper-parameter, or has another type. */
  update(state: StateVariable, value: Tensor): void {
    checkUpdatesHere();
    this.#set(state, value);
  }

  #set(state: StateVariable, value: Tensor): void {
    const before = this.#updates.get(state)?.callSites[0];
    if (before) {
      throw userError({
        code: 'update-twice',
        message: `a second update of the same ${state.kind}; the first is at ${formatLocation(resolveCallSite(before))}`,
        cure: 'compute the last value first, and update once',
      });
    }
    if (formatType(value.type) !== formatType(state.type)) {
      throw userError({
        code: 'update-type',
        message: `update of a ${state.kind} of type ${formatType(state.type)} with ${value}`,
        cure: 'cast or reshape the value to the type of the state',
      });
    }
    const held = this.#condition ? where(this.#condition, value, state.tensor) : value;
    this.#updates.set(state, { value: held, callSites: captureCallSites() });
  }

  /** What an update in this call made of a state, if there was one. */
  pending(state: StateVariable): Tensor | undefined {
    return this.#updates.get(state)?.value;
  }

  /** Updates a state from what it is so far in this call: once for each use of a layer that keeps statistics. */
  revise(state: StateVariable, next: (soFar: Tensor) => Tensor): void {
    checkUpdatesHere();
    const value = next(this.pending(state) ?? state.tensor);
    this.#updates.delete(state);
    this.#set(state, value);
  }

  /** Updates that `body` makes hold where a bool scalar is true; elsewhere the states keep their values. */
  onlyIf(condition: Tensor, body: () => void): void {
    const before = this.#condition;
    this.#condition = before ? logicalAnd(before, condition) : condition;
    try {
      body();
    } finally {
      this.#condition = before;
    }
  }

  /**
   * A u32[2] key of its own for the next draw of `drawer`: from the step's key, the drawer's path, and how often it drew.
   * Splits the shared state `rng` once per call of the program.
   */
  nextKey(drawer: object, path: string): Tensor {
    checkDrawsHere();
    const ordinal = this.#drawers.get(drawer) ?? this.#drawers.size;
    this.#drawers.set(drawer, ordinal);
    const draw = this.#draws.get(drawer) ?? 0;
    this.#draws.set(drawer, draw + 1);
    return foldIn(this.#stepKey(), fnv1a32(`${path}#${ordinal}#${draw}`));
  }

  /** The taps that the user made, with their lines. */
  readonly taps: { readonly name: string; readonly callSites: readonly CallSite[] }[] = [];

  /** Draws count from the start again: a second forward pass gets the keys of the first, and so merges with it. */
  rewind(): void {
    this.#draws = new Map();
  }

  #stepKey(): Tensor {
    if (this.#key) return this.#key;
    const rng = sharedRng();
    const [next, key] = split(rng.tensor) as readonly [Tensor, Tensor];
    this.#set(rng, next);
    this.#key = key;
    return key;
  }
}

// A body has no effects: what it computes leaves it as a result.
function checkUpdatesHere(): void {
  const { within } = currentScope();
  if (!within) return;
  throw userError({
    code: 'update-in-body',
    message: `an update of a state inside the body of ${within.what}`,
    cure: 'return the new value from the body, and update outside',
  });
}

// One trace of the body, so one key: every run of it would draw the same numbers.
function checkDrawsHere(): void {
  const { within } = currentScope();
  if (!within?.repeats) return;
  throw userError({
    code: 'draw-in-body',
    message: `random numbers from the program's key inside the body of ${within.what}: each run would draw the same`,
    cure: 'take keys outside, with random.split(randomKey(), n), and hand one to each run',
  });
}

/** Whether the program that is being traced trains: layers such as dropout ask it. False outside a program. */
export function isTraining(): boolean {
  return currentProgram()?.training ?? false;
}

const callers = new WeakMap<ProgramContext, object>();

/**
 * A fresh u32[2] key at every call of the program, different for each use: the shared state `rng` is split once per
 * call.
 *
 *     const noise = random.normal(randomKey(), [N, 16]);
 *
 * @throws GraphError outside a program.
 */
export function randomKey(): Tensor {
  const context = requireProgram('randomKey');
  let caller = callers.get(context);
  if (!caller) {
    caller = {};
    callers.set(context, caller);
  }
  return context.nextKey(caller, 'randomKey');
}

/**
 * Sets a state at the end of the call. Reading it in the same program still gives the old value. A number is taken as
 * the state's dtype and repeated over its shape.
 *
 *     update(count, count.add(1));
 *
 * @throws GraphError outside a program, on a tensor that is no state, on a hyper-parameter, on a second update of the
 * same state, and when the value has another type.
 */
export function update(variable: Tensor, value: TensorLike): void {
  const context = requireProgram('update');
  const state = stateOf(variable);
  if (!state || state.kind === 'hyper') {
    const what = state ? 'a hyper-parameter' : `${variable}, which is not a state`;
    throw userError({
      code: 'update-target',
      message: `update of ${what}`,
      cure: state
        ? 'hyper-parameters are set from outside; make a state() for what a program writes'
        : 'give the tensor that state() or parameter() returned',
    });
  }
  context.update(state, typeof value === 'object' ? value : fill(state, value));
}

const fill = ({ type }: StateVariable, value: number | boolean): Tensor =>
  full(Number(value), type.shape, type.dtype);

/** The program that is being traced. Throws GraphError outside one. */
export function requireProgram(what: string): ProgramContext {
  const current = currentProgram();
  if (current) return current;
  throw userError({
    code: 'outside-program',
    message: `${what}() outside a program`,
    cure: `call ${what}() inside the function given to program() or trainStep()`,
  });
}

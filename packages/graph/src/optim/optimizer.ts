import { insertCast } from '../coerce.ts';
import { currentProgram } from '../current-program.ts';
import { isHalf } from '../dtype.ts';
import { userError } from '../fail.ts';
import * as init from '../init.ts';
import type { Tensor } from '../node.ts';
import type { TensorType } from '../op.ts';
import { cast } from '../ops/cast.ts';
import { full } from '../ops/leaves.ts';
import { add } from '../ops/math.ts';
import type { InitialValue } from '../state.ts';
import { StateVariable } from '../state.ts';
import { i32 } from '../types.ts';
import type { Schedule } from './schedules.ts';

/** A fixed number, a function of the step, or a tensor such as `hyper('lr', 3e-3)`. */
export type LearningRate = number | Schedule | Tensor;

/** What an optimizer's rule sees of one parameter, all of one dtype: the parameter's own, or f32 for f16 and bf16. */
export interface RuleContext<S extends string> {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly slots: { readonly [K in S]: Tensor };
  readonly learningRate: Tensor;
  /** Counts from 1. */
  readonly step: Tensor;
}

/** A state that an optimizer keeps for a parameter. */
export interface Slot {
  /** Default: the parameter's; f32 for f16 and bf16. */
  readonly type?: TensorType;
  /** Default zeros. */
  readonly init?: InitialValue;
}

/** The slots of a parameter, by name. */
export type Slots<S extends string> = { readonly [K in S]?: Slot };

/** An optimizer as arithmetic on one parameter. */
export interface OptimizerRule<S extends string> {
  readonly name: string;
  /** Names, for slots of the parameter's type that are zero at first; or a function of that type. */
  readonly slots: readonly S[] | ((parameter: TensorType) => Slots<S>);
  readonly learningRate: LearningRate;
  update(context: RuleContext<S>): {
    readonly parameter: Tensor;
    /** The new value of every slot that the parameter has. */
    readonly slots: { readonly [K in S]?: Tensor };
  };
}

export interface ParameterGradient {
  readonly parameter: StateVariable;
  readonly gradient: Tensor;
}

/** How many updates there were, as i32 scalars: before this one, and with it. */
export interface Clock {
  readonly before: Tensor;
  readonly after: Tensor;
}

/** Updates parameters by their gradients; its slots and its counter `step` are states. */
export interface Optimizer {
  readonly name: string;
  /**
   * Adds the updates of parameters, slots and counter to the program that is being traced. With a
   * clock the optimizer counts by that, and keeps no counter.
   */
  apply(gradients: readonly ParameterGradient[], clock?: Clock): void;
}

/**
 * Makes an optimizer of a rule. Used in two training steps, it keeps one set of slots.
 *
 *     optimizer({ name: 'descent', slots: [], learningRate: 0.1, update: ({ parameter, gradient, learningRate }) =>
 *       ({ parameter: parameter.sub(gradient.mul(learningRate)), slots: {} }) });
 */
export function optimizer<S extends string>(rule: OptimizerRule<S>): Optimizer {
  const states = new SlotStates(rule.name);
  const counter = new Counter();
  return {
    name: rule.name,
    apply(gradients, clock): void {
      const program = currentProgram();
      if (!program) throw outsideProgram(rule.name);
      const { before, after } = clock ?? counter.tick();
      const rate = learningRateAt(rule.learningRate, before);
      for (const { parameter, gradient } of gradients) {
        const type = arithmeticType(parameter);
        const slots = states.of(parameter, slotsOf(rule.slots, type));
        const next = rule.update({
          parameter: insertCast(parameter.tensor, type.dtype, inF32),
          gradient: insertCast(gradient, type.dtype, inF32),
          slots: tensorsOf(slots) as RuleContext<S>['slots'],
          learningRate: cast(rate, type.dtype),
          step: cast(after, type.dtype),
        });
        program.update(parameter, insertCast(next.parameter, parameter.type.dtype, inF32));
        for (const [name, state] of slots) {
          const value = next.slots[name as S];
          if (value) program.update(state, value);
        }
      }
    },
  };
}

// Parameters of f16 and bf16 are updated in f32, and so are their slots: small steps would vanish, and steps not count.
const inF32 = 'the optimizer updates 16-bit parameters in f32';

/** The type that a parameter is updated in. */
export function arithmeticType({ type }: StateVariable): TensorType {
  return isHalf(type.dtype) ? { ...type, dtype: 'f32' } : type;
}

/** The error for an optimizer that is applied where nothing is traced. */
export function outsideProgram(name: string): Error {
  return userError({
    code: 'outside-program',
    message: `${name}.apply outside a program`,
    cure: 'give it to trainStep, or apply it inside the function given to program()',
  });
}

function slotsOf<S extends string>(
  slots: OptimizerRule<S>['slots'],
  type: TensorType,
): readonly (readonly [string, Slot])[] {
  if (typeof slots !== 'function') return slots.map((name) => [name, {}] as const);
  return Object.entries<Slot | undefined>(slots(type)).flatMap(([name, slot]) =>
    slot ? [[name, slot] as const] : [],
  );
}

const tensorsOf = (slots: ReadonlyMap<string, StateVariable>): Record<string, Tensor> =>
  Object.fromEntries([...slots].map(([name, state]) => [name, state.tensor]));

/** The learning rate before the update number `step`, f32. */
function learningRateAt(rate: LearningRate, step: Tensor): Tensor {
  const value =
    typeof rate === 'function' ? rate(step) : typeof rate === 'number' ? full(rate, []) : rate;
  if (value.rank === 0 && value.dtype === 'f32') return value;
  throw userError({
    code: 'learning-rate',
    message: `the learning rate is ${value}, expected a scalar f32`,
    cure: 'give a number, a schedule of optim, or what hyper() returned',
  });
}

/** The state `step`, made at the first use. */
export class Counter {
  #step: StateVariable | undefined;

  constructor(private readonly name: string = 'step') {}

  get state(): StateVariable {
    this.#step ??= new StateVariable({
      kind: 'state',
      type: i32(),
      init: init.zeros,
      naming: { form: 'absolute', name: this.name },
    });
    return this.#step;
  }

  /** Counts one update in the program that is being traced. */
  tick(): Clock {
    const before = this.state.tensor;
    const after = add(before, 1);
    currentProgram()?.update(this.state, after);
    return { before, after };
  }
}

/** States for parameters, made at the first trace, kept by identity of the parameter from then on. */
export class SlotStates {
  readonly #of = new Map<StateVariable, Map<string, StateVariable>>();

  /** Names are `<prefix>.<slot>.<parameter>`. */
  constructor(private readonly prefix: string) {}

  of(
    parameter: StateVariable,
    slots: readonly (readonly [name: string, slot: Slot])[],
  ): ReadonlyMap<string, StateVariable> {
    const known = this.#of.get(parameter);
    if (known) return known;
    const made = new Map(slots.map(([name, slot]) => [name, this.#make(parameter, name, slot)]));
    this.#of.set(parameter, made);
    return made;
  }

  #make(of: StateVariable, name: string, slot: Slot): StateVariable {
    const first = slot.init ?? 0;
    return new StateVariable({
      kind: 'state',
      type: slot.type ?? arithmeticType(of),
      init: typeof first === 'number' ? init.constant(first) : first,
      naming: { form: 'derived', prefix: `${this.prefix}.${name}`, of },
    });
  }
}

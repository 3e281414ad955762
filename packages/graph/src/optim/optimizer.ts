import { insertCast } from '../coerce.ts';
import { currentProgram } from '../current-program.ts';
import type { DType } from '../dtype.ts';
import { isHalf } from '../dtype.ts';
import { userError } from '../fail.ts';
import * as init from '../init.ts';
import type { Tensor } from '../node.ts';
import { cast } from '../ops/cast.ts';
import { full } from '../ops/leaves.ts';
import { add } from '../ops/math.ts';
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

/** An optimizer as arithmetic on one parameter: slots are zero before the first step. */
export interface OptimizerRule<S extends string> {
  readonly name: string;
  readonly slots: readonly S[];
  readonly learningRate: LearningRate;
  update(context: RuleContext<S>): {
    readonly parameter: Tensor;
    readonly slots: { readonly [K in S]: Tensor };
  };
}

export interface ParameterGradient {
  readonly parameter: StateVariable;
  readonly gradient: Tensor;
}

/** Updates parameters by their gradients; its slots and its counter `step` are states. */
export interface Optimizer {
  readonly name: string;
  /** Adds the updates of parameters, slots and counter to the program that is being traced. */
  apply(gradients: readonly ParameterGradient[]): void;
}

/**
 * Makes an optimizer of a rule. Used in two training steps, it keeps one set of slots.
 *
 *     optimizer({ name: 'descent', slots: [], learningRate: 0.1, update: ({ parameter, gradient, learningRate }) =>
 *       ({ parameter: parameter.sub(gradient.mul(learningRate)), slots: {} }) });
 */
export function optimizer<S extends string>(rule: OptimizerRule<S>): Optimizer {
  const states = new OptimizerStates(rule.name, rule.slots);
  return {
    name: rule.name,
    apply(gradients): void {
      const program = currentProgram();
      if (!program)
        throw userError({
          code: 'outside-program',
          message: `${rule.name}.apply outside a program`,
        });
      const step = states.step.tensor;
      const rate = learningRateAt(rule.learningRate, step);
      const next = add(step, 1);
      for (const { parameter, gradient } of gradients) {
        const slots = states.slotsOf(parameter);
        const dtype = arithmeticOf(parameter);
        const after = rule.update({
          parameter: insertCast(parameter.tensor, dtype, inF32),
          gradient: insertCast(gradient, dtype, inF32),
          slots: mapSlots(rule.slots, (slot) => slots[slot].tensor),
          learningRate: cast(rate, dtype),
          step: cast(next, dtype),
        });
        program.update(parameter, insertCast(after.parameter, parameter.type.dtype, inF32));
        for (const slot of rule.slots) program.update(slots[slot], after.slots[slot]);
      }
      program.update(states.step, next);
    },
  };
}

// Parameters of f16 and bf16 are updated in f32, and so are their slots: small steps would vanish, and steps not count.
const inF32 = 'the optimizer updates 16-bit parameters in f32';
const arithmeticOf = ({ type: { dtype } }: StateVariable): DType => (isHalf(dtype) ? 'f32' : dtype);

const mapSlots = <S extends string, T>(
  slots: readonly S[],
  f: (slot: S) => T,
): { readonly [K in S]: T } =>
  Object.fromEntries(slots.map((slot) => [slot, f(slot)])) as { [K in S]: T };

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

// Made at the first trace, kept by identity of the parameter from then on.
class OptimizerStates<S extends string> {
  readonly #name: string;
  readonly #slots: readonly S[];
  readonly #of = new Map<StateVariable, { readonly [K in S]: StateVariable }>();
  #step: StateVariable | undefined;

  constructor(name: string, slots: readonly S[]) {
    this.#name = name;
    this.#slots = slots;
  }

  get step(): StateVariable {
    this.#step ??= new StateVariable({
      kind: 'state',
      type: i32(),
      init: init.zeros,
      naming: { form: 'absolute', name: 'step' },
    });
    return this.#step;
  }

  slotsOf(of: StateVariable): { readonly [K in S]: StateVariable } {
    const known = this.#of.get(of);
    if (known) return known;
    const made = mapSlots(this.#slots, (slot) => {
      const naming = { form: 'derived', prefix: `${this.#name}.${slot}`, of } as const;
      const type = { dtype: arithmeticOf(of), shape: of.type.shape };
      return new StateVariable({ kind: 'state', type, init: init.zeros, naming });
    });
    this.#of.set(of, made);
    return made;
  }
}

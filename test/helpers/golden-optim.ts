/** The golden optimizers, clips and schedules as programs: a call for each step. */
import type { NdArray, Program, Tensor } from '@vorab/graph';
import * as g from '@vorab/graph';
import type { GoldenTensor } from './golden.ts';
import { arrayOf } from './golden.ts';
import type { Outcome, Trial } from './trials.ts';

/** Each case has those of its op. */
export interface OptimAttributes {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly maxNorm: number;
  readonly steps: number;
  readonly initial: number;
  readonly final: number;
  readonly totalSteps: number;
  readonly start: number;
  readonly peak: number;
  readonly warmupSteps: number;
  readonly rate: number;
  readonly decaySteps: number;
  readonly gamma: number;
  readonly stepSize: number;
  readonly boundaries: readonly number[];
  readonly count: number;
  readonly cycles: number;
  readonly every: number;
  readonly from: number;
  readonly power: number;
  readonly to: number;
  readonly values: readonly number[];
}

export interface OptimCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: OptimAttributes;
  readonly inputs: readonly GoldenTensor[];
}

const plain = ['sgd', 'rmsprop', 'adamax', 'nadam', 'adagrad', 'adafactor', 'muon'] as const;

const optimizers: Readonly<Record<string, (a: OptimAttributes) => g.optim.Optimizer>> = {
  ...Object.fromEntries(plain.map((name) => [name, (a: OptimAttributes) => g.optim[name](a)])),
  adam: ({ beta1: b1, beta2: b2, ...a }) => g.optim.adam({ ...a, ...betas(b1, b2) }),
  adamW: ({ beta1: b1, beta2: b2, ...a }) => g.optim.adamW({ ...a, ...betas(b1, b2) }),
  lion: ({ beta1: b1, beta2: b2, ...a }) => g.optim.lion({ ...a, ...betas(b1, b2) }),
  accumulate: ({ every, ...a }) => g.optim.accumulate(every, g.optim.adamW(a)),
};

const betas = (b1: number | undefined, b2: number | undefined): { b1?: number; b2?: number } => ({
  ...(b1 !== undefined && { b1 }),
  ...(b2 !== undefined && { b2 }),
});

const schedules: Readonly<Record<string, (a: OptimAttributes) => g.optim.Schedule>> = {
  cosineSchedule: (a) => g.optim.cosine({ peak: a.initial, end: a.final, steps: a.totalSteps }),
  warmupLinearSchedule: (a) => g.optim.linear({ from: a.start, to: a.peak, steps: a.warmupSteps }),
  exponentialSchedule: (a) =>
    g.optim.exponential({ initial: a.initial, rate: a.rate, every: a.decaySteps }),
  stepSchedule: (a) => g.optim.stairs({ initial: a.initial, factor: a.gamma, every: a.stepSize }),
  polynomial: (a) => g.optim.polynomial(a),
  oneCycle: (a) => g.optim.oneCycle(a),
  cosineRestarts: (a) => g.optim.cosineRestarts(a),
  exponential: (a) => g.optim.exponential(a),
  warmup: ({ steps, ...a }) => g.optim.warmup(steps, g.optim.exponential(a)),
  joined: ({ boundaries }) => g.optim.joined(joinedParts, boundaries),
  piecewise: (a) => g.optim.piecewise(a),
};

const joinedParts = [
  g.optim.linear({ from: 0, to: 1, steps: 3 }),
  g.optim.constant(0.5),
  g.optim.cosine({ peak: 1, steps: 4 }),
];

/** A trial, and how the case's outputs are read from its outcome. */
export interface OptimTrial {
  readonly trial: Trial;
  outputs(outcome: Outcome): readonly NdArray[];
}

/** The trial of a case; undefined: the product has no such optimizer. */
export function optimTrial(one: OptimCase): OptimTrial | undefined {
  const arrays = one.inputs.map(arrayOf);
  const optimizer = optimizers[one.op]?.(one.attrs);
  if (optimizer) return optimizerTrial(one.name, optimizer, arrays);
  const schedule = schedules[one.op]?.(one.attrs);
  if (schedule) {
    // Golden cases name the number of steps `steps`, which is the length of some of Optax's schedules.
    const { count = one.attrs.steps } = one.attrs as Partial<OptimAttributes>;
    const program = g.program({}, () => ({ y0: schedule(g.iota([count], 0, 'i32')) }));
    return stateless({
      name: one.name,
      program: program as Program,
      calls: [{ sizes: {}, inputs: {} }],
    });
  }
  return one.op === 'clipByGlobalNorm' ? clipTrial(one, arrays) : undefined;
}

const stateless = (trial: Trial): OptimTrial => ({
  trial,
  outputs: ({ outputs }) => Object.values(outputs[0] ?? {}),
});

function clipTrial({ name, attrs }: OptimCase, arrays: readonly NdArray[]): OptimTrial {
  const types = Object.fromEntries(
    arrays.map(({ dtype, shape }, i) => [`x${i}`, { dtype, shape }]),
  );
  const program = g.program(types, (given) => {
    const gradients = Object.values(given) as readonly Tensor[];
    const clipped = g.optim.clipByGlobalNorm(attrs.maxNorm)(gradients);
    const all = [...clipped, g.optim.globalNorm(gradients)];
    return Object.fromEntries(all.map((t, i) => [`y${i}`, t]));
  });
  const inputs = Object.fromEntries(arrays.map((array, i) => [`x${i}`, array]));
  return stateless({ name, program: program as Program, calls: [{ sizes: {}, inputs }] });
}

function optimizerTrial(
  name: string,
  optimizer: g.optim.Optimizer,
  [first, gradients]: readonly NdArray[],
): OptimTrial | undefined {
  if (!first || !gradients) return undefined;
  const { dtype, shape } = first;
  const parameter = g.parameter({ dtype, shape }, () => g.constant(first));
  const variable = g.stateOf(parameter);
  if (!variable) return undefined;
  const program = g.program({ gradient: { dtype, shape } }, ({ gradient }) => {
    optimizer.apply([{ parameter: variable, gradient }]);
    return {};
  });
  const { updates } = g.withTrace(() => program.trace());
  const at = updates.findIndex(({ state }) => state === variable);
  const size = first.data.length;
  const calls = Array.from({ length: gradients.shape[0] as number }, (_, t) => ({
    sizes: {},
    inputs: { gradient: { ...first, data: gradients.data.slice(t * size, (t + 1) * size) } },
  }));
  return {
    trial: { name, program: program as Program, calls, states: new Map([[parameter, first]]) },
    outputs({ states }) {
      const out = g.ndarray(dtype, gradients.shape);
      for (const [t, values] of states.entries()) {
        const after = values[at];
        if (after) (out.data as Float32Array).set(after.data as Float32Array, t * size);
      }
      return [out];
    },
  };
}

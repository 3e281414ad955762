import { userError } from '../fail.ts';
import * as initializers from '../init.ts';
import type { Tensor } from '../node.ts';
import { broadcastInDim } from '../ops/axes.ts';
import { zeros } from '../ops/leaves.ts';
import { add } from '../ops/math.ts';
import { matmul } from '../ops/matmul.ts';
import type { LstmState } from '../ops/recurrent.ts';
import { gruGates, lstmGates } from '../ops/recurrent.ts';
import { scan } from '../ops/scan.ts';
import { concat } from '../ops/slice.ts';
import { swapAxes } from '../ops/transpose.ts';
import { parameterType } from '../precision.ts';
import type { InitialValue } from '../state.ts';
import { parameter } from '../state.ts';
import type { TensorTree } from '../tree.ts';
import { checkLast, checkSize, dropout } from './layers.ts';
import type { Module } from './module.ts';
import { module } from './module.ts';

// Recurrent layers on scan. The whole sequence is multiplied with the input's weights at once; only the
// product with the state runs step by step.

export interface RecurrentOptions {
  /** Layers one above the other; default 1. */
  readonly layers?: number;
  /** Also from the end to the beginning; outputs are concatenated. Default false. */
  readonly bidirectional?: boolean;
  /** In training, between layers; default 0. */
  readonly dropout?: number;
  /** First weights of the inputs; default `init.glorotUniform`. */
  readonly init?: InitialValue;
  /** First weights of the state; default `init.glorotUniform`. */
  readonly recurrentInit?: InitialValue;
}

/** What a recurrent layer gives. */
export interface RecurrentResult<S> {
  /** Of the last layer: `[batch, length, size]`, twice the size where it runs both ways. */
  readonly output: Tensor;
  /** After the last step: for each layer one, or two where it runs both ways (forward, then backward). */
  readonly state: readonly S[];
}

interface Direction {
  readonly wx: Tensor;
  readonly wh: Tensor;
}

export interface LstmDirection extends Direction {
  readonly b: Tensor;
}

export interface GruDirection extends Direction {
  readonly bx: Tensor;
  readonly bh: Tensor;
}

/** A recurrent layer: a function of a sequence and, where given, of a first state. */
export type Recurrent<P extends Direction, S> = Module<
  { readonly cells: readonly P[] },
  readonly [x: Tensor, state?: readonly S[]],
  RecurrentResult<S>
>;

/**
 * LSTM layers over `[batch, length, inputs]`; gates i, f, g, o. Without a first state it is zero; forget gates begin with
 * bias 1 (Jozefowicz et al. 2015).
 *
 *     const rnn = nn.lstm(8, 64, { layers: 3 });
 *     const { output, state } = rnn(x);          // f32[N, 28, 8] to f32[N, 28, 64], and h and c of each layer
 *     const logits = head(state.at(-1).h);
 *
 * @throws GraphError when a size is not a positive integer; on use, when x is not `[batch, length, inputs]`.
 */
export function lstm(
  inputs: number,
  size: number,
  options: RecurrentOptions = {},
): Recurrent<LstmDirection, LstmState> {
  const forgetFirst: InitialValue = (_, type) =>
    concat(
      [0, 1, 0, 0].map((value) => initializers.constant(value)(_, { ...type, shape: [size] })),
      0,
    );
  return recurrent<LstmDirection, LstmState>({
    name: 'nn.lstm',
    inputs,
    size,
    options,
    make: (from) => ({
      ...weights(from, size, 4, options),
      b: parameter(parameterType(4 * size), forgetFirst),
    }),
    project: ({ wx, b }, x) => biased(matmul(x, wx), b),
    first: (h) => ({ h, c: h }),
    step: ({ wh }, { h, c }, gates) => lstmGates(add(gates, matmul(h, wh)), c),
    shown: ({ h }) => h,
  });
}

/**
 * GRU layers over `[batch, length, inputs]`; gates r, z, n, the reset after the product. Without a first state it is zero.
 *
 *     const { output, state } = nn.gru(8, 64)(x);   // f32[N, 28, 8] to f32[N, 28, 64], and f32[N, 64]
 *
 * @throws GraphError when a size is not a positive integer; on use, when x is not `[batch, length, inputs]`.
 */
export function gru(
  inputs: number,
  size: number,
  options: RecurrentOptions = {},
): Recurrent<GruDirection, Tensor> {
  return recurrent<GruDirection, Tensor>({
    name: 'nn.gru',
    inputs,
    size,
    options,
    make: (from) => ({
      ...weights(from, size, 3, options),
      bx: parameter(parameterType(3 * size), 0),
      bh: parameter(parameterType(3 * size), 0),
    }),
    project: ({ wx, bx }, x) => biased(matmul(x, wx), bx),
    first: (h) => h,
    step: ({ wh, bh }, h, gates) => gruGates(gates, biased(matmul(h, wh), bh), h),
    shown: (h) => h,
  });
}

function weights(from: number, size: number, gates: number, options: RecurrentOptions): Direction {
  const { init = initializers.glorotUniform, recurrentInit = initializers.glorotUniform } = options;
  return {
    wx: parameter(parameterType(from, gates * size), init),
    wh: parameter(parameterType(size, gates * size), recurrentInit),
  };
}

const biased = (x: Tensor, b: Tensor): Tensor => add(x, broadcastInDim(b, x.shape, [x.rank - 1]));

// ------------------------------------------------------------------------------------------------ any cell

interface CellSpec<P extends Direction, S> {
  readonly name: string;
  readonly inputs: number;
  readonly size: number;
  readonly options: RecurrentOptions;
  make(inputs: number): P;
  /** What does not depend on the state, of the whole sequence. */
  project(parameters: P, x: Tensor): Tensor;
  first(h: Tensor): S;
  step(parameters: P, state: S, projected: Tensor): S;
  shown(state: S): Tensor;
}

function recurrent<P extends Direction, S extends TensorTree | LstmState>(
  spec: CellSpec<P, S>,
): Recurrent<P, S> {
  const { name, inputs, size, options } = spec;
  const { layers = 1, bidirectional = false } = options;
  checkSize(`${name}: inputs`, inputs);
  checkSize(`${name}: size`, size);
  checkSize(`${name}: layers`, layers);
  const ways = bidirectional ? 2 : 1;
  const cells = Array.from({ length: layers * ways }, (_, i) =>
    spec.make(i < ways ? inputs : size * ways),
  );
  const between = dropout(options.dropout ?? 0);
  return module({ cells }, (held: { cells: readonly P[] }, x: Tensor, state?: readonly S[]) => {
    checkSequence(name, x, inputs);
    checkStates(name, state, layers * ways);
    let y = x;
    const last: S[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const given = layer === 0 ? y : between(y);
      const runs = Array.from({ length: ways }, (_, way) => {
        const at = layer * ways + way;
        return run(spec, held.cells[at] as P, given, state?.[at], way === 1);
      });
      last.push(...runs.map((r) => r.last));
      y = joined(runs.map((r) => r.output));
    }
    return { output: y, state: last };
  });
}

const joined = (outputs: readonly Tensor[]): Tensor =>
  outputs.length === 1 ? (outputs[0] as Tensor) : concat(outputs, 2);

function run<P extends Direction, S>(
  spec: CellSpec<P, S>,
  parameters: P,
  x: Tensor,
  given: S | undefined,
  reverse: boolean,
): { readonly last: S; readonly output: Tensor } {
  // Time first, as scan has it.
  const projected = swapAxes(spec.project(parameters, x), 0, 1);
  const none = zeros([x.shape[0] ?? 1, spec.size], projected.dtype);
  const [last, outputs] = scan(
    (state: TensorTree, gates: Tensor) => {
      const next = spec.step(parameters, state as S, gates);
      return [next as TensorTree, spec.shown(next)];
    },
    (given ?? spec.first(none)) as TensorTree,
    projected,
    { reverse },
  );
  return { last: last as S, output: swapAxes(outputs as Tensor, 0, 1) };
}

function checkSequence(name: string, x: Tensor, inputs: number): void {
  checkLast(name, x, inputs);
  if (x.rank === 3) return;
  throw userError({
    code: 'shape-mismatch',
    message: `${name} of ${x}: expected [batch, length, ${inputs}]`,
    cure: 'give a batch of one with expandDims(x, 0)',
  });
}

function checkStates<S>(name: string, state: readonly S[] | undefined, count: number): void {
  if (!state || state.length === count) return;
  throw userError({
    code: 'layer',
    message: `${name}: ${state.length} states are given, expected ${count}, one for each layer and way`,
  });
}

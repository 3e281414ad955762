import type { DType, NdArray, Op, Program, Tensor, TensorType } from '@vorab/graph';
import {
  dimSymbols,
  evaluateDim,
  input,
  isFloat,
  isHalf,
  program,
  pullback,
  withTrace,
} from '@vorab/graph';
import { arrayFor, randomOf } from '../helpers/arrays.ts';
import { M, N } from '../helpers/case-table.ts';
import type { OpCase } from '../helpers/cases.ts';
import { casesFor } from '../helpers/cases.ts';
import type { Closeness } from '../helpers/compare.ts';
import { closeness, ofUlps } from '../helpers/compare.ts';
import type { Trial } from '../helpers/trials.ts';
import { shapedCases } from './shaped-cases.ts';

/** A trial of one op: forward, or its gradient. */
export interface OpTrial extends Trial {
  readonly op: Op;
  readonly dtype: DType | undefined;
  near(dtype: DType): Closeness;
}

/** Dims of cases: as cases have them, one, odd, none. */
const bindings = [
  { N: 5, M: 4 },
  { N: 1, M: 2 },
  { N: 33, M: 12 },
  { N: 0, M: 0 },
];

/** Every case of an op, forward, and backward where it has a gradient. */
export function opTrials(op: Op, dtypes: readonly DType[]): readonly OpTrial[] {
  const cases = [...casesFor(op, dtypes), ...shapedCases(op, dtypes)];
  return cases.flatMap((one) => [forward(one), ...backward(one)]);
}

/** Inputs that tell dims which no operand tells. */
function hints(one: OpCase): readonly TensorType[] {
  const bound = new Set(one.types.flatMap((t) => t.shape.map(String)));
  const outputs = withTrace(() => one.build().outputs);
  const within = one.types.flatMap((t) => t.shape.flatMap(dimSymbols));
  const used = outputs.flatMap((t) => [
    ...t.shape.flatMap(dimSymbols),
    ...('dim' in t.node.attrs ? dimSymbols(t.node.attrs['dim'] as never) : []),
  ]);
  return [N, M]
    .filter((d) => !bound.has(String(d)) && [...within, ...used].some((s) => s.name === String(d)))
    .map((d) => ({ dtype: 'u8', shape: [d] }));
}

function forward(one: OpCase): OpTrial {
  const given = hints(one);
  const types = inputTypes(one.types, 'x', given);
  return {
    ...common(one, one.name),
    program: program(types, (inputs) =>
      named('y', one.apply(one.types.map((_, i) => inputs[`x${i}`] as Tensor))),
    ) as Program,
    calls: callsOf(one, (sizes) => ({
      ...arraysOf('x', one.feedsAt(sizes)),
      ...hintArrays(given, sizes),
    })),
  };
}

function backward(one: OpCase): readonly OpTrial[] {
  const wrt = one.types.flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));
  if (one.op.vjp === null || wrt.length === 0) return [];
  const results = withTrace(() => one.build().outputs.map((t) => t.type));
  const flowing = results.flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));
  if (flowing.length === 0 || !hasGradient(one)) return [];
  const given = hints(one);
  const types = {
    ...inputTypes(one.types, 'x', given),
    ...Object.fromEntries(flowing.map((i) => [`ct${i}`, results[i] as TensorType])),
  };
  const body = (inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
    const operands = one.types.map((_, i) => inputs[`x${i}`] as Tensor);
    const outputs = one.apply(operands);
    const cts = outputs.map((_, i) => inputs[`ct${i}`] ?? null);
    const found = pullback(outputs, cts, operands);
    return named(
      'dx',
      found.filter((ct) => ct !== null),
    );
  };
  const calls = callsOf(one, (sizes) => {
    const random = randomOf(`cotangents of ${one.name}`);
    const env = new Map(Object.entries(sizes));
    const cts = flowing.map((i) => {
      const { dtype, shape } = results[i] as TensorType;
      const extents = shape.map((d) => evaluateDim(d, env));
      return [`ct${i}`, arrayFor(dtype, extents, { from: -1, to: 1 }, random)] as const;
    });
    return {
      ...arraysOf('x', one.feedsAt(sizes)),
      ...hintArrays(given, sizes),
      ...Object.fromEntries(cts),
    };
  });
  const trial = { ...common(one, `gradient of ${one.name}`), calls };
  return [{ ...trial, program: program(types, body) as Program }];
}

/** Whether anything flows back to an operand. */
function hasGradient(one: OpCase): boolean {
  return withTrace(() => {
    const { inputs, outputs } = one.build();
    const cts = outputs.map((t, i) => (isFloat(t.dtype) ? input(`ct${i}`, t.type) : null));
    return pullback(outputs, cts, inputs).some((ct) => ct !== null);
  });
}

function common(one: OpCase, name: string): Pick<OpTrial, 'name' | 'op' | 'dtype' | 'near'> {
  const { ulp = 0, part = 0, cancels = false } = one.op.test ?? {};
  const near = (dtype: DType): Closeness => {
    const base = ofUlps(closeness[dtype], dtype, ulp);
    if (cancels && isHalf(dtype))
      return { ...base, atol: 8 * (dtype === 'f16' ? 2 ** -11 : 2 ** -8) };
    return dtype === 'f32' ? { ...base, part: Math.max(base.part, part) } : base;
  };
  return { name, op: one.op, dtype: one.types[0]?.dtype, near };
}

function inputTypes(
  types: readonly TensorType[],
  prefix: string,
  given: readonly TensorType[],
): Readonly<Record<string, TensorType>> {
  return {
    ...Object.fromEntries(types.map((t, i) => [`${prefix}${i}`, t])),
    ...Object.fromEntries(given.map((t, i) => [`hint${i}`, t])),
  };
}

const named = <T>(prefix: string, values: readonly T[]): Record<string, T> =>
  Object.fromEntries(values.map((v, i) => [`${prefix}${i}`, v]));

const arraysOf = named<NdArray>;

function hintArrays(
  given: readonly TensorType[],
  sizes: Readonly<Record<string, number>>,
): Record<string, NdArray> {
  const env = new Map(Object.entries(sizes));
  const array = ({ dtype, shape }: TensorType): NdArray =>
    arrayFor(
      dtype,
      shape.map((d) => evaluateDim(d, env)),
      [0],
      () => 0,
    );
  return named('hint', given.map(array));
}

/** One call for each binding that makes a difference. */
function callsOf(
  one: OpCase,
  inputs: (sizes: Readonly<Record<string, number>>) => Record<string, NdArray>,
): Trial['calls'] {
  const symbolic =
    one.types.some((t) => t.shape.some((d) => typeof d !== 'number')) || hints(one).length > 0;
  return (symbolic ? bindings : bindings.slice(0, 1)).map((sizes) => ({
    sizes,
    inputs: inputs(sizes),
  }));
}

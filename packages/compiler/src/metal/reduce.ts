import type { DType, Op } from '@vorab/graph';
import { bounds, isFloat, isInteger } from '@vorab/graph';
import { literal, metalType, widened } from './types.ts';

/** How a reduction is accumulated. */
export interface Accumulator {
  /** Of what it is summed up in: f32 for 16-bit floats, unsigned where integers wrap. */
  readonly type: string;
  readonly identity: string;
  /** Its function object in `prelude.ts`. */
  readonly combine: string;
  /** A value as it is accumulated, and the result in its dtype. */
  enter(text: string): string;
  leave(text: string): string;
}

const combines: Readonly<Record<string, string>> = {
  sum: 'vorab_sum',
  prod: 'vorab_prod',
  max: 'vorab_max',
  min: 'vorab_min',
  any: 'vorab_any',
  all: 'vorab_all',
};

/** Why a reduction is in no kernel, or undefined. */
export function reduceRefusal(op: Op): string | undefined {
  return combines[op.name] ? undefined : `${op.name} has no row in Metal's language`;
}

/** The accumulator of a reduction of this dtype. */
export function accumulator(op: Op, dtype: DType): Accumulator {
  const combine = combines[op.name];
  if (!combine || op.kind !== 'reduce')
    throw new Error(`${op.name} has no row in Metal's language`);
  const identity = op.identity(dtype);
  const { name } = metalType(dtype);
  if (isFloat(dtype)) {
    return {
      type: 'float',
      identity: literal(identity, 'f32'),
      combine,
      enter: (text) => widened(text, dtype),
      leave: (text) => (dtype === 'f32' ? text : `${name}(${text})`),
    };
  }
  const type = integerType(op, dtype);
  const ends = bounds(dtype);
  // The ends of i64 are not doubles; those of narrower ones are.
  const end = identity === ends[0] ? 'long(0x8000000000000000ul)' : 'long(0x7ffffffffffffffful)';
  const exact = dtype === 'i64' && ends.includes(identity);
  return {
    type,
    identity: exact ? end : `${type}(${literal(identity, isInteger(dtype) ? dtype : 'u32')})`,
    combine,
    enter: (text) => (name === type ? text : `${type}(${text})`),
    leave: (text) =>
      dtype === 'bool' ? `${text} != 0` : name === type ? text : `${name}(${text})`,
  };
}

function integerType(op: Op, dtype: DType): string {
  const wraps = op.name === 'sum' || op.name === 'prod' || !isInteger(dtype);
  if (dtype === 'i64') return wraps ? 'ulong' : 'long';
  return wraps || bounds(dtype)[0] === 0 ? 'uint' : 'int';
}

import type { Op } from './op.ts';
import * as activations from './ops/activations.ts';
import * as argmax from './ops/argmax.ts';
import * as attention from './ops/attention.ts';
import * as axes from './ops/axes.ts';
import * as barriers from './ops/barrier.ts';
import * as batchNorm from './ops/batch-norm.ts';
import * as calls from './ops/call.ts';
import * as casts from './ops/cast.ts';
import * as compare from './ops/compare.ts';
import * as choices from './ops/cond.ts';
import * as conv from './ops/conv.ts';
import * as cumulative from './ops/cumulative.ts';
import * as debug from './ops/debug.ts';
import * as dropout from './ops/dropout.ts';
import * as dynamic from './ops/dynamic.ts';
import * as exponential from './ops/exponential.ts';
import * as fft from './ops/fft.ts';
import * as gradient from './ops/gradient.ts';
import * as indexing from './ops/indexing.ts';
import * as leaves from './ops/leaves.ts';
import * as linalg from './ops/linalg/index.ts';
import * as logic from './ops/logic.ts';
import * as loss from './ops/loss.ts';
import * as math from './ops/math.ts';
import * as matmul from './ops/matmul.ts';
import * as normalization from './ops/normalization.ts';
import * as pointwiseLoss from './ops/pointwise-loss.ts';
import * as pool from './ops/pool.ts';
import * as rectifiers from './ops/rectifiers.ts';
import * as recurrent from './ops/recurrent.ts';
import * as reduce from './ops/reduce.ts';
import * as rope from './ops/rope.ts';
import * as rounding from './ops/rounding.ts';
import * as scans from './ops/scan.ts';
import * as scatter from './ops/scatter.ts';
import * as slices from './ops/slice.ts';
import * as softmax from './ops/softmax.ts';
import * as sort from './ops/sort.ts';
import * as statistics from './ops/statistics.ts';
import * as threefry from './ops/threefry.ts';
import * as transpose from './ops/transpose.ts';
import * as trigonometric from './ops/trigonometric.ts';
import * as loops from './ops/while.ts';
import * as windows from './ops/windows.ts';

const families: readonly Readonly<Record<string, unknown>>[] = [
  leaves,
  math,
  rounding,
  exponential,
  trigonometric,
  compare,
  logic,
  casts,
  axes,
  reduce,
  transpose,
  slices,
  barriers,
  matmul,
  linalg,
  argmax,
  indexing,
  scatter,
  sort,
  cumulative,
  dynamic,
  fft,
  activations,
  statistics,
  softmax,
  normalization,
  batchNorm,
  attention,
  rope,
  recurrent,
  loss,
  pointwiseLoss,
  rectifiers,
  gradient,
  threefry,
  dropout,
  debug,
  calls,
  scans,
  choices,
  loops,
  windows,
  conv,
  pool,
];

/**
 * Every op, by name. What a family file exports is in it: op objects as `nameOp`, builders that
 * carry `op` as `name`.
 */
export const registry: ReadonlyMap<string, Op> = collect();

function collect(): ReadonlyMap<string, Op> {
  const found = new Map<string, Op>();
  for (const [exported, value] of families.flatMap((family) => Object.entries(family))) {
    const op = opOf(value);
    if (!op) continue;
    if (exported !== op.name && exported !== `${op.name}Op`) {
      throw new Error(
        `op ${op.name} is exported as ${exported}, expected ${op.name} or ${op.name}Op`,
      );
    }
    const other = found.get(op.name);
    if (other && other !== op) throw new Error(`two ops are named ${op.name}`);
    found.set(op.name, op);
  }
  return found;
}

function opOf(value: unknown): Op | undefined {
  if (typeof value === 'function' && 'op' in value) return value.op as Op;
  const isOp = typeof value === 'object' && value !== null && 'kind' in value && 'infer' in value;
  return isOp ? (value as Op) : undefined;
}

/** The op of this name. */
export function opNamed(name: string): Op {
  const op = registry.get(name);
  if (!op) throw new RangeError(`there is no op '${name}'`);
  return op;
}

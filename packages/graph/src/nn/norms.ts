import { insertCast } from '../coerce.ts';
import type { ProgramContext } from '../context.ts';
import { currentProgram } from '../current-program.ts';
import { userError } from '../fail.ts';
import type { Tensor } from '../node.ts';
import { checked, tensorKey } from '../node.ts';
import { batchNormInference, batchNorm as ofBatch } from '../ops/batch-norm.ts';
import { add, mul } from '../ops/math.ts';
import {
  groupNorm as byGroups,
  instanceNorm as byInstance,
  rmsNorm as byRootMeanSquare,
} from '../ops/normalization.ts';
import { parameterType } from '../precision.ts';
import { parameter, state, stateOf } from '../state.ts';
import { checkLast, checkSize } from './layers.ts';
import type { Module } from './module.ts';
import { module } from './module.ts';

// Normalisations as layers. Channels are the last axis.

/** A layer of one tensor with parameters. */
export type NormLayer<P extends object> = Module<P, readonly [x: Tensor], Tensor>;

export interface NormLayerOptions {
  /** Added to the variance, or the mean square; default 1e-5. */
  readonly eps?: number;
}

export interface ScaleParameters {
  /** [size], first ones. */
  readonly weight: Tensor;
}

export interface ScaleAndShiftParameters extends ScaleParameters {
  /** [size], first zeros. */
  readonly bias: Tensor;
}

const scaleAndShift = (size: number): ScaleAndShiftParameters => ({
  weight: parameter(parameterType(size), 1),
  bias: parameter(parameterType(size), 0),
});

/**
 * x over the root of its mean square along the last axis, then scaled (Zhang & Sennrich 2019): `[..., size]` to the same.
 *
 *     const norm = nn.rmsNorm(64);
 *
 * @throws GraphError when the size is not a positive integer; on use, when the last axis is not `size`.
 */
export function rmsNorm(size: number, options: NormLayerOptions = {}): NormLayer<ScaleParameters> {
  checkSize('nn.rmsNorm: size', size);
  const held: ScaleParameters = { weight: parameter(parameterType(size), 1) };
  return module(held, ({ weight }: ScaleParameters, x: Tensor) => {
    checkLast('nn.rmsNorm', x, size);
    return byRootMeanSquare(x, weight, options);
  });
}

/**
 * Each example over all its places and each of `groups` groups of channels (Wu & He 2018), then scaled and shifted:
 * `[N, ..., channels]` to the same.
 *
 *     const norm = nn.groupNorm(8, 64);
 *
 * @throws GraphError when the channels do not divide into the groups; on use, when the last axis is not `channels`.
 */
export function groupNorm(
  groups: number,
  channels: number,
  options: NormLayerOptions = {},
): NormLayer<ScaleAndShiftParameters> {
  checkSize('nn.groupNorm: groups', groups);
  checkSize('nn.groupNorm: channels', channels);
  if (channels % groups !== 0) {
    throw userError({
      code: 'layer',
      message: `nn.groupNorm: ${channels} channels do not make ${groups} equal groups`,
    });
  }
  return module(scaleAndShift(channels), ({ weight, bias }, x: Tensor) => {
    checkLast('nn.groupNorm', x, channels);
    return byGroups(x, groups, weight, bias, options);
  });
}

/**
 * Each channel of each example over all its places (Ulyanov et al. 2016), then scaled and shifted: `[N, ..., channels]`
 * to the same.
 *
 *     const norm = nn.instanceNorm(64);
 *
 * @throws GraphError when `channels` is not a positive integer; on use, when the last axis is not `channels`.
 */
export function instanceNorm(
  channels: number,
  options: NormLayerOptions = {},
): NormLayer<ScaleAndShiftParameters> {
  checkSize('nn.instanceNorm: channels', channels);
  return module(scaleAndShift(channels), ({ weight, bias }, x: Tensor) => {
    checkLast('nn.instanceNorm', x, channels);
    return byInstance(x, weight, bias, options);
  });
}

// ------------------------------------------------------------------------------------------------ batchNorm

export interface BatchNormLayerOptions extends NormLayerOptions {
  /**
   * The running statistics become decay · running + (1 − decay) · batch; default 0.9. (PyTorch's momentum is 1 − decay;
   * that of Flax and Keras is the decay.)
   */
  readonly decay?: number;
}

export interface BatchNormMembers extends ScaleAndShiftParameters {
  /** The running mean, a state: [channels], first zeros. */
  readonly mean: Tensor;
  /** The running variance, a state: [channels], first ones. */
  readonly variance: Tensor;
}

/**
 * Each channel over the whole batch (Ioffe & Szegedy 2015), then scaled and shifted: `[N, ..., channels]` to the same. In
 * training by the mean and variance of the batch, which also move the running ones, states of the program; otherwise by
 * the running ones. The variance is Σ (x − mean)² / n in both. Used twice in one call, it counts both batches.
 *
 *     const net = nn.sequential(nn.conv2d(1, 16, 3, { bias: false }), nn.batchNorm(16), nn.relu());
 *
 * @throws GraphError when `channels` is not a positive integer or the decay is outside [0, 1]; on use, when the last axis
 *   is not `channels`.
 */
export function batchNorm(
  channels: number,
  options: BatchNormLayerOptions = {},
): NormLayer<BatchNormMembers> {
  checkSize('nn.batchNorm: channels', channels);
  const { decay = 0.9 } = options;
  if (!(decay >= 0 && decay <= 1)) {
    const message = `nn.batchNorm: decay is ${decay}, expected a number in [0, 1]`;
    throw userError({ code: 'layer', message });
  }
  const members: BatchNormMembers = {
    ...scaleAndShift(channels),
    mean: state(parameterType(channels), 0),
    variance: state(parameterType(channels), 1),
  };
  const counted = new WeakMap<ProgramContext, Set<string>>();
  return module(members, (held: BatchNormMembers, x: Tensor) =>
    checked(`nn.batchNorm of ${x}`, () => {
      checkLast('nn.batchNorm', x, channels);
      const { weight, bias, mean, variance } = held;
      const program = currentProgram();
      if (!program?.training) return batchNormInference(x, weight, bias, mean, variance, options);
      const batch = ofBatch(x, weight, bias, options);
      // A second forward pass over the same batch merges with the first: it is the same observation.
      const seen = counted.get(program) ?? new Set();
      counted.set(program, seen);
      if (!seen.has(tensorKey(batch.y))) {
        seen.add(tensorKey(batch.y));
        follow(program, mean, batch.mean, decay);
        follow(program, variance, batch.variance, decay);
      }
      return batch.y;
    }),
  );
}

function follow(program: ProgramContext, running: Tensor, batch: Tensor, decay: number): void {
  const variable = stateOf(running);
  if (!variable) return;
  const now = insertCast(batch, running.dtype, 'running statistics keep their dtype');
  program.revise(variable, (before) => add(mul(before, decay), mul(now, 1 - decay)));
}

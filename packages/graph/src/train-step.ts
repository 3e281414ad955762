import { checkOutputs } from './check-program.ts';
import { currentProgram } from './current-program.ts';
import { isFloat } from './dtype.ts';
import { userError } from './fail.ts';
import { pullback } from './grad.ts';
import type { CallSite } from './location.ts';
import { captureCallSites } from './location.ts';
import type { LossScale } from './loss-scale.ts';
import { LossScaler } from './loss-scale.ts';
import { Tensor } from './node.ts';
import { full, zerosLike } from './ops/leaves.ts';
import type { GradientTransform } from './optim/clip.ts';
import type { Optimizer } from './optim/optimizer.ts';
import type { Precision } from './precision.ts';
import type { InputTypes, Outputs, TensorsOf } from './program.ts';
import { Program, statesReachedFrom } from './program.ts';
import { withScope } from './scope.ts';
import type { StateVariable } from './state.ts';
import { stateOf } from './state.ts';

/** What a training step is made of. */
export interface TrainStepSpec<I extends InputTypes, O extends Outputs> {
  readonly inputs: I;
  /** A float scalar to make small. */
  readonly loss: (inputs: TensorsOf<I>) => Tensor;
  readonly optimizer: Optimizer;
  /** Metrics, returned beside the loss. Draws the same random keys as `loss`, so that equal forward passes merge. */
  readonly outputs?: (inputs: TensorsOf<I>) => O;
  /** The parameters to train; default: every trainable one that the loss depends on. See `nn.parameters`. */
  readonly trainable?: readonly Tensor[];
  /** What happens to the gradients first, such as `optim.clipByGlobalNorm(1)`. */
  readonly clip?: GradientTransform;
  /** Whether dropout and its like are on; default true. */
  readonly training?: boolean;
  /** The dtypes in which `loss` and `outputs` run; the optimizer runs in f32. See `precision`. */
  readonly precision?: Precision;
  /**
   * Keeps small gradients of f16 from vanishing: `'dynamic'` as torch.amp.GradScaler does, or a factor; default
   * `'off'`. A step whose gradients are not finite then changes no parameter. See `LossScaler`.
   */
  readonly lossScale?: LossScale;
}

/** What a training step returns. */
export type TrainStepOutputs<O extends Outputs> = { readonly loss: Tensor } & O;

/**
 * One step of training as an entry: forward, backward, clipping, optimizer, schedule and step counter in one graph.
 * Returns the loss before the step, and `outputs`.
 *
 *     export const fit = trainStep({
 *       inputs: { image: f32(N, 64), label: i32(N) },
 *       loss: ({ image, label }) => losses.crossEntropy(net(image), label),
 *       optimizer: optim.adamW({ learningRate: 3e-3 }),
 *     });
 *
 * @throws GraphError when compiled: the loss is no float scalar, depends on no trainable parameter, or goes through an
 *   op without gradient; `outputs` gives anything but tensors by name, or one named `loss`.
 */
export function trainStep<const I extends InputTypes, O extends Outputs = Record<never, never>>(
  spec: TrainStepSpec<I, O>,
): Program<I, TrainStepOutputs<O>> {
  const callSites = captureCallSites();
  const { lossScale = 'off' } = spec;
  const scaler = lossScale === 'off' ? undefined : new LossScaler(lossScale);
  return new Program({
    kind: 'trainStep',
    inputTypes: spec.inputs,
    training: spec.training ?? true,
    body: (inputs) => step(spec, inputs, callSites, scaler),
  });
}

function step<I extends InputTypes, O extends Outputs>(
  spec: TrainStepSpec<I, O>,
  inputs: TensorsOf<I>,
  site: readonly CallSite[],
  scaler: LossScaler | undefined,
): TrainStepOutputs<O> {
  const within = <T>(body: () => T): T => (spec.precision ? spec.precision.scope(body) : body());
  const loss = checkLoss(
    within(() => spec.loss(inputs)),
    site,
  );
  const metrics = within(() => metricsOf(spec, inputs, site));
  const parameters = trained(loss, spec.trainable, site);
  // Nodes that follow from no op of the user's have the step's own line.
  withScope({ inherited: [site], keepStacks: false, note: 'training step' }, () => {
    const start = scaler?.cotangent(loss) ?? full(1, [], loss.dtype);
    const found = gradientsOf(loss, start, parameters, site);
    const gradients = scaler?.unscale(found) ?? found;
    const clipped = spec.clip ? spec.clip(gradients) : gradients;
    const apply = (): void =>
      spec.optimizer.apply(
        parameters.map((parameter, i) => ({ parameter, gradient: clipped[i] as Tensor })),
      );
    scaler ? scaler.guard(gradients, apply) : apply();
  });
  return { loss, ...metrics };
}

// Zeros where nothing flows; nothing anywhere is a mistake.
function gradientsOf(
  loss: Tensor,
  cotangent: Tensor,
  parameters: readonly StateVariable[],
  site: readonly CallSite[],
): readonly Tensor[] {
  const tensors = parameters.map((p) => p.tensor);
  const found = pullback([loss], [cotangent], tensors);
  if (found.some((g) => g !== null)) {
    return found.map((g, i) => g ?? zerosLike(tensors[i] as Tensor));
  }
  throw userError(
    {
      code: 'no-gradient',
      message: 'trainStep: no gradient reaches a parameter: integers or stopGradient() lie between',
      cure: 'compute the loss in floats: what argMax, comparisons and casts to integers give has no gradient',
    },
    lineOf(loss, site),
  );
}

function checkLoss(loss: unknown, site: readonly CallSite[]): Tensor {
  if (loss instanceof Tensor && loss.rank === 0 && isFloat(loss.dtype)) return loss;
  throw userError(
    {
      code: 'not-scalar',
      message: `trainStep: the loss is ${loss instanceof Tensor ? loss : typeof loss}, expected a float scalar`,
      cure: 'reduce it, for example with .mean()',
    },
    lineOf(loss, site),
  );
}

const lineOf = (x: unknown, site: readonly CallSite[]): readonly CallSite[] =>
  (x instanceof Tensor ? x.node.stacks[0] : undefined) ?? site;

function metricsOf<I extends InputTypes, O extends Outputs>(
  spec: TrainStepSpec<I, O>,
  inputs: TensorsOf<I>,
  site: readonly CallSite[],
): O {
  currentProgram()?.rewind();
  const metrics = spec.outputs?.(inputs) ?? ({} as O);
  checkOutputs(metrics, 'trainStep outputs', site);
  if (!('loss' in metrics)) return metrics;
  throw userError(
    {
      code: 'output-loss',
      message: "trainStep: an output is named 'loss', which the step returns itself",
      cure: 'rename it',
    },
    site,
  );
}

function trained(
  loss: Tensor,
  chosen: readonly Tensor[] | undefined,
  site: readonly CallSite[],
): readonly StateVariable[] {
  const wanted = chosen && new Set(chosen.map((t) => stateOf(t)));
  const found = statesReachedFrom([loss]).filter(
    (s) => s.kind === 'parameter' && s.trainable && (wanted?.has(s) ?? true),
  );
  if (found.length > 0) return found;
  throw userError(
    {
      code: 'no-parameters',
      message: `trainStep: the loss depends on no ${chosen ? 'parameter listed in `trainable`' : 'trainable parameter'}`,
      cure: 'compute it with layers of nn, or with what parameter() returns',
    },
    lineOf(loss, site),
  );
}

import { currentProgram } from '../current-program.ts';
import { userError } from '../fail.ts';
import type { Tensor } from '../node.ts';
import { cast } from '../ops/cast.ts';
import { add, mul, sub } from '../ops/math.ts';
import { statesReachedFrom } from '../program.ts';
import type { StateVariable } from '../state.ts';
import { withValues } from '../transforms/function.ts';
import type { TensorTree } from '../tree.ts';
import { flatten } from '../tree.ts';
import { checkRange } from './check.ts';
import type { Optimizer } from './optimizer.ts';
import { outsideProgram, SlotStates } from './optimizer.ts';

/** An optimizer that keeps an average of what it updates. */
export interface Averaged extends Optimizer {
  /**
   * What a function computes, with the average of each parameter in its place. Inside a program.
   *
   *     export const classify = program({ image }, ({ image }) => averaged.evaluate(() => ({ probs: net(image) })));
   */
  evaluate<T extends TensorTree>(f: () => T): T;
}

/**
 * Keeps an exponential moving average of parameters beside an optimizer: average ← decay · average +
 * (1 − decay) · parameter after each step, from the first value of the parameter on (Polyak; Optax's
 * incremental_update).
 *
 *     const averaged = optim.ema(optim.adamW({ learningRate: 1e-3 }), { decay: 0.999 });
 *     export const fit = trainStep({ …, optimizer: averaged });
 *     export const classify = program({ image: f32(N, 64) }, ({ image }) =>
 *       averaged.evaluate(() => ({ probs: net(image).softmax() })));
 *
 * The state `ema.lag.<parameter>` is the average minus the parameter, 0 at first, so that a parameter
 * that is never trained is its own average.
 *
 * @throws GraphError when the decay is outside [0, 1).
 */
export function ema(optimizer: Optimizer, options: { readonly decay?: number } = {}): Averaged {
  const { decay = 0.999 } = options;
  checkRange('ema', 'decay', decay, 1);
  const lags = new SlotStates('ema');
  const lagOf = (parameter: StateVariable): StateVariable => {
    return lags.of(parameter, [['lag', {}]]).get('lag') as StateVariable;
  };
  return {
    name: 'ema',
    apply(gradients, clock): void {
      const program = currentProgram();
      if (!program) throw outsideProgram('ema');
      optimizer.apply(gradients, clock);
      for (const { parameter } of gradients) {
        const next = program.pending(parameter);
        if (!next) continue;
        const lag = lagOf(parameter);
        const wide = (t: Tensor): Tensor => cast(t, lag.type.dtype);
        const behind = add(lag.tensor, sub(wide(parameter.tensor), wide(next)));
        program.update(lag, mul(behind, decay));
      }
    },
    evaluate(f) {
      if (!currentProgram()) {
        throw userError({
          code: 'outside-program',
          message: 'ema.evaluate outside a program',
          cure: 'call it inside the function given to program()',
        });
      }
      const found = flatten(f(), 'ema.evaluate: what the function returns');
      const trained = statesReachedFrom(found.leaves).filter(
        (s) => s.kind === 'parameter' && s.trainable,
      );
      const values = trained.map((s) => {
        const lag = lagOf(s);
        return cast(add(cast(s.tensor, lag.type.dtype), lag.tensor), s.type.dtype);
      });
      const leaves = trained.map((s) => s.tensor);
      return found.rebuild(withValues(found.leaves, leaves, values)) as ReturnType<typeof f>;
    },
  };
}

import { currentProgram } from '../current-program.ts';
import type { Tensor } from '../node.ts';
import { cast } from '../ops/cast.ts';
import { equal, where } from '../ops/compare.ts';
import { full } from '../ops/leaves.ts';
import { add, div } from '../ops/math.ts';
import { checkCount } from './check.ts';
import type { GradientTransform } from './clip.ts';
import type { Optimizer } from './optimizer.ts';
import { Counter, outsideProgram, SlotStates } from './optimizer.ts';

/**
 * Applies an optimizer at every `every`-th call, with the mean of the gradients since the last time: as
 * if batches were `every` times as large (Optax's MultiSteps). Sums and their count are the states
 * `accumulate.sum.<parameter>` and `accumulate.count`; the optimizer counts its own steps, so schedules
 * go on once in `every` calls.
 *
 *     optim.accumulate(4, optim.adamW({ learningRate: 1e-3 }))
 *     optim.accumulate(4, optim.adamW({ learningRate: 1e-3 }), { clip: optim.clipByGlobalNorm(1) })
 *
 * @throws GraphError when `every` is not an integer from 1.
 */
export function accumulate(
  every: number,
  optimizer: Optimizer,
  /** `clip` sees the mean; that of trainStep sees the gradients of each call. */
  options: { readonly clip?: GradientTransform } = {},
): Optimizer {
  checkCount('accumulate', 'every', every);
  const counter = new Counter('accumulate.count');
  const sums = new SlotStates('accumulate');
  return {
    name: 'accumulate',
    apply(gradients): void {
      const program = currentProgram();
      if (!program) throw outsideProgram('accumulate');
      const count = counter.state.tensor;
      const due = equal(count, every - 1);
      const totals = gradients.map(({ parameter, gradient }) => {
        const state = sums.of(parameter, [['sum', {}]]).get('sum');
        const given = cast(gradient, state?.type.dtype ?? gradient.dtype);
        return { parameter, state, total: state ? add(state.tensor, given) : given };
      });
      const means = totals.map(({ total }) => div(total, every));
      const clipped = options.clip ? options.clip(means) : means;
      program.onlyIf(due, () =>
        optimizer.apply(
          totals.map(({ parameter }, i) => ({ parameter, gradient: clipped[i] as Tensor })),
        ),
      );
      for (const { state, total } of totals) {
        if (state) program.update(state, where(due, 0, total));
      }
      program.update(counter.state, where(due, full(0, [], 'i32'), add(count, 1)));
    },
  };
}

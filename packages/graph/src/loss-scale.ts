import { requireProgram } from './context.ts';
import { userError } from './fail.ts';
import { constant } from './init.ts';
import type { Tensor } from './node.ts';
import { make1 } from './node.ts';
import { castOp } from './ops/cast.ts';
import { isFinite as finite, greaterEqual, where } from './ops/compare.ts';
import { full } from './ops/leaves.ts';
import { logicalAnd } from './ops/logic.ts';
import { add, div, maximum, mul } from './ops/math.ts';
import { all } from './ops/reduce.ts';
import { StateVariable } from './state.ts';
import { f32, i32 } from './types.ts';

/** How a dynamic loss scale moves; the defaults are those of torch.amp.GradScaler. */
export interface DynamicLossScale {
  /** The first scale; default 65536. */
  readonly initial?: number;
  /** The scale grows by this after `growthInterval` steps in a row without overflow; default 2. */
  readonly growthFactor?: number;
  /** After an overflow the scale shrinks by this; default 0.5. */
  readonly backoffFactor?: number;
  /** Default 2000. */
  readonly growthInterval?: number;
}

/** `'dynamic'`, a fixed factor, or `'off'`. */
export type LossScale = 'dynamic' | 'off' | number | DynamicLossScale;

const smallest = 2 ** -126;

function check(what: string, value: number, holds: boolean, expected: string): void {
  if (holds && Number.isFinite(value)) return;
  throw userError({
    code: 'loss-scale',
    message: `lossScale: ${what} is ${value}, expected ${expected}`,
  });
}

const scalar = (
  name: string,
  type: ReturnType<typeof f32 | typeof i32>,
  value: number,
): StateVariable =>
  new StateVariable({
    kind: 'state',
    type,
    init: constant(value),
    naming: { form: 'absolute', name: `lossScale.${name}` },
  });

/**
 * Multiplies the loss before its gradient is taken, so that small gradients of f16 do not vanish, and divides the
 * gradients by it in f32 (Micikevicius et al., arXiv 1710.03740). A step whose gradients are not all finite changes
 * neither parameters nor optimizer. States: `lossScale.scale`, `lossScale.goodSteps` in a row since the scale last
 * moved, `lossScale.skippedSteps` in all.
 */
export class LossScaler {
  readonly #dynamic: Required<DynamicLossScale> | undefined;
  readonly #scale: StateVariable;
  readonly #good: StateVariable;
  readonly #skipped: StateVariable;

  /** @throws GraphError when a number makes no scale. */
  constructor(spec: Exclude<LossScale, 'off'>) {
    const options = typeof spec === 'object' ? spec : {};
    const { growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    const initial = typeof spec === 'number' ? spec : (options.initial ?? 65536);
    check('the scale', initial, initial > 0, 'a positive number');
    check('growthFactor', growthFactor, growthFactor > 1, 'a number above 1');
    check(
      'backoffFactor',
      backoffFactor,
      backoffFactor > 0 && backoffFactor < 1,
      'a number between 0 and 1',
    );
    const whole = Number.isInteger(growthInterval) && growthInterval >= 1;
    check('growthInterval', growthInterval, whole, 'an integer from 1');
    const dynamic = { initial, growthFactor, backoffFactor, growthInterval };
    this.#dynamic = typeof spec === 'number' ? undefined : dynamic;
    this.#scale = scalar('scale', f32(), initial);
    this.#good = scalar('goodSteps', i32(), 0);
    this.#skipped = scalar('skippedSteps', i32(), 0);
  }

  /** The cotangent of the loss. */
  cotangent(loss: Tensor): Tensor {
    return to(this.#scale.tensor, loss.dtype, 'the loss scale in the dtype of the loss');
  }

  /** The gradients of the loss itself, f32 where they were f16 or bf16. */
  unscale(gradients: readonly Tensor[]): readonly Tensor[] {
    const inverse = div(1, this.#scale.tensor);
    return gradients.map((g) => {
      if (g.dtype === 'f64') return mul(g, to(inverse, 'f64', 'the loss scale beside f64'));
      return mul(to(g, 'f32', 'gradients are unscaled in f32'), inverse);
    });
  }

  /** Runs `body`, whose updates hold only if all gradients are finite; then moves the scale. */
  guard(gradients: readonly Tensor[], body: () => void): void {
    const program = requireProgram('lossScale');
    const ok = gradients.map((g) => all(finite(g))).reduce((a, b) => logicalAnd(a, b));
    program.onlyIf(ok, body);
    const skipped = this.#skipped.tensor;
    program.update(this.#skipped, where(ok, skipped, add(skipped, 1)));
    if (this.#dynamic) this.#move(ok, this.#dynamic);
  }

  #move(ok: Tensor, options: Required<DynamicLossScale>): void {
    const program = requireProgram('lossScale');
    const [scale, good] = [this.#scale.tensor, add(this.#good.tensor, 1)];
    const due = greaterEqual(good, options.growthInterval);
    const larger = mul(scale, options.growthFactor);
    const grown = where(logicalAnd(due, finite(larger)), larger, scale);
    const smaller = maximum(mul(scale, options.backoffFactor), smallest);
    program.update(this.#scale, where(ok, grown, smaller));
    const none = full(0, [], 'i32');
    program.update(this.#good, where(ok, where(due, none, good), none));
  }
}

function to(x: Tensor, dtype: Tensor['dtype'], note: string): Tensor {
  return x.dtype === dtype ? x : make1(castOp, [x], { dtype }, { note });
}

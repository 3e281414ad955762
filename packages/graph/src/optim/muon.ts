import type { Tensor } from '../node.ts';
import { expm1, sqrt } from '../ops/exponential.ts';
import { add, div, mul, sub } from '../ops/math.ts';
import { matmul } from '../ops/matmul.ts';
import { sum } from '../ops/reduce.ts';
import { swapAxes } from '../ops/transpose.ts';
import { adamW } from './adam.ts';
import { checkCount, checkRange } from './check.ts';
import type { Clock, LearningRate, Optimizer } from './optimizer.ts';
import { Counter, optimizer } from './optimizer.ts';

export interface MuonOptions {
  readonly learningRate: LearningRate;
  /** Decay of the mean of gradients; default 0.95. */
  readonly beta?: number;
  /** Looks one step ahead along that mean; default true. */
  readonly nesterov?: boolean;
  /** Steps of the iteration that makes the mean orthogonal; default 5. */
  readonly steps?: number;
  /** Its coefficients; default 3.4445, −4.775, 2.0315 (Jordan 2024). */
  readonly coefficients?: readonly [number, number, number];
  /** Added to the norm that the mean is divided by; default 1e-8. */
  readonly eps?: number;
  /** Draws parameters to 0, apart from the gradient; default 0. */
  readonly weightDecay?: number;
  /** For parameters that are no matrices; default adamW with the same learning rate, no weight decay, Nesterov's momentum. */
  readonly others?: Optimizer;
}

/**
 * Muon: matrices move along their mean gradient made orthogonal, all others by adamW (Jordan et al.
 * 2024, https://kellerjordan.github.io/posts/muon), with the defaults of Optax. Embeddings and output
 * layers are better left to adamW: see `groups`.
 *
 *     optim.muon({ learningRate: 0.02 })
 *
 * @throws GraphError when beta is outside [0, 1), or another number is negative.
 */
export function muon(options: MuonOptions): Optimizer {
  const { learningRate } = options;
  const matrices = muonOfMatrices(options);
  const others =
    options.others ?? adamW({ learningRate, weightDecay: 0, nesterov: options.nesterov ?? true });
  const counter = new Counter();
  return {
    name: 'muon',
    apply(gradients, clock): void {
      const ticked: Clock = clock ?? counter.tick();
      const isMatrix = gradients.map(({ parameter }) => parameter.type.shape.length === 2);
      const some = (matrix: boolean) => gradients.filter((_, i) => isMatrix[i] === matrix);
      matrices.apply(some(true), ticked);
      others.apply(some(false), ticked);
    },
  };
}

function muonOfMatrices(options: MuonOptions): Optimizer {
  const { learningRate, beta = 0.95, nesterov = true, eps = 1e-8, weightDecay = 0 } = options;
  const { steps = 5, coefficients = [3.4445, -4.775, 2.0315] } = options;
  checkRange('muon', 'beta', beta, 1);
  checkRange('muon', 'eps', eps);
  checkRange('muon', 'weightDecay', weightDecay);
  checkCount('muon', 'steps', steps);
  return optimizer({
    name: 'muon',
    slots: ['m'],
    learningRate,
    update({ parameter: p, gradient: g, slots, learningRate: lr, step }) {
      const m = add(mul(slots.m, beta), mul(g, 1 - beta));
      // The mean's own scale does not matter, only its share beside the gradient.
      const ahead = add(
        mul(mul(m, beta), corrected(beta, add(step, 1))),
        mul(mul(g, 1 - beta), corrected(beta, step)),
      );
      const mean = nesterov ? ahead : mul(m, corrected(beta, step));
      const [rows, columns] = p.shape as readonly [number, number];
      const direction = mul(
        orthogonal(mean, coefficients, steps, eps),
        Math.sqrt(Math.max(1, columns / rows)),
      );
      const decayed = weightDecay === 0 ? direction : add(direction, mul(p, weightDecay));
      return { parameter: sub(p, mul(decayed, lr)), slots: { m } };
    },
  });
}

const corrected = (b: number, step: Tensor): Tensor =>
  b === 0 ? div(step, step) : div(-1, expm1(mul(step, Math.log(b))));

/**
 * A matrix with the singular vectors of x and singular values near 1: x ← a · x + (b · A + c · A²) · x
 * with A = x · xᵀ, from x over its Frobenius norm (Newton–Schulz).
 */
function orthogonal(
  matrix: Tensor,
  [a, b, c]: readonly [number, number, number],
  steps: number,
  eps: number,
): Tensor {
  const [rows, columns] = matrix.shape as readonly [number, number];
  const tall = rows > columns;
  let x = tall ? swapAxes(matrix, 0, 1) : matrix;
  x = div(x, add(sqrt(sum(mul(x, x))), eps));
  for (let i = 0; i < steps; i++) {
    const square = matmul(x, swapAxes(x, 0, 1));
    const polynomial = add(mul(square, b), mul(matmul(square, square), c));
    x = add(mul(x, a), matmul(polynomial, x));
  }
  return tall ? swapAxes(x, 0, 1) : x;
}

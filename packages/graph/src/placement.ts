import { userError } from './fail.ts';
import { captureCallSites } from './location.ts';
import { make, type Tensor } from './node.ts';
import type { Wish } from './scope.ts';
import { currentScope, derivedFrom, withScope } from './scope.ts';

function wishFor(what: string, target: string): Wish {
  const { within } = currentScope();
  if (!within) return { target, callSites: captureCallSites() };
  throw userError({
    code: 'placement-in-body',
    message: `${what} '${target}' inside the body of ${within.what}, which runs on one target whole`,
    cure: `put withPlacement('${target}', () => …) around it`,
  });
}

/**
 * The same tensor, whose op is to run on a target in plans over several; so are the ops of its gradient. Of a layer
 * made of several ops it is the last that is placed: `withPlacement` places them all. What cannot be is refused when
 * the plan is made.
 *
 *     const { u, s, vt } = svd(place(x.matmul(w), 'mlx'));
 *
 * @throws GraphError for what no op computes (an input, a state), and inside the body of a loop or a function.
 */
export function place(x: Tensor, target: string): Tensor {
  const wish = wishFor('place on', target);
  const { op, inputs, attrs, note } = x.node;
  if (op.kind === 'leaf') {
    throw userError({
      code: 'placement-leaf',
      message: `place: ${x} is ${op.name === 'constant' ? 'a constant' : `of op ${op.name}`}, which nothing computes`,
      cure: 'place what is computed from it',
    });
  }
  const outputs = withScope({ ...derivedFrom(x.node), wish }, () =>
    make(op, inputs, attrs, { note }),
  );
  return outputs[x.index] ?? x;
}

/**
 * Runs a function whose ops are to run on a target in plans over several; so are the ops of their gradients. The
 * innermost wish counts.
 *
 *     const hidden = withPlacement('mlx', () => mlp(x));
 *
 * @throws GraphError inside the body of a loop or a function.
 */
export function withPlacement<T>(target: string, body: () => T): T {
  return withScope({ wish: wishFor('withPlacement', target) }, body);
}

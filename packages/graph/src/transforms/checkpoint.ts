import { composite } from '../composite.ts';
import { pullback } from '../grad.ts';
import type { Subgraph } from '../node.ts';
import { make } from '../node.ts';
import type { Batch, CompositeOp, Vjp } from '../op.ts';
import { barrier } from '../ops/barrier.ts';
import { placeOf, setPlace } from '../place.ts';
import { withScope } from '../scope.ts';
import { inline, resultTypes } from '../subgraph.ts';
import type { TensorTree } from '../tree.ts';
import { batchedGraph } from './batched-graph.ts';
import type { TensorFunction } from './function.ts';
import { pushforward } from './pushforward.ts';
import { traceFunction } from './traced-function.ts';

interface Attributes {
  readonly function: Subgraph;
}

// The function again, on operands that wait for the cotangents: nothing of it merges with the forward
// pass, so nothing of the forward pass but the operands is kept.
const vjp: Vjp<Attributes> = ({ inputs, cotangents, attrs }) => {
  const arrived = cotangents.filter((ct) => ct !== null);
  const again = withScope({ note: 'checkpoint computes again from here' }, () =>
    inputs.map((x) => barrier(x, arrived)),
  );
  return pullback(inline(attrs.function, again), cotangents, again);
};

const batch: Batch<Attributes> = (context) =>
  make(checkpointOp, context.inputs, { function: batchedGraph(context.attrs.function, context) });

/** Its decomposition is the function; all that it adds is its gradient. The compiler opens it first. */
export const checkpointOp: CompositeOp = {
  ...composite({
    name: 'checkpoint',
    doc: 'the results of a function, which the gradient computes again',
    attributes: { function: 'function' },
    inputs: [0, Number.POSITIVE_INFINITY],
    outputs: Number.POSITIVE_INFINITY,
    decompose: (inputs, attrs) => inline(attrs.function, inputs),
    jvp: ({ inputs, tangents, attrs }) =>
      pushforward(inline(attrs.function, inputs), inputs, tangents),
    vjp,
    batch,
    derivativeOnly: true,
  }),
  infer: (_, attrs) => resultTypes(attrs['function'] as Subgraph),
};

/**
 * The same function, but its gradient computes what it needs of the function again instead of keeping
 * it (`jax.checkpoint`; Griewank and Walther, "Revolve", 2000): memory for time. Only what goes in is
 * kept: the arguments and what the function captures. Of n layers, checkpointed in √n parts, √n are in
 * memory at once. Values and gradients are the same, bit for bit.
 *
 *     const block = checkpoint((x: Tensor) => second(first(x).gelu()));
 *     const net = nn.sequential(checkpoint(block), checkpoint(other));   // modules stay: names, parameters
 *
 * @throws GraphError when an argument or the result holds something that is not a tensor.
 */
export function checkpoint<A extends readonly TensorTree[], R extends TensorTree>(
  f: TensorFunction<A, R>,
): TensorFunction<A, R> {
  const again = (...args: A): R => {
    const { graph, operands, result } = traceFunction(f, args, 'checkpoint');
    return result.rebuild(make(checkpointOp, operands, { function: graph })) as R;
  };
  const place = placeOf(f);
  if (place) setPlace(again, place);
  return Object.assign(again, f);
}

import { sumOfCotangents } from './cotangents.ts';
import type { Dim } from './dim.ts';
import { dimEqual } from './dim.ts';
import { isFloat } from './dtype.ts';
import { GraphError } from './errors.ts';
import { captureCallSites, resolveCallSite } from './location.ts';
import type { Node, Tensor } from './node.ts';
import { formatType, tensorKey } from './node.ts';
import { full, zerosLike } from './ops/leaves.ts';
import { derivedFrom, withLocationsOf, withScope } from './scope.ts';
import { dependents } from './transforms/dependents.ts';
import { flattenArguments, runOnFloats, withValues } from './transforms/function.ts';

/**
 * Cotangents of `wrt` for cotangents of `outputs` (null: none), by one walk against the order of
 * computation. What lies before a tensor of `wrt` is not looked at. null: nothing flows there.
 */
export function pullback(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[],
  wrt: readonly Tensor[],
): readonly (Tensor | null)[] {
  const sinks = new Set(wrt.map(tensorKey));
  const active = dependents(outputs, wrt);
  const flowing = new Map<string, [Tensor, ...Tensor[]]>();
  const accumulate = (to: Tensor, ct: Tensor): void => {
    const key = tensorKey(to);
    const before = flowing.get(key);
    if (before) before.push(ct);
    else flowing.set(key, [ct]);
  };
  const sum = (t: Tensor): Tensor | null => {
    const all = flowing.get(tensorKey(t));
    return all ? withLocationsOf(t.node, () => sumOfCotangents(all)) : null;
  };
  outputs.forEach((output, i) => {
    const ct = cotangents[i];
    if (ct) accumulate(output, ct);
  });
  for (const node of active.toReversed()) {
    const cts = node.outputs().map((t) => (sinks.has(tensorKey(t)) ? null : sum(t)));
    if (cts.every((ct) => ct === null)) continue;
    backward(node, cts).forEach((ct, i) => {
      const to = node.inputs[i] as Tensor;
      if (ct && isFloat(to.dtype)) accumulate(to, ct);
    });
  }
  return wrt.map(sum);
}

function backward(node: Node, cotangents: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
  const { vjp } = node.op;
  if (!vjp) throw noGradient(node);
  const note = `backward of ${node.op.name}`;
  const cts = withScope({ ...derivedFrom(node), note }, () =>
    vjp({ inputs: node.inputs, outputs: node.outputs(), cotangents, attrs: node.attrs }),
  );
  cts.forEach((ct, i) => {
    const x = node.inputs[i] as Tensor;
    if (ct && isFloat(x.dtype)) checkCotangent(node, ct, x);
  });
  return cts;
}

/** The error at what has no derivative. */
export function noGradient(node: Node): GraphError {
  const site = node.stacks[0]?.[0];
  return new GraphError({
    code: 'no-gradient',
    message: `${node.op.name} has no gradient, but the result that is differentiated depends on it`,
    cure:
      node.op.gradientCure ??
      'put stopGradient() around its operand if no gradient should flow here',
    location: site && resolveCallSite(site),
  });
}

// Finds most wrong rules at the first use.
function checkCotangent(node: Node, ct: Tensor, x: Tensor): void {
  const fits =
    ct.dtype === x.dtype &&
    ct.rank === x.rank &&
    ct.shape.every((d, i) => dimEqual(d, x.shape[i] as Dim));
  if (!fits) {
    throw new Error(
      `vjp of ${node.op.name}: cotangent ${formatType(ct.type)} for an operand ${formatType(x.type)}`,
    );
  }
}

// ------------------------------------------------------------------------------------------------ for users

const here = (): GraphError['location'] => {
  const [site] = captureCallSites();
  return site && resolveCallSite(site);
};

/**
 * The cotangents of `wrt` (zeros where nothing flows) for one cotangent per output.
 *
 *     const [dx] = vjp([y], [ct], [x]);
 *
 * @throws GraphError when an op on the way has no gradient, or a cotangent has another type than
 * its output.
 */
export function vjp(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  wrt: readonly Tensor[],
): readonly Tensor[] {
  outputs.forEach((y, i) => {
    const ct = cotangents[i];
    if (ct && formatType(ct.type) === formatType(y.type)) return;
    throw new GraphError({
      code: 'cotangent',
      message: `vjp: output ${i} is ${y}, its cotangent is ${ct ?? 'missing'}`,
      location: here(),
    });
  });
  wrt.forEach(requireFloat);
  return pullback(outputs, cotangents, wrt).map((ct, i) => ct ?? zerosLike(wrt[i] as Tensor));
}

function requireFloat(x: Tensor): void {
  if (isFloat(x.dtype)) return;
  throw new GraphError({
    code: 'no-gradient',
    message: `a gradient with respect to ${x}: only float tensors have one`,
    location: here(),
  });
}

/**
 * Gradients of a scalar with respect to tensors that it was computed from.
 *
 *     const [dw, db] = grad(loss, [w, b]);
 *
 * @throws GraphError when `loss` is not a float scalar, or an op on the way has no gradient.
 */
export function grad(loss: Tensor, wrt: readonly Tensor[]): readonly Tensor[] {
  if (loss.rank !== 0 || !isFloat(loss.dtype)) {
    throw new GraphError({
      code: 'not-scalar',
      message: `grad: the loss is ${loss}, expected a float scalar`,
      cure: 'reduce it first, for example with .mean()',
      location: here(),
    });
  }
  return vjp([loss], [full(1, [], loss.dtype)], wrt);
}

/**
 * A function's value and its gradients by its arguments; tensors that it captures are constants to it,
 * so that it nests.
 *
 *     const { value, grads } = valueAndGrad((x, y) => x.mul(y).sum(), [x, y]);
 *
 * @throws GraphError as `grad`, and when an argument is not of floats.
 */
export function valueAndGrad(
  f: (...args: readonly Tensor[]) => Tensor,
  args: readonly Tensor[],
): { readonly value: Tensor; readonly grads: readonly Tensor[] } {
  const { leaves, result } = runOnFloats(f, flattenArguments(args, 'valueAndGrad'), 'valueAndGrad');
  const loss = result.leaves[0] as Tensor;
  const [value, ...grads] = withValues([loss, ...grad(loss, leaves)], leaves, args);
  return { value: value as Tensor, grads };
}

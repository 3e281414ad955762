import { composite } from '../composite.ts';
import { isFloat } from '../dtype.ts';
import { userError } from '../fail.ts';
import type { CallSite } from '../location.ts';
import type { Node, Subgraph, Tensor } from '../node.ts';
import { formatType, make } from '../node.ts';
import type { Batch, CompositeOp, TensorType, Vjp } from '../op.ts';
import { sumAxes } from '../ops/axes.ts';
import { stopGradientOp } from '../ops/gradient.ts';
import { input, zerosLike } from '../ops/leaves.ts';
import { currentScope, withScope } from '../scope.ts';
import { inline, resultTypes } from '../subgraph.ts';
import { topologicalOrder } from '../topo.ts';
import type { TensorTree } from '../tree.ts';
import { flatten } from '../tree.ts';
import { batched, repeatFirst } from './batch.ts';
import { batchedGraph } from './batched-graph.ts';
import type { TensorFunction } from './function.ts';
import type { TracedCall } from './traced-function.ts';
import { traceFunction } from './traced-function.ts';

/** Cotangents of a function's operands, from the operands and a cotangent for each result. */
type FlatVjp = (
  operands: readonly Tensor[],
  cotangents: readonly Tensor[],
) => readonly (Tensor | null)[];

interface Attributes {
  readonly function: Subgraph;
}

// A function with a gradient of its own is known by the identity of its graph.
const gradients = new WeakMap<Subgraph, FlatVjp>();

function gradientOf({ function: graph }: Attributes): FlatVjp {
  const found = gradients.get(graph);
  if (!found) throw new Error(`customVjp: '${graph.name}' has lost its gradient`);
  return found;
}

const vjp: Vjp<Attributes> = ({ inputs, outputs, cotangents, attrs }) =>
  gradientOf(attrs)(
    inputs,
    cotangents.map((ct, i) => ct ?? zerosLike(outputs[i] as Tensor)),
  );

const batch: Batch<Attributes> = (context) => {
  const { mapped, size, attrs } = context;
  const graph = batchedGraph(attrs.function, context);
  const element = ({ dtype, shape }: TensorType): TensorType => ({ dtype, shape: shape.slice(1) });
  const own = gradientOf(attrs);
  gradients.set(graph, (operands, cotangents) => {
    const single = operands.map((x, i) => (mapped[i] ? input(`operand${i}`, element(x.type)) : x));
    const ct = cotangents.map((t, i) => input(`cotangent${i}`, element(t.type)));
    const isMapped = (_: unknown, i: number): boolean => mapped[i] ?? false;
    const leaves = [...single.filter(isMapped), ...ct];
    const values = [...operands.filter(isMapped), ...cotangents];
    return own(single, ct).map((t, i) => {
      if (!t) return null;
      const all = batched([t], leaves, values, size)[0] ?? repeatFirst(t, size);
      return mapped[i] ? all : sumAxes(all, [0]);
    });
  });
  return make(customVjpOp, context.inputs, { function: graph });
};

/** Its decomposition is the function; all that it adds is its gradient. The compiler opens it first. */
export const customVjpOp: CompositeOp = {
  ...composite({
    name: 'customVjp',
    doc: 'the results of a function that has a gradient of its own',
    attributes: { function: 'function' },
    inputs: [0, Number.POSITIVE_INFINITY],
    outputs: Number.POSITIVE_INFINITY,
    decompose: (inputs, attrs) => inline(attrs.function, inputs),
    vjp,
    batch,
    derivativeOnly: true,
  }),
  infer: (_, attrs) => resultTypes(attrs['function'] as Subgraph),
};

// ------------------------------------------------------------------------------------------------ for users

/** A gradient given by hand. */
export interface CustomVjpRule<
  A extends readonly TensorTree[],
  R extends TensorTree,
  S extends TensorTree,
> {
  /** The results again, and what `backward` needs. */
  forward(...args: A): { readonly value: R; readonly residuals: S };
  /**
   * One cotangent for each argument, of the argument's form and types (null: zero), from the residuals
   * and the cotangent of the result. Linear in the cotangent, where it is to be differentiated again.
   */
  backward(residuals: S, cotangent: R): { readonly [K in keyof A]: A[K] | null };
}

/**
 * A function with a gradient given by hand (`jax.custom_vjp`): where the derivative of the formula is
 * unstable, dear, or not what is wanted. Under `vmap` function and gradient are mapped; the gradient
 * of integer arguments is not asked for.
 *
 *     const clipped = customVjp((x: Tensor) => x, {
 *       forward: (x) => ({ value: x, residuals: null }),
 *       backward: (_, ct) => [ct.clamp(-1, 1)],
 *     });
 *
 * @throws GraphError when the function captures a float tensor through which gradients would flow,
 * `forward` gives a value of another type than the function, or, where a gradient is taken, `backward`
 * gives cotangents of other types than the arguments.
 */
export function customVjp<
  A extends readonly TensorTree[],
  R extends TensorTree,
  S extends TensorTree,
>(f: TensorFunction<A, R>, rule: CustomVjpRule<A, R, S>): TensorFunction<A, R> {
  return (...args: A): R => {
    const traced = traceFunction(f, args, 'customVjp');
    // A function of its own: equal bodies are one object, and may have unlike gradients.
    const call = { ...traced, graph: { ...traced.graph } };
    checkCaptured(call);
    gradients.set(call.graph, flatRule(call, rule as unknown as AnyRule));
    return call.result.rebuild(make(customVjpOp, call.operands, { function: call.graph })) as R;
  };
}

interface AnyRule {
  forward(...args: readonly TensorTree[]): { value: TensorTree; residuals: TensorTree };
  backward(residuals: TensorTree, cotangent: TensorTree): TensorTree;
}

function flatRule(call: TracedCall, { forward, backward }: AnyRule): FlatVjp {
  const { args, count, result, graph } = call;
  const types = resultTypes(graph).map(formatType).join(', ');
  const { precision } = currentScope();
  return (operands, cotangents) => {
    const site = currentScope().inherited?.[0] ?? [];
    // What the user's functions make has the lines of those functions, and the policy of the call.
    return withScope({ inherited: undefined, keepStacks: true, precision }, () => {
      const { value, residuals } = forward(...args.rebuild(operands.slice(0, count)));
      const again = flatten(value, 'customVjp: what `forward` returns as value');
      if (
        again.form !== result.form ||
        again.leaves.map((t) => formatType(t.type)).join(', ') !== types
      )
        throw wrongValue(again.leaves, types, site);
      const found = backward(residuals, result.rebuild(cotangents));
      return [...cotangentsOf(found, call, site), ...operands.slice(count).map(() => null)];
    });
  };
}

function cotangentsOf(
  found: TensorTree,
  { args }: TracedCall,
  site: readonly CallSite[],
): readonly (Tensor | null)[] {
  const list = Array.isArray(found) ? (found as readonly TensorTree[]) : undefined;
  if (list?.length !== args.trees.length) {
    throw userError(
      {
        code: 'cotangent',
        message: `customVjp: \`backward\` gives ${list ? `${list.length} cotangents` : 'no array'}, expected one for each of ${args.trees.length} arguments`,
        cure: 'return an array with one entry for each argument; null where no gradient flows',
      },
      site,
    );
  }
  let at = 0;
  return args.trees.flatMap((tree, i) => {
    const names = tree.leaves.map(() => args.names[at++] as string);
    const given = list[i];
    if (given === null || given === undefined) return tree.leaves.map(() => null);
    const flat = flatten(given, `customVjp: the cotangent of argument ${i}`);
    return tree.leaves.map((x, k) => {
      const ct = flat.leaves[k];
      if (!isFloat(x.dtype)) return null;
      if (ct && flat.form === tree.form && formatType(ct.type) === formatType(x.type)) return ct;
      throw userError(
        {
          code: 'cotangent',
          message: `customVjp: ${names[k]} is ${x}, but \`backward\` gives ${ct ?? 'nothing'} as its cotangent`,
          cure: 'a cotangent has the dtype and shape of its argument',
        },
        site,
      );
    });
  });
}

function wrongValue(found: readonly Tensor[], types: string, site: readonly CallSite[]): Error {
  return userError(
    {
      code: 'forward-value',
      message: `customVjp: \`forward\` gives (${found.join(', ')}) as value, the function (${types})`,
      cure: 'return { value, residuals }, where value is what the function returns',
    },
    site,
  );
}

// The rule says nothing about what is captured: its gradient would be lost.
function checkCaptured({ graph, operands, count }: TracedCall): void {
  const flows = flowsFrom(graph.results);
  const lost = operands.find(
    (x, i) => i >= count && flows.has(graph.parameters[i]?.node) && comesFromOutside(x),
  );
  if (!lost) return;
  throw userError({
    code: 'captured',
    message: `customVjp: the function captures ${lost}, whose gradient the rule does not give`,
    cure: 'make it an argument, or capture stopGradient() of it',
  });
}

// What gradients reach from the results, if ops had only their own.
function flowsFrom(results: readonly Tensor[]): ReadonlySet<Node | undefined> {
  const seen = new Set<Node>();
  const stack = results.filter((t) => isFloat(t.dtype)).map((t) => t.node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node) || node.op === stopGradientOp) continue;
    seen.add(node);
    stack.push(...node.inputs.filter((t) => isFloat(t.dtype)).map((t) => t.node));
  }
  return seen;
}

const comesFromOutside = (x: Tensor): boolean =>
  x.node.op !== stopGradientOp &&
  topologicalOrder([x]).some(({ op }) => op.kind === 'leaf' && op.evaluate === null);

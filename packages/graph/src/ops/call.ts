import { composite } from '../composite.ts';
import { isFloat } from '../dtype.ts';
import { TypeRuleError } from '../errors.ts';
import { userError } from '../fail.ts';
import type { Node, Subgraph, Tensor } from '../node.ts';
import { formatType, make } from '../node.ts';
import type { CompositeOp, Jvp, TensorType, Vjp } from '../op.ts';
import { currentScope, policyHere } from '../scope.ts';
import { inline, parameterLeaf, resultTypes, traceBody } from '../subgraph.ts';
import { vjpOfGraph } from '../subgraph-grad.ts';
import { batchedGraph } from '../transforms/batched-graph.ts';
import { pushedGraph } from '../transforms/pushed-graph.ts';
import type { FlatTree, TensorTree } from '../tree.ts';
import { flatten } from '../tree.ts';

type CallAttrs = { readonly function: Subgraph };

const callVjp: Vjp<CallAttrs> = ({ inputs, outputs, cotangents, attrs }) => {
  const floats = cotangents.map((ct, i) => (isFloat((outputs[i] as Tensor).dtype) ? ct : null));
  const present = floats.map((ct) => ct !== null);
  const { graph, flows } = vjpOfGraph(attrs.function, present);
  const given = floats.filter((ct) => ct !== null);
  const found = make(callOp, [...inputs, ...given], { function: graph });
  return flows.map((at) => (at === null ? null : (found[at] as Tensor)));
};

const callJvp: Jvp<CallAttrs> = ({ inputs, tangents, attrs }) => {
  const moving = tangents.map((t) => t !== null);
  const { graph, found } = pushedGraph(attrs.function, moving);
  const given = tangents.filter((t) => t !== null);
  const results = make(callOp, [...inputs, ...given], { function: graph });
  let next = 0;
  return found.map((t) => (t ? (results[next++] as Tensor) : null));
};

/** Operands are the function's parameters, outputs its results. */
export const callOp: CompositeOp = {
  ...composite({
    name: 'call',
    doc: 'the results of a function on these operands',
    attributes: { function: 'function' },
    inputs: [0, Number.POSITIVE_INFINITY],
    outputs: Number.POSITIVE_INFINITY,
    decompose: (inputs, attrs) => inline(attrs.function, inputs),
    vjp: callVjp,
    jvp: callJvp,
    batch: (context) =>
      make(callOp, context.inputs, { function: batchedGraph(context.attrs.function, context) }),
  }),
  infer(types, attrs) {
    const graph = attrs['function'] as Subgraph;
    checkOperands(graph, types);
    return resultTypes(graph);
  },
};

/** @throws TypeRuleError unless these are the types that a function takes. */
export function checkOperands(graph: Subgraph, types: readonly TensorType[]): void {
  const { name, parameters } = graph;
  if (types.length !== parameters.length) {
    throw new TypeRuleError(
      'arity',
      `'${name}' takes ${parameters.length} operands, got ${types.length}`,
    );
  }
  for (const [i, type] of types.entries()) {
    const expected = String(parameters[i]);
    if (formatType(type) === expected) continue;
    throw new TypeRuleError(
      'operand-type',
      `operand ${i} of '${name}' is ${formatType(type)}, expected ${expected}`,
    );
  }
}

// ------------------------------------------------------------------------------------------------ for users

/** A body, traced for operands of one form and of these types. */
interface Made {
  readonly graph: Subgraph;
  readonly captured: readonly Tensor[];
  readonly results: FlatTree;
}

/** How deep functions may call themselves on operands of other types, while they are traced. */
const maxDepth = 64;

class Traces {
  private readonly byTrace: WeakMap<Map<string, Node>, Map<string, Made>> = new WeakMap();
  private readonly open: Set<string> = new Set();

  constructor(
    private readonly name: string,
    private readonly body: (...args: readonly TensorTree[]) => TensorTree,
  ) {}

  call(args: readonly TensorTree[]): TensorTree {
    const operands = flatten(args, `${this.what}: an argument`);
    const made = this.made(operands);
    const found = make(callOp, [...operands.leaves, ...made.captured], { function: made.graph });
    return made.results.rebuild(found);
  }

  private get what(): string {
    return `function '${this.name}'`;
  }

  // By trace: what a body captures belongs to the trace in which it was captured.
  private made(operands: FlatTree): Made {
    const policy = policyHere()?.key ?? '';
    const key = `${policy} ${operands.form} ${operands.leaves.join(' ')}`;
    const { nodes } = currentScope();
    if (!nodes) return this.traced(operands, key);
    const known = this.byTrace.get(nodes) ?? new Map<string, Made>();
    this.byTrace.set(nodes, known);
    const made = known.get(key) ?? this.traced(operands, key);
    known.set(key, made);
    return made;
  }

  private traced(operands: FlatTree, key: string): Made {
    if (this.open.has(key) || this.open.size >= maxDepth) throw this.recursion(operands);
    this.open.add(key);
    try {
      const own = operands.leaves.map((t, i) => parameterLeaf(`argument${i}`, t.type));
      let results: FlatTree | undefined;
      const within = { what: this.what, repeats: true };
      const { graph, captured } = traceBody(this.name, own, within, () => {
        const args = operands.rebuild(own) as readonly TensorTree[];
        results = flatten(this.body(...args), `${this.what}: its result`);
        return results.leaves;
      });
      return { graph, captured, results: results as unknown as FlatTree };
    } finally {
      this.open.delete(key);
    }
  }

  private recursion(operands: FlatTree): Error {
    return userError({
      code: 'recursion',
      message: `${this.what} calls itself on (${operands.leaves.join(', ')}) while it is traced`,
      cure: 'a program has no recursion: repeat with scan() or whileLoop(), choose with cond()',
    });
  }
}

/**
 * A function of tensors that the artifact holds once, however often it is called: its body is
 * traced once for each signature (form, dtypes and shapes of the arguments, precision policy) of each
 * program. It takes and gives tensors, arrays and plain objects of them; tensors and states from around it are
 * captured as they are when it is first called. Differentiable; runtimes see its body inlined.
 *
 *     const block = fn('block', (x: Tensor, w: Tensor) => x.matmul(w).gelu());
 *     const y = block(block(x, w1), w2);
 *
 * @throws GraphError when called: an argument or the result holds something that is not a tensor, or
 *   the body calls itself, updates a state, or draws from the program's random key.
 */
export function fn<A extends readonly TensorTree[], const R extends TensorTree>(
  body: (...args: A) => R,
): (...args: A) => R;
export function fn<A extends readonly TensorTree[], const R extends TensorTree>(
  name: string,
  body: (...args: A) => R,
): (...args: A) => R;
export function fn(
  first: string | ((...args: never) => TensorTree),
  second?: (...args: never) => TensorTree,
): (...args: readonly TensorTree[]) => TensorTree {
  const body = (typeof first === 'string' ? second : first) as (
    ...args: readonly TensorTree[]
  ) => TensorTree;
  const name = typeof first === 'string' ? first : body.name || 'fn';
  const traces = new Traces(name, body);
  return (...args) => traces.call(args);
}

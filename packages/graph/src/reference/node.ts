import type { DimEnv } from '../dim.ts';
import { DataError, GraphError } from '../errors.ts';
import { resolveCallSite } from '../location.ts';
import type { NdArray } from '../ndarray.ts';
import type { Node, Subgraph, Tensor } from '../node.ts';
import { attrKey, formatType } from '../node.ts';
import type {
  AttrKind,
  Attrs,
  AttrTypes,
  CallOp,
  CompositeOp,
  Evaluation,
  Op,
  TensorType,
} from '../op.ts';
import { input } from '../ops/leaves.ts';
import { withScope } from '../scope.ts';
import { bindAttrs, bindType } from '../subgraph-bind.ts';
import { topologicalOrder } from '../topo.ts';
import { evaluateElementwise } from './elementwise.ts';
import { evaluateReduce } from './reduce.ts';
import { evaluateView } from './view.ts';

const noDims: DimEnv = new Map();

/**
 * Evaluates one op: what every op means. Dims in attributes and types are numbers here. Inputs are
 * not changed; a result may share its data with an input.
 */
export function evaluateNode(
  op: Op,
  inputs: readonly NdArray[],
  attrs: Attrs,
  types: readonly TensorType[],
): readonly NdArray[] {
  switch (op.kind) {
    case 'leaf':
      if (!op.evaluate) throw new Error(`the value of ${op.name} comes from outside`);
      return [op.evaluate(attrs, types)];
    case 'elementwise':
      return evaluateElementwise(op, inputs, attrs, types);
    case 'reduce': {
      const axes = attrs['axes'] as readonly number[];
      return [evaluateReduce(op, inputs[0] as NdArray, axes, types[0] as TensorType)];
    }
    case 'view':
      return [evaluateView(op, inputs, attrs, types[0] as TensorType)];
    case 'contract':
    case 'indexed':
    case 'routine':
      return op.evaluate(inputs, attrs, types);
    case 'call':
      return finish(evaluateCall(op, inputs, attrs, types));
    case 'composite':
      return evaluateComposite(op, inputs, attrs);
    default:
      return op satisfies never;
  }
}

// ------------------------------------------------------------------------------------------------ composites

interface Decomposed {
  readonly parameters: readonly Tensor[];
  readonly order: readonly Node[];
  readonly results: readonly Tensor[];
}

const decompositions = new Map<string, Decomposed>();
const maxDecompositions = 1000;

function evaluateComposite(
  op: CompositeOp,
  inputs: readonly NdArray[],
  attrs: Attrs,
): readonly NdArray[] {
  const { parameters, order, results } = decomposed(op, inputs, attrs);
  const values = new Map(parameters.map((p, i) => [p.node, [inputs[i] as NdArray]]));
  evaluateInOrder(order, values, noDims);
  return results.map((t) => values.get(t.node)?.[t.index] as NdArray);
}

function decomposed(op: CompositeOp, inputs: readonly NdArray[], attrs: Attrs): Decomposed {
  const own = Object.entries(op.attributes).map(([name, kind]) =>
    attrKey(kind, attrs[name] as AttrTypes[AttrKind]),
  );
  const key = [op.name, ...inputs.map(formatType), ...own].join(';');
  const known = decompositions.get(key);
  if (known) return known;
  if (decompositions.size >= maxDecompositions) decompositions.clear();
  const made = decompose(op, inputs, attrs);
  decompositions.set(key, made);
  return made;
}

function decompose(op: CompositeOp, inputs: readonly TensorType[], attrs: Attrs): Decomposed {
  return withScope({ nodes: new Map(), inherited: [], note: undefined }, () => {
    const parameters = inputs.map(({ dtype, shape }, i) => input(`operand${i}`, { dtype, shape }));
    const results = op.decompose(parameters, attrs);
    return { parameters, results, order: topologicalOrder(results) };
  });
}

// ------------------------------------------------------------------------------------------------ graphs

const orders = new WeakMap<Subgraph, readonly Node[]>();

/** The results of a function without symbolic dims on these operands. */
export function evaluateGraph(graph: Subgraph, operands: readonly NdArray[]): readonly NdArray[] {
  return finish(graphInSteps(graph, operands));
}

function* graphInSteps(graph: Subgraph, operands: readonly NdArray[]): Evaluation {
  const order = orders.get(graph) ?? topologicalOrder(graph.results);
  orders.set(graph, order);
  const values = new Map(graph.parameters.map((p, i) => [p.node, [operands[i] as NdArray]]));
  yield* inOrder(order, values, noDims);
  return graph.results.map((t) => values.get(t.node)?.[t.index] as NdArray);
}

/** As `evaluateNode`, but between two runs of a function others may get the thread. */
export function* evaluateInSteps(
  op: Op,
  inputs: readonly NdArray[],
  attrs: Attrs,
  types: readonly TensorType[],
): Evaluation {
  if (op.kind === 'call') return yield* evaluateCall(op, inputs, attrs, types);
  return evaluateNode(op, inputs, attrs, types);
}

function evaluateCall(
  op: CallOp,
  inputs: readonly NdArray[],
  attrs: Attrs,
  types: readonly TensorType[],
): Evaluation {
  return op.steps(inputs, attrs, types, (attribute, operands) =>
    graphInSteps(attrs[attribute] as Subgraph, operands),
  );
}

/** What an evaluation gives, without interruption. */
export function finish<T>(evaluation: Generator<void, T, void>): T {
  for (;;) {
    const { done, value } = evaluation.next();
    if (done) return value;
  }
}

/**
 * Evaluates nodes, each after its inputs, into `values`; what is in `values` already is taken from
 * there.
 */
export function evaluateInOrder(
  order: readonly Node[],
  values: Map<Node, readonly NdArray[]>,
  env: DimEnv,
): void {
  finish(inOrder(order, values, env));
}

function* inOrder(
  order: readonly Node[],
  values: Map<Node, readonly NdArray[]>,
  env: DimEnv,
): Generator<void, void, void> {
  for (const node of order) {
    if (values.has(node)) continue;
    const inputs = node.inputs.map((t) => values.get(t.node)?.[t.index] as NdArray);
    const types = node.types.map((type) => bindType(type, env));
    try {
      const attrs = bindAttrs(node.op, node.attrs, env);
      values.set(node, yield* evaluateInSteps(node.op, inputs, attrs, types));
    } catch (error) {
      throw atNode(error, node);
    }
  }
}

// Within a composite's decomposition there is no line: the composite's own node says it.
function atNode(error: unknown, { op, stacks }: Node): unknown {
  const site = stacks[0]?.[0];
  if (!(error instanceof DataError) || !site) return error;
  const at = error.index.length > 0 ? ` at [${error.index.join(', ')}]` : '';
  return new GraphError({
    code: 'failed',
    message: `${op.name}${at}: ${error.message}`,
    cure: error.cure,
    location: resolveCallSite(site),
  });
}

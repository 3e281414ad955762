import type { Dim, DimEnv } from '../dim.ts';
import { dimKey, dimSymbols, evaluateDim } from '../dim.ts';
import { GraphError } from '../errors.ts';
import type { ArrayData, NdArray } from '../ndarray.ts';
import { toNdArray } from '../ndarray.ts';
import type { Node, Tensor } from '../node.ts';
import type { LeafOp, TensorType } from '../op.ts';
import { bindType } from '../subgraph-bind.ts';
import { topologicalOrder } from '../topo.ts';
import { evaluateInOrder } from './node.ts';

/** Values for leaves: by the tensor itself, or for inputs by name. */
export type Feeds = ReadonlyMap<Tensor, ArrayData> | Readonly<Record<string, ArrayData>>;

/** Sizes of symbolic dims by name, where the feeds do not tell them. */
export type Sizes = Readonly<Record<string, number>>;

/**
 * Computes tensors at once, on the reference: slow, exact to each op's definition, for tests and
 * exploration.
 *
 *     const x = input('x', f32(N));
 *     evaluate(x.mul(2).sum(), { x: [1, 2, 3] }).data   // Float32Array [12]
 *
 * @throws GraphError when a leaf has no value, a value does not fit its type, or a dim has no size
 * or two.
 */
export function evaluate(tensor: Tensor, feeds?: Feeds, sizes?: Sizes): NdArray;
export function evaluate(
  tensors: readonly Tensor[],
  feeds?: Feeds,
  sizes?: Sizes,
): readonly NdArray[];
export function evaluate(
  tensors: Tensor | readonly Tensor[],
  feeds: Feeds = {},
  sizes: Sizes = {},
): NdArray | readonly NdArray[] {
  const roots = 'node' in tensors ? [tensors] : tensors;
  const order = topologicalOrder(roots);
  const env = new Map(Object.entries(sizes));
  const values = feedLeaves(order, feeds, env);
  evaluateInOrder(order, values, env);
  const results = roots.map((t) => values.get(t.node)?.[t.index] as NdArray);
  return 'node' in tensors ? (results[0] as NdArray) : results;
}

function feedLeaves(
  order: readonly Node[],
  feeds: Feeds,
  env: Map<string, number>,
): Map<Node, readonly NdArray[]> {
  const byNode = new Map(feeds instanceof Map ? [...feeds].map(([t, v]) => [t.node, v]) : []);
  const named = feeds instanceof Map ? {} : (feeds as Readonly<Record<string, ArrayData>>);
  const values = new Map<Node, readonly NdArray[]>();
  for (const node of order) {
    if (node.op.kind !== 'leaf' || (node.op as LeafOp).evaluate) continue;
    const name = String(node.attrs['name'] ?? node.op.name);
    const value = byNode.get(node) ?? named[name];
    if (value === undefined) throw feedError(`'${name}' has no value`);
    values.set(node, [feed(name, node.types[0] as TensorType, value, env)]);
  }
  return values;
}

function feed(name: string, type: TensorType, value: ArrayData, env: Map<string, number>): NdArray {
  const array = toNdArray(value, type.dtype, (size) => flatShape(name, type, size, env));
  if (array.dtype !== type.dtype || array.shape.length !== type.shape.length) {
    throw feedError(
      `'${name}' is ${array.dtype} of rank ${array.shape.length}, expected ${typeText(type)}`,
    );
  }
  for (const [i, d] of type.shape.entries()) bindSymbol(d, array.shape[i] as number, env);
  const expected = bindType(type, env).shape;
  if (expected.some((n, i) => n !== array.shape[i])) {
    throw feedError(
      `'${name}' has shape [${array.shape.join(', ')}], expected [${expected.join(', ')}] for ${typeText(type)}`,
    );
  }
  return array;
}

const typeText = (type: TensorType): string =>
  `${type.dtype}[${type.shape.map(dimKey).join(', ')}]`;

function bindSymbol(d: Dim, extent: number, env: Map<string, number>): void {
  const [symbol] = dimSymbols(d);
  if (symbol && dimKey(d) === symbol.name && !env.has(symbol.name)) env.set(symbol.name, extent);
}

// A flat typed array may leave one symbol open.
function flatShape(name: string, type: TensorType, size: number, env: DimEnv): readonly number[] {
  const open = type.shape.filter((d) => dimSymbols(d).some((s) => !env.has(s.name)));
  if (open.length > 1)
    throw feedError(`'${name}' is flat, but ${open.map(dimKey).join(' and ')} are unknown`);
  const known = type.shape.map((d) => (open.includes(d) ? 1 : evaluateDim(d, env)));
  const rest = size / known.reduce((a, b) => a * b, 1);
  return type.shape.map((d, i) => (open.includes(d) ? rest : (known[i] as number)));
}

function feedError(message: string): GraphError {
  return new GraphError({ code: 'feed', message: `evaluate: ${message}` });
}

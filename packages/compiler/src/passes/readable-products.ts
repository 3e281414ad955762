import type { Dim, Node, Tensor } from '@vorab/graph';
import { dimEqual, dimMul, make1, opNamed } from '@vorab/graph';
import type { StepGraph } from '../entry-graph.ts';
import { nodesOf, roots } from '../entry-graph.ts';
import { viewMap } from '../lower/demand.ts';
import type { Rule } from './rewrite.ts';

const matmul = opNamed('matmul');
const reshape = opNamed('reshape');
const transpose = opNamed('transpose');
const broadcast = opNamed('broadcast');

/**
 * Products in the form in which all their readers see them, so that what follows runs over the same space, as their
 * epilogue, and they are stored where they are wanted.
 *
 * - Rows that were laid together only for the product, [batch · length, k] × [k, n], and that all readers take apart
 *   again: [batch, length, k] × [k, n]. A runtime lays the rows together again where strides allow.
 * - A product that is only read transposed: yᵀ · xᵀ.
 */
export function readableProducts(graph: StepGraph): Rule {
  const readings = soleReadings(graph);
  return {
    name: 'readable-products',
    why: 'the same sums, in the shape in which they are read',
    apply(node, original) {
      const reading = readings.get(original);
      const [a, b] = node.inputs;
      if (!reading || !a || !b) return null;
      // Once: xᵀ · x transposed is itself again.
      readings.delete(original);
      if (reading === 'transposed') {
        return [swapped(make1(matmul, [swapped(b), swapped(a)], {}))];
      }
      // Taking the rows of such a view apart would copy it.
      return viewMap(a.node)?.form === 'affine' ? null : [rowsApart(a, b, reading)];
    },
  };
}

/** How all readers see a product: with its rows in several axes, or transposed. */
type Reading = readonly Dim[] | 'transposed';

/** The products that all readers see in one way that is not how they are. */
function soleReadings(graph: StepGraph): Map<Node, Reading> {
  const found = new Map<Node, Reading | null>();
  for (const { node } of roots(graph)) if (node.op === matmul) found.set(node, null);
  for (const node of nodesOf(graph)) {
    for (const t of node.inputs) {
      if (t.node.op !== matmul) continue;
      const reading = readingBy(node, t);
      const known = found.get(t.node);
      found.set(t.node, known === undefined || same(reading, known) ? reading : null);
    }
  }
  return new Map([...found].flatMap(([node, reading]) => (reading ? [[node, reading]] : [])));
}

function same(a: Reading | null, b: Reading | null): boolean {
  if (a === null || b === null || typeof a === 'string' || typeof b === 'string') return a === b;
  return a.length === b.length && a.every((d, i) => dimEqual(d, b[i] as Dim));
}

function readingBy(reader: Node, product: Tensor): Reading | null {
  if (reader.op === reshape && product.rank === 2) {
    return apart(product, reader.types[0]?.shape ?? []);
  }
  if (reader.op !== transpose) return null;
  const axes = reader.attrs['axes'] as readonly number[];
  const last = axes.length - 1;
  const swaps = axes.every((a, i) => a === (i === last ? last - 1 : i === last - 1 ? last : i));
  return swaps ? 'transposed' : null;
}

// [batch…, rows, n] for [m, n]; null: columns are taken apart too.
function apart(product: Tensor, shape: readonly Dim[]): readonly Dim[] | null {
  const [m, n] = product.shape as readonly [Dim, Dim];
  const rows = shape.slice(0, -1);
  const fits = rows.length > 1 && dimEqual(shape.at(-1) as Dim, n) && dimEqual(dimMul(...rows), m);
  return fits ? shape : null;
}

function rowsApart(a: Tensor, b: Tensor, shape: readonly Dim[]): Tensor {
  const [batch, rows, cols] = [shape.slice(0, -2), shape.at(-2) as Dim, shape.at(-1) as Dim];
  const [m, inner] = a.shape as readonly [Dim, Dim];
  const left = make1(reshape, [a], { shape: [...batch, rows, inner] });
  const axes = [batch.length, batch.length + 1];
  const right = make1(broadcast, [b], { shape: [...batch, inner, cols], axes });
  return make1(reshape, [make1(matmul, [left, right], {})], { shape: [m, cols] });
}

function swapped(t: Tensor): Tensor {
  const axes = t.shape.map((_, i) => i);
  return make1(transpose, [t], { axes: [...axes.slice(0, -2), t.rank - 1, t.rank - 2] });
}

import type { Dim, DType, Node, Tensor } from '@vorab/graph';
import {
  broadcastTo,
  dimEqual,
  dtypeBytes,
  dtypeKind,
  full,
  isFloat,
  make1,
  opNamed,
} from '@vorab/graph';
import { differentiated } from './differentiated.ts';
import type { Rule } from './rewrite.ts';

// Rules that never change a value, not even at NaN, infinity or minus zero; but a sum of one term is the term, −0 too,
// which kernels that add it to 0 make +0. They look at an op's kind and at how a view moves elements; only rules about
// one op's own algebra name it.

const primitive = {
  full: opNamed('full'),
  reshape: opNamed('reshape'),
  transpose: opNamed('transpose'),
  broadcast: opNamed('broadcast'),
  cast: opNamed('cast'),
  mul: opNamed('mul'),
  div: opNamed('div'),
  sub: opNamed('sub'),
  matmul: opNamed('matmul'),
};

const shapesEqual = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((d, i) => dimEqual(d, b[i] as Dim));

const source = (node: Node): Tensor => node.inputs[0] as Tensor;

/** The value of a tensor whose elements are all equal and known. */
function splat(t: Tensor | undefined): number | undefined {
  return t?.node.op === primitive.full ? (t.node.attrs['value'] as number) : undefined;
}

const noMove: Rule = {
  name: 'view-of-nothing-moved',
  why: 'a view that leaves every element where it is, is its operand',
  apply(node) {
    if (node.op.kind !== 'view' || node.inputs.length !== 1) return null;
    const x = source(node);
    if (!shapesEqual(x.shape, node.types[0]?.shape ?? [])) return null;
    const map = node.op.map([x.shape], node.attrs);
    if (map.form === 'linear') return [x];
    if (map.form === 'pieces') return map.pieces[0]?.start.every((d) => d === 0) ? [x] : null;
    const still =
      map.axes.every((a, i) => a === i) &&
      map.steps.every((s) => s === 1) &&
      map.start.every((d) => d === 0);
    return still ? [x] : null;
  },
};

const viewOfSplat: Rule = {
  name: 'view-of-splat',
  why: 'moving equal elements gives equal elements',
  apply(node) {
    if (node.op.kind !== 'view' || node.inputs.length !== 1) return null;
    const value = splat(source(node));
    const [type] = node.types;
    if (value === undefined || !type) return null;
    const map = node.op.map([source(node).shape], node.attrs);
    if (map.form === 'pieces' && !Object.is(map.fill, value)) return null;
    return [full(value, type.shape, type.dtype)];
  },
};

const reshapeOfReshape: Rule = {
  name: 'reshape-of-reshape',
  why: 'only the last shape counts',
  apply(node) {
    const x = node.inputs[0];
    if (!isLinear(node) || !x || !isLinear(x.node)) return null;
    return [make1(node.op, [source(x.node)], node.attrs)];
  },
};

function isLinear(node: Node): boolean {
  return node.op.kind === 'view' && node.inputs.length === 1 && node.op === primitive.reshape;
}

const composePermutations: Rule = {
  name: 'transpose-of-transpose',
  why: 'permutations compose',
  apply(node) {
    const x = node.inputs[0];
    if (node.op !== primitive.transpose || x?.node.op !== primitive.transpose) return null;
    const inner = x.node.attrs['axes'] as readonly number[];
    const axes = (node.attrs['axes'] as readonly number[]).map((a) => inner[a] as number);
    return [make1(node.op, [source(x.node)], { axes })];
  },
};

const composeBroadcasts: Rule = {
  name: 'broadcast-of-broadcast',
  why: 'repeating what is repeated repeats',
  apply(node) {
    const x = node.inputs[0];
    if (node.op !== primitive.broadcast || x?.node.op !== primitive.broadcast) return null;
    const outer = node.attrs['axes'] as readonly number[];
    const axes = (x.node.attrs['axes'] as readonly number[]).map((a) => outer[a] as number);
    return [
      make1(node.op, [source(x.node)], { shape: node.attrs['shape'] as readonly Dim[], axes }),
    ];
  },
};

const identityElement: Rule = {
  name: 'identity-element',
  why: 'x · 1, x / 1 and x − 0 are x, at NaN, infinities and −0 too',
  apply(node) {
    const [x, y] = node.inputs;
    if (!x || !y) return null;
    const [a, b] = [splat(x), splat(y)];
    if (node.op === primitive.mul && b === 1) return [x];
    if (node.op === primitive.mul && a === 1) return [y];
    if (node.op === primitive.div && b === 1) return [x];
    if (node.op === primitive.sub && Object.is(b, 0)) return [x];
    return null;
  },
};

const castAndBack: Rule = {
  name: 'cast-and-back',
  why: 'a dtype that holds every value of another gives each of them back',
  apply(node) {
    const x = node.inputs[0];
    if (node.op !== primitive.cast || x?.node.op !== primitive.cast) return null;
    const from = source(x.node);
    return from.dtype === node.types[0]?.dtype && holds(x.dtype, from.dtype) ? [from] : null;
  },
};

// Exactly, every value. Floats of a width hold integers of half of it and less.
function holds(outer: DType, inner: DType): boolean {
  const [wide, narrow] = [dtypeBytes(outer), dtypeBytes(inner)];
  if (inner === 'bool') return true;
  if (isFloat(outer)) return isFloat(inner) ? wide > narrow : wide > 2 && 2 * narrow <= wide;
  if (isFloat(inner) || outer === 'bool') return false;
  return wide > narrow && (dtypeKind(outer) === 'signed' || dtypeKind(inner) === 'unsigned');
}

const reduceOfOne: Rule = {
  name: 'reduction-of-one',
  why: 'a sum of one element, like its largest, is that element',
  apply(node) {
    if (node.op.kind !== 'reduce') return null;
    const x = source(node);
    const axes = node.attrs['axes'] as readonly number[];
    if (axes.some((a) => x.shape[a] !== 1)) return null;
    return [make1(primitive.reshape, [x], { shape: node.types[0]?.shape ?? [] })];
  },
};

// Not a loop of its own then: it joins what reads it, such as an optimizer's update after a batch of one.
const productOverOne: Rule = {
  name: 'product-over-one',
  why: 'a sum of one product is that product',
  apply(node) {
    const [x, y] = node.inputs;
    const [type] = node.types;
    if (node.op !== primitive.matmul || !x || !y || !type || x.shape.at(-1) !== 1) return null;
    const wide = [x, y].map((t) => broadcastTo(t, type.shape));
    return [make1(primitive.mul, wide, {})];
  },
};

/** The exact rules, in the order in which they are tried. */
export const simplifyRules: readonly Rule[] = [
  differentiated,
  noMove,
  viewOfSplat,
  reshapeOfReshape,
  composePermutations,
  composeBroadcasts,
  identityElement,
  castAndBack,
  reduceOfOne,
  productOverOne,
];

/** Applications of ops that run functions. */
import type { Dim, DType, Subgraph, Tensor, TensorType } from '@vorab/graph';
import {
  add,
  dim,
  isFloat,
  logicalNot,
  make,
  opNamed,
  parameterLeaf,
  sum,
  withTrace,
} from '@vorab/graph';
import type { Application } from './case-table.ts';

const N = dim('N', { min: 0, max: 64 });

const type = (dtype: DType, ...shape: TensorType['shape']): TensorType => ({ dtype, shape });

/** A function of tensors of these types. */
function graphOf(
  name: string,
  types: readonly TensorType[],
  body: (...operands: readonly Tensor[]) => readonly Tensor[],
): Subgraph {
  return withTrace(() => {
    const parameters = types.map((t, i) => parameterLeaf(`p${i}`, t));
    return { name, parameters, results: body(...parameters) };
  });
}

/** x in, something of the same type out. */
const changed = (x: Tensor): Tensor => {
  if (x.dtype === 'bool') return logicalNot(x);
  return isFloat(x.dtype) ? x.tanh().mul(1.5) : add(x, 1);
};

function called(dtype: DType): readonly Application[] {
  const rows = [type(dtype, N, 3)];
  const two = graphOf('two', rows, (x) => [changed(x as Tensor), x as Tensor]);
  const first = { types: rows, attrs: { function: two } };
  if (!isFloat(dtype)) return [first];
  const types = [type(dtype, N, 3), type(dtype, 3, 2), type(dtype)];
  const dense = graphOf('dense', types, (x, w, s) => {
    const y = (x as Tensor).matmul(w as Tensor).tanh();
    return [y.mul(s as Tensor), sum(y, 0)];
  });
  return [first, { types, attrs: { function: dense } }];
}

// ------------------------------------------------------------------------------------------------ scan

/** From carries and elements to carries and results; `rest` are captured. */
function scanOf(
  types: readonly TensorType[],
  sizes: { readonly length: Dim; readonly carries: number; readonly sequences: number },
  body: (...operands: readonly Tensor[]) => readonly Tensor[],
  reverse = false,
): Application {
  const { carries, sequences } = sizes;
  const taken = types.map((t, i) =>
    i < carries || i >= carries + sequences ? t : { dtype: t.dtype, shape: t.shape.slice(1) },
  );
  return { types, attrs: { body: graphOf('step', taken, body), ...sizes, reverse } };
}

type Operands = readonly Tensor[];

/** Sums along a sequence, of any dtype. */
function running(dtype: DType, length: Dim, reverse: boolean): Application {
  const types = [type(dtype, 3), type(dtype, length, 3)];
  const body = (...[c, x]: Operands): Operands => {
    const next =
      dtype === 'bool' ? (c as Tensor).notEqual(x as Tensor) : add(c as Tensor, x as Tensor);
    return [next, changed(c as Tensor)];
  };
  return scanOf(types, { length, carries: 1, sequences: 1 }, body, reverse);
}

/** A recurrent net: two carries, a matrix and a scale that are captured, results of two shapes. */
function recurrent(dtype: DType, length: Dim, reverse: boolean): Application {
  const types = [
    type(dtype, 2, 3),
    type('i32'),
    type(dtype, length, 2, 3),
    type(dtype, 3, 3),
    type(dtype),
  ];
  const body = (
    ...[h, step, x, w, scale]: readonly [Tensor, Tensor, Tensor, Tensor, Tensor]
  ): Operands => {
    const next = h.matmul(w).add(x.mul(scale)).tanh();
    return [next, step.add(1), next.mul(step.cast(dtype)), sum(h, 1), step];
  };
  const fills = [undefined, [2]];
  const sizes = { length, carries: 2, sequences: 1 };
  return { ...scanOf(types, sizes, body as (...o: Operands) => Operands, reverse), fills };
}

/** Carries that exchange their values, one that stays, and one that nobody looks at. */
function exchanging(dtype: DType): Application {
  const types = [type(dtype, 2), type(dtype, 2), type(dtype, 4), type(dtype)];
  const body = (...[a, b, c, d]: readonly [Tensor, Tensor, Tensor, Tensor]): Operands => [
    b,
    a,
    c,
    changed(d),
    a,
  ];
  const sizes = { length: 3, carries: 4, sequences: 0 };
  return scanOf(types, sizes, body as (...o: Operands) => Operands);
}

/** No carry: a body for each element; within it another scan, over what it is given. */
function nested(dtype: DType): Application {
  const types = [type(dtype, N, 2, 3), type(dtype, 3)];
  const inner = running(dtype, 2, false);
  const body = (...[rows, first]: readonly [Tensor, Tensor]): Operands =>
    make(opNamed('scan'), [first, rows], inner.attrs ?? {});
  const sizes = { length: N, carries: 0, sequences: 1 };
  return scanOf(types, sizes, body as (...o: Operands) => Operands);
}

function scanned(dtype: DType): readonly Application[] {
  const any = [false, true].map((reverse) => running(dtype, reverse ? N : 4, reverse));
  const more = [exchanging(dtype), nested(dtype)];
  if (!isFloat(dtype)) return [...any, ...more];
  return [...any, ...more, recurrent(dtype, N, false), recurrent(dtype, 5, true)];
}

// ------------------------------------------------------------------------------------------------ cond, whileLoop

function chosen(dtype: DType): readonly Application[] {
  const types = [type(dtype, N, 3), type(dtype, 3)];
  const ifTrue = graphOf('yes', types, (x, y) => [changed(x as Tensor), y as Tensor]);
  const ifFalse = graphOf('no', types, (x, y) => [x as Tensor, changed(y as Tensor)]);
  const one = (holds: number): Application => ({
    types: [type('bool'), ...types],
    attrs: { ifTrue, ifFalse },
    fills: [[holds]],
  });
  if (!isFloat(dtype)) return [one(0), one(1)];
  const floats = [type(dtype, N, 3), type(dtype, 3, 3), type(dtype, N, 3)];
  const product = graphOf('product', floats, (x, w) => [(x as Tensor).matmul(w as Tensor).tanh()]);
  const other = graphOf('other', floats, (x, _, z) => [(x as Tensor).mul(z as Tensor)]);
  const two = [0, 1].map((holds) => ({
    types: [type('bool'), ...floats],
    attrs: { ifTrue: product, ifFalse: other },
    fills: [[holds]],
  }));
  return [one(0), one(1), ...two];
}

/** As often as a number that is captured says. */
function repeated(dtype: DType): readonly Application[] {
  const types = [type('i32'), type(dtype, N, 2), type('i32')];
  const cond = graphOf('more', types, (i, _, n) => [(i as Tensor).less(n as Tensor)]);
  const body = graphOf('again', types, (i, x) => [add(i as Tensor, 1), changed(x as Tensor)]);
  return [0, 1, 5].map((times) => ({
    types,
    attrs: { cond, body, carries: 2 },
    fills: [[0], undefined, [times]],
  }));
}

export const controlCases: Readonly<Record<string, (dtype: DType) => readonly Application[]>> = {
  call: called,
  scan: scanned,
  cond: chosen,
  whileLoop: repeated,
};

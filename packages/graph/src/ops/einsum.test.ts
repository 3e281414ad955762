import { describe, expect, test } from 'vitest';
import type { DType, NdArray, Tensor } from '../index.ts';
import * as g from '../index.ts';

const counted = (shape: readonly number[], dtype: DType = 'f64', from = 1): Tensor => {
  const size = g.sizeOfShape(shape);
  const values = Array.from({ length: size }, (_, i) => ((i * 7 + from) % 11) - 4);
  return g.reshape(g.constant(values, dtype), shape);
};

const values = (t: Tensor): number[] => {
  const array = g.evaluate(t) as NdArray;
  return Array.from({ length: array.data.length }, (_, i) => g.readNumber(array, i) + 0);
};

/** The sum over all values of all labels, one product at a time. */
function slow(equation: string, ...tensors: readonly Tensor[]): number[] {
  const [left = '', right = ''] = equation.split('->');
  const terms = left.split(',');
  const extents = new Map<string, number>();
  terms.forEach((term, t) => {
    [...term].forEach((label, a) => {
      extents.set(label, tensors[t]?.shape[a] as number);
    });
  });
  const labels = [...right, ...[...extents.keys()].filter((l) => !right.includes(l))];
  const out = new Array<number>(g.sizeOfShape([...right].map((l) => extents.get(l) ?? 1))).fill(0);
  const data = tensors.map(values);
  const at = new Map<string, number>();
  const place = (term: string): number =>
    [...term].reduce((i, l) => i * (extents.get(l) ?? 1) + (at.get(l) ?? 0), 0);
  const visit = (depth: number): void => {
    const label = labels[depth];
    if (label === undefined) {
      const product = terms.reduce((p, term, t) => p * (data[t]?.[place(term)] ?? Number.NaN), 1);
      out[place(right)] = (out[place(right)] ?? 0) + product;
      return;
    }
    for (let i = 0; i < (extents.get(label) ?? 0); i++) {
      at.set(label, i);
      visit(depth + 1);
    }
  };
  visit(0);
  return out;
}

const shapesOf = (equation: string): number[][] => {
  const sizes: Readonly<Record<string, number>> = {
    a: 2,
    b: 3,
    c: 4,
    d: 2,
    e: 3,
    i: 3,
    j: 2,
    k: 4,
  };
  const [left = ''] = equation.split('->');
  return left.split(',').map((term) => [...term].map((label) => sizes[label] ?? 1));
};

describe('einsum is the sum term by term', () => {
  test.each([
    'ij->ij',
    'ij->ji',
    'ij->',
    'ij->j',
    'iij->ij',
    'iji->j',
    'iii->i',
    'iii->',
    'ij,jk->ik',
    'ij,jk->ki',
    'ij,kj->ik',
    'ij,jk->',
    'ij,jk->i',
    'ij,jk->k',
    'i,j->ij',
    'i,j->ji',
    'i,i->i',
    'i,i->',
    'aij,ajk->aik',
    'aij,bjk->abik',
    'aij,ajk->iak',
    'abc,cd->abd',
    'abc,acd,ade->abe',
    'ab,bc,cd,de->ae',
    'ab,ab,ab->a',
    'ab,c,d->dcb',
    'aab,bc->ac',
    'ii,jj->ij',
    'a,b,c,d,e->',
    'ijk,k,j->i',
  ])('%s', (equation) => {
    const operands = shapesOf(equation).map((shape, i) => counted(shape, 'f64', i));
    expect(values(g.einsum(equation, ...operands))).toEqual(slow(equation, ...operands));
    const whole = operands.map((t) => g.cast(t, 'i64'));
    const exact = g.einsum(equation, ...whole);
    expect(exact.dtype).toBe('i64');
    expect(values(exact)).toEqual(slow(equation, ...operands));
  });
});

describe('einsum notation', () => {
  const x = counted([2, 3]);

  test('without an arrow, labels that occur once, in order', () => {
    const y = counted([3, 4]);
    expect(values(g.einsum('ij,jk', x, y))).toEqual(slow('ij,jk->ik', x, y));
    expect(values(g.einsum('ba', x))).toEqual(slow('ba->ab', x));
    expect(values(g.einsum('ii', counted([3, 3])))).toEqual(slow('ii->', counted([3, 3])));
  });

  test('spaces do not count', () => {
    expect(values(g.einsum(' i j -> j i ', x))).toEqual(slow('ij->ji', x));
  });

  test('unnamed axes broadcast', () => {
    const a = counted([5, 1, 2, 3]);
    const b = counted([4, 3, 2]);
    const y = g.einsum('...ij,...jk->...ik', a, b);
    expect(y.shape).toEqual([5, 4, 2, 2]);
    expect(values(y)).toEqual(values(g.matmul(a, b)));
    expect(g.einsum('...i->i...', a).shape).toEqual([3, 5, 1, 2]);
    expect(values(g.einsum('...', x))).toEqual(values(x));
    expect(values(g.einsum('...i,...i', x, x))).toEqual(slow('ij,ij->i', x, x));
  });

  test('symbolic batches', () => {
    const N = g.dim('N', { max: 8 });
    const a = g.input('a', { dtype: 'f32', shape: [N, 2, 3] });
    const b = g.input('b', { dtype: 'f32', shape: [N, 3, 4] });
    expect(g.einsum('nij,njk->nik', a, b).toString()).toBe('f32[N, 2, 4]');
    expect(g.einsum('nij,njk->jk', a, b).toString()).toBe('f32[3, 4]');
  });

  test('integers beside floats are cast', () => {
    expect(g.einsum('ij,j->i', x, counted([3], 'i32')).dtype).toBe('f64');
  });

  test.each([
    ['ij,jk->ik', [x], /has 2 operands, got 1 tensor/],
    ['i->j->k', [x], /'->' occurs more than once/],
    ['i1->i', [x], /does not parse at '1' in 'i1'/],
    ['i..j->ij', [x], /does not parse at '\.'/],
    ['...i...->i', [x], /'\.\.\.' occurs twice/],
    ['i->i', [x], /'i' names 1 axes, the operand has rank 2/],
    ['ijk->i', [x], /'ijk' names 3 axes, the operand has rank 2/],
    ['ij->ik', [x], /the result has 'k', which no operand has/],
    ['ij->ii', [x], /the result has 'i' twice/],
    ['ij,jk->ik', [x, x], /label 'j' has extent 3, and 2 in f64\[2, 3\]/],
    ['ii->i', [x], /label 'i' has extents 2 and 3/],
  ] as const)('refuses %s', (equation, operands, message) => {
    expect(() => g.einsum(equation, ...operands)).toThrow(message);
  });

  test('several operands go by matrix products, in the cheap order', () => {
    const shape = (m: number, n: number): Tensor => g.input('x', { dtype: 'f32', shape: [m, n] });
    const y = g.einsum('ab,bc,cd->ad', shape(2, 100), shape(100, 100), shape(100, 1));
    const products = g.topologicalOrder([y]).filter((node) => node.op.name === 'matmul');
    // (b c) by (c d) first: never a by c.
    expect(products.map((node) => g.elementCount(node.types[0]?.shape ?? []))).toEqual([100, 2]);
  });

  test('many operands', () => {
    const chain = 'ab,bc,cd,de,ef,fg,gh,hi,ij,jk->ak';
    const matrices = Array.from({ length: 10 }, (_, i) => counted([2, 2], 'f64', i));
    expect(values(g.einsum(chain, ...matrices))).toEqual(
      values(matrices.reduce((a, b) => g.matmul(a, b))),
    );
  });
});

describe('tensordot, inner, outer, kron', () => {
  const a = counted([2, 3, 4]);
  const b = counted([3, 4, 5]);

  test('tensordot', () => {
    expect(values(g.tensordot(a, b))).toEqual(slow('abc,bcd->ad', a, b));
    const c = counted([4, 5, 2]);
    expect(
      values(
        g.tensordot(a, c, [
          [0, 2],
          [2, 0],
        ]),
      ),
    ).toEqual(slow('abc,cda->bd', a, c));
    expect(values(g.tensordot(a, c, [-1, 0]))).toEqual(slow('abc,cde->abde', a, c));
    expect(() => g.tensordot(a, b, 1)).toThrow(/axis 2 of x has extent 4, axis 0 of y has 3/);
    expect(() => g.tensordot(a, b, [[0], [0, 1]])).toThrow(/1 axes of x are paired with 2/);
    expect(() => g.tensordot(a, b, 4)).toThrow(/axes is 4/);
  });

  test('inner and outer', () => {
    const x = counted([2, 4]);
    expect(values(g.inner(a, x))).toEqual(slow('abc,dc->abd', a, x));
    expect(values(g.inner(x, g.constant(3, 'f64')))).toEqual(values(g.mul(x, 3)));
    expect(values(g.outer(x, counted([3])))).toEqual(slow('a,b->ab', g.flatten(x), counted([3])));
  });

  test('kron', () => {
    const x = g.constant(
      [
        [1, 2],
        [3, 4],
      ],
      'i32',
    );
    const y = g.constant([[0, 1]], 'i32');
    expect(g.toNested(g.evaluate(g.kron(x, y)) as NdArray)).toEqual([
      [0, 1, 0, 2],
      [0, 3, 0, 4],
    ]);
    expect(values(g.kron(g.constant([1, 2], 'i32'), g.constant([1, 3], 'i32')))).toEqual([
      1, 3, 2, 6,
    ]);
    expect(g.kron(g.constant([1, 2]), x.cast('f32')).shape).toEqual([2, 4]);
  });
});

describe('diagonals', () => {
  const x = counted([3, 4]);
  const at = (offset: number): number[] =>
    Array.from({ length: 3 }, (_, i) => i).flatMap((i) => {
      const j = i + offset;
      return j >= 0 && j < 4 ? [values(x)[i * 4 + j] as number] : [];
    });

  test.each([-4, -3, -2, -1, 0, 1, 2, 3, 4, 9])('offset %i', (offset) => {
    expect(values(g.diagonal(x, { offset }))).toEqual(at(offset));
    expect(values(g.trace(x, { offset }))).toEqual([at(offset).reduce((a, b) => a + b, 0)]);
    const wide = g.diagonal(g.transpose(x), { offset });
    expect(values(wide)).toEqual(at(-offset));
  });

  test('of other axes, and symbolic extents', () => {
    const y = counted([2, 3, 2]);
    expect(values(g.diagonal(y, { axes: [0, 2] }))).toEqual(slow('aba->ba', y));
    const N = g.dim('N', { min: 0, max: 5 });
    const square = g.input('x', { dtype: 'f64', shape: [2, N, N] });
    const d = g.diagonal(square);
    expect(d.toString()).toBe('f64[2, N]');
    for (const n of [0, 1, 3]) {
      const feed = g.evaluate(counted([2, n, n])) as NdArray;
      const got = g.evaluate(d, new Map([[square, feed]]), { N: n });
      expect(Array.from(got.data as Float64Array)).toEqual(
        Array.from(
          { length: 2 * n },
          (_, i) => feed.data[Math.floor(i / n) * n * n + (i % n) * (n + 1)],
        ),
      );
    }
  });

  test('matrices of them', () => {
    const v = g.constant([1, 2], 'i32');
    const matrix = (t: Tensor): unknown => g.toNested(g.evaluate(t) as NdArray);
    expect(matrix(g.diag(v))).toEqual([
      [1, 0],
      [0, 2],
    ]);
    expect(matrix(g.diag(v, 1))).toEqual([
      [0, 1, 0],
      [0, 0, 2],
      [0, 0, 0],
    ]);
    expect(matrix(g.diag(v, -1))).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [0, 2, 0],
    ]);
    expect(g.diagonalMatrix(counted([5, 3])).shape).toEqual([5, 3, 3]);
    expect(values(g.diagonal(g.diagonalMatrix(counted([5, 3]))))).toEqual(values(counted([5, 3])));
    expect(() => g.diag(counted([2, 2, 2]))).toThrow(/takes a vector or a matrix, got rank 3/);
  });
});

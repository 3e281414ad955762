import type { Program, Tensor } from '@vorab/graph';
import {
  add,
  concat,
  evaluate,
  exp,
  f32,
  grad,
  init,
  matmul,
  mul,
  parameter,
  program,
  random,
  reshape,
  slice,
  softmax,
  sum,
  tanh,
  transpose,
  update,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { arrayDifference } from '../../../../test/helpers/compare.ts';
import { interpreted } from '../../../../test/helpers/interpreted.ts';
import { expected } from '../../../../test/helpers/trials.ts';
import { canonicalize, prepareFor } from '../passes/index.ts';
import type { Target } from '../targets/index.ts';
import { targets } from '../targets/index.ts';
import { lower } from './index.ts';

const blas = targets['blas'] as Target;
const near = { rtol: 1e-5, part: 1e-6, atol: 1e-7 };
const shape = [2, 3, 8] as const;

type Body = (x: Tensor) => Tensor;

/** The names of the steps of an entry whose results are right. */
function stepsOf(body: Body): readonly string[] {
  return namesOf(program({ x: f32(...shape) }, ({ x }) => ({ y: body(x) })));
}

function namesOf(entry: Program): readonly string[] {
  const data = Float32Array.from({ length: 48 }, (_, i) => Math.sin(i));
  const inputs = { x: { dtype: 'f32' as const, shape: [...shape], data } };
  const first = entry
    .trace()
    .states.map((s) => [s.tensor, evaluate(s.init(random.key(0)))] as const);
  const calls = [{ sizes: {}, inputs }];
  const trial = { name: 'trial', program: entry, calls, states: new Map(first) };
  const [want, got] = [expected(trial), interpreted(trial, true)];
  for (const [name, array] of Object.entries(want.outputs[0] ?? {})) {
    expect(arrayDifference(got.outputs[0]?.[name], array, near), name).toBeUndefined();
  }
  for (const [i, array] of (want.states[0] ?? []).entries()) {
    expect(arrayDifference(got.states[0]?.[i], array, near), `state ${i}`).toBeUndefined();
  }
  const graph = canonicalize({ name: 'entry', ...entry.trace() });
  return lower(prepareFor(graph, blas, true, new Map()), blas, true).lowered.steps.map(
    (s) => s.name,
  );
}

const heads = (x: Tensor): Tensor => transpose(reshape(x, [2, 3, 2, 4]), [0, 2, 1, 3]);
const joined = (x: Tensor): Tensor => reshape(transpose(x, [0, 2, 1, 3]), [2, 3, 8]);

describe('a value that only moves is stored where it goes', () => {
  test('heads that are laid side by side again', () => {
    const attention: Body = (x) => {
      const [q, k] = [heads(x), heads(tanh(x))];
      const p = softmax(matmul(q, transpose(k, [0, 1, 3, 2])));
      return exp(joined(matmul(p, q)));
    };
    expect(stepsOf(attention)).not.toContain('copy');
  });

  test('operands of a concatenation', () => {
    const both: Body = (x) => sum(concat([exp(x), tanh(x), x], 1), [1]);
    expect(stepsOf(both).filter((name) => name.includes('for concat'))).toHaveLength(1);
  });

  test('a concatenation that is then transposed', () => {
    const both: Body = (x) =>
      sum(reshape(transpose(concat([exp(x), tanh(x)], 0), [1, 0, 2]), [12, 8]), [0]);
    expect(stepsOf(both).filter((name) => name.includes('copy'))).toEqual([]);
  });

  test('the gradient of slices', () => {
    const body: Body = (x) => {
      const part = (i: number): Tensor =>
        slice(x, [0, 0, 4 * i], [undefined, undefined, 4 * i + 4]);
      return grad(sum(mul(exp(part(0)), tanh(part(1)))), [x])[0] as Tensor;
    };
    const names = stepsOf(body);
    expect(names.some((name) => name.includes('pad') || name.includes('copy'))).toBe(false);
  });

  test('several readers: it is stored for each', () => {
    const body: Body = (x) => {
      const y = exp(x);
      return add(sum(matmul(y, transpose(y, [0, 2, 1])), [1, 2]), sum(concat([y, x], 1), [1, 2]));
    };
    stepsOf(body);
  });
});

describe('what stays a copy', () => {
  test('elements that do not stay side by side', () => {
    const body: Body = (x) => exp(reshape(transpose(tanh(x), [0, 2, 1]), [2, 24]));
    expect(stepsOf(body)).toContain('copy');
  });

  test('pieces over a fill', () => {
    const body: Body = (x) =>
      matmul(
        x,
        transpose(
          x.pad([
            [0, 0],
            [1, 1],
            [0, 0],
          ]),
          [0, 2, 1],
        ),
      );
    expect(stepsOf(body).filter((name) => name.includes('for pad'))).toHaveLength(2);
  });

  test('a new value of a state', () => {
    const w = parameter(f32(3, 2, 8), init.normal(1));
    const entry = program({ x: f32(...shape) }, ({ x }) => {
      update(w, add(w, transpose(exp(x), [1, 0, 2])));
      return { y: sum(w) };
    });
    namesOf(entry);
    const kept = program({ x: f32(...shape) }, ({ x }) => {
      update(w, transpose(exp(add(x, sum(w))), [1, 0, 2]));
      return { y: sum(w) };
    });
    namesOf(kept);
  });
});

describe('products are read in one form', () => {
  const rows: Body = (x) => reshape(x, [6, 8]);

  test('rows that are taken apart again', () => {
    const w = parameter(f32(8, 5), init.normal(1));
    const b = parameter(f32(5), init.normal(1));
    const body: Body = (x) => tanh(add(reshape(matmul(rows(x), w), [2, 3, 5]), b));
    expect(stepsOf(body)).toEqual(['fused matmul+add+tanh']);
  });

  test('rows that stay together', () => {
    const w = parameter(f32(8, 5), init.normal(1));
    const b = parameter(f32(5), init.normal(1));
    const body: Body = (x) => {
      const product = matmul(rows(x), w);
      return add(sum(tanh(add(product, b))), sum(exp(reshape(product, [2, 3, 5]))));
    };
    expect(stepsOf(body)[0]).toMatch(/^fused matmul\+add\+tanh/);
  });

  test('transposed', () => {
    const body: Body = (x) => tanh(transpose(matmul(transpose(exp(x), [0, 2, 1]), x), [0, 2, 1]));
    expect(stepsOf(body)).toEqual(['exp', 'fused matmul+tanh']);
  });
});

import type { NdArray, Op, Tensor } from '@vorab/graph';
import {
  add,
  evaluate,
  full,
  hessian,
  hvp,
  input,
  isFloat,
  jvp,
  mul,
  pullback,
  readNumber,
  registry,
  sum,
  withTrace,
} from '@vorab/graph';
import { describe, expect, test } from 'vitest';
import { arrayFor, randomOf } from '../helpers/arrays.ts';
import type { OpCase } from '../helpers/cases.ts';
import { casesFor } from '../helpers/cases.ts';

// Forward derivatives of every op of the registry, in f64: against the transpose of the reverse ones for all,
// against central differences for smooth ones; and second derivatives, which are symmetric.

const seed = 'derivatives 7';

const ops = [...registry.values()].filter((op) => op.vjp !== null && op.kind !== 'leaf');
const smooth = ops.filter((op) => op.test?.smooth !== false);

/** whileLoop: how often it ran is not known to a reverse pass. */
const forwardOnly = [...registry.values()].filter((op) => op.vjp === null && op.jvp);

const casesOf = (op: Op): readonly OpCase[] =>
  casesFor(op, ['f64']).filter((one) => !one.special && one.types.some((t) => isFloat(t.dtype)));

const values = (array: NdArray): number[] =>
  Array.from({ length: array.data.length }, (_, i) => readNumber(array, i));

const dot = (a: readonly NdArray[], b: readonly NdArray[]): number =>
  a.reduce((total, x, i) => {
    const other = values(b[i] as NdArray);
    return total + values(x).reduce((s, v, k) => s + v * (other[k] as number), 0);
  }, 0);

/** A case with the float operands as what moves, and a direction for each. */
class Moving {
  readonly inputs: readonly Tensor[];
  readonly floats: readonly number[];
  readonly primals: readonly Tensor[];
  readonly tangents: readonly Tensor[];
  readonly feeds: Map<Tensor, NdArray>;
  readonly directions: readonly NdArray[];

  constructor(readonly one: OpCase) {
    this.inputs = one.types.map((t, i) => input(`x${i}`, t));
    this.floats = one.types.flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));
    this.primals = this.floats.map((i) => this.inputs[i] as Tensor);
    this.tangents = this.primals.map((t, i) => input(`t${i}`, t.type));
    const random = randomOf(`${seed} ${one.name}`);
    this.directions = this.floats.map((i) => {
      const { dtype, shape } = one.feeds[i] as NdArray;
      return arrayFor(dtype, shape, { from: -1, to: 1 }, random);
    });
    this.feeds = new Map([
      ...this.inputs.map((t, i): [Tensor, NdArray] => [t, one.feeds[i] as NdArray]),
      ...this.tangents.map((t, i): [Tensor, NdArray] => [t, this.directions[i] as NdArray]),
    ]);
  }

  /** The float results as a function of the float operands. */
  readonly f = (...xs: readonly Tensor[]): readonly Tensor[] => {
    const operands = this.inputs.map((t, i) => xs[this.floats.indexOf(i)] ?? t);
    return this.one.apply(operands).filter((y) => isFloat(y.dtype));
  };

  /** Σ weight · result, with fixed weights that the results' types give. */
  readonly loss = (...xs: readonly Tensor[]): Tensor =>
    this.f(...xs)
      .map((y, i) => sum(mul(mul(y, y), 0.5 + i)))
      .reduce((a, b) => add(a, b));

  /** Elements of the i-th operand that moves. */
  length(i: number): number {
    return (this.directions[i] as NdArray).data.length;
  }

  evaluate(
    tensors: readonly Tensor[],
    feeds: Map<Tensor, NdArray> = this.feeds,
  ): readonly NdArray[] {
    return evaluate(tensors, feeds, this.one.sizes);
  }

  /** Values at primals + h · directions. */
  at(h: number, tensors: readonly Tensor[]): readonly NdArray[] {
    const moved = new Map(this.feeds);
    this.floats.forEach((i, k) => {
      const x = this.one.feeds[i] as NdArray;
      const direction = values(this.directions[k] as NdArray);
      const data = Float64Array.from(values(x), (v, e) => v + h * (direction[e] as number));
      moved.set(this.inputs[i] as Tensor, { ...x, data });
    });
    return this.evaluate(tensors, moved);
  }

  differences(tensors: readonly Tensor[]): readonly number[][] {
    const h = 1e-5;
    const [above, below] = [this.at(h, tensors), this.at(-h, tensors)];
    return above.map((a, i) => {
      const b = values(below[i] as NdArray);
      return values(a).map((v, k) => (v - (b[k] as number)) / (2 * h));
    });
  }
}

function expectClose(
  got: readonly NdArray[],
  want: readonly number[][],
  what: string,
  rtol: number,
): void {
  got.forEach((array, i) => {
    const wanted = want[i] ?? [];
    const scale = Math.max(1, ...wanted.map(Math.abs));
    values(array).forEach((g, k) => {
      const w = wanted[k] as number;
      expect(Math.abs(g - w), `${what} at ${k}: ${g}, differences say ${w}`).toBeLessThan(
        rtol * scale,
      );
    });
  });
}

const named = (list: readonly Op[]): [string, Op][] => list.map((op) => [op.name, op]);

describe('jvp is the transpose of vjp', () => {
  test.each(named(ops))('%s', (_, op) => {
    for (const one of casesOf(op)) {
      withTrace(() => {
        const moving = new Moving(one);
        const ys = moving.f(...moving.primals);
        if (ys.length === 0) return;
        const { tangent } = jvp(moving.f, moving.primals, moving.tangents);
        const forward = moving.evaluate(tangent as readonly Tensor[]);
        const random = randomOf(`${seed} cotangents ${one.name}`);
        const cts = ys.map((y, i) => input(`ct${i}`, y.type));
        const weights = forward.map(({ dtype, shape }) =>
          arrayFor(dtype, shape, { from: -1, to: 1 }, random),
        );
        for (const [i, ct] of cts.entries()) moving.feeds.set(ct, weights[i] as NdArray);
        const back = pullback(ys, cts, moving.primals);
        const flowing = back.flatMap((ct, i) => (ct ? [i] : []));
        const reverse = moving.evaluate(flowing.map((i) => back[i] as Tensor));
        const [a, b] = [
          dot(weights, forward),
          dot(
            reverse,
            flowing.map((i) => moving.directions[i] as NdArray),
          ),
        ];
        const scale = Math.max(1, Math.abs(a), Math.abs(b));
        expect(Math.abs(a - b), `${one.name}: ${a} forward, ${b} in reverse`).toBeLessThan(
          1e-9 * scale,
        );
      });
    }
  });
});

describe('jvp against central differences', () => {
  test.each(named([...smooth, ...forwardOnly]))('%s', (_, op) => {
    for (const one of casesOf(op)) {
      withTrace(() => {
        const moving = new Moving(one);
        const ys = moving.f(...moving.primals);
        if (ys.length === 0) return;
        const { tangent } = jvp(moving.f, moving.primals, moving.tangents);
        const got = moving.evaluate(tangent as readonly Tensor[]);
        expectClose(got, moving.differences(ys), one.name, 2e-7);
      });
    }
  });
});

describe('second derivatives against differences of the first', () => {
  test.each(named(smooth))('%s', (_, op) => {
    for (const one of casesOf(op)) {
      withTrace(() => {
        const moving = new Moving(one);
        if (moving.f(...moving.primals).length === 0) return;
        const loss = moving.loss(...moving.primals);
        const product = hvp(moving.loss, moving.primals, moving.tangents);
        const first = pullback([loss], [full(1, [], 'f64')], moving.primals);
        const flowing = first.flatMap((g, i) => (g ? [i] : []));
        const got = moving.evaluate(flowing.map((i) => product[i] as Tensor));
        const want = moving.differences(flowing.map((i) => first[i] as Tensor));
        expectClose(got, want, one.name, 1e-6);
      });
    }
  });
});

describe('the Hessian is symmetric', () => {
  test.each(named(smooth))('%s', (_, op) => {
    for (const one of casesOf(op)) {
      const size = one.feeds.reduce(
        (n, a, i) => n + (isFloat(one.types[i]?.dtype ?? 'bool') ? a.data.length : 0),
        0,
      );
      if (size > 40) continue;
      withTrace(() => {
        const moving = new Moving(one);
        if (moving.f(...moving.primals).length === 0) return;
        const blocks = hessian((xs: readonly Tensor[]) => moving.loss(...xs))(moving.primals);
        moving.primals.forEach((_x, i) => {
          moving.primals.forEach((_y, j) => {
            const [a, b] = moving.evaluate([
              (blocks[i] as readonly Tensor[])[j] as Tensor,
              (blocks[j] as readonly Tensor[])[i] as Tensor,
            ]) as readonly [NdArray, NdArray];
            const [rows, columns] = [moving.length(i), moving.length(j)];
            const [left, right] = [values(a), values(b)];
            const scale = Math.max(1, ...left.map(Math.abs));
            left.forEach((v, k) => {
              const other = right[(k % columns) * rows + Math.floor(k / columns)] as number;
              expect(Math.abs(v - other), `${one.name}: ${v} and ${other}`).toBeLessThan(
                1e-10 * scale,
              );
            });
          });
        });
      });
    }
  });
});

import type { NdArray, Tensor, TensorType } from '@vorab/graph';
import {
  dim,
  evaluate,
  evaluateDim,
  input,
  isFloat,
  jvp,
  ndarray,
  pullback,
  readNumber,
  vmap,
  withTrace,
} from '@vorab/graph';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrayFor, randomOf } from '../helpers/arrays.ts';
import { arrayDifference } from '../helpers/compare.ts';
import type { Recipe } from '../helpers/random-graph.ts';
import { functionOf, operandTypes, recipes } from '../helpers/random-graph.ts';

// Transforms of whole programs: chains of many ops, some with gradients inside.

const seed = 20_261_124;
const runs = 150;
const count = 3;
const B = dim('B', { max: 8 });

const names = Object.keys(operandTypes);

/** A recipe, which operands are mapped, and at which axis each has the mapped one. */
const mappings = fc.record({
  recipe: recipes,
  mapped: fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length }),
  axes: fc.array(fc.nat(2), { minLength: names.length, maxLength: names.length }),
});

function arraysFor(recipe: Recipe, text: string): Readonly<Record<string, NdArray>> {
  const random = randomOf(text);
  const env = new Map([['N', recipe.sizes[0] as number]]);
  const entries = Object.entries(operandTypes).map(([name, t]): [string, NdArray] => {
    const fill = isFloat(t.dtype) ? { from: -1.5, to: 1.5 } : { from: -2, to: 6 };
    return [
      name,
      arrayFor(
        t.dtype,
        t.shape.map((d) => evaluateDim(d, env)),
        fill,
        random,
      ),
    ];
  });
  return Object.fromEntries(entries);
}

const near = { rtol: 1e-3, part: 1e-4, atol: 1e-6 };

/** Arrays of one shape along a new axis. */
function stacked(arrays: readonly NdArray[], axis: number): NdArray {
  const [first] = arrays as readonly [NdArray];
  const inner = first.shape.slice(axis).reduce((a, b) => a * b, 1);
  const out = ndarray(first.dtype, first.shape.toSpliced(axis, 0, arrays.length));
  for (const [b, array] of arrays.entries()) {
    for (let i = 0; i < array.data.length; i++) {
      const outer = Math.floor(i / inner);
      out.data[(outer * arrays.length + b) * inner + (i % inner)] = array.data[i] as never;
    }
  }
  return out;
}

test(`vmap of a program equals a loop (seed ${seed})`, () => {
  fc.assert(
    fc.property(mappings, ({ recipe, mapped, axes }) => {
      if (!mapped.includes(true)) return;
      const elements = Array.from({ length: count }, (_, b) => arraysFor(recipe, `element ${b}`));
      const f = functionOf(recipe);
      const at = (i: number): number | null => {
        const rank = operandTypes[names[i] as string]?.shape.length ?? 0;
        return mapped[i] ? Math.min(axes[i] as number, rank) : null;
      };
      const sizes = { N: recipe.sizes[0] as number, B: count };
      const got = withTrace(() => {
        const operands = names.map((name, i) => {
          const { dtype, shape } = operandTypes[name] as TensorType;
          const axis = at(i);
          return input(name, { dtype, shape: axis === null ? shape : shape.toSpliced(axis, 0, B) });
        });
        const given = (ts: readonly Tensor[]): Record<string, Tensor> =>
          Object.fromEntries(names.map((name, i) => [name, ts[i] as Tensor]));
        const outputs = vmap((...ts: readonly Tensor[]) => f(given(ts)), {
          in: names.map((_, i) => at(i)),
        })(...operands);
        const feeds = names.map((name, i): [Tensor, NdArray] => {
          const all = elements.map((e) => e[name] as NdArray);
          const axis = at(i);
          return [operands[i] as Tensor, axis === null ? (all[0] as NdArray) : stacked(all, axis)];
        });
        return evaluate(outputs, new Map(feeds), sizes);
      });
      const alone = elements.map((element) =>
        withTrace(() => {
          const given = Object.fromEntries(
            names.map((name) => [name, input(name, operandTypes[name] as TensorType)]),
          );
          const feeds = names.map((name, i): [Tensor, NdArray] => {
            const from = mapped[i] ? element : (elements[0] as typeof element);
            return [given[name] as Tensor, from[name] as NdArray];
          });
          return evaluate(f(given), new Map(feeds), sizes);
        }),
      );
      got.forEach((array, i) => {
        const want = stacked(
          alone.map((r) => r[i] as NdArray),
          0,
        );
        expect(arrayDifference(array, want, near), `result ${i}`).toBeUndefined();
      });
    }),
    { seed, numRuns: runs },
  );
});

test(`jvp of a program is the transpose of its vjp (seed ${seed})`, () => {
  fc.assert(
    fc.property(recipes, (recipe) => {
      withTrace(() => {
        const f = functionOf(recipe);
        const given = Object.fromEntries(
          names.map((name) => [name, input(name, operandTypes[name] as TensorType)]),
        );
        const moving = names.filter((name) => isFloat(operandTypes[name]?.dtype ?? 'bool'));
        const primals = moving.map((name) => given[name] as Tensor);
        const g = (...xs: readonly Tensor[]): readonly Tensor[] =>
          f({ ...given, ...Object.fromEntries(moving.map((name, i) => [name, xs[i] as Tensor])) });
        const tangents = primals.map((t, i) => input(`t${i}`, t.type));
        const { value, tangent } = jvp(g, primals, tangents);
        const floats = value.flatMap((y, i) => (isFloat(y.dtype) ? [i] : []));
        const cts = floats.map((i) => input(`ct${i}`, (value[i] as Tensor).type));
        const back = pullback(
          floats.map((i) => value[i] as Tensor),
          cts,
          primals,
        );
        const sizes = { N: recipe.sizes[0] as number };
        const [points, directions] = [arraysFor(recipe, 'at'), arraysFor(recipe, 'along')];
        const feeds = new Map<Tensor, NdArray>();
        for (const name of names) feeds.set(given[name] as Tensor, points[name] as NdArray);
        moving.forEach((name, i) => {
          feeds.set(tangents[i] as Tensor, directions[name] as NdArray);
        });
        const pushed = evaluate(
          floats.map((i) => tangent[i] as Tensor),
          feeds,
          sizes,
        );
        const random = randomOf('cotangents');
        const weights = pushed.map((a) => arrayFor(a.dtype, a.shape, { from: -1, to: 1 }, random));
        cts.forEach((ct, i) => {
          feeds.set(ct, weights[i] as NdArray);
        });
        const flowing = back.flatMap((ct, i) => (ct ? [i] : []));
        const pulled = evaluate(
          flowing.map((i) => back[i] as Tensor),
          feeds,
          sizes,
        );
        const [a, b] = [
          product(weights, pushed),
          product(
            flowing.map((i) => directions[moving[i] as string] as NdArray),
            pulled,
          ),
        ];
        const scale = Math.max(1, a.size, b.size);
        expect(Math.abs(a.sum - b.sum), `${a.sum} forward, ${b.sum} back`).toBeLessThan(
          1e-4 * scale,
        );
      });
    }),
    { seed, numRuns: runs },
  );
});

/** The inner product, and that of magnitudes: how much may be lost to rounding. */
function product(xs: readonly NdArray[], ys: readonly NdArray[]): { sum: number; size: number } {
  let [sum, size] = [0, 0];
  for (const [i, x] of xs.entries()) {
    for (let k = 0; k < x.data.length; k++) {
      const term = readNumber(x, k) * readNumber(ys[i] as NdArray, k);
      sum += term;
      size += Math.abs(term);
    }
  }
  return { sum, size };
}

/** Small random programs, from numbers that fast-check chooses and shrinks. */
import type { Dim, NdArray, Program, Tensor, TensorType } from '@vorab/graph';
import * as g from '@vorab/graph';
import fc from 'fast-check';
import { arrayFor, randomOf } from './arrays.ts';
import type { Call, Trial } from './trials.ts';

/** One step: which kind of op, and numbers that choose operands and attributes. */
type Choice = readonly [kind: number, a: number, b: number, c: number];

/** A program as choices: anything is a program, and fewer choices are a smaller one. */
export interface Recipe {
  readonly steps: readonly Choice[];
  readonly outputs: readonly number[];
  /** Per state, what its new value is; -1: none. */
  readonly updates: readonly number[];
  readonly sizes: readonly number[];
  /** Whether gradients of all float outputs leave too. */
  readonly gradients: boolean;
}

const nat = fc.nat(1 << 16);

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  steps: fc.array(fc.tuple(nat, nat, nat, nat), { minLength: 1, maxLength: 16 }),
  outputs: fc.array(nat, { minLength: 1, maxLength: 4 }),
  updates: fc.array(fc.integer({ min: -1, max: 1 << 16 }), { minLength: 0, maxLength: 3 }),
  sizes: fc.array(fc.constantFrom(1, 2, 3, 5, 8, 17, 0), { minLength: 1, maxLength: 2 }),
  gradients: fc.boolean(),
});

const N = g.dim('N', { min: 0, max: 32 });
const inputs: Readonly<Record<string, TensorType>> = {
  x: { dtype: 'f32', shape: [N, 4] },
  y: { dtype: 'f32', shape: [N, 4] },
  v: { dtype: 'f32', shape: [4] },
  w: { dtype: 'f32', shape: [4, 4] },
  i: { dtype: 'i32', shape: [N] },
};
const stateShapes: readonly (readonly number[])[] = [[4], [4], [4, 4]];

/** The program of a recipe, and two calls for each size. */
export function trialOf(recipe: Recipe, name: string): Trial {
  const random = randomOf(name);
  const array = (type: TensorType, n: number): NdArray => {
    const extents = type.shape.map((d) => g.evaluateDim(d, new Map([['N', n]])));
    const fill = type.dtype === 'i32' ? { from: -2, to: 6 } : { from: -1.5, to: 1.5 };
    return arrayFor(type.dtype, extents, fill, random);
  };
  const states = new Map<Tensor, NdArray>();
  for (const shape of recipe.updates.map((_, s) => stateShapes[s] as readonly number[])) {
    const first = arrayFor('f32', shape, { from: -1, to: 1 }, random);
    states.set(
      g.state({ dtype: 'f32', shape }, () => g.constant(first)),
      first,
    );
  }
  const calls = recipe.sizes.flatMap((n): Call[] =>
    [0, 1].map(() => ({
      sizes: { N: n },
      inputs: Object.fromEntries(Object.entries(inputs).map(([k, t]) => [k, array(t, n)])),
    })),
  );
  const program = g.program(inputs, (given) => {
    const pool = [...Object.values(given), ...states.keys()];
    for (const choice of recipe.steps) pool.push(...applied(choice, pool));
    let at = 0;
    for (const state of states.keys()) {
      const chosen = recipe.updates[at++] as number;
      const fitting = pool.filter((t) => g.formatType(t.type) === g.formatType(state.type));
      if (chosen >= 0)
        g.update(state, fitting[fitting.length - 1 - (chosen % fitting.length)] as Tensor);
    }
    const found = results(recipe, pool, [...trained(given), ...states.keys()]);
    return Object.fromEntries(found.map((t, i) => [`out${i}`, t]));
  }) as Program;
  return { name, program, calls, states };
}

/** Types of the operands of a recipe's function. */
export const operandTypes: Readonly<Record<string, TensorType>> = inputs;

/** The recipe as a function of operands, without states: its outputs, and gradients if it wants them. */
export function functionOf(recipe: Recipe): (given: Readonly<Record<string, Tensor>>) => Tensor[] {
  return (given) => {
    const pool = Object.values(given);
    for (const choice of recipe.steps) pool.push(...applied(choice, pool));
    return results(recipe, pool, trained(given));
  };
}

function results(recipe: Recipe, pool: readonly Tensor[], wrt: readonly Tensor[]): Tensor[] {
  const outputs = recipe.outputs.map((o) => pool[pool.length - 1 - (o % pool.length)] as Tensor);
  return recipe.gradients ? [...outputs, ...gradientsOf(outputs, wrt)] : outputs;
}

const trained = ({ v, w, x }: Readonly<Record<string, Tensor>>): readonly Tensor[] =>
  [v, w, x].filter((t) => t !== undefined);

/** Of the sum of all means of float outputs. */
function gradientsOf(outputs: readonly Tensor[], wrt: readonly Tensor[]): readonly Tensor[] {
  const means = outputs.filter((t) => t.dtype === 'f32').map((t) => g.mean(t));
  return means.length === 0 ? [] : g.grad(means.reduce(g.add), wrt);
}

// ------------------------------------------------------------------------------------------------ steps

interface Pick {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly floats: readonly Tensor[];
  readonly x: Tensor;
}

const of = <T>(list: readonly T[], at: number): T => list[at % list.length] as T;

const text = (shape: readonly Dim[]): string => shape.map(String).join();

/** Another value of the same shape. */
const alike = ({ floats, x, b }: Pick): Tensor =>
  of(
    floats.filter((t) => text(t.shape) === text(x.shape)),
    b,
  );

// Bounded functions, so that chains neither overflow nor amplify rounding.
const unaries = [
  g.tanh,
  g.sigmoid,
  g.relu,
  g.neg,
  g.sin,
  (t: Tensor) => g.exp(g.minimum(t, 1)),
  (t: Tensor) => g.mul(t, 0.5),
  g.abs,
  g.gelu,
  g.silu,
];
const binaries = [g.add, g.sub, g.mul, g.minimum, g.maximum];
// Sums as means: values stay small.
const reductions = [g.mean, g.max, g.min, g.mean, g.logSumExp];

type Maker = (pick: Pick) => Tensor | readonly Tensor[] | undefined;

const axisOf = ({ x, b }: Pick): number | undefined => (x.rank === 0 ? undefined : b % x.rank);

const reduceAxes = ({ x, b }: Pick): readonly number[] => {
  const mask = 1 + (b % (2 ** x.rank - 1 || 1));
  return x.shape.flatMap((_, a) => (mask & (1 << a) ? [a] : []));
};

/** Not over what may be empty, or infinities make everything after them NaN. */
const finite = (pick: Pick): boolean => pick.x.rank > 0;

const makers: readonly Maker[] = [
  ({ x, a }) => of(unaries, a)(x),
  ({ x, b }) => of(unaries, b)(x),
  (p) => of(binaries, p.c)(p.x, alike(p)),
  (p) => of(binaries, p.c)(alike(p), p.x),
  (p) => (finite(p) ? of(reductions, p.c)(p.x, reduceAxes(p)) : undefined),
  (p) => (finite(p) ? of(reductions, p.c)(p.x, reduceAxes(p), { keepDims: true }) : undefined),
  // A reduction, repeated: normalising.
  (p) =>
    finite(p) ? g.sub(p.x, of(reductions, p.c)(p.x, reduceAxes(p), { keepDims: true })) : undefined,
  // A broadcast over new leading axes.
  ({ x, b }) => (x.rank < 4 ? g.broadcastTo(x, [1 + (b % 3), ...x.shape]) : undefined),
  // A smaller value with a larger one.
  ({ x, floats, b, c }) => {
    const fits = floats.filter(
      (t) => t.rank < x.rank && text(x.shape.slice(x.rank - t.rank)) === text(t.shape),
    );
    return fits.length > 0 ? of(binaries, c)(x, of(fits, b)) : undefined;
  },
  ({ x, b }) => (x.rank > 1 ? g.transpose(x, rotated(x.rank, 1 + (b % (x.rank - 1)))) : undefined),
  ({ x }) => (x.rank > 1 ? g.swapAxes(x, -1, -2) : undefined),
  ({ x }) => g.reshape(x, [g.elementCount(x.shape)]),
  ({ x, b }) =>
    g.expandDims(x, [b % (x.rank + 1)]).rank < 5 ? g.expandDims(x, [b % (x.rank + 1)]) : undefined,
  (p) => sliced(p),
  (p) => {
    const axis = axisOf(p);
    return axis === undefined ? undefined : g.flip(p.x, [axis]);
  },
  (p) => {
    const axis = axisOf(p);
    return axis === undefined ? undefined : g.concat([p.x, alike(p)], axis);
  },
  (p) => {
    const axis = axisOf(p);
    if (axis === undefined) return undefined;
    const pads = p.x.shape.map((_, a): readonly [number, number] =>
      a === axis ? [1, p.c % 3] : [0, 0],
    );
    return g.pad(p.x, pads, 0.25);
  },
  (p) => product(p),
  (p) => product(p),
  (p) => {
    const z = product(p);
    return z && g.relu(g.add(z, g.mul(z, 0.25)));
  },
  (p) => {
    const axis = axisOf(p);
    return axis === undefined ? undefined : of([g.softmax, g.logSoftmax], p.c)(p.x, axis);
  },
  ({ x, floats }) => {
    const vectors = floats.filter((t) => text(t.shape) === '4');
    return String(x.shape.at(-1)) === '4' && x.rank > 1
      ? g.layerNorm(x, of(vectors, 0), of(vectors, 1))
      : undefined;
  },
  (p) => g.where(g.greater(p.x, alike(p)), p.x, 0.5),
  (p) => g.cast(g.less(p.x, 0.1), 'f32'),
  // Rows by index.
  ({ x, floats, b }) => {
    const rows = floats.filter((t) => t.rank === 2 && t.shape[0] === 4);
    return x.rank === 1 && rows.length > 0
      ? g.gather(of(rows, b), g.cast(g.mul(x, 3), 'i32'), 0)
      : undefined;
  },
  (p) => {
    const axis = axisOf(p);
    return axis === undefined ? undefined : g.cast(g.argMax(g.stopGradient(p.x), axis), 'f32');
  },
  (p) => (finite(p) ? scanned(p) : undefined),
  // A choice that does not turn on rounding.
  (p) =>
    g.cond(
      g.less(g.sizeOf(N), 1 + (p.c % 6)),
      (x) => of(unaries, p.a)(x),
      (x) => of(binaries, p.b)(x, alike(p)),
      p.x,
    ),
  (p) => {
    const twice = g.fn((x: Tensor) => of(unaries, p.b)(of(binaries, p.c)(x, alike(p))));
    return twice(twice(p.x));
  },
];

/** Over the first axis, with a carry that starts as zeros; captures a product's matrix where one fits. */
function scanned(p: Pick): readonly Tensor[] {
  const { x, floats, a, b, c } = p;
  const [length, ...rest] = x.shape as [Dim, ...Dim[]];
  const width = String(rest.at(-1));
  const squares = floats.filter((t) => t.rank === 2 && text(t.shape) === `${width},${width}`);
  const mix = (h: Tensor): Tensor =>
    h.rank === 2 && squares.length > 0 ? g.mul(g.matmul(h, of(squares, b)), 0.25) : g.mul(h, 0.5);
  const [last, ys] = g.scan(
    (h: Tensor, at: Tensor) => {
      const next = g.tanh(of(binaries, c)(mix(h), of(unaries, a)(at)));
      return [next, of(unaries, b)(c % 2 === 0 ? g.mul(next, at) : h)];
    },
    g.full(0, rest),
    x,
    { length, reverse: c % 3 === 0 },
  );
  return [last, ys];
}

const rotated = (rank: number, by: number): readonly number[] =>
  Array.from({ length: rank }, (_, i) => (i + by) % rank);

function sliced({ x, b, c }: Pick): Tensor | undefined {
  const axis = x.shape.findIndex((d) => typeof d === 'number' && d >= 2);
  if (axis < 0) return undefined;
  const extent = x.shape[axis] as number;
  const start = x.shape.map((_, a) => (a === axis ? b % 2 : 0));
  const step = x.shape.map((_, a) => (a === axis ? 1 + (c % 2) : 1));
  const stop = x.shape.map((d, a) => (a === axis ? extent - (c % 3 === 2 ? 1 : 0) : d));
  return g.slice(x, start, stop, step);
}

function product({ x, floats, b }: Pick): Tensor | undefined {
  if (x.rank < 2) return undefined;
  const inner = String(x.shape.at(-1));
  const fits = floats.filter(
    (t) => t.rank >= 2 && t.rank <= x.rank && String(t.shape.at(-2)) === inner,
  );
  const scaled = fits.filter(
    (t) => t.rank === 2 || text(t.shape.slice(0, -2)) === text(x.shape.slice(0, -2)),
  );
  if (scaled.length === 0) return undefined;
  return g.mul(g.matmul(x, of(scaled, b)), 0.25);
}

function applied([kind, a, b, c]: Choice, pool: readonly Tensor[]): readonly Tensor[] {
  const floats = pool.filter((t) => t.dtype === 'f32');
  // Late values more often than early ones.
  const x = floats[
    floats.length - 1 - Math.floor(((a % 1009) ** 2 / 1009 ** 2) * floats.length)
  ] as Tensor;
  const made = of(makers, kind)({ a, b, c, floats, x });
  const list = made === undefined ? [] : 'node' in made ? [made] : made;
  return list.filter((t) => t.rank <= 5 && g.dimMax(g.elementCount(t.shape)) <= 1 << 17);
}

/** Recipes with one part less. */
export function* smaller(recipe: Recipe): Generator<Recipe> {
  for (const key of ['steps', 'outputs', 'updates', 'sizes'] as const) {
    const list: readonly unknown[] = recipe[key];
    const least = key === 'outputs' || key === 'sizes' ? 1 : 0;
    for (let i = list.length - 1; i >= 0 && list.length > least; i--) {
      yield { ...recipe, [key]: list.filter((_, at) => at !== i) };
    }
  }
}

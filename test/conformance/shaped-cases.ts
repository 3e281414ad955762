import type { DType, Op, Tensor, TensorType } from '@vorab/graph';
import {
  broadcastTo,
  formatType,
  GraphError,
  input,
  isFloat,
  make,
  TypeRuleError,
  withTrace,
} from '@vorab/graph';
import fc from 'fast-check';
import { arrayFor, randomOf } from '../helpers/arrays.ts';
import type { OpCase } from '../helpers/cases.ts';

/** Of all generated shapes; printed with every failure. */
export const shapeSeed = 20_260_811;

const perOp = 5;

/** Extents that matter: none, one, odd ones, and some longer than a vector register. */
const extent = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.constant(1) },
  { weight: 5, arbitrary: fc.integer({ min: 2, max: 7 }) },
  { weight: 2, arbitrary: fc.constantFrom(9, 17, 33, 67) },
);

const shape = fc.array(extent, { minLength: 0, maxLength: 4 });

/** A result's shape, which of its extents each operand repeats, and a subset of axes. */
const plan = fc.record({
  shape,
  repeats: fc.array(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), {
    minLength: 4,
    maxLength: 4,
  }),
  axes: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

/** Elementwise ops and reductions on generated shapes, with operands that repeat along some axes. */
export function shapedCases(op: Op, dtypes: readonly DType[]): readonly OpCase[] {
  const taken = dtypes.flatMap((dtype) => {
    const types = operandDTypes(op, dtype);
    return types ? [types] : [];
  });
  if (taken.length === 0) return [];
  const plans = fc.sample(plan, { seed: shapeSeed, numRuns: perOp * taken.length });
  return plans.map((p, i) => shapedCase(op, taken[i % taken.length] as readonly DType[], p, i));
}

function operandDTypes(op: Op, dtype: DType): readonly DType[] | undefined {
  const pointwise = op.kind === 'elementwise' || (op.kind === 'composite' && op.elementwise);
  if (!pointwise && op.kind !== 'reduce') return undefined;
  if (pointwise && Object.keys(op.attributes).length > 0) return undefined;
  const all = Array.from({ length: op.minInputs }, () => dtype);
  const choices: readonly (readonly DType[])[] = [all, ['bool', ...all.slice(1)]];
  return choices.find((choice) => accepts(op, choice));
}

function accepts(op: Op, dtypes: readonly DType[]): boolean {
  try {
    withTrace(() =>
      op.infer(
        dtypes.map((dtype) => ({ dtype, shape: [1] })),
        op.kind === 'reduce' ? { axes: [0] } : {},
      ),
    );
    return true;
  } catch (error) {
    if (error instanceof TypeRuleError || error instanceof GraphError) return false;
    throw error;
  }
}

function shapedCase(op: Op, operands: readonly DType[], p: Plan, at: number): OpCase {
  const types: readonly TensorType[] = operands.map((dtype, i) => ({
    dtype,
    // The first operand is whole; others repeat.
    shape: i === 0 ? p.shape : p.shape.map((n, a) => (p.repeats[i]?.[a] ? 1 : n)),
  }));
  const axes = p.shape.flatMap((_, a) => (p.axes[a] ? [a] : []));
  const attrs = op.kind === 'reduce' ? { axes } : {};
  const text = op.kind === 'reduce' ? ` over ${axes.join()}` : '';
  const name = `generated ${at}: ${op.name}(${types.map(formatType).join(', ')})${text}`;
  const apply = (tensors: readonly Tensor[]): readonly Tensor[] =>
    make(
      op,
      tensors.map((t) => broadcastTo(t, p.shape)),
      attrs,
    );
  const feedsAt: OpCase['feedsAt'] = () => {
    const random = randomOf(`${shapeSeed} ${name}`);
    return types.map((t, i) =>
      arrayFor(t.dtype, t.shape as readonly number[], rangeOf(op, t, i), random),
    );
  };
  return {
    name,
    op,
    types,
    feeds: feedsAt({}),
    feedsAt,
    sizes: {},
    special: false,
    apply,
    build() {
      const inputs = types.map((t, i) => input(`x${i}`, t));
      return { inputs, outputs: apply(inputs) };
    },
  };
}

function rangeOf(op: Op, { dtype }: TensorType, i: number): { from: number; to: number } {
  if (!isFloat(dtype)) return dtype.startsWith('u') ? { from: 0, to: 9 } : { from: -9, to: 9 };
  const domain = op.test?.domain ?? ([-2, 2] as const);
  const pair = typeof domain[0] === 'number' ? domain : (domain[i] ?? [-2, 2]);
  const [from, to] = pair as readonly [number, number];
  return { from, to };
}

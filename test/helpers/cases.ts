/**
 * Cases for every op of the registry: what gradients and the conformance of all runtimes are tested
 * on.
 */
import type { DType, NdArray, Op, Subgraph, Tensor, TensorType, TestHints } from '@vorab/graph';
import {
  dtypes,
  evaluateDim,
  formatType,
  GraphError,
  input,
  isFloat,
  make,
  TypeRuleError,
  withTrace,
} from '@vorab/graph';
import type { Fill } from './arrays.ts';
import { arrayFor, randomOf, specialValues } from './arrays.ts';
import type { Application } from './case-table.ts';
import { caseTable, N, sizes } from './case-table.ts';

/** One op on operands of certain types, and values for them. */
export interface OpCase {
  /** Unique: `add(f32[7], f32[7])`. */
  readonly name: string;
  readonly op: Op;
  /** Types of the operands; dims are `N` and `M` of `case-table.ts`. */
  readonly types: readonly TensorType[];
  /** One array per operand, with the dims bound as `sizes` says. */
  readonly feeds: readonly NdArray[];
  /** Values of the dims. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Whether operands hold infinities, NaN or the ends of their range. */
  readonly special: boolean;
  /** As `feeds`, at other values of the dims. */
  feedsAt(sizes: Readonly<Record<string, number>>): readonly NdArray[];
  /** Applies the op to operands of `types`. */
  apply(operands: readonly Tensor[]): readonly Tensor[];
  /** The same on inputs of its own, named x0, x1 …; to be called within a trace. */
  build(): { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] };
}

const shapes: readonly TensorType['shape'][] = [[], [7], [3, N, 5]];

/**
 * The cases of an op on operands of these dtypes (all by default): from its metadata where they say
 * enough, else from the table. None at all is an error.
 */
export function casesFor(op: Op, only: readonly DType[] = dtypes): readonly OpCase[] {
  const row = caseTable[op.name];
  const applications = (dtype: DType): readonly Application[] =>
    row ? row(dtype) : fromMetadata(op, dtype);
  if (dtypes.every((dtype) => applications(dtype).length === 0)) {
    throw new Error(`no case for ${op.name}: add a row to test/helpers/case-table.ts`);
  }
  const names = new Map<string, number>();
  return only.flatMap(applications).map((a) => caseOf(op, a, names));
}

function caseOf(op: Op, application: Application, names: Map<string, number>): OpCase {
  const { types, attrs = {}, fills = [] } = application;
  const base = `${op.name}(${types.map(formatType).join(', ')})${attrsText(attrs)}`;
  const seen = (names.get(base) ?? 0) + 1;
  names.set(base, seen);
  const name = seen === 1 ? base : `${base} ${seen}`;
  const feedsAt: OpCase['feedsAt'] = (at) => {
    const random = randomOf(name);
    return types.map((t, i) =>
      arrayFor(t.dtype, bind(t, at), fills[i] ?? domain(op, t, i), random),
    );
  };
  const apply = (operands: readonly Tensor[]): readonly Tensor[] => make(op, operands, attrs);
  return {
    name,
    op,
    types,
    sizes,
    special: application.special ?? false,
    feeds: feedsAt(sizes),
    feedsAt,
    apply,
    build() {
      const inputs = types.map((t, i) => input(`x${i}`, t));
      return { inputs, outputs: apply(inputs) };
    },
  };
}

function attrsText(attrs: Application['attrs']): string {
  const parts = Object.entries(attrs ?? {}).map(([key, value]) => `${key}=${valueText(value)}`);
  return parts.length > 0 ? ` {${parts.join(', ')}}` : '';
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(String).join(' ')}]`;
  if (typeof value === 'object' && value !== null && 'parameters' in value) {
    return (value as Subgraph).name;
  }
  const isArray = typeof value === 'object' && value !== null && 'dtype' in value;
  return isArray ? formatType(value as NdArray) : String(value);
}

function bind(type: TensorType, at: Readonly<Record<string, number>>): readonly number[] {
  const env = new Map(Object.entries(at));
  return type.shape.map((d) => evaluateDim(d, env));
}

function domain(op: Op, type: TensorType, i: number): Fill {
  if (!isFloat(type.dtype))
    return type.dtype.startsWith('u') ? { from: 0, to: 9 } : { from: -9, to: 9 };
  const [from, to] = intervalOf(op.test, i);
  return { from, to };
}

function intervalOf(hints: TestHints | undefined, i: number): readonly [number, number] {
  const given = hints?.domain ?? ([-2, 2] as const);
  const [first] = given;
  if (typeof first === 'number') return given as readonly [number, number];
  return (given as readonly (readonly [number, number])[])[i] ?? [-2, 2];
}

// ------------------------------------------------------------------------------------------------ from metadata

function fromMetadata(op: Op, dtype: DType): readonly Application[] {
  if (op.kind === 'reduce') return reductions(op, dtype);
  const pointwise = op.kind === 'elementwise' || (op.kind === 'composite' && op.elementwise);
  if (!pointwise || Object.keys(op.attributes).length > 0) return [];
  const operands = operandTypes(op, dtype);
  if (!operands) return [];
  const typed = (shape: TensorType['shape']): TensorType[] =>
    operands.map((d) => ({ dtype: d, shape }));
  return [...shapes.map((shape) => ({ types: typed(shape) })), special(operands)];
}

/** dtypes of the operands that the op takes, where its first values are of this one. */
function operandTypes(op: Op, dtype: DType): readonly DType[] | undefined {
  const all = Array.from({ length: op.minInputs }, () => dtype);
  const choices: readonly (readonly DType[])[] = [all, ['bool', ...all.slice(1)]];
  return choices.find((choice) =>
    accepts(
      op,
      choice.map((d) => ({ dtype: d, shape: [1] })),
      {},
    ),
  );
}

function accepts(op: Op, types: readonly TensorType[], attrs: Application['attrs']): boolean {
  try {
    withTrace(() => op.infer(types, attrs ?? {}));
    return true;
  } catch (error) {
    if (error instanceof TypeRuleError || error instanceof GraphError) return false;
    throw error;
  }
}

/** Every special value with every other. */
function special(operands: readonly DType[]): Application {
  const values = operands.map(specialValues);
  const count = values.reduce((product, list) => product * list.length, 1);
  let step = 1;
  const fills = values.map((list) => {
    const every = step;
    step *= list.length;
    return Array.from(
      { length: count },
      (_, i) => list[Math.floor(i / every) % list.length] as number,
    );
  });
  return { types: operands.map((dtype) => ({ dtype, shape: [count] })), fills, special: true };
}

function reductions(op: Op, dtype: DType): readonly Application[] {
  const types: readonly TensorType[] = [{ dtype, shape: [4, N, 3] }];
  if (!accepts(op, types, { axes: [0] })) return [];
  const axes = [[0], [1], [2], [0, 2], [1, 2], [0, 1, 2]];
  const large: Application = { types: [{ dtype, shape: [3, 257] }], attrs: { axes: [1] } };
  return [...axes.map((list) => ({ types, attrs: { axes: list } })), large];
}

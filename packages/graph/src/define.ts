import type { Dim } from './dim.ts';
import type { DType } from './dtype.ts';
import { TypeRuleError } from './errors.ts';
import type { NdArray } from './ndarray.ts';
import type {
  AttrSpec,
  AttrsOf,
  Batch,
  ContractOp,
  Jvp,
  LeafOp,
  ReduceOp,
  RoutineOp,
  TensorType,
  TestHints,
  ViewMap,
  ViewOp,
  Vjp,
} from './op.ts';

// One constructor per kind: a spec in, an op object out. Specs are typed by their attributes; the
// ops that come out are plain, so that passes can hold them in one list.

interface Common<S extends AttrSpec> {
  readonly precision?: 'compute' | 'accumulate';
  readonly accumulates?: boolean;
  readonly name: string;
  readonly doc: string;
  readonly attributes: S;
  readonly test?: TestHints;
}

interface InputCount {
  /** Default 1. */
  readonly inputs?: number | readonly [min: number, max: number];
}

function arity(count: InputCount['inputs'] = 1): { minInputs: number; maxInputs: number } {
  const [minInputs, maxInputs] = typeof count === 'number' ? [count, count] : count;
  return { minInputs, maxInputs };
}

/** Defines a leaf. */
export function leaf<S extends AttrSpec>(
  spec: Common<S> & {
    infer(inputs: readonly TensorType[], attrs: AttrsOf<S>): readonly TensorType[];
    evaluate: ((attrs: AttrsOf<S>, types: readonly TensorType[]) => NdArray) | null;
  },
): LeafOp {
  return { ...spec, ...arity(0), kind: 'leaf', outputs: 1, vjp: () => [] } as LeafOp;
}

/** Defines a reduction over `axes`, which disappear. The result has the operand's dtype. */
export function reduction(
  spec: Omit<Common<{ axes: 'ints' }>, 'attributes'> & {
    accepts(dtype: DType): boolean;
    identity(dtype: DType): number;
    combine(a: number, b: number): number;
    exact?(a: bigint, b: bigint): bigint;
    vjp: Vjp<AttrsOf<{ axes: 'ints' }>> | null;
  },
): ReduceOp {
  return {
    ...spec,
    ...arity(),
    kind: 'reduce',
    outputs: 1,
    attributes: { axes: 'ints' },
    infer: ([x], attrs) => [reducedType(spec, x as TensorType, attrs['axes'] as readonly number[])],
    vjp: spec.vjp as Vjp | null,
  };
}

function reducedType(
  spec: { readonly accepts: (dtype: DType) => boolean },
  x: TensorType,
  axes: readonly number[],
): TensorType {
  if (!spec.accepts(x.dtype)) {
    throw new TypeRuleError('dtype', `does not take ${x.dtype}`, 'cast the operand first');
  }
  checkAxes(axes, x.shape.length);
  return { dtype: x.dtype, shape: x.shape.filter((_, i) => !axes.includes(i)) };
}

/** Axes of a node are canonical: in range, ascending, each once. */
export function checkAxes(axes: readonly number[], rank: number): void {
  axes.forEach((axis, i) => {
    const previous = axes[i - 1] ?? -1;
    if (!Number.isInteger(axis) || axis <= previous || axis >= rank) {
      throw new TypeRuleError('axis', `axes [${axes.join(', ')}] of a tensor of rank ${rank}`);
    }
  });
}

/** Defines a view. The result has the operands' dtype. */
export function view<S extends AttrSpec>(
  spec: Common<S> &
    InputCount & {
      shape(inputs: readonly (readonly Dim[])[], attrs: AttrsOf<S>): readonly Dim[];
      map(inputs: readonly (readonly Dim[])[], attrs: AttrsOf<S>): ViewMap;
      vjp: Vjp<AttrsOf<S>> | null;
      jvp?: Jvp<AttrsOf<S>>;
      batch: Batch<AttrsOf<S>>;
    },
): ViewOp {
  const infer = (inputs: readonly TensorType[], attrs: AttrsOf<S>): readonly TensorType[] => {
    const [first] = inputs as readonly [TensorType, ...TensorType[]];
    const other = inputs.find((t) => t.dtype !== first.dtype);
    if (other)
      throw new TypeRuleError(
        'dtype-mix',
        `operands are ${first.dtype} and ${other.dtype}`,
        'cast one of them',
      );
    const shape = spec.shape(
      inputs.map((t) => t.shape),
      attrs,
    );
    return [{ dtype: first.dtype, shape }];
  };
  return { ...spec, ...arity(spec.inputs), kind: 'view', outputs: 1, infer } as unknown as ViewOp;
}

type Evaluate<A> = (
  inputs: readonly NdArray[],
  attrs: A,
  types: readonly TensorType[],
) => readonly NdArray[];

interface Evaluated<S extends AttrSpec> extends Common<S>, InputCount {
  readonly outputs?: number;
  infer(inputs: readonly TensorType[], attrs: AttrsOf<S>): readonly TensorType[];
  evaluate: Evaluate<AttrsOf<S>>;
  vjp: Vjp<AttrsOf<S>> | null;
  readonly fails?: boolean;
  work?(inputs: readonly TensorType[], attrs: AttrsOf<S>): Dim;
  jvp?: Jvp<AttrsOf<S>>;
  batch: Batch<AttrsOf<S>>;
}

/** Defines a contraction. */
export function contraction<S extends AttrSpec>(spec: Evaluated<S>): ContractOp {
  return { outputs: 1, ...spec, ...arity(spec.inputs), kind: 'contract' } as unknown as ContractOp;
}

/** Defines an op that reads or writes where data decide. */
export function indexed<S extends AttrSpec>(spec: Evaluated<S>): RoutineOp {
  return { outputs: 1, ...spec, ...arity(spec.inputs), kind: 'indexed' } as unknown as RoutineOp;
}

/** Defines an algorithm. */
export function routine<S extends AttrSpec>(spec: Evaluated<S>): RoutineOp {
  return { outputs: 1, ...spec, ...arity(spec.inputs), kind: 'routine' } as unknown as RoutineOp;
}

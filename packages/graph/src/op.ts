import type { Dim } from './dim.ts';
import type { DType } from './dtype.ts';
import type { NdArray } from './ndarray.ts';
import type { Subgraph, Tensor } from './node.ts';

/** dtype and shape of one tensor. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

// ------------------------------------------------------------------------------------------------ attributes

/** The kinds of attribute; the artifact has one table for each. */
export interface AttrTypes {
  int: number;
  float: number;
  bool: boolean;
  string: string;
  ints: readonly number[];
  bools: readonly boolean[];
  dtype: DType;
  dim: Dim;
  shape: readonly Dim[];
  function: Subgraph;
  constant: NdArray;
}

export type AttrKind = keyof AttrTypes;
/** Names and kinds of an op's attributes; their order is their position in the artifact. */
export type AttrSpec = Readonly<Record<string, AttrKind>>;
export type AttrsOf<S extends AttrSpec> = { readonly [K in keyof S]: AttrTypes[S[K]] };
export type Attrs = Readonly<Record<string, AttrTypes[AttrKind]>>;

// ------------------------------------------------------------------------------------------------ ops

/** What a derivative rule sees. */
export interface VjpContext<A = Attrs> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** One per output, of the output's type; null where nothing flows back. */
  readonly cotangents: readonly (Tensor | null)[];
  readonly attrs: A;
}

/**
 * Cotangents of the inputs, each of its input's type; null: none flows. `vjp: null` means "no
 * gradient, on purpose".
 */
export type Vjp<A = Attrs> = (context: VjpContext<A>) => readonly (Tensor | null)[];

/** What a forward derivative rule sees. */
export interface JvpContext<A = Attrs> {
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** One per input, of the input's type; null: zero. */
  readonly tangents: readonly (Tensor | null)[];
  readonly attrs: A;
}

/** Tangents of the outputs, each of its output's type; null: zero. */
export type Jvp<A = Attrs> = (context: JvpContext<A>) => readonly (Tensor | null)[];

/** What a batch rule sees: operands of which some carry a mapped axis. */
export interface BatchContext<A = Attrs> {
  readonly op: Op;
  /** The operands; those that are mapped have the mapped axis first. */
  readonly inputs: readonly Tensor[];
  /** Which operands are mapped; at least one is. */
  readonly mapped: readonly boolean[];
  /** Extent of the mapped axis. */
  readonly size: Dim;
  /** As the op has them on single elements: axes do not count the mapped one. */
  readonly attrs: A;
  /** All operands with the mapped axis first; those that had none are repeated along it. */
  all(): readonly Tensor[];
}

/**
 * The op on every element of a mapped axis at once: its outputs, all with the mapped axis first.
 * null, of a composite: it cannot stay whole on these operands, and its decomposition is mapped.
 * Helpers for the usual forms are in `transforms/batch-rules.ts`.
 */
export type Batch<A = Attrs> = (context: BatchContext<A>) => readonly Tensor[] | null;

interface OpCommon {
  /** The exported name. */
  readonly name: string;
  /** One line: formula or meaning. */
  readonly doc: string;
  readonly attributes: AttrSpec;
  readonly minInputs: number;
  /** Infinity: variadic. */
  readonly maxInputs: number;
  /** Infinity: as many as its attributes say. */
  readonly outputs: number;
  readonly vjp: Vjp | null;
  /** What to do where a gradient is wanted and there is none. */
  readonly gradientCure?: string;
  /**
   * Its forward derivative, where that is shorter than the transpose of its vjp, which is what an op
   * without one gets. Elementwise ops have it from their partial derivatives.
   */
  readonly jvp?: Jvp;
  /**
   * Its meaning under `vmap`. Elementwise ops, reductions and leaves need none; a composite without
   * one is mapped through its decomposition; every other primitive has one.
   */
  readonly batch?: Batch;
  /**
   * It may refuse its data when it runs, with a DataError. Its step comes before every write of
   * state, so that a call that fails changes nothing.
   */
  readonly fails?: boolean;
  /**
   * Under a precision policy float operands are cast: `compute`: to its compute dtype, as those of
   * contractions are; `accumulate`: to what sums run in. Default: they stay as they are.
   */
  readonly precision?: 'compute' | 'accumulate';
  /** It adds or multiplies many numbers into one; what has a `precision` or `work` does so anyway. */
  readonly accumulates?: boolean;
  /** Its multiply-adds, where it is more than one pass over its elements: products, factorizations. */
  work?(inputs: readonly TensorType[], attrs: Attrs): Dim;
  /** Types of the outputs; throws TypeRuleError. Also the graph verifier's rule. */
  infer(inputs: readonly TensorType[], attrs: Attrs): readonly TensorType[];
  readonly test?: TestHints;
}

/** Where generated tests must stay, and how close they must be. */
export interface TestHints {
  /** The interval that random float inputs are drawn from (one for all, or one per input). */
  readonly domain?: readonly [number, number] | readonly (readonly [number, number])[];
  /** Allowed error in units in the last place of f32, where 4 is not the right number. */
  readonly ulp?: number;
  /** Allowed error in f32 as a part of the largest value, where sums cancel and 1e-6 is too strict. */
  readonly part?: number;
  /** Its gradient subtracts results that were rounded: in f16 and bf16 some units of 1 may be left. */
  readonly cancels?: boolean;
  /** Smooth enough for finite differences inside the domain; default true where vjp exists. */
  readonly smooth?: boolean;
}

/** A value that enters the graph: full, iota, constant, sizeOf, and the function parameters. */
export interface LeafOp extends OpCommon {
  readonly kind: 'leaf';
  /**
   * Leaves with identity (inputs, parameters, states) have none: their value comes from outside.
   */
  evaluate: ((attrs: Attrs, types: readonly TensorType[]) => NdArray) | null;
}

/** One number from the numbers at the same place of every operand. Operands have equal shapes. */
export interface ElementwiseOp extends OpCommon {
  readonly kind: 'elementwise';
  /**
   * The meaning, in numbers; the result is rounded (floats) or wrapped (integers) to its dtype.
   * bool is 0 or 1.
   */
  scalar(...xs: readonly number[]): number;
  /**
   * The meaning on integers, before wrapping: always used for i64, elsewhere where `scalar` leaves
   * the range in which doubles are exact.
   */
  exact?(...xs: readonly bigint[]): bigint;
  /** Instead of `scalar`, where numbers at one place do not say it (cast, bitcast). */
  evaluate?(
    inputs: readonly NdArray[],
    attrs: Attrs,
    types: readonly TensorType[],
  ): readonly NdArray[];
  /**
   * The partial derivatives as linear maps of a tangent, one per input; null: none on purpose. The
   * same map serves forward and reverse mode, since it acts at each place alone.
   */
  readonly partials: Partials | null;
}

export interface PartialsContext {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}
export type Partials = (context: PartialsContext) => readonly (((t: Tensor) => Tensor) | null)[];

/** Combines over axes (attribute `axes`), which disappear. */
export interface ReduceOp extends OpCommon {
  readonly kind: 'reduce';
  identity(dtype: DType): number;
  combine(a: number, b: number): number;
  /** As for elementwise ops; the identity is the same. */
  exact?(a: bigint, b: bigint): bigint;
}

/** Moves elements without changing them. */
export interface ViewOp extends OpCommon {
  readonly kind: 'view';
  map(inputs: readonly (readonly Dim[])[], attrs: Attrs): ViewMap;
}

/**
 * How a view moves elements.
 * - linear: the same elements in the same row-major order; of several operands those of the first,
 *   and the others are only waited for (barrier).
 * - affine: in[a] = start[a] + sum over output axes o with axes[o] = a of steps[o] * out[o];
 *   axes[o] = -1: out[o] is not looked at (broadcast).
 * - pieces: input k fills out[a] = start[a] + step[a] * in[a]; what no piece fills is `fill`.
 */
export type ViewMap =
  | { readonly form: 'linear' }
  | {
      readonly form: 'affine';
      readonly start: readonly Dim[];
      readonly axes: readonly number[];
      readonly steps: readonly number[];
    }
  | {
      readonly form: 'pieces';
      readonly fill: number | null;
      readonly pieces: readonly ViewPiece[];
    };

export interface ViewPiece {
  readonly input: number;
  readonly start: readonly Dim[];
  readonly step: readonly number[];
}

/** Products and sums over views (matmul). */
export interface ContractOp extends OpCommon {
  readonly kind: 'contract';
  evaluate(
    inputs: readonly NdArray[],
    attrs: Attrs,
    types: readonly TensorType[],
  ): readonly NdArray[];
}

/**
 * Reads or writes at places that data decide (gather, scatterAdd), or an algorithm (argMax, sort).
 */
export interface RoutineOp extends OpCommon {
  readonly kind: 'indexed' | 'routine';
  evaluate(
    inputs: readonly NdArray[],
    attrs: Attrs,
    types: readonly TensorType[],
  ): readonly NdArray[];
}

/**
 * A name for a subgraph that some runtime may do better whole. Its decomposition is its meaning.
 */
export interface CompositeOp extends OpCommon {
  readonly kind: 'composite';
  decompose(inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[];
  /**
   * It only says how to differentiate (stopGradient, checkpoint, customVjp): after differentiation it
   * is its decomposition, on every target.
   */
  readonly derivativeOnly?: boolean;
  /** Every output element depends on the operands' elements at the same place only (gelu, silu). */
  readonly elementwise: boolean;
}

/** Runs the functions in its attributes, as often and in the order that it says: control flow. */
export interface CallOp extends OpCommon {
  readonly kind: 'call';
  /**
   * How many parameters of the function in this attribute are carries: they come first, and its
   * first results are their next values.
   */
  carries(attribute: string, attrs: Attrs): number;
  /** How often it runs its functions, where that is known ahead and not once. */
  repeats?(attrs: Attrs): Dim;
  /** The same without outputs that nobody uses, and what only they need; null: nothing can go. */
  narrow(attrs: Attrs, used: readonly boolean[]): Narrowed | null;
  /** Its meaning; `run` runs the function of an attribute. Others get the thread between two runs. */
  steps(
    inputs: readonly NdArray[],
    attrs: Attrs,
    types: readonly TensorType[],
    run: RunFunction,
  ): Evaluation;
}

/** The results of the function in an attribute on these operands. */
export type RunFunction = (attribute: string, operands: readonly NdArray[]) => Evaluation;

/** Results, and before them places where the work may be interrupted. */
export type Evaluation = Generator<void, readonly NdArray[], void>;

/** An op with fewer operands and outputs. */
export interface Narrowed {
  readonly attrs: Attrs;
  /** Which operands, and which outputs, are left. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export type Op =
  | LeafOp
  | ElementwiseOp
  | ReduceOp
  | ViewOp
  | ContractOp
  | RoutineOp
  | CompositeOp
  | CallOp;
export type OpKind = Op['kind'];

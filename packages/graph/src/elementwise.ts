import type { Dim } from './dim.ts';
import { dimEqual } from './dim.ts';
import type { DType, DTypeClass } from './dtype.ts';
import { inClass } from './dtype.ts';
import { TypeRuleError } from './errors.ts';
import type { NdArray } from './ndarray.ts';
import type { Tensor } from './node.ts';
import type {
  AttrSpec,
  AttrsOf,
  ElementwiseOp,
  Partials,
  TensorType,
  TestHints,
  Vjp,
} from './op.ts';

/** What an elementwise op gives. */
export interface ElementwiseSpec<S extends AttrSpec> {
  readonly name: string;
  readonly doc: string;
  /** Number of operands. */
  readonly inputs: number;
  readonly attributes?: S;
  /** The dtypes that it takes (all operands the same), unless `type` says otherwise. */
  readonly accepts: DTypeClass;
  /** dtype of the result; default: the operands'. */
  type?(inputs: readonly DType[], attrs: AttrsOf<S>): DType;
  scalar(...xs: readonly number[]): number;
  exact?(...xs: readonly bigint[]): bigint;
  /** The whole meaning, where numbers at one place do not say it (cast, bitcast). */
  evaluate?(
    inputs: readonly NdArray[],
    attrs: AttrsOf<S>,
    types: readonly TensorType[],
  ): readonly NdArray[];
  readonly partials: Partials | null;
  readonly test?: TestHints;
}

/** Defines an elementwise op; type rule, gradient and the rest follow from the spec. */
export function elementwise<S extends AttrSpec = Record<never, never>>(
  spec: ElementwiseSpec<S>,
): ElementwiseOp {
  const infer = (inputs: readonly TensorType[], attrs: AttrsOf<S>): readonly TensorType[] => {
    const dtypes = inputs.map((t) => t.dtype);
    const dtype = spec.type ? spec.type(dtypes, attrs) : sameDType(spec, dtypes);
    return [{ dtype, shape: sameShape(inputs) }];
  };
  return {
    ...spec,
    kind: 'elementwise',
    attributes: spec.attributes ?? {},
    minInputs: spec.inputs,
    maxInputs: spec.inputs,
    outputs: 1,
    infer,
    vjp: spec.partials && vjpOf(spec.partials),
  } as unknown as ElementwiseOp;
}

/** The dtype that all operands share, if the class allows it. */
export function sameDType(spec: { readonly accepts: DTypeClass }, dtypes: readonly DType[]): DType {
  const [dtype] = dtypes as readonly [DType];
  const other = dtypes.find((d) => d !== dtype);
  if (other)
    throw new TypeRuleError('dtype-mix', `operands are ${dtype} and ${other}`, 'cast one of them');
  if (inClass(dtype, spec.accepts)) return dtype;
  const wanted = {
    float: 'a float dtype',
    integer: 'an integer dtype',
    number: 'a number dtype',
    bits: 'an integer or bool dtype',
    bool: 'bool',
    any: 'any dtype',
  };
  throw new TypeRuleError(
    'dtype',
    `takes ${wanted[spec.accepts]}, got ${dtype}`,
    'cast the operand first',
  );
}

function sameShape(inputs: readonly TensorType[]): readonly Dim[] {
  const [first] = inputs as readonly [TensorType];
  const differs = inputs.some(
    (t) =>
      t.shape.length !== first.shape.length ||
      t.shape.some((d, i) => !dimEqual(d, first.shape[i] as Dim)),
  );
  if (differs)
    throw new TypeRuleError(
      'shape-mismatch',
      'operands differ in shape (builders broadcast them first)',
    );
  return first.shape;
}

// At each place the op acts alone, so the same linear map serves both directions.
function vjpOf(partials: Partials): Vjp {
  return ({ inputs, outputs: [output], cotangents: [ct] }) =>
    output && ct
      ? partials({ inputs, output }).map((partial) => partial?.(ct) ?? null)
      : inputs.map((): Tensor | null => null);
}

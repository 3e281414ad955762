import { dimSymbols } from './dim.ts';
import { pullback } from './grad.ts';
import type { Tensor } from './node.ts';
import { attrKey, formatType } from './node.ts';
import type {
  AttrKind,
  AttrSpec,
  Attrs,
  AttrsOf,
  AttrTypes,
  Batch,
  CompositeOp,
  Jvp,
  TensorType,
  TestHints,
  Vjp,
} from './op.ts';
import { input } from './ops/leaves.ts';
import { withScope } from './scope.ts';
import { pushforward } from './transforms/pushforward.ts';
import type { Meaning } from './wide.ts';
import { inF32 } from './wide.ts';

/** What a composite gives. */
export interface CompositeSpec<S extends AttrSpec> {
  readonly name: string;
  readonly doc: string;
  readonly attributes?: S;
  readonly inputs?: number | readonly [min: number, max: number];
  readonly outputs?: number;
  /** The meaning, in other ops; also the type rule. */
  decompose(inputs: readonly Tensor[], attrs: AttrsOf<S>): readonly Tensor[];
  /**
   * The gradient, where a better one is known than that of the decomposition. A test holds one
   * against the other.
   */
  readonly vjp?: Vjp<AttrsOf<S>>;
  /**
   * The forward derivative; default: that of the decomposition, or where `vjp` is given, the
   * transpose of it.
   */
  readonly jvp?: Jvp<AttrsOf<S>>;
  /** Its meaning under `vmap`, where it can stay whole; default: that of the decomposition. */
  readonly batch?: Batch<AttrsOf<S>>;
  /** Each output element depends on the operands' elements at the same place only. */
  readonly elementwise?: boolean;
  /** It only says how to differentiate; see CompositeOp. */
  readonly derivativeOnly?: boolean;
  /** Which operands a precision policy casts; see OpCommon. */
  readonly precision?: 'compute' | 'accumulate';
  readonly accumulates?: boolean;
  /**
   * Whether f16 and bf16 are computed in f32 and rounded once at the end; default: where it is
   * elementwise, or `precision` is 'accumulate'.
   */
  readonly wide?: boolean;
  /** Where a target that keeps it whole may refuse its data. */
  readonly fails?: boolean;
  readonly test?: TestHints;
}

/** Defines a composite: type rule, gradient and reference follow from the decomposition. */
export function composite<S extends AttrSpec = Record<never, never>>(
  spec: CompositeSpec<S>,
): CompositeOp {
  const { inputs = 1, attributes = {} } = spec;
  const { decompose, ...given } = meaningOf(spec);
  const [minInputs, maxInputs] = typeof inputs === 'number' ? [inputs, inputs] : inputs;
  const jvp = given.jvp ?? (given.vjp ? undefined : jvpOfDecomposition(decompose));
  return {
    name: spec.name,
    doc: spec.doc,
    kind: 'composite',
    attributes,
    minInputs,
    maxInputs,
    outputs: spec.outputs ?? 1,
    elementwise: spec.elementwise ?? false,
    ...(spec.test && { test: spec.test }),
    ...(spec.derivativeOnly && { derivativeOnly: true }),
    ...(spec.fails && { fails: true }),
    ...(spec.precision && { precision: spec.precision }),
    ...(spec.accumulates && { accumulates: true }),
    ...(spec.batch && { batch: spec.batch as Batch }),
    decompose,
    infer: (types, attrs) => inferOnce({ name: spec.name, attributes, decompose }, types, attrs),
    ...(jvp && { jvp }),
    vjp: given.vjp ?? vjpOfDecomposition(decompose),
  };
}

function meaningOf<S extends AttrSpec>(spec: CompositeSpec<S>): Meaning {
  const given: Meaning = {
    decompose: spec.decompose as CompositeOp['decompose'],
    vjp: spec.vjp as Vjp | undefined,
    jvp: spec.jvp as Jvp | undefined,
  };
  const { wide = spec.elementwise || spec.precision === 'accumulate' } = spec;
  return wide ? inF32(spec.name, given) : given;
}

// By op, types and attributes: graphs are checked again after every pass.
const inferred = new Map<string, readonly TensorType[]>();
const mostInferred = 4096;

function inferOnce(
  op: Pick<CompositeOp, 'name' | 'attributes' | 'decompose'>,
  types: readonly TensorType[],
  attrs: Attrs,
): readonly TensorType[] {
  const own = Object.entries(op.attributes).map(([name, kind]) =>
    attrKey(kind as AttrKind, attrs[name] as AttrTypes[AttrKind]),
  );
  const key = [op.name, ...types.map(keyOfType), ...own].join(';');
  const known = inferred.get(key);
  if (known) return known;
  const found = inferByDecomposition(op.decompose, types, attrs);
  if (inferred.size >= mostInferred) inferred.clear();
  inferred.set(key, found);
  return found;
}

// Dims of one name and other bounds are other dims.
function keyOfType(type: TensorType): string {
  const symbols = type.shape.flatMap(dimSymbols);
  const bounds = symbols.map((s) => `${s.name} ${s.min} ${s.max} ${s.multipleOf}`);
  return [formatType(type), ...bounds].join(',');
}

// On leaves of its own, in a table of its own: nothing of it stays.
function inferByDecomposition(
  decompose: CompositeOp['decompose'],
  types: readonly TensorType[],
  attrs: Attrs,
): readonly TensorType[] {
  return withScope({ nodes: new Map(), inherited: [], note: undefined }, () =>
    decompose(
      types.map((type, i) => input(`operand${i}`, type)),
      attrs,
    ).map((t) => t.type),
  );
}

function vjpOfDecomposition(decompose: CompositeOp['decompose']): Vjp {
  return ({ inputs, cotangents, attrs }) => pullback(decompose(inputs, attrs), cotangents, inputs);
}

function jvpOfDecomposition(decompose: CompositeOp['decompose']): Jvp {
  return ({ inputs, tangents, attrs }) => pushforward(decompose(inputs, attrs), inputs, tangents);
}

import type { Tensor } from './node.ts';
import { pullback } from './grad.ts';
import type { AttrsOf, AttrSpec, Attrs, CompositeOp, TensorType, TestHints, Vjp } from './op.ts';
import { withScope } from './scope.ts';
import { input } from './ops/leaves.ts';

/** What a composite gives. */
export interface CompositeSpec<S extends AttrSpec> {
  readonly name: string;
  readonly doc: string;
  readonly attributes?: S;
  readonly inputs?: number | readonly [min: number, max: number];
  readonly outputs?: number;
  /** The meaning, in other ops; also the type rule. */
  decompose(inputs: readonly Tensor[], attrs: AttrsOf<S>): readonly Tensor[];
  /** The gradient, where a better one is known than that of the decomposition. A test holds one against the other. */
  readonly vjp?: Vjp<AttrsOf<S>>;
  /** Each output element depends on the operands' elements at the same place only. */
  readonly elementwise?: boolean;
  readonly test?: TestHints;
}

/** Defines a composite: type rule, gradient and reference follow from the decomposition. */
export function composite<S extends AttrSpec = Record<never, never>>(spec: CompositeSpec<S>): CompositeOp {
  const { inputs = 1 } = spec;
  const [minInputs, maxInputs] = typeof inputs === 'number' ? [inputs, inputs] : inputs;
  return {
    name: spec.name,
    doc: spec.doc,
    kind: 'composite',
    attributes: spec.attributes ?? {},
    minInputs,
    maxInputs,
    outputs: spec.outputs ?? 1,
    elementwise: spec.elementwise ?? false,
    ...(spec.test && { test: spec.test }),
    decompose: spec.decompose as CompositeOp['decompose'],
    infer: (types, attrs) => inferByDecomposition(spec.decompose as CompositeOp['decompose'], types, attrs),
    vjp: (spec.vjp as Vjp | undefined) ?? vjpOfDecomposition(spec.decompose as CompositeOp['decompose']),
  };
}

// On leaves of its own, in a table of its own: nothing of it stays.
function inferByDecomposition(
  decompose: CompositeOp['decompose'],
  types: readonly TensorType[],
  attrs: Attrs,
): readonly TensorType[] {
  return withScope({ nodes: new Map(), inherited: [], note: undefined }, () =>
    decompose(types.map((type, i) => input(`operand${i}`, type)), attrs).map((t) => t.type),
  );
}

function vjpOfDecomposition(decompose: CompositeOp['decompose']): Vjp {
  return ({ inputs, cotangents, attrs }) => pullback(decompose(inputs, attrs), cotangents, inputs);
}

import { isFloat, isHalf } from './dtype.ts';
import type { Tensor } from './node.ts';
import { make1 } from './node.ts';
import type { CompositeOp, Jvp, Vjp } from './op.ts';
import { castOp } from './ops/cast.ts';
import { policyHere } from './scope.ts';

/** What a composite does, as far as it depends on the dtype of its operands. */
export interface Meaning {
  readonly decompose: CompositeOp['decompose'];
  readonly vjp: Vjp | undefined;
  readonly jvp: Jvp | undefined;
}

/**
 * The same, but operands of f16 and bf16 are computed in f32, and only the results are rounded: intermediate sums
 * neither lose terms nor overflow.
 */
export function inF32(name: string, { decompose, vjp, jvp }: Meaning): Meaning {
  const up = raise(`${name} of a 16-bit float is computed in f32`);
  const down = (t: Tensor, dtype: Tensor['dtype']): Tensor =>
    t.dtype === dtype ? t : castFor(t, dtype, `${name} is rounded to ${dtype} once, at its end`);
  const like = (results: readonly (Tensor | null)[], to: readonly Tensor[]): (Tensor | null)[] =>
    results.map((t, i) => t && down(t, to[i]?.dtype ?? t.dtype));
  return {
    decompose(inputs, attrs) {
      const half = inputs.find((t) => isHalf(t.dtype))?.dtype;
      // Of two floats that do not mix, none is raised: the decomposition refuses them.
      const mixed = inputs.some((t) => isFloat(t.dtype) && t.dtype !== half);
      if (!half || mixed) return decompose(inputs, attrs);
      const results = decompose(inputs.map(up), attrs);
      return results.map((t) => (t.dtype === 'f32' ? down(t, half) : t));
    },
    vjp:
      vjp &&
      ((given) => {
        const raised = { ...given, inputs: given.inputs.map(up), outputs: given.outputs.map(up) };
        const cotangents = given.cotangents.map((t) => t && up(t));
        return like(vjp({ ...raised, cotangents }), given.inputs);
      }),
    jvp:
      jvp &&
      (({ op, inputs, outputs, tangents, attrs }) => {
        const raised = { op, inputs: inputs.map(up), outputs: outputs.map(up), attrs };
        return like(jvp({ ...raised, tangents: tangents.map((t) => t && up(t)) }), outputs);
      }),
  };
}

const raise =
  (note: string) =>
  (t: Tensor): Tensor =>
    isHalf(t.dtype) ? castFor(t, 'f32', note) : t;

const castFor = (t: Tensor, dtype: Tensor['dtype'], note: string): Tensor =>
  make1(castOp, [t], { dtype }, { note });

/**
 * Computes a function of one tensor in f32 where that is a 16-bit float, and rounds the result once; under a precision
 * policy the result stays f32, as that of sums does.
 */
export function throughF32(name: string, x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  if (!isHalf(x.dtype)) return f(x);
  const wide = castFor(x, 'f32', `${name} of a 16-bit float is computed in f32`);
  const result = f(wide);
  return policyHere()
    ? result
    : castFor(result, x.dtype, `${name} is rounded to ${x.dtype} once, at its end`);
}

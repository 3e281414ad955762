import { composite } from '../composite.ts';
import { currentProgram } from '../current-program.ts';
import { routine } from '../define.ts';
import type { Dim } from '../dim.ts';
import { isFloat, isInteger } from '../dtype.ts';
import { DataError, TypeRuleError } from '../errors.ts';
import { userError } from '../fail.ts';
import { captureCallSites } from '../location.ts';
import type { NdArray } from '../ndarray.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import { decode } from '../number.ts';
import type { AttrSpec, Attrs, CompositeOp, Op, RoutineOp } from '../op.ts';
import { currentScope } from '../scope.ts';

// What helps to find out where a value comes from. All are x itself.

// ------------------------------------------------------------------------------------------------ checks

/** The first element that a check refuses, in row-major order. */
interface Refused {
  readonly at: number;
  readonly message: string;
}

function check<S extends AttrSpec>(spec: {
  readonly name: string;
  readonly doc: string;
  readonly attributes: S;
  accepts(dtype: NdArray['dtype']): string | undefined;
  refuse(x: NdArray, attrs: Attrs): Refused | undefined;
}): RoutineOp {
  const again = (op: Op, x: Tensor | null | undefined, attrs: Attrs): Tensor | null =>
    x ? make1(op, [x], attrs) : null;
  const op: RoutineOp = routine({
    name: spec.name,
    doc: spec.doc,
    attributes: spec.attributes as AttrSpec,
    fails: true,
    infer([x]) {
      const wanted = x && spec.accepts(x.dtype);
      if (wanted) throw new TypeRuleError('dtype', `takes ${wanted}, got ${x.dtype}`);
      return x ? [x] : [];
    },
    evaluate([x], attrs) {
      const refused = x && spec.refuse(x, attrs);
      if (refused) throw new DataError(refused.message, placeOf(refused.at, x.shape));
      return x ? [x] : [];
    },
    vjp: ({ cotangents: [ct], attrs }) => [again(op, ct, ofCotangent(attrs))],
    jvp: ({ tangents: [t], attrs }) => [again(op, t, attrs)],
    batch: ({ inputs: [x], attrs }) => [make1(op, [x as Tensor], attrs)],
    test: { smooth: false },
  });
  return op;
}

const ofCotangent = (attrs: Attrs): Attrs => {
  const what = String(attrs['what']);
  return { ...attrs, what: what === '' ? 'in a cotangent' : `${what} (its cotangent)` };
};

function placeOf(at: number, shape: readonly number[]): readonly number[] {
  let rest = at;
  return shape
    .toReversed()
    .map((extent) => {
      const index = rest % extent;
      rest = Math.floor(rest / extent);
      return index;
    })
    .reverse();
}

const sentence = (found: string, what: unknown): string =>
  what === '' ? found : `${found} ${what}`;

export const checkFiniteOp: RoutineOp = check({
  name: 'checkFinite',
  doc: 'x, of floats; a call in which an element is NaN (or infinite, where infinities are refused) fails',
  attributes: { what: 'string', infinities: 'bool' },
  accepts: (dtype) => (isFloat(dtype) ? undefined : 'a float dtype'),
  refuse(x, { what, infinities }) {
    const values = decode(x);
    const bad = (v: number): boolean =>
      Number.isNaN(v) || (infinities === true && !Number.isFinite(v));
    for (let at = 0; at < values.length; at++) {
      const value = values[at] as number;
      if (bad(value)) return { at, message: sentence(String(value), what) };
    }
    return undefined;
  },
});

/**
 * x itself; a call in which an element of x is NaN or infinite fails at this line, with the element's
 * place, and changes no state. Its cotangent is checked as well. Use what it returns.
 *
 *     const logits = checkFinite(net(image), 'the logits');
 *
 * To check every op of a program, compile it with `checkFinite` (`vorab compile --check-finite`).
 */
export function checkFinite(
  x: Tensor,
  name?: string,
  options: { readonly infinities?: boolean } = {},
): Tensor {
  const what = name === undefined ? '' : `in ${name}`;
  return make1(checkFiniteOp, [x], { what, infinities: options.infinities ?? true });
}

export const checkIndicesOp: RoutineOp = check({
  name: 'checkIndices',
  doc: 'x, of integers; a call in which an element is below 0, or not below extent, fails',
  attributes: { what: 'string', extent: 'dim' },
  accepts: (dtype) => (isInteger(dtype) ? undefined : 'an integer dtype'),
  refuse(x, { what, extent }) {
    for (const [at, index] of x.data.entries()) {
      if (index >= 0 && index < (extent as number)) continue;
      return { at, message: sentence(`index ${index} is outside [0, ${extent})`, what) };
    }
    return undefined;
  },
});

/**
 * Indices themselves; a call in which one of them is outside [0, extent) fails at this line, with the
 * index and its place, instead of being clamped or dropped. Use what it returns.
 *
 *     const rows = table.gather(checkIndices(ids, 50_000));
 *
 * To check every op that takes indices, compile with `checkIndices` (`vorab compile --check-indices`).
 */
export function checkIndices(indices: Tensor, extent: Dim): Tensor {
  return make1(checkIndicesOp, [indices], { what: '', extent });
}

// ------------------------------------------------------------------------------------------------ taps

/** Gone before anything is compiled; the entry that hands taps out has their operands as outputs. */
export const tapOp: CompositeOp = composite({
  name: 'tap',
  doc: 'x, which a session hands out under a name when it is asked to',
  attributes: { name: 'string' },
  elementwise: true,
  wide: false,
  derivativeOnly: true,
  decompose: ([x]) => [x as Tensor],
  vjp: ({ cotangents: [ct], attrs: { name } }) => [
    ct ? make1(tapOp, [ct], { name: `${name}.grad` }) : null,
  ],
  jvp: ({ tangents: [t] }) => [t ?? null],
  batch: ({ inputs: [x], attrs }) => [make1(tapOp, [x as Tensor], attrs)],
  test: { smooth: false },
});

/**
 * x itself, and a name for it: a session hands it out when asked, and its cotangent as `name.grad`.
 * Calls that do not ask pay nothing. Use what it returns. See docs/debugging.md.
 *
 *     const hidden = tap('hidden', layer(x));
 *     const { taps } = await session.call('fit', batch, { taps: ['hidden', 'hidden.grad'] });
 *
 * @throws GraphError when the name is empty, nothing uses the result, or inside a body that runs
 * several times or not at all.
 */
export function tap(name: string, x: Tensor): Tensor {
  const within = currentScope().within;
  return checked(`tap('${name}', ${x})`, () => {
    if (name === '') throw new TypeRuleError('tap', 'the name is empty', 'name what it is');
    if (within)
      throw userError({
        code: 'tap',
        message: `tap('${name}') inside ${within.what}, which has no one value of it`,
        cure: 'return the value from the body, and tap what the call gives',
      });
    if (!currentScope().inherited)
      currentProgram()?.taps.push({ name, callSites: captureCallSites() });
    return make1(tapOp, [x], { name });
  });
}

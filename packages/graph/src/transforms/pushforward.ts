import { dimEqual } from '../dim.ts';
import { isFloat } from '../dtype.ts';
import { userError } from '../fail.ts';
import { noGradient, pullback } from '../grad.ts';
import type { Node, Tensor } from '../node.ts';
import { formatType, tensorKey } from '../node.ts';
import type { ElementwiseOp, JvpContext } from '../op.ts';
import { input } from '../ops/leaves.ts';
import { add } from '../ops/math.ts';
import { withLocationsOf } from '../scope.ts';
import { dependents } from './dependents.ts';

/**
 * Tangents of `outputs` for tangents of `wrt` (null: zero), by one walk in the order of computation:
 * forward-mode differentiation. null: an output does not depend on what moves.
 */
export function pushforward(
  outputs: readonly Tensor[],
  wrt: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
): readonly (Tensor | null)[] {
  const moving = new Map<string, Tensor>();
  wrt.forEach((x, i) => {
    const t = tangents[i];
    if (t) moving.set(tensorKey(x), t);
  });
  const sources = wrt.filter((_, i) => tangents[i]);
  for (const node of dependents(outputs, sources)) {
    const own = node.inputs.map((x) => moving.get(tensorKey(x)) ?? null);
    if (own.every((t) => t === null)) continue;
    forward(node, own).forEach((t, i) => {
      const key = `${node.id}.${i}`;
      if (t && !moving.has(key)) moving.set(key, checkedTangent(node, t, i));
    });
  }
  return outputs.map((y) => moving.get(tensorKey(y)) ?? null);
}

function forward(node: Node, tangents: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
  const outputs = node.outputs();
  if (!outputs.some((y) => isFloat(y.dtype))) return outputs.map(() => null);
  const { op, inputs, attrs } = node;
  const context = { op, inputs, outputs, tangents, attrs };
  return withLocationsOf(node, () => {
    if (node.op.jvp) return node.op.jvp(context);
    if (!node.op.vjp) throw noGradient(node);
    return node.op.kind === 'elementwise'
      ? byPartials(node.op, context)
      : transposed(node, context);
  });
}

function byPartials({ partials }: ElementwiseOp, context: JvpContext): readonly (Tensor | null)[] {
  const { inputs, tangents } = context;
  const maps = partials?.({ inputs, output: context.outputs[0] as Tensor }) ?? [];
  const parts = maps.flatMap((map, i) => {
    const t = tangents[i];
    return map && t ? [map(t)] : [];
  });
  return [parts.length === 0 ? null : parts.reduce((a, b) => add(a, b))];
}

// A vjp is linear in its cotangents, so its own vjp, at any cotangents, is its transpose: the
// derivative itself.
function transposed(node: Node, context: JvpContext): readonly (Tensor | null)[] {
  const { inputs, outputs, tangents, attrs } = context;
  const cotangents = outputs.map((y) => (isFloat(y.dtype) ? input('cotangent', y.type) : null));
  const leaves = cotangents.filter((ct) => ct !== null);
  const back = node.op.vjp?.({ inputs, outputs, cotangents, attrs }) ?? [];
  const keys = new Set(leaves.map(tensorKey));
  const flows = (_: unknown, i: number): boolean => Boolean(back[i] && tangents[i]);
  const through = back.filter(flows) as readonly Tensor[];
  const found = pullback(through, tangents.filter(flows), leaves);
  const result = found.filter((t) => t !== null);
  if (dependents(result, leaves).length > 0 || result.some((t) => keys.has(tensorKey(t)))) {
    throw userError(
      {
        code: 'no-gradient',
        message: `${node.op.name} has no forward derivative: its vjp is not linear in the cotangents`,
        cure: 'use reverse mode here: vjp, grad or jacrev',
      },
      node.stacks[0] ?? [],
    );
  }
  return cotangents.map((ct) => (ct ? (found[leaves.indexOf(ct)] ?? null) : null));
}

// Finds most wrong rules at the first use.
function checkedTangent(node: Node, t: Tensor, i: number): Tensor {
  const type = node.types[i];
  const fits =
    type &&
    t.dtype === type.dtype &&
    t.rank === type.shape.length &&
    t.shape.every((d, a) => dimEqual(d, type.shape[a] ?? -1));
  if (fits) return t;
  const wanted = type ? formatType(type) : 'no output';
  throw new Error(`jvp of ${node.op.name}: tangent ${t} for an output ${wanted}`);
}

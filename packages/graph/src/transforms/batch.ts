import type { Dim } from '../dim.ts';
import type { Node, Tensor } from '../node.ts';
import { make, tensorKey } from '../node.ts';
import type { BatchContext, CompositeOp, Op, TensorType } from '../op.ts';
import { broadcastInDim, range } from '../ops/axes.ts';
import { input } from '../ops/leaves.ts';
import { withLocationsOf } from '../scope.ts';
import { dependents } from './dependents.ts';

/** Tensors with their mapped counterparts, which have the mapped axis first. */
export type Mapped = ReadonlyMap<string, Tensor>;

/**
 * What tensors become when the leaves that they were computed from become mapped: a walk in the
 * order of computation, one batch rule a node. null: it depends on none of them.
 */
export function batched(
  outputs: readonly Tensor[],
  leaves: readonly Tensor[],
  mappedTo: readonly Tensor[],
  size: Dim,
): readonly (Tensor | null)[] {
  const mapped = new Map(leaves.map((leaf, i) => [tensorKey(leaf), mappedTo[i] as Tensor]));
  for (const node of dependents(outputs, leaves)) {
    withLocationsOf(node, () => batchNode(node, mapped, size)).forEach((t, i) => {
      mapped.set(`${node.id}.${i}`, t);
    });
  }
  return outputs.map((t) => mapped.get(tensorKey(t)) ?? null);
}

function batchNode(node: Node, mapped: Mapped, size: Dim): readonly Tensor[] {
  const found = node.inputs.map((t) => mapped.get(tensorKey(t)));
  const inputs = node.inputs.map((t, i) => found[i] ?? t);
  const isMapped = found.map((t) => t !== undefined);
  return applyBatched(node.op, {
    op: node.op,
    inputs,
    mapped: isMapped,
    size,
    attrs: node.attrs,
    all: () => inputs.map((t, i) => (isMapped[i] ? t : repeatFirst(t, size))),
  });
}

/** x repeated along a new first axis. */
export function repeatFirst(x: Tensor, size: Dim): Tensor {
  return broadcastInDim(
    x,
    [size, ...x.shape],
    range(x.rank).map((i) => i + 1),
  );
}

function applyBatched(op: Op, context: BatchContext): readonly Tensor[] {
  const whole = op.batch?.(context);
  if (whole) return whole;
  switch (op.kind) {
    case 'elementwise':
      return make(op, context.all(), context.attrs);
    case 'reduce': {
      const axes = context.attrs['axes'] as readonly number[];
      return make(op, context.inputs, { ...context.attrs, axes: axes.map((a) => a + 1) });
    }
    case 'composite':
      return op.elementwise ? make(op, context.all(), context.attrs) : opened(op, context);
    default:
      throw new Error(`${op.name} has no batch rule`);
  }
}

// The decomposition on one element of each mapped operand, then node by node.
function opened(op: CompositeOp, { inputs, mapped, size, attrs }: BatchContext): readonly Tensor[] {
  const element = (t: Tensor): TensorType => ({ dtype: t.dtype, shape: t.shape.slice(1) });
  const operands = inputs.map((t, i) => (mapped[i] ? input(`element${i}`, element(t)) : t));
  const outputs = op.decompose(operands, attrs);
  const isMapped = (_: unknown, i: number): boolean => mapped[i] ?? false;
  const found = batched(outputs, operands.filter(isMapped), inputs.filter(isMapped), size);
  return found.map((t, i) => t ?? repeatFirst(outputs[i] as Tensor, size));
}

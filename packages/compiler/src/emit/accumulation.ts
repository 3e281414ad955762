import type { DType, Node } from '@vorab/graph';
import { accumulates, accumulatorOf, functionsOf, topologicalOrder } from '@vorab/graph';
import type { StepBody } from '../lower/ir.ts';

/** What the sums of a step run in: each dtype once. */
export function accumulationOf(body: StepBody): ReadonlySet<DType> {
  switch (body.kind) {
    case 'contract':
      return new Set([accumulatorOf(body.a.buffer.type.dtype)]);
    case 'fused':
      return new Set(
        body.instrs.flatMap((instr) =>
          instr.kind === 'reduce' && accumulates(instr.op) ? accumulatorOf(instr.dtype) : [],
        ),
      );
    case 'apply': {
      const [first] = body.inputs;
      const own = first && accumulates(body.op) ? [accumulatorOf(first.buffer.type.dtype)] : [];
      return new Set([...own, ...functionsOf(body).flatMap(({ results }) => within(results))]);
    }
    case 'control':
    case 'kernel':
      return new Set();
    default:
      return body satisfies never;
  }
}

function within(results: Parameters<typeof topologicalOrder>[0]): readonly DType[] {
  return topologicalOrder(results).flatMap((node: Node) => {
    const [first] = node.inputs;
    const own = first && accumulates(node.op) ? [accumulatorOf(first.dtype)] : [];
    return [...own, ...functionsOf(node).flatMap((inner) => within(inner.results))];
  });
}

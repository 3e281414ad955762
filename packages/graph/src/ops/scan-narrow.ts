import type { Subgraph, Tensor } from '../node.ts';
import { tensorKey } from '../node.ts';
import type { Narrowed } from '../op.ts';
import { parametersOf, selected } from '../subgraph.ts';
import type { ScanAttrs } from './scan.ts';

/**
 * A scan without stacked results that nobody uses, without carries that nothing else depends on, and
 * without operands that are then needed no more.
 */
export function narrowScan(attrs: ScanAttrs, used: readonly boolean[]): Narrowed | null {
  const { body, carries, sequences } = attrs;
  const outputs = liveResults(body, carries, used);
  const needed = parametersOf(outputs.map((i) => body.results[i] as Tensor));
  const inputs = body.parameters.flatMap((p, i) =>
    (i < carries ? outputs.includes(i) : needed.has(tensorKey(p))) ? [i] : [],
  );
  const same = outputs.length === body.results.length && inputs.length === body.parameters.length;
  if (same || outputs.length === 0) return null;
  const below = (list: readonly number[], limit: number): number =>
    list.filter((i) => i < limit).length;
  const left = below(inputs, carries);
  return {
    attrs: {
      ...attrs,
      body: selected(body, inputs, outputs),
      carries: left,
      sequences: below(inputs, carries + sequences) - left,
    },
    inputs,
    outputs,
  };
}

// A carry lives if its last value is used, or if a living result depends on it.
function liveResults(body: Subgraph, carries: number, used: readonly boolean[]): readonly number[] {
  let live = used;
  for (;;) {
    const needed = parametersOf(body.results.filter((_, i) => live[i]));
    const next = live.map(
      (is, i) => is || (i < carries && needed.has(tensorKey(body.parameters[i] as Tensor))),
    );
    if (next.every((is, i) => is === live[i])) return live.flatMap((is, i) => (is ? [i] : []));
    live = next;
  }
}

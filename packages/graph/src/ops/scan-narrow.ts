import type { Subgraph, Tensor } from '../node.ts';
import { tensorKey } from '../node.ts';
import type { Narrowed } from '../op.ts';
import { topologicalOrder } from '../topo.ts';
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
      body: narrowed(body, inputs, outputs),
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

function parametersOf(results: readonly Tensor[]): ReadonlySet<string> {
  const leaves = topologicalOrder(results).filter((node) => node.inputs.length === 0);
  return new Set(leaves.map((node) => `${node.id}.0`));
}

const known = new WeakMap<Subgraph, Map<string, Subgraph>>();

function narrowed(body: Subgraph, inputs: readonly number[], outputs: readonly number[]): Subgraph {
  const key = `${inputs.join()} ${outputs.join()}`;
  const of = known.get(body) ?? new Map<string, Subgraph>();
  known.set(body, of);
  const made = of.get(key) ?? {
    name: body.name,
    parameters: inputs.map((i) => body.parameters[i] as Tensor),
    results: outputs.map((i) => body.results[i] as Tensor),
  };
  of.set(key, made);
  return made;
}

import type { Node } from '@vorab/graph';
import { opNamed } from '@vorab/graph';
import type { EntryGraph, NamedTensor } from '../entry-graph.ts';
import { nodesOf } from '../entry-graph.ts';

/** The entry beside `name` that has its taps as outputs; no program is called so, since `:` is in no identifier. */
export const tapsEntryName = (name: string): string => `${name}:taps`;

/** The output of that entry for a tap. */
export const tapOutputName = (tap: string): string => `tap:${tap}`;

/**
 * The same program with what it taps as further outputs, or undefined where it taps nothing. In the entry itself taps
 * are removed like any other op that does nothing, so that a call which asks for none pays nothing: this entry shares its
 * states and is called instead when somebody asks.
 */
export function withTaps(graph: EntryGraph): EntryGraph | undefined {
  const taps = namedTaps(nodesOf(graph));
  if (taps.length === 0) return undefined;
  return { ...graph, name: tapsEntryName(graph.name), outputs: [...graph.outputs, ...taps] };
}

// Of one name several times (a layer that is used twice): name, name.2, name.3 in the order of computation.
function namedTaps(nodes: readonly Node[]): readonly NamedTensor[] {
  const tap = opNamed('tap');
  const counts = new Map<string, number>();
  return nodes
    .filter((node) => node.op === tap)
    .flatMap((node) => {
      const name = String(node.attrs['name']);
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      const numbered = count === 1 ? name : `${name}.${count}`;
      return node.inputs.map((tensor) => ({ name: tapOutputName(numbered), tensor }));
    });
}

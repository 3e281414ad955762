import type { Node } from '@vorab/graph';

/** A readable name for what these nodes compute together: "fused sub+exp+sum". */
export function nameOf(nodes: readonly Node[], prefix = 'fused'): string {
  const names = nodes
    .filter((n) => n.op.kind !== 'view' && n.op.kind !== 'leaf')
    .map((n) => n.op.name);
  if (names.length === 0) return 'copy';
  const [head] = names;
  if (names.length === 1 && head) return head;
  const shown = names.length > 6 ? [...names.slice(0, 5), `${names.length - 5} more`] : names;
  return `${prefix} ${shown.join('+')}`;
}

import type { Node, Tensor } from '@vorab/graph';
import { tensorKey } from '@vorab/graph';
import { directMap, resolveViews } from './affine.ts';
import type { Form } from './demand.ts';
import { isFoldedLeaf } from './demand.ts';
import type { Group, Grouping } from './group.ts';
import { levelOf, readsAtOnePlace, repeatedKept } from './group.ts';
import type { PlacedValues } from './placed.ts';

/** Who reads a group's value from memory, for reports. */
export interface DenseValues {
  /** Whether a tensor has memory, of its own or as another shape of its operand's. */
  isDense(t: Tensor): boolean;
  /** The tensor whose memory this is: aliases are followed. */
  owner(t: Tensor): Tensor;
  /** Values of loops and pieces that somebody else reads where they are. */
  readonly stored: ReadonlySet<string>;
  /** Why, one reason per stored value. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** The tensor whose memory `t` is: aliases are followed. */
export function ownerOf(t: Tensor, forms: ReadonlyMap<Node, Form>): Tensor {
  let at = t;
  while (forms.get(at.node) === 'alias') at = at.node.inputs[0] as Tensor;
  return at;
}

/** Finds every value that must be in memory because something outside its group reads it. */
export function findDense(
  nodes: readonly Node[],
  forms: ReadonlyMap<Node, Form>,
  grouping: Grouping,
  placed: PlacedValues,
): DenseValues {
  const stored = new Set<string>();
  const reasons = new Map<string, string>();
  const form = (t: Tensor): Form => forms.get(t.node) ?? 'given';
  const owner = (t: Tensor): Tensor => ownerOf(t, forms);
  const hasMemory = (t: Tensor): boolean => form(t) !== 'folded' && form(t) !== 'loop';
  const keep = (t: Tensor, reason: string): void => {
    const key = tensorKey(owner(t));
    const own = form(owner(t));
    if ((own !== 'loop' && own !== 'pieces') || stored.has(key)) return;
    stored.add(key);
    reasons.set(key, reason);
  };
  for (const node of nodes) {
    const kind = form(node.outputs()[0] as Tensor);
    if (kind === 'folded' || kind === 'alias' || kind === 'given') continue;
    for (const [i, t] of node.inputs.entries()) {
      if (placed.isPlaced(node, i) || (kind === 'loop' && readInside(node, t, grouping))) continue;
      const base = baseOf(t, (x) => hasMemory(x) || form(x) === 'loop');
      if (kind === 'loop' && node.op.kind !== 'contract' && isFoldedLeaf(base)) continue;
      keep(base, `${node.op.name} reads it in another step`);
    }
  }
  const isDense = (t: Tensor): boolean =>
    hasMemory(t) || (form(t) === 'loop' && stored.has(tensorKey(t)));
  return { isDense, owner, stored, reasons };
}

function baseOf(t: Tensor, stop: (x: Tensor) => boolean): Tensor {
  return resolveViews(t, directMap(t.shape.map((_, i) => i)), stop).base;
}

/** Whether a node of a group gets an operand from its own tape. */
function readInside(node: Node, t: Tensor, { groupOf }: Grouping): boolean {
  const group = groupOf.get(node);
  if (!group || !readsAtOnePlace(node)) return false;
  const own = groupOf.get(t.node);
  if (own) return own === group;
  const kept = fullOperands(node, group) ? repeatedKept(t, group) : undefined;
  return kept !== undefined && groupOf.get(kept.node) === group;
}

const fullOperands = (node: Node, group: Group): boolean =>
  node.op.kind === 'reduce' || levelOf(node, group) === 'full';

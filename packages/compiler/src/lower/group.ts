import type { Dim, Node, Tensor } from '@vorab/graph';
import { dimEqual } from '@vorab/graph';
import type { Form } from './demand.ts';
import { SpanStack } from './span-stack.ts';

/**
 * Nodes that run as one loop nest over `space`. Values are full (vary over the whole space) or kept (after a
 * reduction over `reduced`, so shaped like the space without those axes).
 */
export interface Group {
  readonly id: number;
  readonly space: readonly Dim[];
  nodes: Node[];
  reduced: readonly number[] | undefined;
  /** A contraction whose result the tape continues. */
  contract: Node | undefined;
  /** Why no more nodes joined, where something tried. */
  border: string;
}

export interface Grouping {
  readonly groups: readonly Group[];
  readonly groupOf: ReadonlyMap<Node, Group>;
}

export const maxGroupNodes = 192;
const searchBudget = 4096;

export type Level = 'full' | 'kept';

const sameShape = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((d, i) => dimEqual(d, b[i] as Dim));

const without = (shape: readonly Dim[], axes: readonly number[]): readonly Dim[] =>
  shape.filter((_, i) => !axes.includes(i));

/** Where a node's value stands in its group. */
export function levelOf(node: Node, group: Group): Level {
  if (!group.reduced) return 'full';
  return node.op.kind === 'reduce' || !sameShape(outShape(node), group.space) ? 'kept' : 'full';
}

const outShape = (node: Node): readonly Dim[] => node.types[0]?.shape ?? [];

/** The kept value behind `t` when `t` repeats it over exactly the group's reduced axes. */
export function repeatedKept(
  t: Tensor,
  group: Pick<Group, 'space' | 'reduced'>,
): Tensor | undefined {
  const [x] = t.node.inputs;
  const { reduced } = group;
  if (t.node.op.kind !== 'view' || t.node.inputs.length !== 1 || !x || !reduced) return undefined;
  const map = t.node.op.map([x.shape], t.node.attrs);
  if (map.form !== 'affine' || !sameShape(t.shape, group.space) || reduced.length === 0)
    return undefined;
  const kept = map.axes.flatMap((axis, o) => (axis < 0 ? [] : [o]));
  const repeats =
    map.axes.every((axis, o) => axis < 0 === reduced.includes(o)) &&
    kept.every((o, i) => map.axes[o] === i) &&
    kept.every((o) => map.steps[o] === 1) &&
    map.start.every((d) => d === 0);
  return repeats ? x : undefined;
}

/** Joins loops into groups, in the order of computation. `fuse: false` gives each node a group of its own. */
export function groupLoops(
  nodes: readonly Node[],
  forms: ReadonlyMap<Node, Form>,
  fuse: boolean,
): Grouping {
  const grouper = new Grouper(nodes, fuse);
  for (const node of nodes) if (forms.get(node) === 'loop') grouper.add(node);
  return { groups: grouper.groups(), groupOf: grouper.groupOf };
}

class Grouper {
  readonly groupOf: Map<Node, Group> = new Map();
  private readonly position: Map<Node, number>;
  private readonly fuse: boolean;
  private readonly spans: SpanStack = new SpanStack();
  private nextId = 0;

  constructor(nodes: readonly Node[], fuse: boolean) {
    this.position = new Map(nodes.map((node, i) => [node, i]));
    this.fuse = fuse;
  }

  groups(): readonly Group[] {
    return [...new Set(this.groupOf.values())];
  }

  add(node: Node): void {
    const candidates = this.fuse ? this.candidates(node) : [];
    const chosen = candidates.find((group) => this.mayJoin(node, group));
    if (!chosen) {
      this.start(node);
      return;
    }
    let group = chosen;
    for (const other of candidates) {
      if (other !== chosen && other !== group) group = this.tryMerge(group, other, node);
    }
    this.join(node, group);
  }

  private start(node: Node): void {
    const reduce = node.op.kind === 'reduce';
    this.groupOf.set(node, {
      id: this.nextId++,
      space: reduce ? (node.inputs[0]?.shape ?? []) : outShape(node),
      nodes: [node],
      reduced: reduce ? axesOf(node) : undefined,
      contract: node.op.kind === 'contract' ? node : undefined,
      border: '',
    });
  }

  private join(node: Node, group: Group): void {
    group.nodes.push(node);
    if (node.op.kind === 'reduce') group.reduced = axesOf(node);
    this.groupOf.set(node, group);
    this.spans.push(this.at(group.nodes[0]), this.at(node));
  }

  private at(node: Node | undefined): number {
    return (node && this.position.get(node)) ?? 0;
  }

  // Groups of the operands in whose space the node could run, the latest first.
  private candidates(node: Node): readonly Group[] {
    if (node.op.kind !== 'elementwise' && node.op.kind !== 'reduce') return [];
    const found = new Set<Group>();
    for (const t of node.inputs) {
      const direct = this.groupOf.get(t.node);
      if (direct && this.fits(node, t, direct)) found.add(direct);
      const x = t.node.op.kind === 'view' ? t.node.inputs[0] : undefined;
      const behind = x && this.groupOf.get(x.node);
      if (behind && !direct && node.op.kind === 'elementwise' && this.fitsRepeated(node, t, behind))
        found.add(behind);
    }
    return [...found].sort((a, b) => this.last(b) - this.last(a));
  }

  private last(group: Group): number {
    return this.at(group.nodes.at(-1));
  }

  private fits(node: Node, t: Tensor, group: Group): boolean {
    const level = levelOf(t.node, group);
    if (node.op.kind === 'reduce') {
      const same = !group.reduced || sameAxes(group.reduced, axesOf(node));
      return level === 'full' && !group.contract && same && sameShape(t.shape, group.space);
    }
    return sameShape(
      outShape(node),
      level === 'full' ? group.space : without(group.space, group.reduced ?? []),
    );
  }

  // A second stage over the reduced dims pays only where they are the innermost ones.
  private fitsRepeated(node: Node, t: Tensor, group: Group): boolean {
    const x = repeatedKept(t, group);
    if (!x || levelOf(x.node, group) !== 'kept' || !sameShape(outShape(node), group.space))
      return false;
    return isTrailing(group.reduced ?? [], group.space.length);
  }

  private mayJoin(node: Node, group: Group): boolean {
    if (group.nodes.length >= maxGroupNodes)
      return refuse(group, `a tape holds at most ${maxGroupNodes} ops`);
    if (this.dependsThroughOthers([node], new Set(group.nodes), group.reduced)) {
      return refuse(
        group,
        `${node.op.name} also needs a result that is computed from this one elsewhere`,
      );
    }
    return true;
  }

  private tryMerge(group: Group, other: Group, node: Node): Group {
    const [host, guest] = absorbs(other, group) ? [other, group] : [group, other];
    if (!mergeable(host, guest) && !absorbs(host, guest)) return group;
    const members = new Set([...group.nodes, ...other.nodes]);
    if (this.dependsThroughOthers([...members, node], members, group.reduced ?? other.reduced)) {
      refuse(other, `${node.op.name} also needs a result that is computed from this one elsewhere`);
      return group;
    }
    host.nodes = [...members].sort((a, b) => this.at(a) - this.at(b));
    this.spans.push(this.at(host.nodes[0]), this.at(host.nodes.at(-1)));
    host.reduced ??= guest.reduced;
    host.contract ??= guest.contract;
    host.border ||= guest.border;
    for (const member of guest.nodes) this.groupOf.set(member, host);
    return host;
  }

  // Whether one of `from` needs a member's value in memory, or something outside that needs one. Whole groups count as
  // one, since they run as one.
  private dependsThroughOthers(
    from: readonly Node[],
    members: ReadonlySet<Node>,
    reduced: readonly number[] | undefined,
  ): boolean {
    const oldest = this.spans.lowest(Math.min(...[...members].map((m) => this.at(m))));
    const seen = new Set<Node>();
    const stack: Node[] = [];
    const visit = (node: Node): void => {
      if (members.has(node) || seen.has(node)) return;
      for (const n of this.groupOf.get(node)?.nodes ?? [node]) {
        seen.add(n);
        stack.push(n);
      }
    };
    for (const node of from) {
      for (const t of node.inputs) {
        if (this.readsInside(node, t, members, reduced)) continue;
        if (members.has(t.node)) return true;
        visit(t.node);
      }
    }
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (seen.size > searchBudget) return true;
      for (const t of node.inputs) {
        if (members.has(t.node)) return true;
        if (this.at(t.node) >= oldest) visit(t.node);
      }
    }
    return false;
  }

  private readsInside(
    node: Node,
    t: Tensor,
    members: ReadonlySet<Node>,
    reduced: readonly number[] | undefined,
  ): boolean {
    if (!readsAtOnePlace(node)) return false;
    if (members.has(t.node)) return true;
    const space = node.op.kind === 'reduce' ? t.shape : outShape(node);
    if (!isTrailing(reduced ?? [], space.length)) return false;
    const kept = this.groupOf.has(t.node) ? undefined : repeatedKept(t, { space, reduced });
    return kept !== undefined && members.has(kept.node);
  }
}

/** Whether a node takes its operands from registers: contractions and copied views need them in memory. */
export function readsAtOnePlace(node: Node): boolean {
  return node.op.kind === 'elementwise' || node.op.kind === 'reduce';
}

function refuse(group: Group, border: string): false {
  group.border ||= border;
  return false;
}

/** Whether plain loops over the shape that a reduction keeps can run with its kept values. */
function absorbs(host: Group, guest: Group): boolean {
  if (!host.reduced || guest.reduced || guest.contract) return false;
  const fits = host.nodes.length + guest.nodes.length <= maxGroupNodes;
  return fits && sameShape(guest.space, without(host.space, host.reduced));
}

function mergeable(a: Group, b: Group): boolean {
  if (!sameShape(a.space, b.space) || a.nodes.length + b.nodes.length > maxGroupNodes) return false;
  if (a.contract && b.contract) return false;
  if ((a.contract && b.reduced) || (b.contract && a.reduced)) return false;
  return !a.reduced || !b.reduced || sameAxes(a.reduced, b.reduced);
}

const axesOf = (node: Node): readonly number[] => node.attrs['axes'] as readonly number[];

const sameAxes = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** Whether axes are the last ones of a space of that rank. */
export function isTrailing(axes: readonly number[], rank: number): boolean {
  return axes.length > 0 && axes.every((a, i) => a === rank - axes.length + i);
}

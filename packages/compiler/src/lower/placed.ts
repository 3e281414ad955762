import type { Dim, Node, Tensor } from '@vorab/graph';
import { dimAdd, dimEqual, dimMul, tensorKey } from '@vorab/graph';
import type { IndexMap } from './affine.ts';
import { directMap, resolveViews } from './affine.ts';
import type { Form } from './demand.ts';
import { soleDim, viewMap } from './demand.ts';
import type { Grouping } from './group.ts';
import type { Access, Buffer } from './ir.ts';
import { wholeAccess } from './tape.ts';

// A value that is only moved after it was computed is stored where it goes to by the tape that computes it: the rows of
// a permutation, and the operands of a concatenation, need no step of their own.

/** Where the elements of a tensor are in another one: axis a is its axis `axes[a]`, from `start` on in steps. */
interface Move {
  readonly to: Tensor;
  readonly axes: readonly number[];
  readonly start: readonly Dim[];
  readonly step: readonly number[];
}

/** Values that their tapes store where views of them lie. */
export interface PlacedValues {
  /** Whether the copy, or an operand of the concatenation, is stored by the tape that computes it. */
  isPlaced(node: Node, input?: number): boolean;
  /** All places of a tensor: those of its own, and those in what it becomes. */
  places(t: Tensor, own: (t: Tensor) => readonly Buffer[]): readonly Access[];
}

/** What of a copy or a concatenation its operands' tapes can store. `keep`: tensors that must be copied all the same. */
export function placeValues(
  nodes: readonly Node[],
  forms: ReadonlyMap<Node, Form>,
  grouping: Grouping,
  keep: ReadonlySet<string>,
): PlacedValues {
  const moves = new Map<string, Move[]>();
  const placed = new Set<string>();
  const form = (t: Tensor): Form => forms.get(t.node) ?? 'given';
  const hasSource = (t: Tensor): boolean =>
    form(t) === 'loop' || (form(t) === 'pieces' && !hasGaps(t.node));
  for (const node of nodes) {
    const out = node.outputs()[0] as Tensor;
    if (node.op.kind !== 'view' || keep.has(tensorKey(out))) continue;
    const copied = form(out) === 'loop' && grouping.groupOf.get(node)?.nodes.length === 1;
    if (!copied && !(form(out) === 'pieces' && !hasGaps(node))) continue;
    for (const [input, x] of node.inputs.entries()) {
      const view = copied ? out : x;
      const { base, map } = resolveViews(
        view,
        directMap(view.shape.map((_, i) => i)),
        (t) => t !== out && form(t) !== 'folded',
      );
      const axes = rowsMoved(base, view, map);
      if (!axes || !hasSource(base)) continue;
      const { start, step } = pieceOf(node, input);
      const list = moves.get(tensorKey(base)) ?? [];
      moves.set(tensorKey(base), [...list, { to: out, axes, start, step }]);
      placed.add(`${node.id}.${input}`);
    }
  }
  const places = (t: Tensor, own: (t: Tensor) => readonly Buffer[]): readonly Access[] => [
    ...own(t).map((buffer) => wholeAccess(buffer, t.shape)),
    ...(moves.get(tensorKey(t)) ?? []).flatMap((move) =>
      places(move.to, own).map((place) => movedTo(move, place)),
    ),
  ];
  return { isPlaced: (node, input = 0) => placed.has(`${node.id}.${input}`), places };
}

/** Without fusion every copy is a step. */
export const nothingPlaced: PlacedValues = {
  isPlaced: () => false,
  places: (t, own) => own(t).map((buffer) => wholeAccess(buffer, t.shape)),
};

/** The places of what is moved, in the place of what it is moved to. */
export function movedTo(
  { axes, start, step }: Pick<Move, 'axes' | 'start' | 'step'>,
  { buffer, offset, strides }: Access,
): Access {
  return {
    buffer,
    offset: dimAdd(offset, ...start.map((d, o) => dimMul(d, strides[o] ?? 0))),
    strides: axes.map((o) => (o < 0 ? 0 : dimMul(strides[o] ?? 0, step[o] ?? 1))),
  };
}

// For each axis of the base, the axis of the view that it is (-1: it has one element); undefined unless all elements are
// there once, and those that lie side by side stay so: others are moved faster by a copy, block by block.
function rowsMoved(base: Tensor, view: Tensor, map: IndexMap): readonly number[] | undefined {
  const axes = map.map((index, a) => (base.shape[a] === 1 ? -1 : soleDim(index)));
  const long = (t: Tensor): readonly number[] =>
    t.shape.flatMap((extent, a) => (extent === 1 ? [] : [a]));
  const [from, to] = [long(base), long(view)];
  const equal = (a: number): boolean => {
    const o = axes[a];
    return o !== undefined && dimEqual(base.shape[a] as Dim, view.shape[o] as Dim);
  };
  const whole = from.every(equal) && new Set(from.map((a) => axes[a])).size === to.length;
  const rows = axes[from.at(-1) ?? 0] === to.at(-1) || from.length === 0;
  return whole && from.length === to.length && rows ? (axes as readonly number[]) : undefined;
}

function pieceOf(node: Node, input: number): { start: readonly Dim[]; step: readonly number[] } {
  const map = viewMap(node);
  const piece = map?.form === 'pieces' ? map.pieces[input] : undefined;
  const rank = node.types[0]?.shape.length ?? 0;
  return piece ?? { start: Array(rank).fill(0), step: Array(rank).fill(1) };
}

/** Whether a fill comes before the pieces. */
export function hasGaps(node: Node): boolean {
  const map = viewMap(node);
  return map?.form === 'pieces' && map.fill !== null;
}

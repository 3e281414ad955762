import type { Node, Tensor, ViewMap } from '@vorab/graph';
import type { AffineIndex } from './affine.ts';
import { directMap, resolveViews } from './affine.ts';

/** How a node becomes memory. */
export type Form =
  /** A loop over a space: elementwise, reduce, contract, a view that must be copied, a splat that must be stored. */
  | 'loop'
  /** One op run by the target's own routine. */
  | 'routine'
  /** Copies of operands into parts of the result, over a fill. */
  | 'pieces'
  /** The operand's bytes in another shape. */
  | 'alias'
  /** Memory that is there before the entry runs. */
  | 'given'
  /** Folded into whoever reads it: views into strides, splats and iotas into instructions. */
  | 'folded';

/** Decides for every node how it becomes memory. Order: inputs first, as in `nodes`. */
export function decideForms(
  nodes: readonly Node[],
  roots: readonly Tensor[],
): ReadonlyMap<Node, Form> {
  const forms = new Map<Node, Form>(nodes.map((node) => [node, ownForm(node)]));
  const demandDense = (t: Tensor): void => {
    const { node } = t;
    if (forms.get(node) !== 'folded') return;
    const alias = isLinearView(node);
    forms.set(node, alias ? 'alias' : 'loop');
    if (alias) demandDense(node.inputs[0] as Tensor);
    else node.inputs.forEach(demandIndexed);
  };
  const demandIndexed = (t: Tensor): void => {
    const base = foldedBase(t, forms);
    if (!isFoldedLeaf(base)) demandDense(base);
  };
  roots.forEach(demandDense);
  for (const node of nodes.toReversed()) {
    const form = forms.get(node);
    if (form === 'alias') demandDense(node.inputs[0] as Tensor);
    else if (form === 'routine') node.inputs.forEach(demandDense);
    else if (form === 'loop' || form === 'pieces') {
      node.inputs.forEach(
        node.op.kind === 'contract' || form === 'pieces' ? demandMemory : demandIndexed,
      );
    }
  }
  return forms;

  // As demandIndexed, but no instruction can stand for a leaf here.
  function demandMemory(t: Tensor): void {
    demandDense(foldedBase(t, forms));
  }
}

function ownForm(node: Node): Form {
  switch (node.op.kind) {
    case 'elementwise':
    case 'reduce':
    case 'contract':
      return 'loop';
    case 'indexed':
    case 'routine':
    case 'call':
    case 'composite':
      return 'routine';
    case 'view':
      // What a view only waits for is not in its map: a reader of its operand would not wait.
      return isPieces(node) ? 'pieces' : node.inputs.length > 1 ? 'alias' : 'folded';
    case 'leaf':
      return isGiven(node) ? 'given' : 'folded';
    default:
      return node.op satisfies never;
  }
}

function isPieces(node: Node): boolean {
  return viewMap(node)?.form === 'pieces';
}

export function isLinearView(node: Node): boolean {
  return viewMap(node)?.form === 'linear';
}

/** How a view moves elements; undefined for what is no view. */
export function viewMap({ op, inputs, attrs }: Node): ViewMap | undefined {
  if (op.kind !== 'view') return undefined;
  return op.map(
    inputs.map((t) => t.shape),
    attrs,
  );
}

/** The first tensor below folded views that is not itself such a view. */
function foldedBase(t: Tensor, forms: ReadonlyMap<Node, Form>): Tensor {
  const map = directMap(t.shape.map((_, i) => i));
  return resolveViews(t, map, (x) => forms.get(x.node) !== 'folded').base;
}

/** A leaf whose value is there before the entry runs: an input, a state, a constant. */
export function isGiven({ op, attrs }: Node): boolean {
  return op.kind === 'leaf' && (op.evaluate === null || 'data' in attrs);
}

/** A leaf that an instruction can stand for: a splat, a size, an iota whose axis is an iteration dim or fixed. */
export function isFoldedLeaf(t: Tensor): boolean {
  return t.node.op.kind === 'leaf' && !isGiven(t.node);
}

/** Whether the index is exactly one iteration dim. */
export function soleDim(index: AffineIndex | undefined): number | undefined {
  const [entry, other] = [...(index?.coefficients ?? [])].filter(([, c]) => c !== 0);
  return entry && !other && index?.start === 0 && entry[1] === 1 ? entry[0] : undefined;
}

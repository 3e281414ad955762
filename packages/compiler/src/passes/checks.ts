import type { Dim, NdArray, Node, Tensor } from '@vorab/graph';
import {
  isFloat,
  make,
  make1,
  opNamed,
  readNumber,
  tensorKey,
  withLocationsOf,
  withScope,
} from '@vorab/graph';
import type { EntryGraph } from '../entry-graph.ts';
import { nodesOf, roots, withRoots } from '../entry-graph.ts';
import { isIdentityLeaf } from './rewrite.ts';

/** What is looked at while a program runs; each makes it slower, since every value has to be written. */
export interface RuntimeChecks {
  /** The first NaN or infinity, after each op, backward ops and optimizer too, is an error at the user's line. */
  readonly finite?: boolean;
  /** An index outside its axis is an error at the line of the gather or scatter that takes it. */
  readonly indices?: boolean;
}

/** Inserts checks into a traced entry. `nameOf` tells what a leaf is: "input 'image'". */
export function insertChecks(
  graph: EntryGraph,
  checks: RuntimeChecks,
  nameOf: (leaf: Tensor) => string,
): EntryGraph {
  if (!checks.finite && !checks.indices) return graph;
  return new Inserter(checks, nameOf).run(graph);
}

const isBackward = ({ note }: Node): boolean => note?.startsWith('backward of ') ?? false;

class Inserter {
  private readonly now: Map<string, Tensor> = new Map();
  /** What holds infinities because the model says so. */
  private readonly meant: Set<Node> = new Set();
  private readonly checks: RuntimeChecks;
  private readonly nameOf: (leaf: Tensor) => string;

  constructor(checks: RuntimeChecks, nameOf: (leaf: Tensor) => string) {
    this.checks = checks;
    this.nameOf = nameOf;
  }

  run(graph: EntryGraph): EntryGraph {
    withScope({ nodes: new Map() }, () => {
      for (const node of nodesOf(graph)) withLocationsOf(node, () => this.insert(node));
    });
    return withRoots(graph, roots(graph).map(this.at));
  }

  private readonly at = (t: Tensor): Tensor => this.now.get(tensorKey(t)) ?? t;

  private insert(node: Node): void {
    if (meansInfinity(node, this.meant)) this.meant.add(node);
    const made = this.rebuilt(node);
    for (const [i, t] of made.entries()) {
      const key = tensorKey(node.outputs()[i] as Tensor);
      this.now.set(key, this.checks.finite && canBeFirst(node, t) ? this.finite(node, t) : t);
    }
  }

  private rebuilt(node: Node): readonly Tensor[] {
    if (isIdentityLeaf(node)) return node.outputs();
    const inputs = node.inputs.map(this.at);
    const [x, indices] = inputs;
    const { op, attrs, note } = node;
    const takes = this.checks.indices && op.kind === 'indexed' && !isBackward(node);
    const axis = attrs['axis'];
    if (takes && x && indices && typeof axis === 'number') {
      const extent = x.shape[axis] as Dim;
      const what = `of ${op.name}, whose axis ${axis} has ${extent}`;
      inputs[1] = make1(opNamed('checkIndices'), [indices], { what, extent });
    }
    return make(op, inputs, attrs, { note });
  }

  private finite(node: Node, t: Tensor): Tensor {
    const what = isIdentityLeaf(node)
      ? `in ${this.nameOf(t)}`
      : `first appears in ${described(node)}`;
    return make1(opNamed('checkFinite'), [t], { what, infinities: !this.meant.has(node) });
  }
}

function described({ op, note }: Node): string {
  return note?.startsWith('backward of ') || note === 'training step'
    ? `${op.name} (${note})`
    : op.name;
}

// Views move what has been looked at; constants are what the model says.
function canBeFirst(node: Node, t: Tensor): boolean {
  if (!isFloat(t.dtype) || node.op.kind === 'view') return false;
  if (node.op.kind === 'leaf') return isIdentityLeaf(node);
  return !(node.op.kind === 'composite' && node.op.derivativeOnly);
}

/** Infinities that the model writes, such as a mask's, may pass through elementwise ops and views. */
function meansInfinity({ op, inputs, attrs }: Node, meant: ReadonlySet<Node>): boolean {
  const { value, data } = attrs;
  if (op.kind === 'leaf') return isInfinite(value) || holdsInfinity(data as NdArray | undefined);
  const passes =
    op.kind === 'elementwise' || op.kind === 'view' || (op.kind === 'composite' && op.elementwise);
  return passes && (isInfinite(value) || inputs.some((t) => meant.has(t.node)));
}

const isInfinite = (value: unknown): boolean =>
  typeof value === 'number' && !Number.isNaN(value) && !Number.isFinite(value);

function holdsInfinity(data: NdArray | undefined): boolean {
  if (!data || !isFloat(data.dtype)) return false;
  return Array.from({ length: data.data.length }, (_, i) => readNumber(data, i)).some(isInfinite);
}

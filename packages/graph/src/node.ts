import type { Dim } from './dim.ts';
import { dimKey } from './dim.ts';
import type { DType } from './dtype.ts';
import { GraphError, TypeRuleError } from './errors.ts';
import type { CallSite } from './location.ts';
import { captureCallSites, resolveCallSite } from './location.ts';
import type { AttrKind, Attrs, AttrTypes, Op, TensorType } from './op.ts';
import type { Wish } from './scope.ts';
import { currentScope, policyHere } from './scope.ts';

let nextId = 0;

/** Nodes made from here on have this id, or a larger one. */
export function nextNodeId(): number {
  return nextId;
}

/**
 * One application of an op. Immutable but for its list of source locations, which grows when
 * interning merges.
 */
export class Node {
  readonly id: number = nextId++;

  constructor(
    readonly op: Op,
    readonly inputs: readonly Tensor[],
    readonly attrs: Attrs,
    readonly types: readonly TensorType[],
    /** Stacks of user frames, innermost first; one stack per place that made this node. */
    readonly stacks: (readonly CallSite[])[],
    /** Why the framework inserted it ("f32 operand with i32"), where it did. */
    readonly note: string | undefined,
    /** Where the user wants it to run. */
    readonly wish: Wish | undefined = undefined,
  ) {}

  /** The outputs as tensors. */
  outputs(): readonly Tensor[] {
    return this.types.map((_, i) => new Tensor(this, i));
  }
}

/**
 * One output of a node: what users hold. Methods are generated from the registry (`methods.ts`).
 */
export class Tensor {
  constructor(
    readonly node: Node,
    readonly index: number,
  ) {}

  get type(): TensorType {
    return this.node.types[this.index] as TensorType;
  }

  get dtype(): DType {
    return this.type.dtype;
  }

  get shape(): readonly Dim[] {
    return this.type.shape;
  }

  get rank(): number {
    return this.type.shape.length;
  }

  /** `f32[N, 64]`. */
  toString(): string {
    return formatType(this.type);
  }
}

/** A function inside a graph: parameters are leaves of their own. */
export interface Subgraph {
  readonly name: string;
  readonly parameters: readonly Tensor[];
  readonly results: readonly Tensor[];
}

/** `f32[N, 64]`. */
export function formatType(type: TensorType): string {
  return `${type.dtype}[${type.shape.map(dimKey).join(', ')}]`;
}

/** Equal outputs of equal nodes have equal keys within a scope. */
export function tensorKey(tensor: Tensor): string {
  return `${tensor.node.id}.${tensor.index}`;
}

/** The same output of the same node. */
export function sameTensor(a: Tensor, b: Tensor): boolean {
  return a.node === b.node && a.index === b.index;
}

// ------------------------------------------------------------------------------------------------ making nodes

export interface MakeOptions {
  readonly note?: string | undefined;
  /** A leaf with identity: never merged with another. */
  readonly identity?: boolean;
}

/**
 * Applies an op: checks arity and types, interns within the current scope, remembers the user's
 * line.
 *
 * @throws GraphError at the user's line when the op's type rule refuses.
 */
export function make(
  op: Op,
  given: readonly Tensor[],
  attrs: Attrs,
  options: MakeOptions = {},
): readonly Tensor[] {
  const scope = currentScope();
  const policy = policyHere();
  const inputs = policy ? checked(op.name, () => policy.operands(op, given)) : given;
  const stacks = scope.inherited ?? [captureCallSites()];
  const types = inferTypes(op, inputs, attrs, stacks);
  const key = options.identity ? undefined : nodeKey(op, inputs, attrs, scope.wish);
  const known = key === undefined ? undefined : scope.nodes?.get(key);
  if (known) {
    if (scope.keepStacks) addStacks(known, stacks);
    return known.outputs();
  }
  const note = options.note ?? scope.note;
  const wish = op.kind === 'leaf' ? undefined : scope.wish;
  const node = new Node(op, inputs, attrs, types, [...stacks], note, wish);
  if (key !== undefined) scope.nodes?.set(key, node);
  return node.outputs();
}

/**
 * Enters a node into the current scope's table as it is; an equal node that is there already takes
 * its place.
 */
export function adopt(node: Node): readonly Tensor[] {
  const scope = currentScope();
  const key = nodeKey(node.op, node.inputs, node.attrs, node.wish);
  const known = scope.nodes?.get(key);
  if (known) return known.outputs();
  scope.nodes?.set(key, node);
  return node.outputs();
}

/** `make` for ops with one output. */
export function make1(
  op: Op,
  inputs: readonly Tensor[],
  attrs: Attrs,
  options?: MakeOptions,
): Tensor {
  return make(op, inputs, attrs, options)[0] as Tensor;
}

const maxStacks = 8;

function addStacks(node: Node, stacks: readonly (readonly CallSite[])[]): void {
  for (const stack of stacks) {
    const seen = node.stacks.some((s) => s === stack || sameSite(s[0], stack[0]));
    if (!seen && node.stacks.length < maxStacks) node.stacks.push(stack);
  }
}

const sameSite = (a: CallSite | undefined, b: CallSite | undefined): boolean =>
  a?.file === b?.file && a?.line === b?.line && a?.column === b?.column;

function inferTypes(
  op: Op,
  inputs: readonly Tensor[],
  attrs: Attrs,
  stacks: readonly (readonly CallSite[])[],
): readonly TensorType[] {
  try {
    checkArity(op, inputs.length);
    const types = op.infer(
      inputs.map((t) => t.type),
      attrs,
    );
    checkExtents(types);
    return types;
  } catch (error) {
    const what = `${op.name}(${inputs.map(String).join(', ')})`;
    if (error instanceof GraphError && !error.location)
      throw insideComposite(error, what, stacks[0]);
    if (!(error instanceof TypeRuleError)) throw error;
    throw modelError(error, what, stacks[0]);
  }
}

function checkArity(op: Op, count: number): void {
  if (count >= op.minInputs && count <= op.maxInputs) return;
  throw new TypeRuleError(
    'arity',
    `takes ${op.minInputs} to ${op.maxInputs} operands, got ${count}`,
  );
}

// Arithmetic of the user's, such as dim / heads, may leave a fraction.
function checkExtents(types: readonly TensorType[]): void {
  for (const { shape } of types) {
    const bad = shape.find((d) => typeof d === 'number' && !(Number.isInteger(d) && d >= 0));
    if (bad === undefined) continue;
    throw new TypeRuleError(
      'shape',
      `${bad} in [${shape.map(dimKey).join(', ')}] is not an extent`,
      'give integers from 0, or dims made with dim()',
    );
  }
}

/** Runs a builder's checks; turns what they refuse into an error at the user's line. */
export function checked<T>(what: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof TypeRuleError)) throw error;
    throw modelError(error, what, currentScope().inherited?.[0] ?? captureCallSites());
  }
}

function modelError(
  error: TypeRuleError,
  what: string,
  stack: readonly CallSite[] | undefined,
): GraphError {
  const site = stack?.[0];
  return new GraphError({
    code: error.code,
    message: `${what}: ${error.message}`,
    cure: error.cure,
    location: site && resolveCallSite(site),
  });
}

// What a decomposition refuses has no line of its own: the user's is that of the composite.
function insideComposite(
  error: GraphError,
  what: string,
  stack: readonly CallSite[] | undefined,
): GraphError {
  const site = stack?.[0];
  return new GraphError({
    code: error.code,
    message: `${what}: ${error.detail}`,
    cure: error.cure,
    location: site && resolveCallSite(site),
  });
}

// Where the same is wanted on two targets, it is computed on both.
function nodeKey(op: Op, inputs: readonly Tensor[], attrs: Attrs, wish: Wish | undefined): string {
  let key = wish && op.kind !== 'leaf' ? `${op.name}@${wish.target}` : op.name;
  for (const input of inputs) key += `,${input.node.id}.${input.index}`;
  for (const name in op.attributes) {
    key += `;${attrKey(op.attributes[name] as AttrKind, attrs[name] as AttrTypes[AttrKind])}`;
  }
  return key;
}

const objectIds = new WeakMap<object, number>();
let nextObjectId = 0;

function identityKey(value: object): string {
  let id = objectIds.get(value);
  if (id === undefined) {
    id = nextObjectId++;
    objectIds.set(value, id);
  }
  return `#${id}`;
}

/** Equal attribute values have equal keys. */
export function attrKey(kind: AttrKind, value: AttrTypes[AttrKind]): string {
  switch (kind) {
    case 'float':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'shape':
      return (value as readonly Dim[]).map(dimKey).join(' ');
    case 'dim':
      return dimKey(value as Dim);
    case 'function':
    case 'constant':
      return identityKey(value as object);
    case 'int':
    case 'bool':
    case 'string':
    case 'ints':
    case 'bools':
    case 'dtype':
      return String(value);
    default:
      return kind satisfies never;
  }
}

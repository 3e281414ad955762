import type { Dim, DType, Node, Op, Tensor } from '@vorab/graph';
import { dimAdd, dimKey, opNamed, tensorKey } from '@vorab/graph';
import type { IndexMap } from './affine.ts';
import { directMap, resolveViews, rowMajor, strided } from './affine.ts';
import { isFoldedLeaf, soleDim } from './demand.ts';
import type { Group, Level } from './group.ts';
import { levelOf, repeatedKept } from './group.ts';
import type { Access, Buffer, Instr, Tape } from './ir.ts';
import { varies } from './varies.ts';

/** What building a tape needs to know of its surroundings. */
export interface TapeContext {
  readonly groupOf: ReadonlyMap<Node, Group>;
  /** Whether a tensor has (or, as another shape of one, shares) memory of its own. */
  isDense(t: Tensor): boolean;
  /** The memory of a dense tensor. */
  bufferOf(t: Tensor): Buffer;
  /** Where a group's value must be stored, with strides for its axes; in-place writes of state are last. */
  destinations(t: Tensor): readonly Access[];
  /** The ops that index arithmetic is made of. */
  readonly arithmetic: Arithmetic;
}

type Arithmetic = Readonly<Record<'add' | 'mul' | 'cast' | 'lessEqual' | 'where', Op>>;

/** Those of the registry. */
export function indexArithmetic(): Arithmetic {
  return {
    add: opNamed('add'),
    mul: opNamed('mul'),
    cast: opNamed('cast'),
    lessEqual: opNamed('lessEqual'),
    where: opNamed('where'),
  };
}

/** The order in which a group's space is walked: positions of the space's axes. */
export interface LoopOrder {
  readonly axes: readonly number[];
  readonly reduced: number;
  readonly inner: number;
}

/** Row mode puts the reduced axes innermost; column mode keeps the axes behind them innermost, to be vectorised. */
export function loopOrder(group: Group): LoopOrder {
  const all = group.space.map((_, i) => i);
  const { reduced } = group;
  if (!reduced || reduced.length === 0) return { axes: all, reduced: 0, inner: 0 };
  const last = reduced.at(-1) ?? 0;
  const kept = all.filter((a) => !reduced.includes(a));
  const inner = kept.filter((a) => a > last);
  const outer = kept.filter((a) => a < last);
  return { axes: [...outer, ...reduced, ...inner], reduced: reduced.length, inner: inner.length };
}

/** Builds the tape of a group. */
export function buildTape(group: Group, context: TapeContext): Tape {
  return new TapeBuilder(group, context).build();
}

class TapeBuilder {
  private readonly group: Group;
  private readonly context: TapeContext;
  private readonly order: LoopOrder;
  private readonly accesses: Access[] = [];
  private readonly instrs: Instr[] = [];
  /** Per instruction: whether it varies over the reduced dims. */
  private readonly varying: boolean[] = [];
  private readonly known: Map<string, number> = new Map();
  private readonly lateStores: (() => void)[] = [];

  constructor(group: Group, context: TapeContext) {
    this.group = group;
    this.context = context;
    this.order = loopOrder(group);
  }

  build(): Tape {
    // In column mode everything that varies over the reduced dims comes before the first reduction.
    if (this.order.inner > 0) {
      for (const node of this.nodesAt('full')) this.compute(node);
      const kept = this.nodesAt('kept');
      for (const node of kept) if (node.op.kind === 'reduce') this.reduceArgument(node);
      for (const node of kept) this.compute(node);
    } else for (const node of this.group.nodes) this.compute(node);
    // Updates in place come after every load, so that no load sees a new value.
    for (const store of this.lateStores) store();
    return { ...this.shape(), instrs: this.instrs };
  }

  private nodesAt(level: Level): readonly Node[] {
    return this.group.nodes.filter((node) => levelOf(node, this.group) === level);
  }

  private compute(node: Node): void {
    const t = node.outputs()[0] as Tensor;
    const id = this.value(node, t);
    this.known.set(tensorKey(t), id);
    for (const to of this.context.destinations(t)) {
      const store = (): void => this.store(id, t, levelOf(node, this.group), to);
      if (to.buffer.place.kind === 'state') this.lateStores.push(store);
      else store();
    }
  }

  private value(node: Node, t: Tensor): number {
    const { op } = node;
    if (op.kind === 'contract') return this.push({ kind: 'acc', dtype: t.dtype });
    const level = levelOf(node, this.group);
    if (op.kind === 'reduce') {
      return this.push({ kind: 'reduce', dtype: t.dtype, op, arg: this.reduceArgument(node) });
    }
    // A view or a splat that must be stored: load it through its index.
    if (op.kind !== 'elementwise') return this.external(t, this.axesOf(level), false);
    const args = node.inputs.map((x) => this.operand(x, level));
    return this.push({ kind: 'scalar', dtype: t.dtype, op, args });
  }

  private reduceArgument(node: Node): number {
    const t = node.inputs[0] as Tensor;
    return this.spread(this.operand(t, 'full'), t.dtype);
  }

  // The value at the same place of the same level, or of the kept level where it repeats.
  private operand(t: Tensor, level: Level): number {
    const { groupOf } = this.context;
    const own = groupOf.get(t.node) === this.group ? this.known.get(tensorKey(t)) : undefined;
    if (own !== undefined) return own;
    const kept = level === 'full' && !groupOf.has(t.node) ? repeatedKept(t, this.group) : undefined;
    const inside = kept && groupOf.get(kept.node) === this.group;
    const repeated = inside ? this.known.get(tensorKey(kept)) : undefined;
    return repeated ?? this.external(t, this.axesOf(level), true);
  }

  /** For each axis of a tensor of this level, its iteration dim. */
  private axesOf(level: Level): readonly number[] {
    const { space, reduced } = this.group;
    const axes = space.map((_, a) => a).filter((a) => level === 'full' || !reduced?.includes(a));
    return axes.map((a) => this.order.axes.indexOf(a));
  }

  private external(t: Tensor, dims: readonly number[], stopAtOwn: boolean): number {
    const dense = (x: Tensor): boolean => (stopAtOwn || x !== t) && this.context.isDense(x);
    const { base, map } = resolveViews(t, directMap(dims), dense);
    return isFoldedLeaf(base) ? this.leaf(base, map) : this.load(base, map);
  }

  private leaf({ node, dtype }: Tensor, map: IndexMap): number {
    const { attrs } = node;
    if ('value' in attrs)
      return this.push({ kind: 'const', dtype, value: attrs['value'] as number });
    if ('dim' in attrs) return this.push({ kind: 'size', dtype, dim: attrs['dim'] as Dim });
    return this.iota(dtype, map[attrs['axis'] as number] ?? { start: 0, coefficients: new Map() });
  }

  // start + Σ coefficient · index, in the iota's dtype; most often just one index.
  private iota(dtype: DType, index: IndexMap[number]): number {
    const at = this.affine(index);
    const { cast } = this.context.arithmetic;
    return dtype === 'i32' ? at : this.push({ kind: 'scalar', dtype, op: cast, args: [at] });
  }

  private affine(index: IndexMap[number]): number {
    const dtype = 'i32';
    const sole = soleDim(index);
    if (sole !== undefined) return this.push({ kind: 'index', dtype, dim: sole });
    const { add, mul } = this.context.arithmetic;
    let sum = this.size(dtype, index.start);
    for (const [dim, coefficient] of index.coefficients) {
      const at = this.push({ kind: 'index', dtype, dim });
      const args = [at, this.size(dtype, coefficient)];
      const scaled = this.push({ kind: 'scalar', dtype, op: mul, args });
      sum = this.push({ kind: 'scalar', dtype, op: add, args: [sum, scaled] });
    }
    return sum;
  }

  private size(dtype: DType, dim: Dim): number {
    return typeof dim === 'number'
      ? this.push({ kind: 'const', dtype, value: dim })
      : this.push({ kind: 'size', dtype, dim });
  }

  private load(base: Tensor, map: IndexMap): number {
    const buffer = this.context.bufferOf(base);
    const { offset, strides } = strided(map, base.shape, this.order.axes.length);
    return this.push({
      kind: 'load',
      dtype: base.dtype,
      access: this.access({ buffer, offset, strides }),
    });
  }

  private store(id: number, t: Tensor, level: Level, to: Access): void {
    const axes = this.axesOf(level);
    const strides = this.order.axes.map((_, d) => to.strides[axes.indexOf(d)] ?? 0);
    const access = this.access({ ...to, strides });
    const arg = level === 'full' ? this.spread(id, t.dtype) : id;
    this.append({ kind: 'store', dtype: t.dtype, access, arg });
  }

  private access(access: Access): number {
    const key = accessKey(access);
    const at = this.accesses.findIndex((a) => accessKey(a) === key);
    return at >= 0 ? at : this.accesses.push(access) - 1;
  }

  private push(instr: Instr): number {
    const key = instrKey(instr);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const id = this.append(instr);
    this.known.set(key, id);
    return id;
  }

  private append(instr: Instr): number {
    this.varying.push(varies(instr, this.shape(), this.varying));
    return this.instrs.push(instr) - 1;
  }

  private shape(): Pick<Tape, 'dims' | 'reduced' | 'inner' | 'accesses'> {
    const { group, order, accesses } = this;
    const dims = order.axes.map((a) => group.space[a] as Dim);
    return { dims, reduced: order.reduced, inner: order.inner, accesses };
  }

  // Repeated values are reduced, and stored in full, as often as they are repeated.
  private spread(id: number, dtype: DType): number {
    if (this.order.reduced === 0 || this.varying[id]) return id;
    const { lessEqual, where } = this.context.arithmetic;
    const dim = this.order.axes.length - this.order.inner - this.order.reduced;
    const zero = this.push({ kind: 'const', dtype: 'i32', value: 0 });
    const index = this.push({ kind: 'index', dtype: 'i32', dim });
    const always = this.push({ kind: 'scalar', dtype: 'bool', op: lessEqual, args: [zero, index] });
    return this.push({ kind: 'scalar', dtype, op: where, args: [always, id, id] });
  }
}

/** Equal accesses read or write the same elements in the same order. */
export function accessKey({ buffer, offset, strides }: Access): string {
  return `@${buffer.id}+${dimKey(offset)}:${strides.map(dimKey).join(',')}`;
}

function instrKey(instr: Instr): string {
  switch (instr.kind) {
    case 'load':
      return `load ${instr.access}`;
    case 'const':
      return `const ${instr.dtype} ${Object.is(instr.value, -0) ? '-0' : instr.value}`;
    case 'index':
      return `index ${instr.dtype} ${instr.dim}`;
    case 'size':
      return `size ${instr.dtype} ${dimKey(instr.dim)}`;
    case 'acc':
      return 'acc';
    case 'scalar':
      return `${instr.op.name} ${instr.dtype} ${instr.args.join(',')}`;
    case 'reduce':
      return `reduce ${instr.op.name} ${instr.arg}`;
    case 'store':
      return `store ${instr.access} ${instr.arg}`;
    default:
      return instr satisfies never;
  }
}

/** A tape that copies: one load, one store, over the destination's piece. */
export function copyTape(dims: readonly Dim[], dtype: DType, from: Access, to: Access): Tape {
  return {
    dims,
    reduced: 0,
    inner: 0,
    accesses: [from, to],
    instrs: [
      { kind: 'load', dtype, access: 0 },
      { kind: 'store', dtype, access: 1, arg: 0 },
    ],
  };
}

/** A tape that stores one value everywhere. */
export function fillTape(dims: readonly Dim[], dtype: DType, value: number, to: Access): Tape {
  return {
    dims,
    reduced: 0,
    inner: 0,
    accesses: [to],
    instrs: [
      { kind: 'const', dtype, value },
      { kind: 'store', dtype, access: 0, arg: 0 },
    ],
  };
}

/** All of a dense buffer, in the order of `shape`. */
export function wholeAccess(buffer: Buffer, shape: readonly Dim[]): Access {
  return { buffer, offset: dimAdd(0), strides: rowMajor(shape) };
}

import { Binding, constantBytes, fb, opById } from '@vorab/artifact';
import type {
  AttrKind,
  Attrs,
  AttrTypes,
  NdArray,
  Op,
  Subgraph,
  Tensor,
  TensorType,
} from '@vorab/graph';
import { make, opNamed, parameterLeaf, withScope } from '@vorab/graph';
import { arrayOf, dtypeAt } from './arrays.ts';
import { ReferenceFailure } from './failure.ts';

/** One node, with everything that does not change from call to call. */
export interface PreparedNode {
  readonly op: Op;
  readonly inputs: readonly number[];
  readonly attrs: Attrs;
  readonly types: readonly TensorType[];
  /** The value that its first output is. */
  readonly first: number;
  /** Values that nothing needs after it. */
  readonly dead: readonly number[];
}

/** A function at one binding of symbols. */
export interface PreparedFunction {
  readonly nodes: readonly PreparedNode[];
  readonly results: readonly number[];
  readonly values: number;
}

/** Graphs of bodies that are kept. */
const maxGraphs = 64;

/** How `prepare` came to its function. */
export interface Preparation {
  readonly function_: PreparedFunction;
  /** It was there. */
  readonly hit: boolean;
  /** Another one had to go. */
  readonly evicted: boolean;
}

/** The functions of an artifact, prepared when a binding is first met. */
export class Functions {
  readonly #file: Uint8Array;
  readonly #program: fb.ProgramT;
  /** By function, then by binding; the binding used last stands last. */
  readonly #prepared: Map<number, Map<string, PreparedFunction>> = new Map();
  readonly #kept: number;
  readonly #graphs: Map<string, Subgraph> = new Map();
  readonly #constants: Map<number, NdArray> = new Map();

  /** `kept`: bindings of each function that stay prepared. */
  constructor(file: Uint8Array, program: fb.ProgramT, kept: number) {
    this.#file = file;
    this.#kept = kept;
    this.#program = program;
  }

  /** `symbols`: one value per symbol of the program. */
  prepare(index: number, symbols: readonly number[]): Preparation {
    const key = symbols.join(',');
    const bindings = this.#prepared.get(index) ?? new Map<string, PreparedFunction>();
    this.#prepared.set(index, bindings);
    const known = bindings.get(key);
    const function_ = known ?? this.#make(index, symbols);
    bindings.delete(key);
    const [oldest] = bindings.keys();
    const evicted = bindings.size >= this.#kept && oldest !== undefined;
    if (evicted) bindings.delete(oldest);
    bindings.set(key, function_);
    return { function_, hit: known !== undefined, evicted };
  }

  #make(index: number, symbols: readonly number[]): PreparedFunction {
    const made = this.#program.functions[index];
    if (made === undefined) throw new RangeError(`there is no function ${index}`);
    const binding = new Binding(this.#program, symbols);
    const dead = lastUses(made);
    let values = made.parameters.length;
    const nodes = made.nodes.map((node, i) => {
      const op = opOf(node.op);
      const first = values;
      values += node.outputs.length;
      return {
        op,
        inputs: node.inputs,
        attrs: this.#attributes(op, node, binding),
        types: node.outputs.map((type) => this.#type(type, binding)),
        first,
        dead: dead[i] ?? [],
      };
    });
    return { nodes, results: made.results, values };
  }

  #type(index: number, binding: Binding): TensorType {
    const type = this.#program.types[index] ?? new fb.TensorTypeT();
    return { dtype: dtypeAt(type.dtype), shape: binding.shape(type) };
  }

  #attributes(op: Op, node: fb.NodeT, binding: Binding): Attrs {
    const attrs: Record<string, AttrTypes[AttrKind]> = {};
    for (const [i, name] of Object.keys(op.attributes).entries()) {
      const value = node.attributes[i]?.value;
      if (value !== undefined && value !== null) attrs[name] = this.#attribute(value, binding);
    }
    return attrs;
  }

  #attribute(
    attribute: NonNullable<fb.AttributeT['value']>,
    binding: Binding,
  ): AttrTypes[AttrKind] {
    if (attribute instanceof fb.IntAttrT) return Number(attribute.value);
    if (attribute instanceof fb.FloatAttrT) return attribute.value;
    if (attribute instanceof fb.BoolAttrT) return attribute.value;
    if (attribute instanceof fb.StringAttrT) return String(attribute.value);
    if (attribute instanceof fb.IntsAttrT) return attribute.value.map(Number);
    if (attribute instanceof fb.DTypeAttrT) return dtypeAt(attribute.value);
    if (attribute instanceof fb.DimAttrT) return binding.at(attribute.value);
    if (attribute instanceof fb.ShapeAttrT) return attribute.value.map((expr) => binding.at(expr));
    if (attribute instanceof fb.ConstantAttrT) return this.#constant(attribute.value, binding);
    if (attribute instanceof fb.BoolsAttrT) return attribute.value.map((value) => value !== 0);
    return this.#graph(attribute.value, binding);
  }

  /** A function that another refers to, as a graph. It refers to later ones only, so this ends. */
  #graph(index: number, binding: Binding): Subgraph {
    const key = `${index}:${binding.symbols.join(',')}`;
    const known = this.#graphs.get(key);
    if (known !== undefined) return known;
    const made = this.#build(index, binding);
    if (this.#graphs.size >= maxGraphs) this.#graphs.clear();
    this.#graphs.set(key, made);
    return made;
  }

  #build(index: number, binding: Binding): Subgraph {
    const of = this.#program.functions[index] ?? new fb.FunctionT();
    const parameters = of.parameters.map((type, i) =>
      parameterLeaf(`operand${i}`, this.#type(type, binding)),
    );
    const values = [...parameters];
    const at = (value: number): Tensor => values[value] as Tensor;
    withScope({ nodes: new Map(), inherited: [] }, () => {
      for (const node of of.nodes) {
        const op = opOf(node.op);
        values.push(...make(op, node.inputs.map(at), this.#attributes(op, node, binding)));
      }
    });
    return { name: String(of.name), parameters, results: of.results.map(at) };
  }

  #constant(index: number, binding: Binding): NdArray {
    const known = this.#constants.get(index);
    if (known !== undefined) return known;
    const type = this.#type(this.#program.constants[index]?.type ?? -1, binding);
    const bytes = constantBytes(this.#file, this.#program, index);
    const array = arrayOf(type.dtype, type.shape as readonly number[], bytes);
    this.#constants.set(index, array);
    return array;
  }
}

function opOf(id: number): Op {
  const row = opById(id);
  if (row === undefined) throw new ReferenceFailure('unsupported', `there is no op with id ${id}`);
  return opNamed(row.name);
}

/** For each node, the values whose last use it is. */
function lastUses({ parameters, nodes, results }: fb.FunctionT): number[][] {
  const last = new Map<number, number>();
  let values = parameters.length;
  for (const [i, node] of nodes.entries()) {
    for (const _ of node.outputs) last.set(values++, i);
    for (const input of node.inputs) last.set(input, i);
  }
  for (const result of results) last.delete(result);
  const dead: number[][] = nodes.map(() => []);
  for (const [value, node] of last) dead[node]?.push(value);
  return dead;
}

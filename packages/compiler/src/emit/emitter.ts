import { fb, opByName, ProgramBuilder } from '@vorab/artifact';
import type {
  AttrKind,
  Attrs,
  AttrTypes,
  CallSite,
  Dim,
  DimSymbol,
  DType,
  NdArray,
  Op,
  SourceLocation,
  StateVariable,
  Subgraph,
  TensorType,
} from '@vorab/graph';
import { resolveCallSite, visitDim } from '@vorab/graph';
import { Callees } from './callees.ts';
import { functionTable } from './function.ts';

/** dtype by dtype, the artifact's enumeration. */
const dtypeCodes: { readonly [K in DType]: fb.DType } = {
  bool: fb.DType.Bool,
  u8: fb.DType.U8,
  i8: fb.DType.I8,
  u32: fb.DType.U32,
  i32: fb.DType.I32,
  i64: fb.DType.I64,
  f16: fb.DType.F16,
  bf16: fb.DType.BF16,
  f32: fb.DType.F32,
  f64: fb.DType.F64,
};

/** The artifact's code of a dtype. */
export function dtypeCode(dtype: DType): fb.DType {
  return dtypeCodes[dtype];
}

/** Translates the graph's nouns into the artifact's tables; everything is stored once. */
export class Emitter {
  readonly builder: ProgramBuilder;
  readonly stateIndex: Map<StateVariable, number> = new Map();
  /** Functions that attributes and plans refer to. */
  readonly callees: Callees = new Callees((graph) => functionTable(this, graph));
  private readonly relativePath: (file: string) => string;
  private readonly paths: Map<string, string> = new Map();
  private readonly symbols: Map<string, number> = new Map();

  constructor(producer: string, relativePath: (file: string) => string) {
    this.builder = new ProgramBuilder(producer);
    this.relativePath = relativePath;
  }

  get program(): fb.ProgramT {
    return this.builder.program;
  }

  symbol({ name, min, max, multipleOf }: DimSymbol): number {
    const known = this.symbols.get(name);
    if (known !== undefined) return known;
    const index = this.builder.symbol(name, { min, max, multipleOf });
    this.symbols.set(name, index);
    return index;
  }

  dim(d: Dim): number {
    const { builder } = this;
    return visitDim<number>(d, {
      constant: (value) => builder.literal(value),
      symbol: (symbol) => builder.symbolExpr(this.symbol(symbol)),
      add: (a, b) => builder.expr(fb.ExprKind.Add, 0, a, b),
      mul: (a, b) => builder.expr(fb.ExprKind.Mul, 0, a, b),
      floorDiv: (a, b) => builder.expr(fb.ExprKind.FloorDiv, 0, a, b),
    });
  }

  dims(dims: readonly Dim[]): number[] {
    return dims.map((d) => this.dim(d));
  }

  type({ dtype, shape }: TensorType): number {
    return this.builder.type(dtypeCode(dtype), this.dims(shape));
  }

  /** The user's places, the innermost frame of each stack first, at most `limit`. */
  locations(stacks: readonly (readonly CallSite[])[], limit = 4): number[] {
    const found = stacks.flatMap((stack) => (stack[0] ? [this.location(stack[0])] : []));
    return [...new Set(found)].slice(0, limit);
  }

  location(site: CallSite): number {
    return this.place(resolveCallSite(site));
  }

  /** A place in the sources, not in what runs. */
  place({ file, line, column }: SourceLocation): number {
    return this.builder.location(this.relative(file), Math.max(1, line), Math.max(1, column));
  }

  private relative(file: string): string {
    const known = this.paths.get(file);
    if (known !== undefined) return known;
    const path = this.relativePath(file);
    this.paths.set(file, path);
    return path;
  }

  string(text: string): number {
    return this.builder.string(text);
  }

  constant(data: NdArray): number {
    const { buffer, byteOffset, byteLength } = data.data;
    const bytes = new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
    return this.builder.constant(bytes, this.type(data));
  }

  /** The op's id in ops.lock. */
  opId(op: Op): number {
    const row = opByName(op.name);
    if (!row) throw new Error(`${op.name} has no id: run \`npm run generate\``);
    return row.id;
  }

  attributes(op: Op, attrs: Attrs): fb.AttributeT[] {
    return Object.entries(op.attributes).map(([name, kind]) =>
      this.attribute(kind, attrs[name] as AttrTypes[AttrKind]),
    );
  }

  private functionAttr(graph: Subgraph): fb.FunctionAttrT {
    const attribute = new fb.FunctionAttrT();
    this.callees.refer(graph, attribute);
    return attribute;
  }

  private attribute(kind: AttrKind, value: AttrTypes[AttrKind]): fb.AttributeT {
    const make = (type: fb.AttributeValue, table: fb.AttributeT['value']): fb.AttributeT =>
      new fb.AttributeT(type, table);
    switch (kind) {
      case 'int':
        return make(fb.AttributeValue.IntAttr, new fb.IntAttrT(BigInt(value as number)));
      case 'float':
        return make(fb.AttributeValue.FloatAttr, new fb.FloatAttrT(value as number));
      case 'bool':
        return make(fb.AttributeValue.BoolAttr, new fb.BoolAttrT(value as boolean));
      case 'string':
        return make(fb.AttributeValue.StringAttr, new fb.StringAttrT(value as string));
      case 'ints':
        return make(
          fb.AttributeValue.IntsAttr,
          new fb.IntsAttrT((value as readonly number[]).map(BigInt)),
        );
      case 'bools':
        return make(
          fb.AttributeValue.BoolsAttr,
          new fb.BoolsAttrT((value as readonly boolean[]).map(Number)),
        );
      case 'dtype':
        return make(fb.AttributeValue.DTypeAttr, new fb.DTypeAttrT(dtypeCode(value as DType)));
      case 'dim':
        return make(fb.AttributeValue.DimAttr, new fb.DimAttrT(this.dim(value as Dim)));
      case 'shape':
        return make(
          fb.AttributeValue.ShapeAttr,
          new fb.ShapeAttrT(this.dims(value as readonly Dim[])),
        );
      case 'constant':
        return make(
          fb.AttributeValue.ConstantAttr,
          new fb.ConstantAttrT(this.constant(value as NdArray)),
        );
      case 'function':
        return make(fb.AttributeValue.FunctionAttr, this.functionAttr(value as Subgraph));
      default:
        return kind satisfies never;
    }
  }
}

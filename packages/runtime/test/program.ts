import { fb, opByName, ProgramBuilder } from '@vorab/artifact';

/** A type in a test: dtype, and extents or names of dims. */
export type TestType = readonly [keyof typeof fb.DType, ...(number | string)[]];

export interface TestEntry {
  readonly name: string;
  readonly inputs?: Readonly<Record<string, TestType>>;
  readonly outputs?: Readonly<Record<string, TestType>>;
  /** Names of states, each written. */
  readonly writes?: readonly string[];
}

export interface TestProgram {
  readonly dims?: Readonly<Record<string, { min: number; max: number; multipleOf?: number }>>;
  readonly states?: Readonly<Record<string, { type: TestType; kind?: keyof typeof fb.StateKind }>>;
  readonly entries: readonly TestEntry[];
  /** Targets, one plan each; default `stub`. */
  readonly plans?: readonly string[];
  /** Leave the init entry out. */
  readonly init?: false;
}

/**
 * A legal artifact whose entries copy: output i is input i where their types are equal, zeros otherwise; states that
 * are written are zeros. What a stub backend does instead is its own affair.
 */
export function testArtifact(spec: TestProgram): Uint8Array {
  return new TestBuilder(spec).build();
}

const one = 0x3f80_0000n;

class TestBuilder {
  readonly #builder = new ProgramBuilder('vorab test');
  readonly #spec: TestProgram;
  readonly #dims = new Map<string, number>();
  readonly #states: string[];

  constructor(spec: TestProgram) {
    this.#spec = spec;
    this.#states = Object.keys(spec.states ?? {});
  }

  build(): Uint8Array {
    const { program } = this.#builder;
    for (const [name, bounds] of Object.entries(this.#spec.dims ?? {})) {
      const symbol = this.#builder.symbol(name, bounds);
      this.#dims.set(name, this.#builder.symbolExpr(symbol));
    }
    for (const [name, { type, kind = 'State' }] of Object.entries(this.#spec.states ?? {})) {
      program.states.push(new fb.StateT(name, this.#type(type), fb.StateKind[kind]));
    }
    for (const entry of this.#allEntries()) this.#entry(entry);
    for (const target of this.#spec.plans ?? ['stub']) {
      const entries = this.#allEntries().map((entry, i) => this.#plan(entry, i, target));
      program.plans.push(new fb.PlanT(target, [target], entries));
    }
    return this.#builder.build();
  }

  #allEntries(): TestEntry[] {
    const init: TestEntry = { name: 'init', inputs: { seed: ['U32', 2] }, writes: this.#states };
    const wanted = this.#spec.init !== false && this.#states.length > 0;
    return wanted ? [...this.#spec.entries, init] : [...this.#spec.entries];
  }

  #type([dtype, ...shape]: TestType): number {
    const exprs = shape.map((dim) =>
      typeof dim === 'number' ? this.#builder.literal(dim) : (this.#dims.get(dim) ?? 0),
    );
    return this.#builder.type(fb.DType[dtype], exprs);
  }

  #stateType(name: string): number {
    return this.#type(this.#spec.states?.[name]?.type ?? ['F32']);
  }

  #entry(entry: TestEntry): void {
    const { program } = this.#builder;
    const inputs = Object.values(entry.inputs ?? {}).map((type) => this.#type(type));
    const outputs = Object.values(entry.outputs ?? {}).map((type) => this.#type(type));
    const results = [...outputs, ...(entry.writes ?? []).map((name) => this.#stateType(name))];
    const made = new fb.FunctionT(entry.name, inputs);
    for (const [i, type] of results.entries()) {
      const copied = i < outputs.length && inputs[i] === type;
      made.results.push(copied ? i : inputs.length + made.nodes.length);
      if (!copied) made.nodes.push(this.#zeros(type));
    }
    const ports = (types: Readonly<Record<string, TestType>> | undefined): fb.PortT[] =>
      Object.entries(types ?? {}).map(([name, type]) => new fb.PortT(name, this.#type(type), ''));
    const bound = new Set(
      Object.values(entry.inputs ?? {})
        .flat()
        .map(String),
    );
    program.entries.push(
      new fb.EntryT(
        entry.name,
        `Runs ${entry.name}.`,
        entry.name === 'init' ? fb.EntryKind.Init : fb.EntryKind.Program,
        program.functions.push(made) - 1,
        ports(entry.inputs),
        ports(entry.outputs),
        [],
        (entry.writes ?? []).map((name) => this.#states.indexOf(name)),
        this.#builder.location('model.ts', program.entries.length + 1, 14),
        [...this.#dims.keys()].flatMap((name, symbol) => (bound.has(name) ? [symbol] : [])),
      ),
    );
  }

  #zeros(type: number): fb.NodeT {
    const tensor = this.#builder.program.types[type];
    const attributes = [
      new fb.AttributeT(fb.AttributeValue.FloatAttr, new fb.FloatAttrT(0)),
      new fb.AttributeT(fb.AttributeValue.DTypeAttr, new fb.DTypeAttrT(tensor?.dtype)),
      new fb.AttributeT(fb.AttributeValue.ShapeAttr, new fb.ShapeAttrT([...(tensor?.shape ?? [])])),
    ];
    const location = this.#builder.location('model.ts', 1, 1);
    return new fb.NodeT(opByName('full')?.id ?? 0, [], attributes, [type], [location]);
  }

  #plan(entry: TestEntry, index: number, target: string): fb.EntryPlanT {
    const values: fb.ValueT[] = [];
    const value = (type: number, storage: fb.Storage, at: number): number =>
      values.push(new fb.ValueT(type, storage, at)) - 1;
    const inputs = Object.values(entry.inputs ?? {}).map((type, i) =>
      value(this.#type(type), fb.Storage.Input, i),
    );
    const steps: fb.StepT[] = [];
    for (const [i, type] of Object.values(entry.outputs ?? {}).entries()) {
      const number = this.#type(type);
      const output = value(number, fb.Storage.Output, i);
      const input = inputs[i];
      const same = input !== undefined && values[input]?.type === number;
      steps.push(this.#step(number, same ? input : undefined, output, steps.length));
    }
    const firstWrite = steps.length;
    for (const name of entry.writes ?? []) {
      const type = this.#stateType(name);
      const state = value(type, fb.Storage.State, this.#states.indexOf(name));
      steps.push(this.#step(type, undefined, state, steps.length));
    }
    const region = new fb.RegionT(target, steps);
    return new fb.EntryPlanT(index, values, [region], 0n, 0n, firstWrite);
  }

  /** Copies `from`, or stores ones. */
  #step(type: number, from: number | undefined, to: number, number: number): fb.StepT {
    const { program } = this.#builder;
    const tensor = program.types[type];
    const dims = [...(tensor?.shape ?? [])];
    const dtype = tensor?.dtype ?? fb.DType.F32;
    const strides = this.#strides(dims);
    const zero = this.#builder.literal(0);
    const accesses = [to, ...(from === undefined ? [] : [from])].map(
      (value) => new fb.AccessT(value, zero, strides),
    );
    const bits = dtype === fb.DType.F32 ? one : 1n;
    const source =
      from === undefined
        ? new fb.InstrT(bits, 0, 0, 0, 0, 0, fb.InstrKind.Const, dtype)
        : new fb.InstrT(0n, 0, 1, 0, 0, 0, fb.InstrKind.Load, dtype);
    const store = new fb.InstrT(0n, 0, 0, 0, 0, 0, fb.InstrKind.Store, dtype);
    const fused = new fb.FusedT(dims, 0, 0, accesses, [source, store]);
    const location = this.#builder.location('model.ts', 10 + number, 5);
    return new fb.StepT(fb.StepBody.Fused, fused, `copy ${number}`, 0, 0, [], [location]);
  }

  #strides(dims: readonly number[]): number[] {
    const strides: number[] = [];
    let stride = this.#builder.literal(1);
    for (const dim of dims.toReversed()) {
      strides.unshift(stride);
      stride = this.#product(dim, stride);
    }
    return strides;
  }

  #product(a: number, b: number): number {
    const { exprs } = this.#builder.program;
    const constant = (index: number): number | undefined =>
      exprs[index]?.kind === fb.ExprKind.Const ? Number(exprs[index].value) : undefined;
    const [x, y] = [constant(a), constant(b)];
    if (x !== undefined && y !== undefined) return this.#builder.literal(x * y);
    if (y === 1) return a;
    return this.#builder.expr(fb.ExprKind.Mul, 0, a, b);
  }
}

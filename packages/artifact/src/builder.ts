import { createHash } from 'node:crypto';
import { fb } from './schema.ts';
import { write } from './write.ts';

/** An index into one of the program's vectors. */
export type Index = number;

/** Bounds of a symbolic dim. */
export interface SymbolBounds {
  readonly min: number;
  readonly max: number;
  readonly multipleOf?: number;
}

/** Keys of what has been added, so that equal things are stored once. */
class Interner<T> {
  private readonly items: T[];
  private readonly seen: Map<string, Index> = new Map();

  constructor(items: T[]) {
    this.items = items;
  }

  add(key: string, make: () => T): Index {
    const known = this.seen.get(key);
    if (known !== undefined) return known;
    const index = this.items.push(make()) - 1;
    this.seen.set(key, index);
    return index;
  }
}

/**
 * A program under construction. What other parts refer to by index (strings, exprs, types, locations, constants) is
 * interned here; functions, states, entries and plans are pushed to `program` directly.
 */
export class ProgramBuilder {
  readonly program: fb.ProgramT = new fb.ProgramT();
  /** The bytes of `program.constants`, one each. */
  readonly data: Uint8Array[] = [];

  private readonly strings: Interner<string> = new Interner(this.program.strings);
  private readonly exprs: Interner<fb.ExprT> = new Interner(this.program.exprs);
  private readonly types: Interner<fb.TensorTypeT> = new Interner(this.program.types);
  private readonly files: Interner<string> = new Interner(this.program.files);
  private readonly locations: Interner<fb.LocationT> = new Interner(this.program.locations);
  private readonly constants: Interner<fb.ConstantT> = new Interner(this.program.constants);

  constructor(producer: string) {
    this.program.producer = producer;
    // What has no reason to give refers to string 0.
    this.string('');
  }

  string(text: string): Index {
    return this.strings.add(text, () => text);
  }

  symbol(name: string, { min, max, multipleOf = 1 }: SymbolBounds): Index {
    const symbol = new fb.SymbolT(name, BigInt(min), BigInt(max), BigInt(multipleOf));
    return this.program.symbols.push(symbol) - 1;
  }

  expr(kind: fb.ExprKind, value: number, lhs: Index = 0, rhs: Index = 0): Index {
    const key = `${kind} ${value} ${lhs} ${rhs}`;
    return this.exprs.add(key, () => new fb.ExprT(BigInt(value), lhs, rhs, kind));
  }

  /** A constant dim, stride or offset. */
  literal(value: number): Index {
    return this.expr(fb.ExprKind.Const, value);
  }

  /** The dim that is a symbol itself. */
  symbolExpr(symbol: Index): Index {
    return this.expr(fb.ExprKind.Symbol, symbol);
  }

  /** `shape` holds exprs. */
  type(dtype: fb.DType, shape: readonly Index[]): Index {
    return this.types.add(
      `${dtype} ${shape.join(' ')}`,
      () => new fb.TensorTypeT(dtype, [...shape]),
    );
  }

  /** Line and column count from 1. */
  location(file: string, line: number, column: number): Index {
    const index = this.files.add(file, () => file);
    return this.locations.add(
      `${index} ${line} ${column}`,
      () => new fb.LocationT(index, line, column),
    );
  }

  /** Equal bytes of one type are stored once. Where they lie is decided by `write`. */
  constant(bytes: Uint8Array, type: Index): Index {
    const key = `${type} ${createHash('sha256').update(bytes).digest('hex')}`;
    const before = this.program.constants.length;
    const index = this.constants.add(key, () => new fb.ConstantT(type));
    if (index === before) this.data.push(bytes);
    return index;
  }

  /** The file. The same calls give the same bytes. */
  build(): Uint8Array {
    return write(this.program, this.data);
  }
}

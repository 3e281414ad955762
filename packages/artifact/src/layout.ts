import { fail, Path } from './fault.ts';
import { root, tables, unions } from './generated/layout.ts';

export type FieldKind = 'Inline' | 'String' | 'Table' | 'Union' | 'Inlines' | 'Strings' | 'Tables';

/** Where a field of a table lies. */
export interface FieldLayout {
  readonly name: string;
  readonly slot: number;
  readonly kind: FieldKind;
  readonly required: boolean;
  /** Bytes of one element that is stored inline. */
  readonly size: number;
  readonly align: number;
  /** Index of the table or union that it refers to. */
  readonly ref: number;
}

export interface TableLayout {
  readonly name: string;
  readonly fields: readonly FieldLayout[];
}

const identifier = 'VRB1';
const smallest = 12;
/** Tables within tables; as the library's own verifier has it. */
const deepest = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Valid UTF-8 without a byte order mark. */
const isText = (bytes: Uint8Array): boolean => {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return false;
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
};

class Walker {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private visited = 0;
  private depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  root(): void {
    const path = Path.program;
    if (this.bytes.length < smallest) {
      fail('malformed', path, `has ${this.bytes.length} bytes, expected at least ${smallest}`);
    }
    if (String.fromCharCode(...this.bytes.subarray(4, 8)) !== identifier) {
      fail('malformed', path, `has no file identifier ${identifier}`);
    }
    this.table(path, this.target(path, 0), root);
  }

  private inside(path: Path, at: number, size: number, align: number): void {
    const length = this.bytes.length;
    if (size >= length || at > length - size) {
      fail('malformed', path, `ends at byte ${at + size}, expected at most ${length}`);
    }
    if (at % align !== 0) {
      fail('malformed', path, `starts at byte ${at}, expected a multiple of ${align}`);
    }
  }

  /** Shared parts would make a small file large once it is read. */
  private visit(path: Path, size: number): void {
    this.visited += size;
    if (this.visited > this.bytes.length) {
      fail('malformed', path, 'is stored in a place already used');
    }
  }

  private uint32(at: number): number {
    return this.view.getUint32(at, true);
  }

  private target(path: Path, at: number): number {
    this.inside(path, at, 4, 4);
    const offset = this.uint32(at);
    if (offset === 0 || offset > 0x7fffffff || at + offset >= this.bytes.length) {
      const last = this.bytes.length - 1;
      fail('malformed', path, `refers to byte ${at + offset}, expected ${at + 1} to ${last}`);
    }
    return at + offset;
  }

  private string(path: Path, at: number): void {
    this.inside(path, at, 4, 4);
    const length = this.uint32(at);
    this.inside(path, at, 4 + length + 1, 4);
    if (this.bytes[at + 4 + length] !== 0) fail('malformed', path, 'has no terminating zero');
    this.visit(path, 4 + length + 1);
    if (!isText(this.bytes.subarray(at + 4, at + 4 + length))) {
      fail('text', path, 'is not valid UTF-8');
    }
  }

  /** The number of elements; they start at at + 4. */
  private vector(path: Path, at: number, field: FieldLayout): number {
    this.inside(path, at, 4, 4);
    const count = this.uint32(at);
    this.inside(path, at, 4 + count * field.size, 4);
    this.inside(path, at + 4, 0, field.align);
    this.visit(path, 4 + count * field.size);
    return count;
  }

  private slot(table: number, vtable: number, index: number): number {
    const at = 4 + index * 2;
    const offset =
      at < this.view.getUint16(vtable, true) ? this.view.getUint16(vtable + at, true) : 0;
    return offset === 0 ? 0 : table + offset;
  }

  private table(path: Path, at: number, index: number): void {
    if (++this.depth > deepest) {
      fail('malformed', path, `is nested more than ${deepest} deep`);
    }
    this.inside(path, at, 4, 4);
    this.visit(path, 4);
    const vtable = at - this.view.getInt32(at, true);
    if (vtable < 0) fail('malformed', path, 'has its vtable before the program');
    this.inside(path, vtable, 4, 2);
    const size = this.view.getUint16(vtable, true);
    if (size < 4 || size % 2 !== 0) fail('malformed', path, `has a vtable of ${size} bytes`);
    this.inside(path, vtable, size, 2);
    for (const field of tables[index]?.fields ?? []) this.field(path, at, vtable, field);
    this.depth--;
  }

  private field(parent: Path, table: number, vtable: number, field: FieldLayout): void {
    const path = parent.field(field.name);
    const at = this.slot(table, vtable, field.slot);
    const typeAt = field.kind === 'Union' ? this.slot(table, vtable, field.slot - 1) : 0;
    if (typeAt !== 0) this.inside(path, typeAt, 1, 1);
    if (at === 0) {
      if (field.required) fail('malformed', path, 'is missing');
      return;
    }
    if (field.kind === 'Inline') {
      this.inside(path, at, field.size, field.align);
      this.visit(path, field.size);
      return;
    }
    this.visit(path, 4);
    this.content(
      parent,
      this.target(path, at),
      field,
      typeAt === 0 ? 0 : (this.bytes[typeAt] ?? 0),
    );
  }

  private content(parent: Path, at: number, field: FieldLayout, unionType: number): void {
    const path = parent.field(field.name);
    switch (field.kind) {
      case 'Inline':
        return;
      case 'String':
        this.string(path, at);
        return;
      case 'Table':
        this.table(path, at, field.ref);
        return;
      case 'Union': {
        // A type that is none of the members is for the rules of the schema to refuse.
        const member = unions[field.ref]?.[unionType - 1];
        if (member !== undefined) this.table(path, at, member);
        return;
      }
      case 'Inlines':
        this.vector(path, at, field);
        return;
      case 'Strings':
      case 'Tables':
        this.elements(parent, at, field);
        return;
      default:
        field.kind satisfies never;
    }
  }

  private elements(parent: Path, at: number, field: FieldLayout): void {
    const count = this.vector(parent.field(field.name), at, field);
    for (let i = 0; i < count; i++) {
      const path = parent.at(field.name, i);
      const to = this.target(path, at + 4 + i * 4);
      if (field.kind === 'Strings') this.string(path, to);
      else this.table(path, to, field.ref);
    }
  }
}

/**
 * Bounds of the FlatBuffer itself, by a table generated from the schema; the C++ reader makes the same walk. The
 * flatbuffers package has no verifier.
 */
export const checkLayout = (program: Uint8Array): void => new Walker(program).root();

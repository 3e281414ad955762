/** Ways to make the bytes of a file bad, below the level of the program. */
import { headerAt, headerBytes, sealHeader, sha256 } from '../src/container.ts';

/** Name, code, and the bad file made from a good one. */
export type ByteMutation = readonly [
  name: string,
  code: string,
  apply: (file: Uint8Array) => Uint8Array,
];

const view = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const programLength = (file: Uint8Array): number =>
  Number(view(file).getBigUint64(headerAt.programLength, true));

/** Makes the hash of the program right again, so that the program itself is judged. */
export const rehash = (file: Uint8Array): Uint8Array => {
  const program = file.subarray(headerBytes, headerBytes + programLength(file));
  file.set(sha256(program), headerAt.programHash);
  return file;
};

/** Changes the program in place; `program` starts at its first byte. */
const program =
  (change: (program: DataView, bytes: Uint8Array) => void) =>
  (file: Uint8Array): Uint8Array => {
    const copy = file.slice();
    const bytes = copy.subarray(headerBytes, headerBytes + programLength(copy));
    change(view(bytes), bytes);
    return rehash(copy);
  };

const header =
  (change: (header: DataView) => void) =>
  (file: Uint8Array): Uint8Array => {
    const copy = file.slice();
    change(view(copy));
    return copy;
  };

/** Where a string of the program starts: its length, then its bytes. */
const stringAt = (bytes: Uint8Array, text: string): number => {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(`${text}\0`);
  if (at < 0) throw new Error(`the program has no string ${text}`);
  return at - 4;
};

const root = (of: DataView): number => of.getUint32(0, true);

const vtable = (of: DataView): number => root(of) - of.getInt32(root(of), true);

/** Where the offset of a field of the root lies. */
const fieldAt = (of: DataView, slot: number): number =>
  root(of) + of.getUint16(vtable(of) + 4 + 2 * slot, true);

/** Where what a field of the root refers to lies. */
const targetOf = (of: DataView, slot: number): number => {
  const at = fieldAt(of, slot);
  return at + of.getUint32(at, true);
};

const slots = { producer: 0, strings: 2, exprs: 4, types: 5, segments: 9, functions: 11 } as const;

/** Where field `slot` of the first segment lies. */
const segmentField = (of: DataView, slot: number): number => {
  const vector = targetOf(of, slots.segments);
  const table = vector + 4 + of.getUint32(vector + 4, true);
  return table + of.getUint16(table - of.getInt32(table, true) + 4 + 2 * slot, true);
};

/** Header, hashes, segments and the structure of the FlatBuffer. */
export const byteMutations: readonly ByteMutation[] = [
  ['an empty file', 'truncated', () => new Uint8Array(0)],
  ['half a magic number', 'truncated', (file) => file.slice(0, 4)],
  ['a text file', 'magic', () => new TextEncoder().encode('{"not": "a .vorab file"}')],
  ['a file of zeros', 'magic', (file) => new Uint8Array(file.length)],
  ['a magic number of text mode', 'magic', header((of) => of.setUint8(7, 0x20))],
  ['generation 0', 'generation', header((of) => of.setUint32(headerAt.generation, 0, true))],
  ['generation 2', 'generation', header((of) => of.setUint32(headerAt.generation, 2, true))],
  ['a longer header', 'header', header((of) => of.setUint32(headerAt.headerSize, 256, true))],
  [
    'a program elsewhere',
    'header',
    header((of) => of.setBigUint64(headerAt.programOffset, 192n, true)),
  ],
  [
    'a program too long',
    'header',
    header((of) => of.setBigUint64(headerAt.programLength, 2n ** 31n, true)),
  ],
  [
    'a program longer than its file',
    'header',
    header((of) => of.setBigUint64(headerAt.programLength, 2n ** 20n, true)),
  ],
  [
    'a length of 64 bits',
    'truncated',
    header((of) => of.setBigUint64(headerAt.fileLength, 2n ** 64n - 1n, true)),
  ],
  ['a reserved byte', 'header', header((of) => of.setUint8(headerAt.reserved, 1))],
  ['the last reserved byte', 'header', header((of) => of.setUint8(headerBytes - 1, 1))],
  ['another hash', 'hash', header((of) => of.setUint8(headerAt.programHash, 0))],
  ['a byte too many', 'trailing', (file) => new Uint8Array([...file, 0])],
  [
    'a byte too many that the header counts',
    'trailing',
    (file) => {
      const longer = new Uint8Array([...file, 0]);
      sealHeader(longer, programLength(file));
      return longer;
    },
  ],
  [
    'a byte between program and segment',
    'padding',
    (file) => {
      const copy = file.slice();
      copy[headerBytes + programLength(file)] = 1;
      return copy;
    },
  ],
  [
    'a flipped byte in a segment',
    'segment-hash',
    (file) => {
      const copy = file.slice();
      copy[copy.length - 1] = 0xff;
      return copy;
    },
  ],
  ['a segment off its alignment', 'segment', program((of) => addTo(of, segmentField(of, 0), 32n))],
  [
    'a segment at the start',
    'segment',
    program((of) => of.setBigUint64(segmentField(of, 0), 0n, true)),
  ],
  [
    'a segment in the program',
    'segment',
    program((of) => of.setBigUint64(segmentField(of, 0), 128n, true)),
  ],
  [
    'a segment far beyond the file',
    'segment',
    program((of) => of.setBigUint64(segmentField(of, 0), 2n ** 64n - 64n, true)),
  ],
  ['a segment too long', 'segment', program((of) => addTo(of, segmentField(of, 1), 1n))],
  [
    'a segment of all bytes that there are',
    'segment',
    program((of) => of.setBigUint64(segmentField(of, 1), 2n ** 64n - 1n, true)),
  ],
  ['a segment too short', 'segment-hash', program((of) => addTo(of, segmentField(of, 1), -1n))],
  [
    'a segment aligned to 32',
    'segment',
    program((of) => of.setUint32(segmentField(of, 2), 32, true)),
  ],
  [
    'a segment aligned to 96',
    'segment',
    program((of) => of.setUint32(segmentField(of, 2), 96, true)),
  ],
  [
    'a segment aligned to 32 KiB',
    'segment',
    program((of) => of.setUint32(segmentField(of, 2), 32768, true)),
  ],
  [
    'a segment of another hash',
    'segment-hash',
    program((of, bytes) => flip(bytes, segmentField(of, 3))),
  ],

  ['another file identifier', 'malformed', program((of) => of.setUint8(4, 0x58))],
  ['a root at 0', 'malformed', program((of) => of.setUint32(0, 0, true))],
  ['a root far beyond', 'malformed', program((of) => of.setUint32(0, 0x7ffffff0, true))],
  ['a root at a negative offset', 'malformed', program((of) => of.setUint32(0, 0xfffffff0, true))],
  ['a root off its alignment', 'malformed', program((of) => of.setUint32(0, root(of) + 1, true))],
  [
    'a vtable before the program',
    'malformed',
    program((of) => of.setInt32(root(of), 0x7fffffff, true)),
  ],
  [
    'a vtable beyond the program',
    'malformed',
    program((of) => of.setInt32(root(of), -0x7fffffff, true)),
  ],
  ['a vtable of odd size', 'malformed', program((of) => of.setUint16(vtable(of), 21, true))],
  ['a vtable of no size', 'malformed', program((of) => of.setUint16(vtable(of), 0, true))],
  ['a vtable of all bytes', 'malformed', program((of) => of.setUint16(vtable(of), 65534, true))],
  [
    'a vtable without the producer',
    'malformed',
    program((of) => of.setUint16(vtable(of) + 4, 0, true)),
  ],
  [
    'a field far from its table',
    'malformed',
    program((of) => of.setUint16(vtable(of) + 4, 65532, true)),
  ],
  [
    'a field off its alignment',
    'malformed',
    program((of) => of.setUint16(vtable(of) + 4, 7, true)),
  ],
  ['a vector at 0', 'malformed', program((of) => of.setUint32(fieldAt(of, slots.types), 0, true))],
  [
    'a vector far beyond',
    'malformed',
    program((of) => of.setUint32(fieldAt(of, slots.types), 2 ** 30, true)),
  ],
  [
    'a vector of too many elements',
    'malformed',
    program((of) => of.setUint32(targetOf(of, slots.types), 2 ** 20, true)),
  ],
  [
    'a vector of so many elements that 32 bits overflow',
    'malformed',
    program((of) => of.setUint32(targetOf(of, slots.exprs), 0xffffffff, true)),
  ],
  [
    'structs off their alignment',
    'malformed',
    program((of) =>
      of.setUint32(
        fieldAt(of, slots.exprs),
        of.getUint32(fieldAt(of, slots.exprs), true) - 4,
        true,
      ),
    ),
  ],
  [
    'an element at 0',
    'malformed',
    program((of) => of.setUint32(targetOf(of, slots.types) + 4, 0, true)),
  ],
  [
    'an element far beyond',
    'malformed',
    program((of) => of.setUint32(targetOf(of, slots.types) + 4, 2 ** 28, true)),
  ],
  [
    'a string without its end',
    'malformed',
    program((of, bytes) => {
      const at = stringAt(bytes, 'classify');
      of.setUint8(at + 4 + 'classify'.length, 0x21);
    }),
  ],
  [
    'a string of too many bytes',
    'malformed',
    program((of, bytes) => of.setUint32(stringAt(bytes, 'classify'), 2 ** 20, true)),
  ],
  [
    'a string of bytes that are no text',
    'text',
    program((of, bytes) => of.setUint8(stringAt(bytes, 'classify') + 4, 0xff)),
  ],
  [
    'a string of half a character',
    'text',
    program((of, bytes) => of.setUint8(stringAt(bytes, 'classify') + 11, 0xc3)),
  ],
  [
    'a string of an overlong character',
    'text',
    program((of, bytes) => of.setUint16(stringAt(bytes, 'classify') + 4, 0x80c0, true)),
  ],
  [
    'a string of half a surrogate pair',
    'text',
    program((of, bytes) => {
      const at = stringAt(bytes, 'classify') + 4;
      of.setUint16(at, 0xa0ed, true);
      of.setUint8(at + 2, 0x80);
    }),
  ],
  [
    'a string that starts with a byte order mark',
    'text',
    program((of, bytes) => {
      const at = stringAt(bytes, 'classify') + 4;
      of.setUint16(at, 0xbbef, true);
      of.setUint8(at + 2, 0xbf);
    }),
  ],
  [
    'a table that every element refers to',
    'malformed',
    program((of) => {
      // All functions become the largest of them, which is then larger than the program holds.
      const vector = targetOf(of, slots.functions);
      const count = of.getUint32(vector, true);
      const types = targetOf(of, slots.types);
      const first = vector + 4 + of.getUint32(vector + 4, true);
      for (let i = 1; i < count; i++)
        of.setUint32(vector + 4 + 4 * i, first - (vector + 4 + 4 * i), true);
      of.setUint32(fieldAt(of, slots.types), vector - fieldAt(of, slots.types), true);
      of.setUint32(fieldAt(of, slots.strings), types - fieldAt(of, slots.strings), true);
    }),
  ],
];

function addTo(of: DataView, at: number, amount: bigint): void {
  of.setBigUint64(at, of.getBigUint64(at, true) + amount, true);
}

function flip(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
}

import type { DType, TypedArray } from '@vorab/runtime';
import { CliError } from './errors.ts';

/** An array with its extents. */
export interface NdValue {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

interface Row {
  readonly descr: string;
  readonly view: (buffer: ArrayBuffer) => TypedArray;
}

// bf16 has no name in NumPy: its bits are u2.
const rows: { readonly [D in Exclude<DType, 'bf16'>]: Row } = {
  bool: { descr: '|b1', view: (b) => new Uint8Array(b) },
  u8: { descr: '|u1', view: (b) => new Uint8Array(b) },
  i8: { descr: '|i1', view: (b) => new Int8Array(b) },
  u32: { descr: '<u4', view: (b) => new Uint32Array(b) },
  i32: { descr: '<i4', view: (b) => new Int32Array(b) },
  i64: { descr: '<i8', view: (b) => new BigInt64Array(b) },
  f16: { descr: '<f2', view: (b) => new Uint16Array(b) },
  f32: { descr: '<f4', view: (b) => new Float32Array(b) },
  f64: { descr: '<f8', view: (b) => new Float64Array(b) },
};

const bitsOfBf16 = '<u2';
const magic = '\x93NUMPY';

/** Reads a NumPy file, format 1 to 3; where bf16 is wanted, `<u2` holds its bits. */
export function readNpy(file: Uint8Array, name: string, wanted?: DType): NdValue {
  const refuse = (what: string): CliError => new CliError('npy', `${name}: ${what}`);
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.toString('latin1', 0, 6) !== magic || bytes.length < 12) {
    throw refuse('not a .npy file');
  }
  const major = bytes[6] ?? 0;
  const start = major === 1 ? 10 : 12;
  const end = start + (major === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  const header = bytes.toString('utf8', start, end);
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? '';
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (/'fortran_order':\s*True/.test(header)) throw refuse('in Fortran order, expected C order');
  const bits = wanted === 'bf16' && descr === bitsOfBf16;
  const found = bits
    ? ['bf16', rows.f16]
    : Object.entries(rows).find(([, row]) => row.descr === descr);
  if (!found || shape === undefined) throw refuse(`holds '${descr}', which no dtype stands for`);
  const [dtype, row] = found as [DType, Row];
  const extents = (shape.match(/\d+/g) ?? []).map(Number);
  const data = row.view(Uint8Array.from(bytes.subarray(end)).buffer);
  const count = extents.reduce((a, b) => a * b, 1);
  if (data.length !== count) {
    throw refuse(`${data.length} elements, expected ${count} for [${extents.join(', ')}]`);
  }
  return { dtype, shape: extents, data };
}

/** A NumPy file, format 1. bf16 is written as its bits. */
export function writeNpy({ dtype, shape, data }: NdValue): Uint8Array {
  const descr = dtype === 'bf16' ? bitsOfBf16 : rows[dtype].descr;
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const padded = `${dict.padEnd(Math.ceil((dict.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.alloc(10);
  head.write(magic, 'latin1');
  head[6] = 1;
  head.writeUInt16LE(padded.length, 8);
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([head, Buffer.from(padded, 'latin1'), body]);
}

import type { FileHandle } from 'node:fs/promises';
import { open, rename, unlink } from 'node:fs/promises';
import { endianness } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { DType } from './dtype.ts';
import { dtypeBytes, fromSafetensors, safetensorsName } from './dtype.ts';
import { VorabError } from './errors.ts';

/** A tensor of a safetensors file. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Where its bytes lie, from the start of the file. */
export interface LocatedTensor extends StoredTensor {
  readonly offset: number;
  readonly bytes: number;
}

export interface Header {
  readonly tensors: readonly LocatedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Larger headers are refused, as other readers of the format do. */
const maxHeaderBytes = 100_000_000;
const lengthBytes = 8;

const size = (tensor: StoredTensor): number =>
  tensor.shape.reduce((product, extent) => product * extent, dtypeBytes(tensor.dtype));

/** Wide elements first, so that each tensor is aligned to its element; then by name. */
function inFileOrder<T extends StoredTensor>(tensors: readonly T[]): T[] {
  return [...tensors].sort(
    (a, b) => dtypeBytes(b.dtype) - dtypeBytes(a.dtype) || (a.name < b.name ? -1 : 1),
  );
}

function encodeHeader(
  tensors: readonly StoredTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const fields = tensors.map((tensor) => {
    const start = end;
    end += size(tensor);
    const { name, dtype, shape } = tensor;
    return [name, { dtype: safetensorsName(dtype), shape, data_offsets: [start, end] }];
  });
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(fields) });
  const text = new TextEncoder().encode(json);
  const padded = Math.ceil(text.length / 8) * 8;
  const header = new Uint8Array(lengthBytes + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(text, lengthBytes);
  return header;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
  }
}

/**
 * Writes a safetensors file, whole or not at all: to a temporary file beside it, renamed at the end.
 * `read` gives the dense little-endian elements of a tensor.
 */
export async function writeSafetensors<T extends StoredTensor>(
  path: string,
  tensors: readonly T[],
  metadata: Readonly<Record<string, string>>,
  read: (tensor: T) => Promise<ArrayBuffer>,
): Promise<void> {
  refuseBigEndian();
  const ordered = inFileOrder(tensors);
  // All of them now: what is queued afterwards must not come between two of them.
  const contents = await Promise.all(ordered.map(read));
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${temporaries++}.tmp`);
  const file = await open(temporary, 'wx').catch((cause: unknown) => {
    throw new VorabError({
      code: 'weights',
      message: `cannot write ${path}: ${reasonOf(cause)}`,
      cause,
    });
  });
  try {
    await writeAll(file, encodeHeader(ordered, metadata));
    for (const content of contents) await writeAll(file, new Uint8Array(content));
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (cause) {
    await file.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw new VorabError({
      code: 'weights',
      message: `cannot write ${path}: ${reasonOf(cause)}`,
      cause,
    });
  }
}

let temporaries = 0;

/** An open safetensors file whose header has been checked whole. */
export class SafetensorsFile {
  readonly path: string;
  readonly header: Header;
  readonly #file: FileHandle;

  private constructor(path: string, header: Header, file: FileHandle) {
    this.path = path;
    this.header = header;
    this.#file = file;
  }

  /** Throws `weights` for what is no safetensors file, or not a whole one. */
  static async open(path: string): Promise<SafetensorsFile> {
    refuseBigEndian();
    const file = await open(path, 'r').catch((cause: unknown) => {
      throw new VorabError({
        code: 'weights',
        message: `cannot read ${path}: ${reasonOf(cause)}`,
        cause,
      });
    });
    try {
      return new SafetensorsFile(path, await readHeader(path, file), file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async read(tensor: LocatedTensor): Promise<Uint8Array> {
    return readExactly(this.path, this.#file, tensor.offset, tensor.bytes);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function readExactly(
  path: string,
  file: FileHandle,
  offset: number,
  bytes: number,
): Promise<Uint8Array> {
  const content = new Uint8Array(bytes);
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(content, at, bytes - at, offset + at);
    if (bytesRead === 0) throw bad(path, `ends at byte ${offset + at}, expected ${offset + bytes}`);
    at += bytesRead;
  }
  return content;
}

async function readHeader(path: string, file: FileHandle): Promise<Header> {
  const total = (await file.stat()).size;
  if (total < lengthBytes) throw bad(path, `has ${total} bytes, expected at least ${lengthBytes}`);
  const length = new DataView((await readExactly(path, file, 0, lengthBytes)).buffer);
  const headerBytes = Number(length.getBigUint64(0, true));
  if (headerBytes > maxHeaderBytes || headerBytes > total - lengthBytes) {
    throw bad(path, `says that its header has ${headerBytes} bytes, the file has ${total}`);
  }
  const text = new TextDecoder().decode(await readExactly(path, file, lengthBytes, headerBytes));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw bad(path, 'has a header that is not JSON');
  }
  return parseHeader(path, json, lengthBytes + headerBytes, total);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

function parseHeader(path: string, json: unknown, start: number, total: number): Header {
  if (!isRecord(json)) throw bad(path, 'has a header that is no JSON object');
  const { __metadata__: metadata, ...fields } = json;
  const tensors = Object.entries(fields).map(([name, field]) =>
    parseTensor(path, name, field, start),
  );
  let end = start;
  for (const tensor of [...tensors].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (tensor.offset !== end) throw bad(path, `has a gap or an overlap before ${tensor.name}`);
    end += tensor.bytes;
  }
  if (end !== total) throw bad(path, `has ${total} bytes, its header describes ${end}`);
  const strings = isRecord(metadata) ? Object.entries(metadata) : [];
  return {
    tensors,
    metadata: Object.fromEntries(strings.map(([key, value]) => [key, String(value)])),
  };
}

function parseTensor(path: string, name: string, field: unknown, start: number): LocatedTensor {
  if (!isRecord(field)) throw bad(path, `describes ${name} by no JSON object`);
  const { dtype: dtypeName, shape, data_offsets: offsets } = field;
  const dtype = typeof dtypeName === 'string' ? fromSafetensors(dtypeName) : undefined;
  if (dtype === undefined) throw bad(path, `has ${name} with dtype ${String(dtypeName)}`);
  if (!isNumbers(shape)) throw bad(path, `has ${name} without a legal shape`);
  const [from, to] = isNumbers(offsets) ? offsets : [];
  const bytes = size({ name, dtype, shape });
  if (from === undefined || to === undefined || to - from !== bytes) {
    throw bad(path, `has ${name} with data_offsets that do not fit its ${bytes} bytes`);
  }
  return { name, dtype, shape, offset: start + from, bytes };
}

function bad(path: string, what: string): VorabError {
  return new VorabError({
    code: 'weights',
    message: `${path} ${what}`,
    cure: 'expected a whole safetensors file, as session.save() writes it',
  });
}

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

function refuseBigEndian(): void {
  if (endianness() === 'LE') return;
  throw new VorabError({
    code: 'unsupported',
    message: 'safetensors needs a little-endian machine',
  });
}

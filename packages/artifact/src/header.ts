import {
  generation,
  hashedOnOpen,
  headerAt,
  headerBytes,
  magic,
  maxProgramBytes,
  sha256,
} from './container.ts';
import { fail, Path } from './fault.ts';
import type { fb } from './schema.ts';

const file: Path = Path.program.field('file');

const allZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

const same = (a: ArrayLike<number>, b: Uint8Array): boolean =>
  a.length === b.length && b.every((byte, index) => byte === a[index]);

const checkFields = (bytes: Uint8Array): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint32(headerAt.generation, true);
  if (found !== generation) {
    fail('generation', file, `is of generation ${found}, expected ${generation}`);
  }
  const size = view.getUint32(headerAt.headerSize, true);
  if (size !== headerBytes) {
    fail('header', file, `has a header of ${size} bytes, expected ${headerBytes}`);
  }
  if (!allZero(bytes.subarray(headerAt.reserved, headerBytes))) {
    fail('header', file, 'has header bytes that should be zero');
  }
  const offset = view.getBigUint64(headerAt.programOffset, true);
  if (offset !== BigInt(headerBytes)) {
    fail('header', file, `has its program at byte ${offset}, expected ${headerBytes}`);
  }
  const length = view.getBigUint64(headerAt.programLength, true);
  if (length > BigInt(maxProgramBytes)) {
    fail('header', file, `has a program of ${length} bytes, expected at most ${maxProgramBytes}`);
  }
  const total = view.getBigUint64(headerAt.fileLength, true);
  if (total < BigInt(headerBytes) + length) {
    const least = BigInt(headerBytes) + length;
    fail('header', file, `has a length of ${total} bytes, expected at least ${least}`);
  }
  if (BigInt(bytes.length) < total) {
    fail('truncated', file, `has ${bytes.length} bytes, expected ${total}`);
  }
  if (BigInt(bytes.length) > total) {
    fail('trailing', file, `has ${bytes.length} bytes, expected ${total}`);
  }
  return Number(length);
};

/** Checks the header and the program's hash; returns the program's bytes. */
export const checkHeader = (bytes: Uint8Array): Uint8Array => {
  if (!magic.slice(0, bytes.length).every((byte, index) => byte === bytes[index])) {
    fail('magic', file, 'does not start like a .vorab file');
  }
  if (bytes.length < headerBytes) {
    fail('truncated', file, `has ${bytes.length} bytes, expected at least ${headerBytes}`);
  }
  const length = checkFields(bytes);
  const program = bytes.subarray(headerBytes, headerBytes + length);
  const expected = bytes.subarray(headerAt.programHash, headerAt.programHash + 32);
  if (!same(expected, sha256(program))) {
    fail('hash', file, 'has a program that does not match its SHA-256');
  }
  return program;
};

const isAlignment = (value: number): boolean =>
  value >= 64 && value <= 16384 && Number.isInteger(Math.log2(value));

/** Checks one segment that must start at `end` or later; returns where it ends. */
const checkSegment = (
  bytes: Uint8Array,
  path: Path,
  segment: fb.SegmentT,
  end: bigint,
  full: boolean,
): bigint => {
  const { offset, length, alignment } = segment;
  const total = BigInt(bytes.length);
  if (!isAlignment(alignment)) {
    fail('segment', path, `has alignment ${alignment}, expected a power of two from 64 to 16384`);
  }
  if (offset % BigInt(alignment) !== 0n) {
    fail('segment', path, `starts at byte ${offset}, expected a multiple of ${alignment}`);
  }
  if (offset < end) fail('segment', path, `starts at byte ${offset}, expected at least ${end}`);
  if (offset > total || length > total - offset) {
    fail(
      'segment',
      path,
      `has ${length} bytes from byte ${offset}, expected its end at most ${total}`,
    );
  }
  if (!allZero(bytes.subarray(Number(end), Number(offset)))) {
    fail('padding', path, 'is preceded by bytes that should be zero');
  }
  const content = bytes.subarray(Number(offset), Number(offset + length));
  const hashed = full || content.length <= hashedOnOpen;
  if (hashed && !same(segment.sha256?.bytes ?? [], sha256(content))) {
    fail('segment-hash', path, 'does not match its SHA-256');
  }
  return offset + length;
};

/**
 * Checks that segments are aligned, in order and inside the file, that what lies between is zero, and their hashes
 * (full: also of those that are too large to hash on every open).
 */
export const checkSegments = (
  bytes: Uint8Array,
  programLength: number,
  segments: readonly fb.SegmentT[],
  full: boolean,
): void => {
  let end = BigInt(headerBytes + programLength);
  for (const [index, segment] of segments.entries()) {
    end = checkSegment(bytes, Path.program.at('segments', index), segment, end, full);
  }
  if (end !== BigInt(bytes.length)) {
    fail('trailing', file, `has ${bytes.length} bytes, expected ${end}`);
  }
};

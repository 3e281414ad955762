import { createHash } from 'node:crypto';

/** The fixed header and the rules of what follows it; docs/artifact.md has the picture. */
export const headerBytes = 128;
export const magic: readonly number[] = [0x89, 0x56, 0x4f, 0x52, 0x41, 0x42, 0x0d, 0x0a];
export const generation = 1;

/** Constants smaller than this share one segment. */
export const largeConstant: number = 64 * 1024;
export const smallAlignment = 64;
export const largeAlignment: number = 16 * 1024;

/** Segments up to this size are hashed on open; larger ones only by a full check. */
export const hashedOnOpen: number = 64 * 1024 * 1024;

/** FlatBuffers offsets are signed 32-bit; half of that leaves no doubt. */
export const maxProgramBytes: number = 2 ** 30;

/** Byte offsets of the header's fields. */
export const headerAt = {
  magic: 0,
  generation: 8,
  headerSize: 12,
  programOffset: 16,
  programLength: 24,
  fileLength: 32,
  programHash: 40,
  reserved: 72,
} as const;

export const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest());

export const alignUp = (offset: number, alignment: number): number =>
  Math.ceil(offset / alignment) * alignment;

/** Writes the header of a file whose other bytes are in place. */
export const sealHeader = (file: Uint8Array, programLength: number): void => {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  file.fill(0, 0, headerBytes);
  file.set(magic, headerAt.magic);
  view.setUint32(headerAt.generation, generation, true);
  view.setUint32(headerAt.headerSize, headerBytes, true);
  view.setBigUint64(headerAt.programOffset, BigInt(headerBytes), true);
  view.setBigUint64(headerAt.programLength, BigInt(programLength), true);
  view.setBigUint64(headerAt.fileLength, BigInt(file.byteLength), true);
  file.set(sha256(file.subarray(headerBytes, headerBytes + programLength)), headerAt.programHash);
};

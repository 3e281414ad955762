import { ByteBuffer } from 'flatbuffers';
import { headerAt, headerBytes } from './container.ts';
import { fb } from './schema.ts';

/** The program's FlatBuffer inside a verified file: a view, not a copy. */
export const programBytes = (file: Uint8Array): Uint8Array => {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(headerAt.programLength, true));
  return file.subarray(headerBytes, headerBytes + length);
};

/** Accessors of a verified program: what is not looked at costs nothing. */
export const programRoot = (flatbuffer: Uint8Array): fb.Program =>
  fb.Program.getRootAsProgram(new ByteBuffer(flatbuffer));

import { Builder } from 'flatbuffers';
import {
  alignUp,
  headerBytes,
  largeAlignment,
  largeConstant,
  sealHeader,
  sha256,
  smallAlignment,
} from './container.ts';
import { fb } from './schema.ts';

const pack = (program: fb.ProgramT): Uint8Array => {
  const builder = new Builder(64 * 1024);
  fb.Program.finishProgramBuffer(builder, program.pack(builder));
  return builder.asUint8Array();
};

interface Layout {
  readonly constants: fb.ConstantT[];
  readonly segments: fb.SegmentT[];
  /** The bytes of each segment. */
  readonly contents: Uint8Array[];
}

const segmentOf = (bytes: Uint8Array, alignment: number): fb.SegmentT =>
  new fb.SegmentT(1n, BigInt(bytes.length), alignment, new fb.DigestT([...sha256(bytes)]));

/** Small constants share the first segment; each large one has its own. */
const layOut = (program: fb.ProgramT, data: readonly Uint8Array[]): Layout => {
  if (data.length !== program.constants.length) {
    throw new RangeError(
      `the data of ${data.length} constants were given, expected ${program.constants.length}`,
    );
  }
  const constants: fb.ConstantT[] = [];
  const small = data.filter((bytes) => bytes.length < largeConstant);
  const total = small.reduce((sum, bytes) => alignUp(sum, smallAlignment) + bytes.length, 0);
  const shared = new Uint8Array(total);
  const contents: Uint8Array[] = small.length > 0 ? [shared] : [];
  let end = 0;
  for (const [index, bytes] of data.entries()) {
    const type = program.constants[index]?.type ?? 0;
    if (bytes.length < largeConstant) {
      const offset = alignUp(end, smallAlignment);
      shared.set(bytes, offset);
      end = offset + bytes.length;
      constants.push(new fb.ConstantT(type, 0, BigInt(offset)));
    } else {
      constants.push(new fb.ConstantT(type, contents.push(bytes) - 1, 0n));
    }
  }
  const segments = contents.map((bytes) =>
    segmentOf(bytes, bytes === shared ? smallAlignment : largeAlignment),
  );
  return { constants, segments, contents };
};

/** A copy that shares all parts but the two that `write` decides. */
const withLayout = (program: fb.ProgramT, layout: Layout): fb.ProgramT =>
  Object.assign(new fb.ProgramT(), program, {
    constants: layout.constants,
    segments: layout.segments,
  });

/**
 * The bytes of a `.vorab` file. `data[i]` holds the dense elements of `program.constants[i]`; where they lie
 * (`constants[].segment`, `constants[].offset`, `segments`) is decided here. The same program gives the same bytes.
 *
 * Nothing is verified: call `verify` on the result before it leaves the process.
 */
export const write = (program: fb.ProgramT, data: readonly Uint8Array[] = []): Uint8Array => {
  const layout = layOut(program, data);
  const complete = withLayout(program, layout);
  // Offsets of segments depend on the program's length, which does not depend on them: they are never the default.
  const programLength = pack(complete).length;
  let end = headerBytes + programLength;
  for (const segment of layout.segments) {
    const offset = alignUp(end, segment.alignment);
    segment.offset = BigInt(offset);
    end = offset + Number(segment.length);
  }
  const file = new Uint8Array(end);
  file.set(pack(complete), headerBytes);
  for (const [index, bytes] of layout.contents.entries()) {
    file.set(bytes, Number(layout.segments[index]?.offset));
  }
  sealHeader(file, programLength);
  return file;
};

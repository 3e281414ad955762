import { ByteBuffer } from 'flatbuffers';
import { Binding } from './binding.ts';
import { ArtifactError, type Fault, fail, Path } from './fault.ts';
import { checkHeader, checkSegments } from './header.ts';
import { checkLayout } from './layout.ts';
import { fb } from './schema.ts';
import { checkEntries } from './verify/entries.ts';
import { checkFunctions } from './verify/functions.ts';
import { checkPlans } from './verify/plans.ts';
import { checkDims } from './verify/symbols.ts';
import {
  bytesOf,
  checkConstants,
  checkLocations,
  checkStates,
  checkTypes,
} from './verify/tables.ts';

/** Features that a program may require of this build. */
const knownFeatures: ReadonlySet<string> = new Set();

const checkFeatures = (program: fb.ProgramT): void => {
  for (const [i, feature] of program.requiredFeatures.entries()) {
    if (!knownFeatures.has(feature)) {
      const path = Path.program.at('required_features', i);
      fail('feature', path, `is "${feature}", which this build does not know`);
    }
  }
};

export interface VerifyOptions {
  /** Also hash segments larger than 64 MiB. */
  readonly full?: boolean;
}

/**
 * The program of a `.vorab` file, whole and legal: header, hashes, and every rule of the schema have been checked.
 * Throws ArtifactError.
 */
export const read = (file: Uint8Array, { full = false }: VerifyOptions = {}): fb.ProgramT => {
  const bytes = checkHeader(file);
  checkLayout(bytes);
  const program = fb.Program.getRootAsProgram(new ByteBuffer(bytes)).unpack();
  checkFeatures(program);
  checkSegments(file, bytes.length, program.segments, full);
  const context = checkDims(program);
  checkTypes(context);
  checkLocations(context);
  checkConstants(context);
  checkStates(context);
  checkFunctions(context);
  checkEntries(context);
  checkPlans(context);
  return program;
};

/** What is wrong with a file; null when nothing is. The C++ verifier gives the same verdicts. */
export const verify = (file: Uint8Array, options: VerifyOptions = {}): Fault | null => {
  try {
    read(file, options);
    return null;
  } catch (error) {
    if (error instanceof ArtifactError) return { code: error.code, message: error.message };
    throw error;
  }
};

/** The dense elements of a constant of a verified file: a view, not a copy. */
export const constantBytes = (
  file: Uint8Array,
  program: fb.ProgramT,
  index: number,
): Uint8Array => {
  const constant = program.constants[index];
  const segment = program.segments[constant?.segment ?? -1];
  if (constant === undefined || segment === undefined) {
    throw new RangeError(`there is no constant ${index}, expected < ${program.constants.length}`);
  }
  const start = Number(segment.offset + constant.offset);
  // The type has no symbols, so any binding gives its size.
  const binding = new Binding(
    program,
    program.symbols.map(({ max }) => Number(max)),
  );
  return file.subarray(start, start + bytesOf(program, constant.type, binding));
};

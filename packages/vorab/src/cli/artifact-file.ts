import { readFile } from 'node:fs/promises';
import { ArtifactError, type fb, read } from '@vorab/artifact';
import { CliError, displayPath } from './errors.ts';

/** A verified file, and its program. */
export interface ArtifactFile {
  readonly bytes: Uint8Array;
  readonly program: fb.ProgramT;
}

/** Reads and verifies an artifact. `full`: also the hashes of large segments. */
export async function readArtifact(path: string, full = false): Promise<ArtifactFile> {
  const bytes = await readFile(path);
  try {
    return { bytes, program: read(bytes, { full }) };
  } catch (error) {
    if (error instanceof ArtifactError) throw refused(path, error);
    throw error;
  }
}

function refused(path: string, error: ArtifactError): CliError {
  const cure = 'compile the model again: vorab compile <model.ts>';
  return new CliError(error.code, `${displayPath(path)}: ${error.message}`, cure, { cause: error });
}

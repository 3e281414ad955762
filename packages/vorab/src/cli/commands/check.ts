import { NativeBackend, VorabError } from '@vorab/runtime';
import { readArtifact } from '../artifact-file.ts';
import { CliError, displayPath } from '../errors.ts';
import { formatBytes, type Output } from '../output.ts';

export interface CheckOptions {
  readonly json?: boolean;
}

/** `vorab check`: both verifiers, and the hashes that opening leaves out. */
export async function check(path: string, options: CheckOptions, output: Output): Promise<void> {
  const { bytes, program } = await readArtifact(path, true);
  const native = await checkNatively(path);
  if (options.json) {
    output.json({
      file: path,
      ok: true,
      bytes: bytes.length,
      segments: program.segments.length,
      verifiers: { typescript: 'ok', native },
    });
    return;
  }
  const hashes =
    program.segments.length === 1 ? '1 segment' : `${program.segments.length} segments`;
  output.line(`${displayPath(path)}: ok`);
  output.line(`  ${formatBytes(bytes.length)}; program and ${hashes} hashed, every rule checked`);
  output.line(`  native verifier: ${native}`);
}

async function checkNatively(path: string): Promise<string> {
  const backend = nativeBackend();
  if (!backend) return 'not built, left out';
  try {
    await backend.load(path);
    return 'ok';
  } catch (error) {
    if (!(error instanceof VorabError)) throw error;
    throw new CliError('artifact', `the native verifier refuses it: ${error.message}`);
  }
}

// Any backend does: the addon verifies, not the library.
function nativeBackend(): NativeBackend | undefined {
  for (const name of ['blas', 'mlx']) {
    try {
      return new NativeBackend(name);
    } catch (error) {
      if (!(error instanceof VorabError && error.code === 'backend-missing')) throw error;
    }
  }
  return undefined;
}

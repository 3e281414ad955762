/** The environment variables that the runtime reads; nothing else in it reads `process.env`. */
export const environmentVariables: Readonly<Record<string, string>> = {
  VORAB_BACKEND_DIR:
    'Folder with vorab.node and the backends’ libraries (libvorab_<name>.so or .dylib); looked into first.',
  VORAB_ADDON: 'Path of vorab.node itself; nothing else is tried.',
  VORAB_BLAS_LIBRARY: 'Path of the blas backend’s library; nothing else is tried.',
  VORAB_MLX_LIBRARY: 'Path of the mlx backend’s library; nothing else is tried.',
};

const read = (name: string): string | undefined => process.env[name] || undefined;

/** VORAB_BACKEND_DIR. */
export function backendDirectory(): string | undefined {
  return read('VORAB_BACKEND_DIR');
}

/** VORAB_ADDON. */
export function addonOverride(): string | undefined {
  return read('VORAB_ADDON');
}

/** VORAB_<NAME>_LIBRARY. */
export function libraryOverride(backend: string): string | undefined {
  return read(libraryVariable(backend));
}

export function libraryVariable(backend: string): string {
  return `VORAB_${backend.toUpperCase()}_LIBRARY`;
}

const blasThreads = 'OPENBLAS_NUM_THREADS';
let loading = 0;

/**
 * Runs a body that may load OpenBLAS. It starts threads as it is loaded, which spin beside those that
 * call it; so it is told to start none, unless the user says how many.
 */
export async function withoutBlasThreads<T>(body: () => Promise<T>): Promise<T> {
  if (loading === 0 && process.env[blasThreads] !== undefined) return await body();
  loading += 1;
  process.env[blasThreads] = '1';
  try {
    return await body();
  } finally {
    loading -= 1;
    if (loading === 0) delete process.env[blasThreads];
  }
}

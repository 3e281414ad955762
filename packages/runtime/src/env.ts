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

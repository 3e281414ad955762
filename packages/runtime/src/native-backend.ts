import type { Backend, BackendOptions, BackendSession, LoadedArtifact } from './backend.ts';
import { withoutBlasThreads } from './env.ts';
import { VorabError } from './errors.ts';
import { found, locateAddon, locateBackend } from './locate.ts';
import type { Addon, NativeArtifact } from './native.ts';
import { loadAddon } from './native.ts';

let loaded: { readonly path: string; readonly addon: Addon } | undefined;

/** The addon, loaded once. Throws `backend-missing` with all paths that were tried. */
export function addon(): Addon {
  const path = found("the runtime's addon vorab.node", 'runtime', locateAddon());
  if (loaded?.path === path) return loaded.addon;
  try {
    loaded = { path, addon: loadAddon(path) };
  } catch (cause) {
    throw new VorabError({
      code: 'backend-missing',
      message: `cannot load ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      cure: 'build it again with `npm run setup -- runtime`',
      cause,
    });
  }
  return loaded.addon;
}

function artifactError(source: string | Uint8Array, cause: unknown): VorabError {
  const what = typeof source === 'string' ? source : 'the artifact';
  const message = cause instanceof Error ? cause.message : String(cause);
  return new VorabError({ code: 'artifact', message: `cannot open ${what}: ${message}`, cause });
}

/** The library of one target of a plan; the error says which target is missing, and what can be done. */
function libraryOf(target: string, name: string): string {
  const located = locateBackend(target);
  const cure =
    name === 'mlx' ? "name what may run instead: { allowFallback: ['mlx→blas'] }" : undefined;
  if (target === name)
    return found(`the library of runtime '${name}'`, `runtime-${name}`, located, cure);
  const what = `runtime '${name}' runs on ${name.split('+').join(' and ')}, but the library of '${target}'`;
  return found(what, `runtime-${target}`, located);
}

/**
 * A backend behind the C table: a shared library that the addon drives. A name such as `blas+mlx` is that of a plan over
 * several targets: one library each.
 */
export class NativeBackend implements Backend {
  readonly name: string;
  readonly needsPlan: boolean = true;
  readonly origin: string;
  readonly #libraries: readonly string[];
  readonly #addon: Addon;

  /** Throws `backend-missing` when the addon or a library is not there. */
  constructor(name: string, library?: string | readonly string[]) {
    this.name = name;
    this.#libraries =
      library === undefined
        ? name.split('+').map((target) => libraryOf(target, name))
        : [library].flat();
    this.origin = this.#libraries.join(', ');
    this.#addon = addon();
  }

  describe(): Readonly<Record<string, unknown>> {
    const all = this.#libraries.map((library) => {
      const { description, ownerThread } = this.#addon.describeBackend(library);
      return { ...(JSON.parse(description) as Record<string, unknown>), ownerThread };
    });
    const [only] = all;
    return all.length === 1 && only ? only : { name: this.name, targets: all, profile: true };
  }

  async load(source: string | Uint8Array): Promise<LoadedArtifact> {
    try {
      return await this.#addon.openArtifact(source);
    } catch (cause) {
      throw artifactError(source, cause);
    }
  }

  open(artifact: LoadedArtifact, plan: number, options: BackendOptions): Promise<BackendSession> {
    const { queue, ...forBackend } = options;
    const wanted = JSON.stringify(forBackend);
    return withoutBlasThreads(() =>
      this.#addon.openSession(artifact as NativeArtifact, this.#libraries, plan, wanted, queue),
    );
  }
}
